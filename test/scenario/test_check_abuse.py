"""kurir check self, by the effect: a ledger made for each case, and a real flood through an account whose password is known."""
import json
import os
import sqlite3
import time

from harness import check, equal, session_id, until
from test_check_sender import LISTS, codes, no_lists, own as self_of, zone
from test_replay import item, varint

HOUR, DAY = 3600000, 86400000
ACCEPTED, DELIVERED = 1, 3
# What the queue tells of a recipient.
DEFERRED, FAILED, EXPIRED = (3,), (4,), (11, 4)
SIGNS = ("abuse.traffic-spike", "abuse.one-source", "abuse.queue-growth", "abuse.bounces", "abuse.listed")


def ident(at):
    return (at - 1577836800000) << 22 | os.getpid() & 0xfff


def taken(at, to, user="budi", ip="192.0.2.9", listener="submission", sender=None, messages=1):
    """What a client brought: that many messages to these."""
    out = b"K\1\1" + varint(ident(at)) + varint(at)
    out += item(1, (25025,), lead=b"\4" + bytes(map(int, ip.split(".")))) + item(6, texts=(listener,))
    out += item(7, texts=(user,)) if user else b""
    for n in range(messages):
        out += item(10, texts=(sender or "%s@contoh.id" % (user or "web"),))
        out += b"".join(item(11, (ACCEPTED,), (a, "", "")) for a in to)
        out += item(12, (ident(at) + n + 1, ACCEPTED, 4711), ("",))
    return at, 1, ACCEPTED, out + item(17, (900, ACCEPTED, 1500, 900))


def answered(at, to, verdict=DELIVERED, cause=""):
    """What became of it: what was delivered stands in the session, the rest the queue tells."""
    if verdict != DELIVERED:
        out = b"K\1\3" + varint(ident(at)) + varint(at)
        return at, 3, 0, out + b"".join(item(15, (at, w, 4711, 0), (a, cause, "said the other server"))
                                        for a in to for w in verdict) + item(17, (9, ACCEPTED, 0, 0))
    out = b"K\1\2" + varint(ident(at)) + varint(at) + item(1, (25,), lead=b"\4\xc0\0\2\1")
    out += item(10, texts=("budi@contoh.id",))
    out += b"".join(item(11, (verdict,), (a, cause, "said the other server")) for a in to)
    return at, 2, verdict, out + item(17, (900, verdict, 1500, 900))


def people(n, domain="mitra.example", first=0):
    return ["orang%d@%s" % (first + i, domain) for i in range(n)]


def quiet(now, days=8, each=2):
    """Every hour somebody writes to somebody elsewhere and to somebody here, and it arrives."""
    rows = []
    for h in range(days * 24, 0, -1):
        at = now - h * HOUR + 60000
        rows.append(taken(at, people(each) + ["siti@contoh.id"]))
        rows.append(answered(at + 1000, people(each)))
    return rows


def fill(k, rows, at=None):
    """The ledger of a server that does not run holds these, and nothing else. at: when they came, if not then."""
    db = sqlite3.connect(k.data + "/ledger/ledger.db")
    rows = sorted(rows, key=lambda r: r[0])
    with db:
        for table in ("record", "ref", "key"):
            db.execute("DELETE FROM " + table)
        db.executemany("INSERT INTO record VALUES(?, ?, ?, ?, ?, ?)",
                       ((i + 1, at or r[0], *r) for i, r in enumerate(rows)))
    db.close()
    k.t.own(k.data + "/ledger/ledger.db")


def own(t, k, d, *argv):
    """check self, its figures where the rest of the section is."""
    code, got = self_of(t, k, d, *argv)
    got["abuse"].update(got["abuse"].pop("figures"))
    return code, got


def signs(got):
    return sorted((f["code"], f["severity"]) for f in got["findings"] if f["code"].startswith("abuse."))


def finding(got, code):
    return [f for f in got["findings"] if f["code"] == code][0]


