"""Answers that look like what they are not: a check that believes them says
"good", or "bad", of what it did not find out."""
import json
import socket
import ssl

from harness import check, equal
from test_check_relay import ask as ask_relay
from test_check_relay import implicit
from test_check_tls import Hostile, codes
from test_check_tls import ask as ask_tls


def test_password_stays_here(t):
    """check relay --user: no certificate of another, or of nobody known, gets the password"""
    for tls, at in (("ok", None), ("implicit", implicit)):
        for kind in ("selfsigned", "wrongname", "expired", "untrusted"):
            p = t.peer(cert=t.pair(kind), tls=tls, auth="PLAIN LOGIN", replies={"rcpt": "554 5.7.1 no relaying"})
            got = ask_relay(t, p.port, "--user", "budi", at=at, input=b"rahasia\n", code="closed")
            equal((p.logins, got["answer"]), ([], "unknown"), kind)
            check(not any(l.startswith("C: AUTH") for d in p.sessions for l in d), p.sessions)
            check(any(f["code"].startswith("tls.cert-") and "password was not sent" in f["text"]
                      for f in got["findings"]), got["findings"])
            equal({x["result"] for x in got["pairs"] if x["way"] == "user"}, {"not tried"})
            check("rahasia" not in json.dumps(got, default=list), "the password is told")
    p = t.peer(auth="PLAIN LOGIN", replies={"rcpt": "554 5.7.1 no relaying"})
    got = ask_relay(t, p.port, "--user", "budi", input=b"rahasia\n", code="closed")
    equal((bool(p.logins), got["answer"]), (True, "good"))


def test_assure_refused_for_what(t):
    """check tls --assure: a user unknown, a list of senders or an empty login is no insisting on TLS"""
    for stage in ("mail", "rcpt"):
        for reply, want in (("550 5.1.1 no such user", (3, None)), ("530 5.7.0 Authentication required", (3, None)),
                            ("554 5.7.1 blocked, see https://tls.example/", (3, None)),
                            ("530 5.7.0 Must issue a STARTTLS command first", (0, 100)),
                            ("550 5.7.1 TLS is required here", (0, 100)), ("523 5.7.10 not so", (0, 100))):
            p = t.peer(replies={stage: reply})
            code, got = ask_tls(t, "tls", "mitra.test", "--assure", port=p.port)
            equal((code, got["assuredness"]), want, reply)
            equal(codes(got), ["assure.unclear"] if code == 3 else [], reply)
            check(code == 0 or reply in got["findings"][0]["text"], got["findings"])


def test_no_injection(t):
    """A server that throws away what stands before TLS is clean, whatever it says to NOOP and QUIT"""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(*t.pair("good"))
    for noop, bye in ((b"250-2.0.0 OK\r\n250 still here\r\n", b"221 bye\r\n"), (b"500 what\r\n", b"250 bye\r\n"),
                      (b"250 ok\r\n", b"250 bye\r\n")):
        def clean(s):
            s.send(b"220 mx ESMTP\r\n")
            s.recv(4096)
            s.send(b"250-mx\r\n250 STARTTLS\r\n")
            while not s.recv(4096).startswith(b"STARTTLS"):
                pass
            s.send(b"220 go\r\n")
            while s.recv(1, socket.MSG_PEEK) != b"\x16":
                if s.recv(1) in (b"", b"\x80"):
                    return  # SSL 2
            s = ctx.wrap_socket(s, server_side=True)
            for line in s.makefile("rb"):
                verb = line[:4].upper()
                s.send({b"EHLO": b"250-mx\r\n250 8BITMIME\r\n", b"NOOP": noop, b"QUIT": bye}.get(verb, b"250 ok\r\n"))
        code, got = ask_tls(t, "tls", "mitra.test", port=Hostile(clean).port)
        equal(got["mx"][0]["starttls_injection"], False, noop)
        check("tls.starttls-injection" not in codes(got), codes(got))


