"""Exempt lists: who is spared a reverse lookup, from when, by which line, and
what `kurir exempt` says and changes."""
import json
import os
import re
import signal
import stat
import time

from harness import Kurir, check, equal, until
from senders import section, settings, talk
from test_reverse import own_network

LETTER = b"From: <siapa@mitra.example>\r\nSubject: uji\r\n\r\nisi\r\n"


class Lists:
    """A kurir that refuses whoever a lookup finds fault with, and its lists."""

    def __init__(self, t, actions, zones=None, names=("ptr", "helo", "mail"), late=False, **more):
        self.t = t
        t.mkdir("exempt")
        self.files = {n: t.path("exempt", n + ".list") for n in names}
        lists = "".join('exempt "%s" { file = "%s" }\n' % nf for nf in self.files.items())
        self.dns = t.dns(zones or {})
        more.setdefault("trusted", ["192.0.2.254"])
        self.k = Kurir(t, server=self.dns.server, extra=section(actions, late) + lists, **more)

    def start(self):
        self.k.start()
        return self

    def hear(self, ip, helo="pc.mitra.example", sender="siapa@mitra.example", **more):
        return talk(self.k.mx, ip, helo, sender, **more)

    def refused(self, ip, what="", **more):
        got = self.hear(ip, **more)
        check(got.reply, ip, more, "was accepted;", what)
        equal(got.reply[:9], "501 5.7.1", what)
        return got

    def accepted(self, ip, what="", **more):
        got = self.hear(ip, **more)
        equal(got.reply, None, "%s %s %s" % (ip, more, what))
        return got

    def add(self, name, entry, *options):
        return self.k.ok("exempt", "add", name, entry, *options)

    def entries(self, *which):
        return self.k.json("exempt", "list", *which)

    def write(self, name, text):
        """As an editor does: another file in the place of the old one."""
        self.t.write("exempt/%s.list.new" % name, text)
        os.rename(self.files[name] + ".new", self.files[name])

    def pids(self):
        roles = self.k.roles()
        return sorted(roles["smtpd"]), roles["lookup"]


def test_at_once(t):
    """An entry added, edited by hand or removed counts at once; nothing is started anew"""
    lists = Lists(t, settings(ptr="close")).start()
    k, ip = lists.k, "127.50.0.1"
    lists.refused(ip)
    pids = lists.pids()
    lists.add("ptr", ip, "--reason", "faks kantor lama", "--until", "2099-12-31")
    got = lists.accepted(ip, "right after it was added", data=LETTER)
    equal(len(k.mail("budi")), 1, "messages")
    equal(lists.entries("ptr"), lists.entries())
    entry, = lists.entries("ptr")
    for key, want in (("entry", ip), ("source", "local"), ("file", lists.files["ptr"]), ("line", 1),
                      ("reason", "faks kantor lama"), ("until", "2099-12-31"), ("hits", 1)):
        equal(entry[key], want, key)
    # The record says which line it was.
    until(lambda: "ptr.list:1: %s (faks kantor lama)" % ip in k.cmd(
        "log", "--ip", ip, "--format", "json").out, 8, "the line in the record")
    lists.refused("127.50.0.2")
    k.ok("exempt", "remove", "ptr", ip)
    lists.refused(ip, what="right after it was removed")
    equal(lists.entries(), [])
    # By hand: in place, replaced, and both ends of lines.
    with open(lists.files["ptr"], "a") as f:
        f.write("; dari tangan\n127.50.0.3 ; reason=x\n")
    until(lambda: lists.hear("127.50.0.3").reply is None, 5, "an edit in place")
    lists.write("ptr", "\ufeff127.50.0.4\r\n127.50.0.5\r\n")
    until(lambda: lists.hear("127.50.0.5").reply is None, 5, "a file replaced")
    lists.accepted("127.50.0.4")
    lists.refused("127.50.0.3")
    # A file that is gone leaves the list in force until a reload, then it is empty.
    os.unlink(lists.files["ptr"])
    until(lambda: "exempt-kept" in k.log_text(), 8, "the log of it")
    lists.accepted("127.50.0.4")
    k.reload()
    until(lambda: lists.hear("127.50.0.4").reply, 8, "the reload")
    lists.add("ptr", "127.50.0.6")
    until(lambda: lists.hear("127.50.0.6").reply is None, 5, "a file made anew")
    equal(lists.pids(), pids, "the same processes")