def lab(t, **more):
    """A server with a ledger, which does not run any more."""
    d = zone(t)
    k = t.kurir(server=d.server, **more)
    k.send("budi@contoh.id")
    k.mail("budi")
    until(k.log, 8, "the record")
    k.stop()
    return k, d, int(time.time() * 1000)


def test_made_ledgers(t):
    """Quiet, a newsletter every Monday, an account that was hacked, many at once, no history, a clock that went back"""
    k, d, now = lab(t)
    old = quiet(now)
    late = now - HOUR // 2
    news = people(400)
    flood = [taken(late + i * 1000, people(5, "jauh.example", i * 5), "siti", "203.0.113.7",
                   sender="siti@contoh.id") for i in range(60)]
    went = [answered(late + i * 1000 + 500, people(5, "jauh.example", i * 5)) for i in range(60)]
    bad = [answered(late + i * 1000 + 500, people(5, "jauh.example", i * 5), FAILED, "recipient.unknown")
           for i in range(30)] + went[30:]
    weekly = [taken(now - 7 * DAY - HOUR, news, "warta"), answered(now - 7 * DAY - HOUR, news)]
    today = [taken(late, news, "warta"), answered(late, news)]
    many = [taken(late + i * 100, people(3, "jauh.example", i * 3), "akun%d" % i) for i in range(100)]
    cases = (
        ("quiet", old, []),
        ("nothing at all", [], []),
        ("a newsletter as last Monday", old + weekly + today, []),
        ("a newsletter as never before", old + today, [("abuse.one-source", "warn"), ("abuse.traffic-spike", "warn")]),
        ("hacked", old + flood + went, [("abuse.one-source", "warn"), ("abuse.traffic-spike", "warn")]),
        ("hacked, and others complain", old + flood + bad,
         [("abuse.bounces", "warn"), ("abuse.one-source", "bad"), ("abuse.traffic-spike", "bad")]),
        ("many at once", old + many, [("abuse.traffic-spike", "warn")]),
        ("new", quiet(now, 2) + flood, []),
        ("new, and others complain", flood + bad, [("abuse.bounces", "bad"), ("abuse.one-source", "bad")]),
        ("to people here", old + [taken(late, people(400, "contoh.id"), "siti")], []),
        ("half an hour too early", old + [(r[0] - 3 * HOUR, *taken(r[0] - 3 * HOUR, people(5), "siti")[1:]) for r in flood], []),
    )
    for name, rows, want in cases:
        fill(k, rows)
        got = own(t, k, d)[1]
        equal(signs(got), want, (name, got["abuse"]))
        if name == "quiet":
            a = got["abuse"]
            equal((a["ledger"], a["recipients_hour"], a["usual_hour"], a["most_hour"], a["days"]), ("read", 2, 2, 2, 7), a)
            equal((a["tried"], a["refused"], a["blocklisted"], a["waiting"]), (6, 0, 0, 0), a)
            check("read" == a["queue"], a)
        if name == "new":
            check("far enough" in got["abuse"]["ledger"], got["abuse"])
        if name == "hacked":
            f = finding(got, "abuse.one-source")
            check("siti" in f["text"] and "203.0.113.7" in f["text"] and "300 of 306" in f["text"], f)
            for part in ("kurir user passwd siti", "kurir queue list --from siti@contoh.id", "kurir queue hold",
                         "kurir check relay mail.contoh.id"):
                check(part in f["cure"], part, f["cure"])
            equal([(s["kind"], s["name"], s["recipients"], s["usual_hour"]) for s in got["abuse"]["sources"]],
                  [("account", "siti", 300, 0), ("account", "budi", 6, 2)])
            f = finding(got, "abuse.traffic-spike")
            check("302 recipients" in f["text"] and "2 recipients are usual" in f["text"] and "7 days" in f["text"], f)
            check('outbound.via = "hold"' in f["cure"], f)
    # It all came tomorrow, by the clock of then.
    fill(k, old + flood + bad, at=now + DAY)
    got = own(t, k, d)[1]
    check(not [s for s in signs(got) if s[0] != "abuse.bounces" and s[0] != "abuse.one-source"], signs(got))
    check("gone back" in got["abuse"]["ledger"], got["abuse"])


