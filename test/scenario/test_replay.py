"""kurir policy replay: what other settings would have done to the sessions of
the ledger, held to what they really do."""
import json
import os
import shlex
import sqlite3
import time

from harness import check, equal, until
from senders import OPTIONS, STRANGER, TRUSTED, Lab, expected, section, settings

LETTER = b"From: <siapa@mitra.example>\r\nSubject: uji\r\n\r\nisi\r\n"
NOTE = settings(ptr="note", helo="note", mail="note")
CLOSE = settings(ptr="close", helo="close", mail="close")
LISTS = 'exempt "ptr" { file = "%s" }\nexempt "helo" { file = "%s" }\nexempt "mail" { file = "%s" }\n'


def patient_lab(t, faults=False):
    """A busy machine's late answers are not to be taken for faults; and a
    server that was silent once is not asked for a while, so most do without."""
    lab = Lab(t, dns={"timeout": '"3s"'}).start()
    if not faults:
        lab.cases = [c for c in lab.cases if "fault" not in c.findings]
    return lab


def sets(actions):
    return [w for option, action in actions.items()
            for w in ("--set", "reverse-lookup.%s=%s" % (option, action))]


def replay(k, *argv, since="1h", code=None):
    r = k.cmd("policy", "replay", "--since", since, "--json", *argv)
    check(r.returncode in (0, 1) if code is None else r.returncode == code,
          "policy replay", argv, "ended", r.returncode, r.err)
    got = json.loads(r.out)
    equal(r.returncode, 1 if got["victims"] else 0, "exit status")
    return got


def addresses(groups):
    return sorted(a for g in groups for a in g["addresses"])


def record(lab, actions, exempt=True, more="", kinds=(STRANGER,), **talk):
    """Every case speaks, under these settings; returns when it is in the log."""
    lab.set(section(actions, exempt) + more)
    jobs = [(c, kind, dict(talk)) for c in lab.cases for kind in kinds]
    for faulty in (False, True):
        lab.talks([j for j in jobs if ("fault" in j[0].findings) == faulty])
    lab.records([c.ip(kind) for c, kind, _ in jobs], timeout=20)


def refused(lab, actions):
    return sorted(c.ip() for c in lab.cases if expected(c, actions).code)


def test_foretells(t):
    """What was only noted, under settings that refuse: the victims are those of the truth table"""
    lab = patient_lab(t, faults=True)
    record(lab, NOTE, kinds=(STRANGER, TRUSTED), data=LETTER)
    equal(replay(lab.k)["victims"], [], "with the settings as they are")
    for actions in (CLOSE, settings(ptr="reject"), settings(helo="close"), settings(mail="defer"),
                    settings(ptr={"missing": "close"}), settings(ptr={"mismatch": "defer"}),
                    settings(helo={"forged": "note", "not-found": "reject"}),
                    settings(mail={"no-mx": "close"}), settings(mail={"forged": "close"}),
                    settings(ptr="note", helo="off", mail={"not-found": "reject", "no-mx": "defer"})):
        got = replay(lab.k, *sets(actions))
        equal(addresses(got["victims"]), refused(lab, actions), "victims of %s" % actions)
        equal((got["released"], got["refused_then"]), ([], 0), actions)
        equal(got["newly_refused"], len(refused(lab, actions)), actions)
        by_ip = {a: g for g in got["victims"] for a in g["addresses"]}
        for c in lab.cases:
            want = expected(c, actions)
            if want.code is None:
                continue
            g = by_ip[c.ip()]
            equal(g["rules"][0]["rule"], want.rule, "%r: its rule" % c)
            equal(g["deferred"] > 0, want.code < 500, "%r: deferred" % c)
            evidence = "\n".join(g["evidence"])
            check(evidence and c.fill(c.evidence)[:60] in evidence, c, "evidence", evidence)
            check(g["signs"]["messages"] >= 1 and c.helo() in g["helo"], c, g)
    # Without a server it is the same.
    got = replay(lab.k, *sets(CLOSE))
    lab.k.stop()
    for key in ("victims", "rules", "sessions", "unjudged"):
        equal(replay(lab.k, *sets(CLOSE))[key], got[key], key + ", without a server")


test_foretells.heavy = 1