def test_forms(t):
    """Address, network, wildcards, host and domain; the last day; and who only claims a listed name"""
    ip = "127.50.%d.%d"
    zones = {("rumah.mitra.example", "A"): [ip % (7, 1)],
             ("a.cabang.example", "A"): [ip % (7, 2)],
             ("mx1.pabrik.example", "A"): [ip % (7, 3)],
             ("lain.mitra.example", "A"): ["192.0.2.9"],
             ("4.7.50.127.in-addr.arpa", "PTR"): ["nama.mitra.example"],
             ("nama.mitra.example", "A"): ["192.0.2.9", ip % (7, 4)]}
    lists = Lists(t, settings(ptr={"missing": "close"}, helo={"forged": "close"},
                              mail={"not-found": "close"}), zones, late=True).start()
    k = lists.k
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    today = time.strftime("%Y-%m-%d", time.gmtime())
    lists.write("ptr", "\n".join((
        "127.50.1.0/24", "127.50.2.1##", "127.50.3.?", "127.50.*.9", "rumah.mitra.example",
        "*.cabang.example ; reason=semua cabang", "mx#.pabrik.example", "192.168.1", "# bukan",
        "127.50.5.1 ; until=" + today, "127.50.5.2 ; until=" + yesterday,
        "127.50.5.3 ; until=besok")) + "\n")
    for name in ("helo", "mail"):
        lists.write(name, "")
    k.reload()
    until(lambda: lists.hear(ip % (1, 77), helo="[%s]" % (ip % (1, 77)), sender="").reply is None, 8,
          "the lists")

    def ptr(client, spared, helo=None, what=""):
        got = lists.hear(client, helo=helo or "[%s]" % client, sender="")
        equal(got.reply and got.reply[:9], None if spared else "501 5.7.1",
              "%s %s %s" % (client, helo, what))

    for client, spared in ((ip % (1, 1), True), (ip % (1, 255), True), (ip % (2, 100), True),
                           (ip % (2, 199), True), (ip % (2, 1), False), (ip % (2, 10), False),
                           (ip % (2, 210), False), (ip % (3, 5), True), (ip % (3, 55), False),
                           (ip % (4, 9), True), (ip % (4, 19), False), (ip % (5, 1), True),
                           (ip % (5, 2), False), (ip % (5, 3), False)):
        ptr(client, spared)
    # A name counts when its addresses hold the client, and not when it is only said.
    ptr(ip % (7, 1), True, "rumah.mitra.example")
    ptr(ip % (7, 2), True, "a.cabang.example")
    ptr(ip % (7, 3), True, "mx1.pabrik.example")
    ptr(ip % (8, 1), False, "rumah.mitra.example")
    ptr(ip % (8, 2), False, "a.cabang.example")
    # Lines that are no entries are told of by file and line, and the rest counts.
    log = k.log_text()
    for line in (8, 9, 12):
        check(re.search(r"exempt-error at=\"?\S*ptr\.list:%d\"?" % line, log), "line", line, "in", log[-800:])
    # The PTR name of a client, forward-confirmed, on the list of HELO; the domain of MAIL on its own.
    client = ip % (7, 4)
    lists.refused(client, helo="lain.mitra.example", sender="")
    lists.add("helo", "nama.mitra.example")
    lists.accepted(client, helo="lain.mitra.example", sender="")
    lists.refused(ip % (1, 1), helo="lain.mitra.example", sender="")
    other = ip % (1, 2)
    lists.refused(other, helo="[%s]" % other, sender="a@tiada.example")
    lists.add("ptr", "tiada.example")
    lists.refused(other, "on another list", helo="[%s]" % other, sender="a@tiada.example")
    lists.add("mail", "tiada.example")
    lists.accepted(other, helo="[%s]" % other, sender="a@tiada.example")
    lists.refused(other, helo="[%s]" % other, sender="a@sub.tiada.example")