def test_who_it_is(t):
    """A device, a trusted address and a program of this machine are each called what they are, with what stops them"""
    port = t.port()
    k, d, now = lab(t, extra='listen "copiers" { address = {"127.0.0.1:%d"}  role = "device" }\n'
                             'device "lantai2" { address = {"192.0.2.40"}  to = {"@jauh.example"} }\n' % port)
    evil = "$(touch /tmp/x)\x1b[31m@jauh.example"
    for user, ip, listener, sender, want, parts in (
            ("", "192.0.2.40", "copiers", None, ("device", "lantai2"), ('device "lantai2"', "reload")),
            ("", "198.51.100.4", "mx", None, ("address", None), ("take 198.51.100.4", "trusted", "reload")),
            ("", "127.0.0.1", "mx", None, ("this-machine", None), ("program of this machine",)),
            ("$(id)", "198.51.100.4", "submission", evil, ("account", "$(id)"),
             ("kurir user passwd NAME", "--from ADDRESS"))):
        fill(k, quiet(now) + [taken(now - HOUR, people(200, "jauh.example"), user, ip, listener, sender)])
        got = own(t, k, d)[1]
        f, s = finding(got, "abuse.one-source"), got["abuse"]["sources"][0]
        equal((s["kind"], s["name"]), want)
        for part in parts:
            check(part in f["cure"], part, f["cure"])
        check("touch" not in f["cure"] and "$(id)" not in f["cure"], f["cure"])
    text = k.cmd("check", "self", "--resolver", d.server, "--timeout", "3s", timeout=60).out
    check("\x1b[31m" not in text, text)
    said = k.cmd("check", "self", "--resolver", d.server, "--timeout", "3s", "--lang", "id", timeout=60).out
    check("Tanda-tanda penyalahgunaan" in said and "Kalau tidak ada yang sengaja" in said, said)


def test_on_change(t):
    """A flood that goes on is told once; then only who else, or that it is over"""
    k, d, now = lab(t)
    state = t.path("state.json")

    def change(rows):
        fill(k, quiet(now) + rows)
        return k.cmd("check", "self", "--resolver", d.server, "--timeout", "3s", "--ca", t.cert("ca"), "--on-change", state,
                     timeout=60).out

    def flood(n, user="siti"):
        return [taken(now - 600000, people(n, "jauh.example"), user, "203.0.113.7", sender="siti@contoh.id")]
    check("203.0.113.7" in change(flood(200)))
    equal(change(flood(300)), "")
    equal(change(flood(400) + [answered(now - 500000, people(40))]), "")
    out = change(flood(400, "joko"))
    check("joko" in out and "traffic-spike" not in out, out)
    out = change([])
    check("- abuse.traffic-spike" in out and "- abuse.one-source" in out and "figures" not in out, out)


def test_lists_and_limits(t):
    """Answers that name a blocklist, limits of others, and an address of ours in a list"""
    k, d, now = lab(t)
    late = now - HOUR
    for name, rows, want in (
            ("black", [answered(late, people(20), DEFERRED, "remote.blocklisted")], [("abuse.bounces", "bad")]),
            ("rate", [answered(late, people(20), DEFERRED, "remote.rate-limited")], [("abuse.bounces", "warn")]),
            ("a few", [answered(late, people(9), DEFERRED, "remote.blocklisted")], []),
            ("here", [answered(late, people(99, "contoh.id"), FAILED, "mailbox.full")], []),
            ("too old", [answered(late, people(99), EXPIRED, "net.timeout")], []),
            ("long ago", [answered(now - 4 * HOUR, people(99), FAILED, "remote.5xx")], [])):
        fill(k, quiet(now) + rows)
        got = own(t, k, d)[1]
        equal(signs(got), want, (name, got["abuse"]))
    fill(k, quiet(now))
    a = own(t, k, d)[1]["abuse"]
    equal((a["lists"], a["lists_answered"], a["listed"]), ("asked", len(LISTS), 0))
    no_lists(d)
    code, got = own(t, k, d)
    a = got["abuse"]
    equal((code, signs(got), a["lists_answered"], a["listed"]), (1, [], 0, 0))
    check("too few" in a["lists"], a)
    # One bad word is believed of one list alone.
    ours = "1.2.0.192."
    d.add("2.0.0.127.zen.spamhaus.org", "A", "127.0.0.2").add(ours + "zen.spamhaus.org", "A", "127.0.0.4")
    # This one lists everything, so it says nothing of us.
    for n in ("1.0.0.127.", "2.0.0.127.", ours):
        d.add(n + "bl.spamcop.net", "A", "127.0.0.2")
    code, got = own(t, k, d)
    equal((code, signs(got), got["abuse"]["listed"]), (1, [("abuse.listed", "bad")], 1))
    f = finding(got, "abuse.listed")
    check("192.0.2.1" in f["text"] and "zen.spamhaus.org" in f["text"] and "https://check.spamhaus.org/" in f["cure"], f)