def test_entries_spare(t):
    """The entries that it names spare everyone it lists, there and then and in the server"""
    lab = patient_lab(t)
    t.mkdir("exempt")
    lists = LISTS % tuple(t.path("exempt", n) for n in ("ptr", "helo", "mail"))
    record(lab, NOTE, more=lists, data=LETTER)
    victims = replay(lab.k, *sets(CLOSE))["victims"]
    equal(addresses(victims), refused(lab, CLOSE))
    spared, rest = victims[::2], victims[1::2]
    for g in spared:
        check(g["exempt"], g["sender"], "has no entry that would spare it")
        for e in g["exempt"]:
            words = shlex.split(e["command"])
            equal(words[:5], ["kurir", "exempt", "add", e["list"], e["entry"]])
            lab.k.ok(*words[1:5], "--reason", "percobaan")
    left = replay(lab.k, *sets(CLOSE))
    equal(sorted(g["sender"] for g in left["victims"]), sorted(g["sender"] for g in rest))
    equal(left["spared"], sum(g["sessions"] for g in spared), "spared")
    # So it is when the settings come into force.
    record(lab, CLOSE, more=lists)
    told = {r["peer"]["ip"]: r["verdict"] for r in lab.k.log()}
    for groups, want in ((spared, "accepted"), (rest, "refused")):
        for a in addresses(groups):
            equal(told[a], want, "%s, when it is in force" % a)
    # And a suggestion is one of these entries.
    offered = {(e["list"], e["entry"]) for g in rest for e in g["exempt"]}
    found = [(s["list"], s["entry"]) for s in lab.k.json("exempt", "suggest", "--since", "1h")]
    check(found and not set(found) & {(e["list"], e["entry"]) for g in spared for e in g["exempt"]},
          "suggested", found)
    check(set(found) & offered, "suggested", found, "offered", offered)


test_entries_spare.heavy = 1


def test_authenticated(t):
    """Who authenticated is spared as exempt-authenticated says, and it speaks for him"""
    lab = patient_lab(t)
    record(lab, NOTE, auth=lab.auth, data=LETTER)
    equal(replay(lab.k, *sets(CLOSE))["victims"], [])
    got = replay(lab.k, *sets(CLOSE), "--set", "reverse-lookup.ptr.exempt-authenticated=false")
    equal(addresses(got["victims"]), refused(lab, settings(ptr="close")),
          [(g["sender"], g["rules"], g["evidence"]) for g in got["victims"]])
    for g in got["victims"]:
        equal((g["signs"]["authenticated"], g["signs"]["tls"]), (g["sessions"], g["sessions"]))


def test_released(t):
    """Who was refused and would no longer be; what came behind is not claimed"""
    lab = patient_lab(t)
    record(lab, CLOSE, data=LETTER)
    got = replay(lab.k, *sets(NOTE))
    equal(got["victims"], [])
    equal(addresses(got["released"]), refused(lab, CLOSE))
    equal(got["refused_then"], len(refused(lab, CLOSE)))
    # Closed on for PTR, and HELO was not judged any more.
    got = replay(lab.k, *sets(settings(ptr="note", helo="close", mail="close")))
    equal(addresses(got["released"]), refused(lab, settings(ptr="close")))
    reasons = {(r["lookup"], r["reason"]): r["sessions"] for r in got["unjudged"]["reasons"]}
    n = len(refused(lab, settings(ptr="close")))
    equal((reasons.get(("helo", "refused-before")), reasons.get(("mail", "refused-before"))), (n, n),
          reasons)


def test_not_made(t):
    """Of a lookup that was not made nothing is claimed"""
    lab = patient_lab(t)
    record(lab, settings(), data=LETTER)
    lab.k.extra = lab.k.extra.replace('"off"', '"note"', 7)
    lab.k.write_conf()  # after they came
    got = replay(lab.k, *sets(CLOSE))
    equal((got["victims"], got["refused"], got["deferred"]), ([], 0, 0))
    equal(got["unjudged"]["sessions"], len(lab.cases))
    reasons = {(r["lookup"], r["reason"]): r["sessions"] for r in got["unjudged"]["reasons"]}
    for lookup in OPTIONS:
        check(reasons.get((lookup, "not-made"), 0) > 0, lookup, reasons)
    text = lab.k.ok("policy", "replay", "--since", "1h", *sets(CLOSE))
    check("Nobody would be refused" in text and "nothing shows that a HELO lookup was made" in text, text)


def test_asks_the_server(t):
    """Who may not read the ledger's file asks the server: the same answer"""
    if not t.root:
        return
    lab = patient_lab(t)
    record(lab, NOTE, data=LETTER)
    want = replay(lab.k, *sets(CLOSE))
    ledger = lab.k.data + "/ledger"
    os.chmod(ledger, 0o700)
    os.chown(ledger, 0, 0)
    r = t.run(["setpriv", "--reuid", t.user, "--clear-groups", t.bin, "policy", "replay", "--json",
               "--since", "1h", *sets(CLOSE), "-c", lab.k.conf_path])
    equal(r.returncode, 1, r.err)
    got = json.loads(r.out)
    for key in ("sessions", "victims", "rules"):
        equal(got[key], want[key], key)


