"""Every check that talks to a server, against every server that means it ill: an answer in bounded time, never a
false "good", and nothing that a terminal, a browser or a spreadsheet obeys."""
import hashlib
import json
import os
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

from harness import check
from test_check_tls import Hostile, Secure, authority, issue, public_key, tlsa

HOST = "mx.mitra.test"
BOUND_S = 45


def lines(s):
    buffer = b""
    while True:
        more = s.recv(4096)
        if not more:
            return
        buffer += more
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line.rstrip(b"\r").upper()


def replies(**by_verb):
    """Greets, then answers each command by its verb; "other" for all others."""
    def say(s):
        s.sendall(by_verb.get("banner", b"220 mx.mitra.test ESMTP\r\n"))
        for line in lines(s):
            s.sendall(by_verb.get(line.split(b" ")[0].decode("latin1").lower(), by_verb.get("other", b"250 ok\r\n")))
    return say


def slowly(text, seconds):
    def say(s):
        for c in text:
            s.sendall(bytes([c]))
            time.sleep(seconds)
    return say


def all_at_once(s):
    """Says the whole of its part before it was spoken to."""
    s.sendall(b"220 mx ESMTP\r\n250-mx\r\n250 STARTTLS\r\n220 go ahead\r\n" + b"250 ok\r\n" * 20)
    time.sleep(3)


def two_behind(s):
    """Answers each command with what belongs to the one before the last."""
    s.sendall(b"220 mx ESMTP\r\n")
    late = [b"250 ok\r\n", b"250-mx\r\n250 STARTTLS\r\n"]
    for line in lines(s):
        late.append({b"EHLO": b"250-mx\r\n250 STARTTLS\r\n", b"STARTTLS": b"220 go\r\n", b"RCPT": b"550 no\r\n"}.get(
            line.split(b" ")[0], b"250 ok\r\n"))
        s.sendall(late.pop(0))


def forever(piece, seconds=0.0):
    def say(s):
        s.sendall(b"220 mx ESMTP\r\n")
        s.recv(4096)
        while True:
            s.sendall(piece)
            time.sleep(seconds)
    return say


def after_starttls(what):
    def say(s):
        s.sendall(b"220 mx ESMTP\r\n")
        for line in lines(s):
            if line.startswith(b"STARTTLS"):
                s.sendall(b"220 go\r\n")
                what(s)
                return
            s.sendall(b"250-mx\r\n250 STARTTLS\r\n" if line.startswith(b"EHLO") else b"250 ok\r\n")
    return say