def test_nothing_to_read(t):
    """No ledger, a broken one, one that may not be read: said, and the answer of check self is no worse"""
    d = zone(t)
    k = t.kurir(server=d.server)
    k.send("budi@contoh.id")
    k.mail("budi")
    until(k.log, 8, "the record")
    want, got = own(t, k, d)
    equal((signs(got), got["abuse"]["queue"]), ([], "read"), got["abuse"])
    path = k.data + "/ledger/ledger.db"
    if t.root:
        os.chmod(k.data, 0o700)
        os.chown(k.data, 0, 0)
        code, got = 0, None
        r = t.run(["setpriv", "--reuid", t.user, "--clear-groups", t.bin, "check", "self", "--json", "--resolver", d.server,
                   "--timeout", "3s", "--ca", t.cert("ca"), "-c", k.conf_path], timeout=60)
        check(r.returncode == want, r.returncode, r.out, r.err)
        a = json.loads(r.out)["abuse"]
        check(a["figures"]["tried"] is None and a["ledger"] not in ("", "read"), a)
        t.own(k.data)
    k.stop()
    down, got = own(t, k, d)
    for name in ("broken", "gone"):
        if name == "broken":
            with open(path, "r+b") as f:
                f.write(b"\xff" * 8192)
        else:
            for end in ("", "-wal", "-shm"):
                if os.path.exists(path + end):
                    os.unlink(path + end)
            os.rename(k.data + "/queue", k.data + "/elsewhere")
        code, got = own(t, k, d)
        a = got["abuse"]
        equal((code, signs(got), a["recipients_hour"], a["tried"]), (down, [], None, None), (name, a))
        check(a["ledger"] not in ("", "read"), name, a)
    check(a["waiting"] is None and a["queue"] not in ("", "read"), a)