def test_client_refused(t):
    """Who refuses whatever we say refuses us: closed takes words about relaying, or a postmaster who is not refused so"""
    for rcpt in ("554 5.7.1 <h[198.51.100.9]>: Client host rejected: Access denied", "550 5.7.1 Your IP is listed at bl.example",
                 lambda a: "550 5.7.1 <%s>: denied" % a[4:-1], "550 5.7.1 Access denied"):
        got = ask_relay(t, t.peer(replies={"rcpt": rcpt}).port, code="inconclusive")
        check("relay.client-refused" in got["codes"] or "relay.unclear" in got["codes"], got["findings"])
    for rcpt in (lambda a: None if "postmaster" in a else "550 5.7.1 Access denied",
                 lambda a: "450 later" if a == "TO:<postmaster>" else "550 5.7.1 Access denied",
                 lambda a: "550 5.1.1 no such user" if "<postmaster" in a else "550 5.7.1 Access denied",
                 "554 5.7.1 Relay access denied"):
        p = t.peer(replies={"rcpt": rcpt})
        got = ask_relay(t, p.port, code="closed")
        check("relay.client-refused" not in got["codes"], got["findings"])


def test_smtp_refuses_us(t):
    """check smtp: a server that refuses us is not called closed to strangers"""
    d = t.dns()
    d.add("mitra.test", "MX", "10 mx.mitra.test").add("mx.mitra.test", "A", "127.0.0.1")
    for rcpt, want in (("554 5.7.1 <h[198.51.100.9]>: Client host rejected: Access denied", True),
                       ("550 5.7.1 Access denied", True), ("554 5.7.1 Relay access denied", False),
                       (lambda a: None if "postmaster" in a else "550 5.7.1 Access denied", False)):
        p = t.peer(replies={"rcpt": rcpt})
        r = t.run([t.bin, "check", "smtp", "mitra.test", "--connect", "mx.mitra.test:25=127.0.0.1:%d" % p.port,
                   "--resolver", d.server, "--ca", t.cert("ca"), "--timeout", "3s", "--json"], timeout=60)
        equal("smtp.relay-unknown" in codes(json.loads(r.out)), want, r.out[:900])


def test_smtp_left_out(t):
    """check smtp: addresses beyond the sixteenth are not asked, and that is told"""
    d = t.dns()
    names = ["mx%d.banyak.test" % n for n in range(20)]
    d.add("banyak.test", "MX", *["10 " + n for n in names])
    routes = []
    for n in names:
        d.add(n, "A", "127.0.0.1")
        routes += ["--connect", "%s:25=127.0.0.1:%d" % (n, t.port())]  # nobody listens
    r = t.run([t.bin, "check", "smtp", "banyak.test", *routes, "--resolver", d.server, "--timeout", "3s", "--json"],
              timeout=60)
    check("smtp.not-all" in codes(json.loads(r.out), "warn"), r.out[:900])


def test_private_exchangers(t):
    """An exchanger at a private address is told; with --public-only a file of targets does not lead there, but for --connect"""
    p = t.peer()
    d = t.dns()
    d.add("dalam.test", "MX", "10 mx.dalam.test").add("mx.dalam.test", "A", "127.0.0.77")
    targets = t.write("targets", "dalam.test\n")
    argv = ["--resolver", d.server, "--ca", t.cert("ca"), "--timeout", "1s", "--wait", "0", "--json"]
    route = ["--connect", "mx.dalam.test:25=127.0.0.1:%d" % p.port]
    for check_ in ("tls", "smtp"):
        for more, severity in ((["--public-only"], "warn"), ([], "info"), (["--public-only", *route], None)):
            r = t.run([t.bin, "check", check_, "--file", targets, *more, *argv], timeout=60)
            got = json.loads(r.out.splitlines()[0])
            got = got.get("dalam.test", got)
            found = [f["severity"] for f in got["findings"] if f["code"] == "dns.private-mx"]
            equal(found, [severity] if severity else [], check_ + str(more) + r.out[:500])
            check(severity != "warn" or got["answer"] == "unknown", got["answer"], got["findings"])
        r = t.run([t.bin, "check", check_, "dalam.test", *argv], timeout=60)
        check("dns.private-mx" in codes(json.loads(r.out), "info"), r.out[:500])
    check(p.sessions, "--connect leads there")