def test_ipv6(t):
    """IPv6 entries: an address, a network, a pattern"""
    own_network("2001:db8:7::1", "2001:db8:8::1", "2001:db8:9::1", "2001:db8:a::1")
    lists = Lists(t, settings(ptr="close"), listeners="")
    k = lists.k
    k.listeners = 'listen "mx" { address = {"127.0.0.1:%d", "[::1]:%d"}  role = "mx" }\n' % (k.mx, k.mx)
    k.write_conf()
    lists.start()
    clients = ["2001:db8:%s::1" % x for x in "789a"]
    for c in clients:
        lists.refused(c)
    for entry in ("2001:DB8:7:0::1", "2001:db8:8::/48", "2001:db8:9:*"):
        lists.add("ptr", entry)
    for c in clients[:3]:
        lists.accepted(c)
    lists.refused(clients[3])
    equal([e["hits"] for e in lists.entries()], [1, 1, 1], "hits")


def test_never_relays(t):
    """Who is on every list may still not relay"""
    lists = Lists(t, settings(ptr="close", helo="close", mail="close")).start()
    ip = "127.50.0.1"
    for name in lists.files:
        lists.add(name, ip)
    lists.add("mail", "mitra.example")
    for to in ("orang@luar.example", "orang%luar.example@contoh.id", "@contoh.id:orang@luar.example"):
        got = lists.hear(ip, to=to)
        check(got.stage == "rcpt" and got.reply[:1] == "5", to, got.replies)
    lists.accepted(ip)


def test_hits(t):
    """Hits are counted by entry, outlive a restart, and show without a server; stale entries are told"""
    lists = Lists(t, settings(ptr="close"))
    k = lists.k
    lists.write("ptr", "127.50.0.1\n127.50.0.0/24\n127.50.9.9 ; until=2020-01-01\n")
    lists.start()
    for ip in ("127.50.0.1", "127.50.0.1", "127.50.0.2"):
        lists.accepted(ip)
    want = {"127.50.0.1": 2, "127.50.0.0/24": 1, "127.50.9.9": 0}
    equal({e["entry"]: e["hits"] for e in lists.entries()}, want)
    check(lists.entries()[0]["last_hit"].startswith(time.strftime("%Y-")), lists.entries())

    def status():
        return {s["list"]: s for s in k.json("exempt", "status")}
    s = status()
    equal(sorted(s), ["helo", "mail", "ptr"])
    for key, value in (("entries", 3), ("hits", 3), ("last_sync", None), ("last_error", None), ("stale", 1)):
        equal(s["ptr"][key], value, key)
    equal(s["ptr"]["stale_entries"][0]["entry"], "127.50.9.9")
    check("127.50.9.9: ended on 2020-01-01" in k.ok("exempt", "status"), k.ok("exempt", "status"))
    k.stop()
    equal({e["entry"]: e["hits"] for e in lists.entries()}, want, "without a server")
    equal(status()["ptr"]["hits"], 3, "without a server")
    k.start()
    lists.accepted("127.50.0.1")
    equal({e["entry"]: e["hits"] for e in lists.entries()}, dict(want, **{"127.50.0.1": 3}))
    # An entry that is removed is forgotten with its hits.
    k.ok("exempt", "remove", "ptr", "127.50.0.1")
    lists.add("ptr", "127.50.0.1")
    equal({e["entry"]: e["hits"] for e in lists.entries()}, dict(want, **{"127.50.0.1": 0}))
    # Role lookup is killed: the lists are back with it.
    os.kill(k.roles()["lookup"][0], signal.SIGKILL)
    until(lambda: lists.hear("127.50.0.1").reply is None, 10, "role lookup again")