def test_wrong_use(t):
    """A setting that does not exist, a time that is none, and no ledger"""
    k = t.kurir(start=False)
    equal(k.cmd("policy", "replay", "--since", "1h").returncode, 3)
    for argv in (("--set", "reverse-lookup.ptr.mising=close"), ("--set", "reverse-lookup.ptr.missing=shut"),
                 ("--set", "nonsense"), ("--since", "someday")):
        r = k.cmd("policy", "replay", *argv)
        equal(r.returncode, 2, argv)
        check(r.err.strip(), argv, "is refused without a word")


# ---- a week ----

def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def item(tag, numbers=(), texts=(), lead=b""):
    body = lead + b"".join(varint(n) for n in numbers)
    for text in texts:
        raw = text.encode()
        body += varint(len(raw)) + raw
    return bytes([tag]) + varint(len(body)) + body


def session(ident, at_ms, ip, helo, sender, finding, dialogue):
    """A record as the server writes it (ledger_record.h)."""
    out = b"K\1\1" + varint(ident) + varint(at_ms)
    out += item(1, (25025,), lead=b"\4" + bytes(map(int, ip.split(".")))) + item(6, texts=("mx",))
    out += dialogue + item(5, texts=(helo,)) + item(10, texts=(sender,))
    if finding:
        out += item(14, texts=finding)
    else:
        out += item(4, texts=(helo,))
    out += item(11, (1,), ("budi@contoh.id", "", "")) + item(12, (ident + 1, 1, 4711), ("",))
    return out + item(17, (900, 1, 1500, 900))


def test_week(t):
    """100,000 sessions of a week are replayed in seconds, with the right victims"""
    k = t.kurir(extra=section(NOTE), trusted=["192.0.2.254"])
    k.send("budi@contoh.id")
    k.mail("budi")
    until(lambda: k.log(), 8, "the record")
    k.stop()
    lines = [("<--", "EHLO mail.mitra.example"), ("-->", "250-mail.contoh.id and what else there is"),
             ("<--", "MAIL FROM:<siapa@mitra.example> SIZE=4711"), ("-->", "250 2.1.0 ok")] * 4
    dialogue = b"".join(item(9, (i, 2 if who == "<--" else 1), (text,))
                        for i, (who, text) in enumerate(lines))
    now = int(time.time() * 1000)
    week, n = 7 * 86400000, 100000
    db = sqlite3.connect(k.data + "/ledger/ledger.db")
    last = db.execute("SELECT max(seq) FROM record").fetchone()[0]
    victims = {}

    def rows():
        for i in range(n):
            at = now - week + 60000 + i * (week - 120000) // n
            ident = (at - 1577836800000) << 22 | 2
            ip, finding = "198.51.%d.%d" % (i % 100, i % 251), None
            if i % 200 == 7:  # no PTR
                ip = "203.0.113.%d" % (1 + i // 200 % 20)
                arpa = ".".join(ip.split(".")[::-1])
                finding = ("mail", "reverse-lookup.ptr.missing", "kurir.conf:9", "",
                           "PTR %s.in-addr.arpa: NXDOMAIN" % arpa, "note", "lookup.ptr-missing")
                victims[ip] = victims.get(ip, 0) + 1
            yield (last + 1 + i, at, at, 1, 1, session(
                ident, at, ip, "mail.mitra.example", "siapa@mitra.example", finding, dialogue))
    with db:
        # What came since is newer than all of this.
        db.execute("UPDATE record SET seq = seq + ?", (n + 10,))
        db.executemany("INSERT INTO record VALUES(?, ?, ?, ?, ?, ?)",
                       ((s - last, *r) for s, *r in rows()))
    db.close()
    t.own(k.data + "/ledger/ledger.db")
    begun = time.time()
    got = replay(k, "--set", "reverse-lookup.ptr.missing=close", since="8d", code=1)
    took = time.time() - begun
    equal({g["sender"]: g["sessions"] for g in got["victims"]}, victims)
    check(got["sessions"] >= n and got["newly_refused"] == n // 200, got["sessions"], got["newly_refused"])
    check(took < 20, "took %.1f s" % took)
    print("%d sessions in %.2f s" % (n, took))