def inside_tls(t, what):
    """A sound handshake, and then what(socket)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*t.pair("good"))

    def wrapped(s):
        with context.wrap_socket(s, server_side=True) as inner:
            what(inner)
    return after_starttls(wrapped)


def servers(t):
    ehlo = b"250-mx.mitra.test\r\n250 STARTTLS\r\n"
    return {
        "a byte in 200 ms": slowly(b"220 " + b"x" * 400, 0.2),
        "a reply that drips": forever(b"2", 0.3),
        "a reply without end": forever(b"250-and so on\r\n" * 50),
        "a reply without end, slowly": forever(b"250-and so on\r\n", 0.3),
        "a line of 4 MB": replies(ehlo=b"250 " + b"x" * (4 << 20) + b"\r\n"),
        "all before it was asked": all_at_once,
        "answers out of order": two_behind,
        "a greeting of another protocol": replies(banner=b"+OK POP3 ready\r\n", other=b"-ERR no\r\n"),
        "codes that are none": replies(banner=b"220 a\r\n", other=b"999 what\r\n"),
        "other code in the last line": replies(ehlo=b"250-mx\r\n550 STARTTLS\r\n"),
        "octets of 0": replies(ehlo=b"250-mx\0\0\r\n250 START\0TLS\r\n", other=b"\0\0\0\r\n"),
        "bare line ends": replies(ehlo=b"250-mx\r250-x\n250 STARTTLS\r\r\n", other=b"250\rok\r\n"),
        "354 to everything": replies(ehlo=ehlo, other=b"354 go on\r\n"),
        "421 to everything": replies(other=b"421 4.3.2 later\r\n"),
        "220 and then SMTP goes on": replies(ehlo=ehlo, starttls=b"220 go\r\n", other=b"250 ok\r\n"),
        "TLS and a second banner in clear": after_starttls(lambda s: s.sendall(b"220 again\r\n") or time.sleep(3)),
        "silence behind 220": after_starttls(lambda s: time.sleep(20)),
        "a hello that drips": after_starttls(slowly(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + b"x" * 200, 0.2)),
        "records of nothing": after_starttls(lambda s: [s.sendall(b"\x16\x03\x03\x00\x00" * 500) for _ in range(9999)]),
        "drips inside TLS": inside_tls(t, slowly(b"250-" + b"x" * 300, 0.2)),
        "never ends inside TLS": inside_tls(t, lambda s: [s.sendall(b"250-more\r\n" * 500) for _ in range(99999)]),
        "silence inside TLS": inside_tls(t, lambda s: time.sleep(20)),
    }


def checks(t, dns, port):
    common = ["--ca", t.cert("ca"), "--timeout", "1s", "--json", "--connect", "%s:25=127.0.0.1:%d" % (HOST, port)]
    plain, signed = (["--resolver", d.server, *common] for d in dns)
    return {"tls": ["tls", "mitra.test", *plain], "tls --assure": ["tls", "mitra.test", "--assure", *plain],
            "smtp": ["smtp", "mitra.test", *plain], "dane": ["dane", "mitra.test", *signed],
            "relay": ["relay", HOST, "--mine", "--wait", "0", "--greylist-wait", "100ms", "--deadline", "20s", *plain]}


def test_each_check_against_each_server(t):
    """Each server that means it ill, asked by five checks"""
    zones = {("mitra.test", "MX"): ["10 " + HOST], (HOST, "A"): ["127.0.0.1"]}
    key = hashlib.sha256(public_key(t, t.cert("good"))).digest()
    signed = Secure({**zones, ("_25._tcp." + HOST, "TLSA"): [tlsa(3, 1, 1, key)]})
    t.closing.append(signed.close)
    dns, todo, wrong = (t.dns(zones), signed), [], []
    for name, say in servers(t).items():
        port = Hostile(say).port
        todo += [(name, kind, argv) for kind, argv in checks(t, dns, port).items()]

    def one(case):
        began = time.monotonic()
        return case, t.run([t.bin, "check", *case[2]], timeout=120), time.monotonic() - began
    with ThreadPoolExecutor(12) as pool:
        for (name, kind, _), r, took in pool.map(one, todo):
            got = json.loads(r.out) if r.out.startswith("{") else {"answer": r.out[-200:] + r.err[-200:]}
            # What comes behind a sound handshake is nothing to its certificate.
            good = kind == "dane" and "inside TLS" in name
            if took > BOUND_S or (got["answer"], r.returncode) not in (
                    [("good", 0)] if good else [("bad", 1), ("unknown", 3)]) or r.err:
                wrong.append((name, kind, got["answer"], r.returncode, round(took, 1),
                              [f["code"] for f in got.get("findings", [])], r.err[-200:]))
    check(not wrong, wrong)


# ---- what certificates say ----

EVIL = '<script>alert(1)</script>"><img src=x>'


def test_certificates_that_inject(t):
    """64 KB of names, tags and escapes in subject and issuer: text everywhere, and obeyed nowhere"""
    t.write("evil.cnf", "[req]\ndistinguished_name=d\nprompt=no\n[d]\nCN=%s\nO=\x1b]0;x\x07 =1+1\n" % EVIL)
    names = ",".join("DNS:<b>%04d</b>.%s" % (i, "x" * 40) for i in range(1000))
    pair = issue(t, "evil", key=("-newkey", "rsa:2048", "-config", t.path("evil.cnf")), subject="/CN=" + EVIL + "/O=\x1b[31m",
                 by=authority(t), ext="subjectAltName=DNS:%s,%s\nnsComment=%s\n" % (HOST, names, EVIL))
    check(os.path.getsize(pair[0]) > 64000, "it is too small")
    p = t.peer(cert=pair)
    dns = t.dns({("mitra.test", "MX"): ["10 " + HOST], (HOST, "A"): ["127.0.0.1"]})
    for kind in ("tls", "smtp", "dane"):
        for form in ((), ("--json",), ("--csv",), ("--html", t.path(kind + ".html"))):
            began = time.monotonic()
            r = t.run([t.bin, "check", kind, "mitra.test", "--resolver", dns.server, "--ca", t.cert("ca"), "--level", "full",
                       "--connect", "%s:25=127.0.0.1:%d" % (HOST, p.port), *form], timeout=60)
            check(time.monotonic() - began < BOUND_S, kind, form)
            check(not any(c in r.out + r.err for c in "\x1b\x07"), kind, form)
            if form == ("--json",):
                json.loads(r.out)
        page = open(t.path(kind + ".html")).read().split("<main>")[1]
        check("<script" not in page and "<img" not in page and "<b>0001" not in page, kind)
        check(kind != "tls" or "&lt;script&gt;alert(1)" in page, kind, page[:500])


# ---- what DNS says ----

def test_dns_in_circles(t):
    """Names that are their own alias, exchangers that lead back, 500 of them: an end, and never good"""
    d = t.dns({("mitra.test", "MX"): ["10 putar.test"], ("putar.test", "CNAME"): ["balik.test"],
               ("balik.test", "CNAME"): ["putar.test"], ("diri.test", "CNAME"): ["diri.test"],
               ("jauh.test", "MX"): ["10 c0.jauh.test"],
               **{("c%d.jauh.test" % i, "CNAME"): ["c%d.jauh.test" % (i + 1)] for i in range(40)},
               ("c40.jauh.test", "A"): ["127.0.0.1"],
               ("banyak.test", "MX"): ["%d m%d.banyak.test" % (i, i) for i in range(500)],
               **{("m%d.banyak.test" % i, "A"): ["127.9.%d.%d" % (i // 250, i % 250 + 1)] for i in range(500)},
               ("sama.test", "MX"): ["10 sama.test", "20 sama.test", "30 SAMA.test."],
               ("_mta-sts.putar.test", "CNAME"): ["_mta-sts.putar.test"], ("spf.test", "TXT"): ["v=spf1 redirect=spf.test"],
               ("1.2.0.192.in-addr.arpa", "PTR"): ["putar.test"]})
    t.write("targets", "mitra.test\ndiri.test\nbanyak.test\njauh.test\n")
    todo = [[kind, name] for kind in ("tls", "smtp", "dane", "mta-sts", "sender")
            for name in ("mitra.test", "putar.test", "diri.test", "jauh.test", "banyak.test", "sama.test")]
    todo += [["relay", name, "--mine"] for name in ("putar.test", "diri.test", "c0.jauh.test")]
    todo += [["spf", "--ip", "192.0.2.1", "--mail-from", "a@spf.test"], ["tls", "--file", t.path("targets")],
             ["sender", "mitra.test", "--ip", "192.0.2.1"], ["blocklist", "putar.test", "--zone", "diri.test"]]

    def one(argv):
        began = time.monotonic()
        return argv, t.run([t.bin, "check", *argv, "--json", "--resolver", d.server, "--timeout", "1s"],
                           timeout=120), time.monotonic() - began
    wrong = []
    with ThreadPoolExecutor(6) as pool:
        for argv, r, took in pool.map(one, todo):
            answers = [json.loads(line)["answer"] for line in r.out.splitlines()]
            if not answers or "good" in answers or took > BOUND_S:
                wrong.append((argv, answers, r.err[-200:], round(took, 1)))
    check(not wrong, wrong)