def test_files(t):
    """add and remove touch nothing else in the file; what is wrong is refused and says so"""
    lists = Lists(t, settings(), names=("ptr",))
    k, path = lists.k, lists.files["ptr"]
    text = b"; atas\r\n192.0.2.1 ; reason=a\r\n\r\n*.mitra.example\r\n; bawah\r\n"
    with open(path, "wb") as f:
        f.write(text)
    os.chmod(path, 0o640)
    t.own(path)
    before = os.stat(path)

    def content():
        with open(path, "rb") as f:
            return f.read()

    lists.add("ptr", "192.0.2.2", "--until", "2099-01-02", "--reason", "dua kata")
    equal(content(), text + b"192.0.2.2 ; reason=dua kata until=2099-01-02\r\n")
    k.ok("exempt", "remove", "ptr", "192.0.2.2/32")
    equal(content(), text)
    after = os.stat(path)
    equal((stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid), (0o640, before.st_uid, before.st_gid))
    equal(os.listdir(t.path("exempt")), ["ptr.list"], "what is left beside it")
    for argv, code, says in (
            (["add", "ptr", "192.0.2.1"], 1, "ptr.list:2: \"192.0.2.1\" stands there already"),
            (["add", "ptr", "*.MITRA.example."], 1, "stands there already"),
            (["add", "ptr", "192.168.1"], 2, "not a whole address"),
            (["add", "ptr", "10.1.2.3/8"], 2, "not a network"),
            (["add", "ptr", "*"], 1, "over-broad"),
            (["add", "ptr", "10.0.0.0/8"], 1, "over-broad"),
            (["add", "ptr", "2001::/16"], 1, "over-broad"),
            (["add", "ptr", "*.example"], 1, "over-broad"),
            (["add", "ptr", "192.0.2.9", "--until", "2020-01-01"], 1, "is over"),
            (["add", "ptr", "192.0.2.9", "--until", "besok"], 2, "2027-03-01"),
            (["add", "ptr", "192.0.2.9", "--reason", "a\nb"], 2, "control byte"),
            (["add", "ptr", "192.0.2.9 ; until=2099-01-01"], 2, "not one entry"),
            (["add", "helo", "192.0.2.9"], 2, 'exempt "helo" { file = '),
            (["add", "spf", "192.0.2.9"], 2, "they are ptr, helo and mail"),
            (["add", "ptr"], 2, "usage"), (["remove", "ptr", "192.0.2.9"], 1, "no entry"),
            (["sync"], 2, "nothing to fetch"), (["list", "--reason", "x"], 2, "usage")):
        r = k.cmd("exempt", *argv)
        equal(r.returncode, code, "%s: %s %s" % (argv, r.out, r.err))
        check(says in r.err, argv, "says", r.err)
        equal(content(), text, "after %s" % argv)
    lists.add("ptr", "*", "--force")
    equal(content(), text + b"*\r\n")
    k.ok("exempt", "remove", "ptr", "*")
    # MDaemon's file in and out.
    dat = t.write("ReverseXcpt.dat", b"192.0.2.1\r\n10.1.2.3\r\nmail.kantor.example\r\n192.168.0.1##\r\n")
    k.ok("exempt", "import", "ptr", dat)
    equal(content(), text + b"10.1.2.3\r\nmail.kantor.example\r\n192.168.0.1##\r\n")
    r = t.run([t.bin, "exempt", "export", "ptr", "-c", k.conf_path])
    equal([line for line in r.out.splitlines() if line],
          ["192.0.2.1", "*.mitra.example", "10.1.2.3", "mail.kantor.example", "192.168.0.1##"])
    bad = t.write("bad.dat", b"10.9.9.9\n192.168\n*\n")
    r = k.cmd("exempt", "import", "ptr", bad)
    equal(r.returncode, 1)
    check("bad.dat:2: " in r.err and "bad.dat:3: " in r.err, r.err)
    check(b"10.9.9.9" not in content(), "half of it was imported")
    # check: the file, and a client.
    equal(k.cmd("exempt", "check").returncode, 0)
    check("ptr.list:4" in k.ok("exempt", "check", "ptr", "a.mitra.example"), "check of a name")
    equal(k.cmd("exempt", "check", "ptr", "192.0.2.77").returncode, 1)
    with open(path, "ab") as f:
        f.write(b"what is this\r\n")
    r = k.cmd("exempt", "check")
    equal(r.returncode, 1)
    check("ptr.list:9: " in r.out, r.out)
    found = json.loads(k.cmd("exempt", "check", "--json").out)
    equal([(f["line"], f["severity"]) for f in found], [(9, "bad")])
    with open(path, "ab") as f:
        f.write(b"*\r\n")
    told = k.ok("config", "check")
    check("ptr.list:9:" in told and "ptr.list:10:" in told, "config check:", told)