def test_flood_for_real(t):
    """Somebody has a password and sends: who it is stands there while it goes on, with the queue that grows and the refusals"""
    peer = t.peer(replies={"rcpt": lambda a: "554 5.7.1 blocked using zen.daftar.example" if "x" in a.split("@")[0] else "250 ok"})
    d = zone(t)
    k = t.kurir(server=d.server, outbound={"retry": '{"1h"}'},
                extra='route "jauh.example" { via = "relay:[127.0.0.1]:%d" }\n'
                      'route "mati.example" { via = "relay:[127.0.0.1]:%d" }\n' % (peer.port, t.port()))
    k.send("budi@contoh.id")
    k.mail("budi")
    until(k.log, 8, "the record")
    k.stop()
    fill(k, quiet(int(time.time() * 1000)))
    k.start()
    equal(signs(own(t, k, d)[1]), [])
    s = k.smtp(k.submission)
    s.read()
    s.must("EHLO pencuri.example")
    s.must("STARTTLS", "220")
    s.tls()
    s.must("EHLO pencuri.example")
    check(s.auth("siti@contoh.id", k.passwords["siti"]).startswith("235"))
    last = None
    for n in range(16):
        s.must("MAIL FROM:<siti@contoh.id>")
        for i in range(10):
            kind = "x" if i < 3 else "o"
            s.must("RCPT TO:<%s%d@%s.example>" % (kind, n * 10 + i, "jauh" if i < 5 else "mati"))
        s.must("DATA", "354")
        s.sock.sendall(b"From: <siti@contoh.id>\r\nSubject: menang\r\n\r\nklik\r\n.\r\n")
        last = s.read()
        check(last.startswith("250"), last)
    s.cmd("QUIT")
    s.close()
    until(lambda: k.json("queue", "stats")["recipients"] == 80, 20, "what can go to be gone")
    until(lambda: len(k.log(verdict="accepted", **{"from": "siti@contoh.id"})) > 0, 8, "the record")
    until(lambda: own(t, k, d)[1]["abuse"]["blocklisted"] == 48, 10, "the refusals in the ledger: %s" % own(t, k, d)[1]["abuse"])
    code, got = own(t, k, d)
    a = got["abuse"]
    equal(signs(got), [("abuse.bounces", "bad"), ("abuse.one-source", "bad"), ("abuse.traffic-spike", "bad")], a)
    equal((code, a["recipients_hour"], a["waiting"]), (1, 162, 80), a)
    check("siti" in finding(got, "abuse.one-source")["text"], got["findings"])
    equal((a["sources"][0]["kind"], a["sources"][0]["recipients"], a["sources"][0]["messages"]), ("account", 160, 16))
    # What it says to do is there to be done.
    cure = finding(got, "abuse.one-source")["cure"]
    check("kurir user passwd siti" in cure and "--from siti@contoh.id" in cure, cure)
    r = k.cmd("user", "passwd", a["sources"][0]["name"], input="lain sekali\n")
    equal(r.returncode, 0, r.err)
    waiting = k.json("queue", "list", "--from", "siti@contoh.id")
    check(len(waiting) == 16 and session_id(last) in [w["id"] for w in waiting], len(waiting))
    k.ok("queue", "hold", waiting[0]["id"])
    # The same server with a queue that does not move.
    k.stop()
    now = int(time.time() * 1000)
    fill(k, quiet(now) + [taken(now - HOUR // 2, people(150, "mati.example"), "siti")])
    got = own(t, k, d)[1]
    check(not [x for x in signs(got) if x[0] == "abuse.queue-growth"], "80 wait", got["abuse"])
    k.start()
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<budi@contoh.id>")
    for i in range(60):
        s.must("RCPT TO:<p%d@mati.example>" % i)
    s.must("DATA", "354")
    s.sock.sendall(b"Subject: x\r\n\r\nx\r\n.\r\n")
    check(s.read().startswith("250"))
    s.cmd("QUIT")
    until(lambda: own(t, k, d)[1]["abuse"]["waiting"] >= 140, 10, "the queue")
    got = own(t, k, d)[1]
    check("abuse.queue-growth" in codes(got, "warn", "bad"), signs(got), got["abuse"])


test_flood_for_real.heavy = 1


def test_as_large_as_it_gets(t):
    """300,000 sessions of a week, a third of them in the last hours, are summed in seconds"""
    k, d, now = lab(t)
    one = taken(now - DAY, people(1))[3]
    head = b"K\1\1" + varint(ident(now - DAY)) + varint(now - DAY)
    equal(one[:len(head)], head)
    rest, n, rows = one[len(head):], 300000, []
    for i in range(n):
        at = now - 7 * DAY + i * (7 * DAY - 3 * HOUR) // (n * 2 // 3) if i < n * 2 // 3 else now - 3 * HOUR + (i % 100000) * 100
        rows.append((at, 1, ACCEPTED, b"K\1\1" + varint(ident(at)) + varint(at) + rest))
    fill(k, rows)
    begun = time.time()
    a = own(t, k, d)[1]["abuse"]
    took = time.time() - begun
    check(a["ledger"] == "read" and a["recipients_hour"] >= 30000, a)
    check(took < 15, "took %.1f s" % took)
    print("%d sessions in %.2f s" % (n, took))
