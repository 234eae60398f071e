"""kurir check smtp: against Postfix, Exim, kurir itself, and servers that are wrong in one way each."""
import json
import os
import re
import socket
import ssl
import threading
import time

from exim import Exim
from harness import STALL, check, equal
from peers_real import Postfix

ZONES = {("contoh.id", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["192.0.2.1"],
         ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.contoh.id"]}
REFUSE = {"rcpt": lambda a: None if "contoh.id" in a or "<postmaster>" in a.lower()
          else "550 5.7.1 relaying denied",
          "banner": "220 mail.contoh.id ESMTP"}


class Answer:
    def __init__(self, r):
        self.code, self.err = r.returncode, r.err
        try:
            self.json = json.loads(r.out)
        except ValueError:
            raise AssertionError("no JSON: %r %r" % (r.out[-400:], r.err[-400:]))
        self.answer = self.json["answer"]
        self.codes = {f["code"]: f for f in self.json["findings"]}
        self.servers = self.json.get("servers", [])
        self.one = self.servers[0] if self.servers else {}


def ask(t, target, port, zones=None, faults=None, more=(), timeout=90):
    d = t.dns(ZONES if zones is None else zones, faults)
    t.asked = d
    return Answer(t.run(
        [t.bin, "check", "smtp", target, "--json", "--resolver", d.server, "--ca", t.cert("ca"),
         "--connect", "mail.contoh.id:25=127.0.0.1:%d" % port, *more], timeout=timeout))


def is_good(a, what):
    equal((a.answer, a.code), ("good", 0), "%s %s" % (what, a.json["findings"]))
    equal(a.one["starttls"], True, what)
    check(re.match(r"TLS1_[23]$", a.one["tls_version"]), what, a.one)
    for key, want in {"ptr": "mail.contoh.id", "ptr_confirmed": True, "ptr_valid": True,
                      "banner_match": "contained", "relay": "no", "postmaster": True,
                      "postmaster_domain": True, "abuse": True, "port": 25,
                      "ip": "192.0.2.1", "host": "mail.contoh.id"}.items():
        equal(a.one.get(key), want, "%s, %s" % (what, key))


def without_nothing(zones, *names):
    return {k: v for k, v in zones.items() if k[0] not in names}


# ---- real servers ----

def test_check_smtp_postfix(t):
    p = Postfix(t, extra={"myhostname": "mail.contoh.id", "virtual_mailbox_domains": "contoh.id",
                          "mydestination": "mail.contoh.id", "mynetworks": "192.0.2.0/24",
                          "smtpd_relay_restrictions": "reject_unauth_destination",
                          "disable_vrfy_command": "yes"}).start()
    a = ask(t, "contoh.id", p.port)
    is_good(a, "Postfix")
    equal(set(a.codes), set(), "findings")
    equal((a.one["vrfy"], a.one["expn"]), ("closed", "closed"), "exposure")
    check("PIPELINING" in [e["keyword"] for e in a.one["ehlo"]], a.one["ehlo"])
    # The same named as a host: its domain is found by its MX.
    is_good(ask(t, "mail.contoh.id", p.port), "by its name")


def test_check_smtp_exim(t):
    a = ask(t, "budi@contoh.id", Exim(t, main="acl_smtp_vrfy = accept").start().port)
    is_good(a, "Exim")
    equal(set(a.codes), {"smtp.version-leak", "smtp.vrfy-exposed"}, "findings")
    check(re.match(r"Exim 4\.", a.one["version_leak"]), a.one["version_leak"])


def test_check_smtp_kurir(t):
    k = t.kurir(trusted=(), users=("budi", "abuse"))
    a = ask(t, "contoh.id", k.mx)
    is_good(a, "kurir")
    equal(set(a.codes), set(), "findings")


# ---- each wrong in its way ----

def test_check_smtp_names(t):
    port = t.peer(replies=REFUSE).port
    is_good(ask(t, "contoh.id", port), "the double")
    rev = ("1.2.0.192.in-addr.arpa", "PTR")
    for zones, faults, codes, answer in (
            (without_nothing(ZONES, rev[0]), None, {"lookup.ptr-missing"}, "good"),
            ({**ZONES, rev: ["mail.lain.example"]}, None,
             {"lookup.ptr-mismatch", "smtp.banner-mismatch"}, "good"),
            ({**ZONES, rev: ["host_1.contoh.id"], ("host_1.contoh.id", "A"): ["192.0.2.1"]}, None,
             {"smtp.ptr-invalid"}, "good"),
            (ZONES, {rev[0]: "servfail"}, {"dns.tempfail"}, "unknown"),
            ({}, None, {"dns.nxdomain"}, "bad"),
            ({("contoh.id", "MX"): ["0 ."]}, None, {"dns.null-mx"}, "bad"),
            (ZONES, {"contoh.id": "servfail"}, {"dns.tempfail"}, "unknown")):
        if not zones:
            # Not even --connect: that stands in for names without addresses.
            d = t.dns({})
            a = Answer(t.run([t.bin, "check", "smtp", "contoh.id", "--json", "--resolver", d.server]))
        else:
            a = ask(t, "contoh.id", port, zones, faults)
        equal((set(a.codes), a.answer), (codes, answer), str(a.json["findings"]))
        equal(a.code, {"good": 0, "bad": 1, "unknown": 3}[answer], "exit code")


def test_check_smtp_wrong(t):
    deny = REFUSE["rcpt"]
    for what, peer, codes, answer in (
            ("relays", {"replies": {"banner": REFUSE["banner"]}}, {"smtp.may-relay"}, "unknown"),
            ("denies for now", {"replies": {**REFUSE, "rcpt": lambda a: deny(a) and "454 4.7.1 <a@b>: Relay access denied"}},
             set(), "good"),
            ("greylists", {"replies": {**REFUSE, "rcpt": "451 4.7.1 later"}},
             {"smtp.relay-unknown"}, "unknown"),
            ("refuses postmaster", {"replies": {**REFUSE, "rcpt": lambda a: "550 5.1.1 nobody"}},
             {"smtp.postmaster-refused", "smtp.abuse-refused"}, "good"),
            ("refuses abuse", {"replies": {**REFUSE, "rcpt": lambda a: "550 5.1.1 nobody"
                                           if "abuse" in a else deny(a)}},
             {"smtp.abuse-refused"}, "good"),
            ("refuses MAIL", {"replies": {**REFUSE, "mail": "550 5.7.1 no"}},
             {"smtp.mail-refused"}, "unknown"),
            ("another's name", {"replies": {**REFUSE, "banner": "220 mx.lain.example ESMTP"}},
             {"smtp.banner-mismatch"}, "good"),
            ("version", {"replies": {**REFUSE, "banner": "220 mail.contoh.id Sendmail 8.15.2/8.15.2"}},
             {"smtp.version-leak"}, "good"),
            ("not welcome", {"replies": {"banner": "554 5.7.1 no"}}, {"remote.5xx"}, "bad"),
            ("busy", {"replies": {"banner": "421 4.3.2 later"}}, {"remote.4xx"}, "unknown"),
            ("no TLS", {"tls": "absent", "replies": REFUSE}, {"tls.not-offered"}, "bad"),
            ("TLS refused", {"tls": "refuse", "replies": REFUSE}, {"tls.refused"}, "bad"),
            ("TLS closes", {"tls": "close", "replies": REFUSE}, {"net.closed-after-starttls"}, "bad"),
            ("TLS garbage", {"tls": "garbage", "replies": REFUSE}, {"tls.garbage"}, "bad")):
        a = ask(t, "contoh.id", t.peer(**peer).port)
        got = set(a.codes)
        if what == "TLS garbage" and "protocol.sync" in got:
            # What comes together with the 220 is plain text behind it.
            got = got - {"protocol.sync"} | {"tls.garbage"}
        equal((got, a.answer), (codes, answer), "%s: %s" % (what, a.json["findings"]))
        if a.one.get("relay"):
            # All else was found out, in a second session where TLS failed.
            check(a.one["relay"] != "unknown" or "relay-unknown" in str(codes), what, a.one)


def test_check_smtp_inspected(t):
    """A firewall that paints over STARTTLS is named, by check tls too"""
    masked = {**REFUSE, "ehlo": "250-mail.contoh.id\r\n250-XXXXXXXA\r\n250 SIZE 1000"}
    port = t.peer(tls="absent", replies=masked).port
    a = ask(t, "contoh.id", port)
    check("inspect esmtp" in a.codes["tls.not-offered"]["cure"], a.codes)
    r = t.run([t.bin, "check", "tls", "contoh.id", "--json", "--resolver", t.asked.server,
               "--connect", "mail.contoh.id:25=127.0.0.1:%d" % port])
    [finding] = [f for f in json.loads(r.out)["findings"] if f["code"] == "tls.not-offered"]
    check("inspect esmtp" in finding["cure"], finding)


def test_check_smtp_465(t):
    """Port 465 begins with TLS, in check tls too, without being told"""
    port = t.peer(tls="implicit", replies=REFUSE).port
    more = ("--connect", "mail.contoh.id:465=127.0.0.1:%d" % port)
    a = ask(t, "mail.contoh.id:465", port, more=more)
    equal((a.answer, a.one["port"], a.one["tls_version"][:4]), ("good", 465, "TLS1"), a.json["findings"])
    r = t.run([t.bin, "check", "tls", "mail.contoh.id:465", "--json", "--resolver", t.asked.server, "--ca", t.cert("ca"),
               "--level", "cert", *more])
    got = json.loads(r.out)
    equal([x["ok"] for x in got["mx"][0]["stages"] if x["stage"] == "tls"], [True])


def test_check_smtp_stops_before_data(t):
    p = t.peer(replies=REFUSE)
    ask(t, "contoh.id", p.port)
    said = [line for s in p.sessions for line in s if line.startswith("C: ")]
    check(said and not any("DATA" in line or "BDAT" in line for line in said), said)
    equal(p.messages, [], "messages")


# ---- hostile ----

def rogue(t, play):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(8)

    def serve():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(c,), daemon=True).start()

    def one(c):
        try:
            play(c)
        except (OSError, ssl.SSLError):
            pass
        c.close()
    threading.Thread(target=serve, daemon=True).start()
    t.closing.append(s.close)
    return s.getsockname()[1]


def drip(c):
    for i in range(2000):
        c.sendall(b"2")
        time.sleep(0.05)


def endless(c):
    while True:
        c.sendall(b"220-and more\r\n" * 1000)


def silent(c):
    time.sleep(30)


def speaks_first(c):
    c.sendall(b"220 mail.contoh.id\r\n250 I know what you will say\r\n")
    time.sleep(1)


def not_smtp(c):
    c.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<script>alert(1)</script>")
    time.sleep(1)


def escapes(c):
    f = c.makefile("rb")
    c.sendall(b"220 mail.contoh.id \x1b[2J\x1b]0;x\x07\xff<script>\"\r\n")
    for line in f:
        if line.upper().startswith(b"QUIT"):
            c.sendall(b"221 bye\r\n")
            return
        c.sendall(b"250 \x1b[31m<img src=x>\x9b2J\r\n")


def leaves(c):
    f = c.makefile("rb")
    c.sendall(b"220 mail.contoh.id\r\n")
    f.readline()
    c.sendall(b"250 mail.contoh.id\r\n")
    f.readline()


def slow_steps(c):
    """Each answer just in time: only the limit for all of them ends it."""
    f = c.makefile("rb")
    c.sendall(b"220 mail.contoh.id\r\n")
    for line in f:
        time.sleep(0.9)
        c.sendall(b"250 ok\r\n")


def test_check_smtp_hostile(t):
    for play, codes in ((drip, {"net.timeout"}), (endless, {"limit.line"}), (silent, {"net.timeout"}),
                        (speaks_first, {"protocol.sync"}), (not_smtp, {"protocol.syntax"}),
                        (leaves, {"net.reset"})):
        begin = time.time()
        a = ask(t, "contoh.id", rogue(t, play), more=("--timeout", "2s"))
        what = "%s: %s" % (play.__name__, a.json["findings"])
        check(a.answer != "good", what)
        check(codes <= set(a.codes), what)
        check(time.time() - begin < 15, what, time.time() - begin)
    a = ask(t, "contoh.id", rogue(t, slow_steps), more=("--timeout", "1s"))
    check(a.answer in ("unknown", "bad"), a.json["findings"])
    d = t.dns(ZONES)
    r = t.run([t.bin, "check", "smtp", "contoh.id", "--level", "full", "--resolver", d.server,
               "--connect", "mail.contoh.id:25=127.0.0.1:%d" % rogue(t, escapes)])
    check(b"\x1b" not in r.stdout and b"\x9b" not in r.stdout.replace("›".encode(), b""), r.stdout)
    check(b"mail.contoh.id" in r.stdout, r.stdout)


def test_check_smtp_nobody_there(t):
    a = ask(t, "contoh.id", t.port())
    equal((set(a.codes), a.answer, a.code), ({"net.refused"}, "unknown", 3), "refused")
    a = ask(t, "bukan.contoh.id", 1)
    equal((a.answer, a.code), ("bad", 1), str(a.json["findings"]))


def test_check_smtp_ordinary_user(t):
    """As nobody special, and without a word of the resolver on standard error."""
    p = t.peer(replies=REFUSE)
    d = t.dns(ZONES)
    argv = [t.bin, "check", "smtp", "contoh.id", "--json", "--resolver", d.server,
            "--connect", "mail.contoh.id:25=127.0.0.1:%d" % p.port]
    if os.geteuid() == 0:
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *argv]
    r = t.run(argv)
    equal((r.returncode, r.err), (0, ""), r.out)
    equal([p for p in t.descendants().values() if p in ("resolver", "fetch")], [], "left behind")