def test_directory(t):
    """A list whose directory comes later, and one that a reload moves elsewhere"""
    lists = Lists(t, settings(ptr="close"), names=("ptr",))
    k = lists.k
    nowhere = t.path("later", "ptr.list")
    k.extra = k.extra.replace(lists.files["ptr"], nowhere)
    k.write_conf()
    lists.start()
    ip = "127.50.0.1"
    lists.refused(ip)
    os.mkdir(t.path("later"), 0o755)
    t.own(t.path("later"))
    lists.add("ptr", ip)
    until(lambda: lists.hear(ip).reply is None, 15, "a directory that came later")
    k.extra = k.extra.replace(nowhere, lists.files["ptr"])
    k.write_conf()
    k.reload()
    until(lambda: lists.hear(ip).reply, 15, "the other list")
    lists.add("ptr", ip)
    until(lambda: lists.hear(ip).reply is None, 5, "an entry there")
    # A link is edited where it leads, and seen where it leads.
    k.stop()
    real = t.write("really/kept.list", "127.50.0.2\n", own=True)
    os.unlink(lists.files["ptr"])
    os.symlink(real, lists.files["ptr"])
    k.start()
    lists.accepted("127.50.0.2")
    lists.add("ptr", "127.50.0.3")
    check(os.path.islink(lists.files["ptr"]), "the link was replaced")
    with open(real) as f:
        equal(f.read(), "127.50.0.2\n127.50.0.3\n")
    lists.accepted("127.50.0.3")


def test_large(t):
    """A list of 300,000 lines comes into force while mail flows"""
    lists = Lists(t, settings(ptr="close"), names=("ptr",))
    lists.write("ptr", "127.50.0.1\n")
    lists.start()
    lists.accepted("127.50.0.1")
    lists.write("ptr", "127.50.0.1\n" + "".join(
        "10.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(300000)) + "127.50.0.2\n")
    slowest, end = 0.0, time.time() + 20
    while time.time() < end:
        began = time.monotonic()
        lists.accepted("127.50.0.1")
        slowest = max(slowest, time.monotonic() - began)
        if "entries=300002" in lists.k.log_text():
            break
    lists.accepted("127.50.0.2")
    check(slowest < 0.5, "a session took", slowest, "s meanwhile")
    equal(sum(1 for _ in lists.entries()), 300002, "entries listed")


def test_suggest(t):
    """Who was only noted and brings wanted mail is proposed; the line that is printed spares him"""
    lists = Lists(t, settings(ptr="note"), names=("ptr", "mail")).start()
    k, ip = lists.k, "127.50.0.1"
    equal(k.cmd("exempt", "suggest").out.strip(), "No sender of the ledger deserves an exemption.")
    for _ in range(3):
        lists.accepted(ip, data=LETTER)
    equal(len(k.mail("budi", 3)), 3, "messages")
    found = until(lambda: k.json("exempt", "suggest", "ptr"), 10, "a suggestion")
    equal([(f["list"], f["entry"], f["rule"]) for f in found],
          [("ptr", ip, "reverse-lookup.ptr.missing")])
    check(found[0]["messages"] >= 3 and found[0]["reason"], found)
    equal(k.json("exempt", "suggest", "mail"), [], "of another list")
    line = next(x for x in k.ok("exempt", "suggest").splitlines() if x.startswith("kurir exempt add"))
    t.run(["/bin/sh", "-c", line.replace("kurir", t.bin, 1) + " -c " + k.conf_path])
    entry, = lists.entries("ptr")
    equal((entry["entry"], entry["reason"]), (ip, found[0]["reason"]))
    equal(k.json("exempt", "suggest", "ptr"), [], "once it is there")
    k.extra = k.extra.replace('missing = "note"', 'missing = "close"')
    k.write_conf()
    k.reload()
    until(lambda: lists.hear("127.50.0.2").reply, 8, "the reload")
    lists.accepted(ip)
