"""`kurir check tls`, `dane` and `mta-sts` against servers good and broken; the
oracles are sslscan and testssl on the same servers."""
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree

import dns as double
from harness import Dns, check, equal, program, until
from peers_real import Postfix
from web import Page, Web

HOST = "mx.mitra.test"


def pack_rdata(kind, value):
    return value if isinstance(value, bytes) else PACK(kind, value)


PACK, double.pack_rdata = double.pack_rdata, pack_rdata


class Secure(Dns):
    """Says of every answer that DNSSEC proved it, unless the name is in .plain."""
    plain = ()

    def _answer(self, ident, flags, question, name, kind):
        ad = 0 if name in self.plain else 0x20
        return super()._answer(ident, flags | ad, question, name, kind)


def zone(t, dns=None, host=HOST, domain="mitra.test"):
    dns = dns or t.dns()
    return dns.add(domain, "MX", "10 " + host).add(host, "A", "127.0.0.1")


def ask(t, what, target, *argv, port=None, dns=None, host=HOST, at=25, ca="ca", timeout=60):
    """(exit code, report) of kurir check"""
    dns = dns or zone(t)
    more = ["--connect", "%s:%d=127.0.0.1:%d" % (host, at, port)] if port else []
    r = t.run([t.bin, "check", what, target, "--json", "--resolver", dns.server, "--timeout", "3s",
               "--ca", t.cert(ca) if "/" not in ca else ca, *more, *argv], timeout=timeout)
    check(r.returncode in (0, 1, 3) and r.out.startswith("{"), r.returncode, r.out[:300], r.err)
    got = json.loads(r.out)
    equal({0: "good", 1: "bad", 3: "unknown"}[r.returncode], got["answer"])
    return r.returncode, got


def codes(got, *severities):
    return [f["code"] for f in got["findings"] if not severities or f["severity"] in severities]


def ciphers(mx):
    out = {}
    for c in mx["ciphers"]:
        out.setdefault(c["protocol"], []).append(c["cipher"])
    return out


def offered(mx):
    return [p["protocol"] for p in mx["protocols"] if p["offered"]]


def stages(mx):
    return {s["stage"]: s["ok"] for s in mx["stages"]}


# ---- certificates that are not right ----

def openssl(t, *argv):
    r = t.run([program("openssl"), *argv])
    check(r.returncode == 0, "openssl", argv, r.err)


def issue(t, name, subject="/CN=" + HOST, key=("-newkey", "rsa:2048"), by=None, ext="", days="30",
          more=()):
    """A certificate name.pem with name.key; by: (certificate, key) of its issuer."""
    pem, keyf = t.path(name + ".pem"), t.path(name + ".key")
    openssl(t, "req", *key, "-nodes", "-keyout", keyf, "-out", t.path(name + ".csr"), "-subj", subject)
    conf = t.write(name + ".ext", ext or "subjectAltName=DNS:%s,DNS:mitra.test\n" % HOST)
    sign = ("-CA", by[0], "-CAkey", by[1], "-set_serial", "0x%s" % os.urandom(8).hex()) if by else \
        ("-signkey", keyf)
    openssl(t, "x509", "-req", "-in", t.path(name + ".csr"), *sign, "-days", days, "-out", pem,
            "-extfile", conf, *more)
    return pem, keyf


def authority(t):
    return t.cert("ca"), t.cert("ca", "key")


# ---- the examined ----

def test_good_server(t):
    """A well kept server is called good, with the letter and all eight stages"""
    pair = issue(t, "good", by=authority(t))
    p = t.peer(cert=pair)
    code, got = ask(t, "tls", "budi@mitra.test", port=p.port)
    equal((code, got["letter"], got["confidence"]), (0, "A+", 100), codes(got))
    mx = got["mx"][0]
    equal(stages(mx), dict.fromkeys(("answer", "connect", "helo", "tls", "cert", "secure", "from", "to"),
                                    True))
    equal(offered(mx), ["TLSv1.2", "TLSv1.3"])
    equal((mx["name_match"], mx["trusted"], mx["chain_complete"]), (True, True, True))
    cert = mx["certificates"][0]
    equal((cert["subject"], cert["key_type"], cert["key_bits"]), ("CN=" + HOST, "RSA", 2048))
    text = t.run([program("openssl"), "x509", "-in", pair[0], "-noout", "-serial", "-fingerprint",
                  "-sha256"]).out
    check(cert["serial"].lstrip("0") in text, cert, text)
    check(cert["sha256"].upper() in text.replace(":", ""), cert, text)
    who = [(l["who"], l["text"]) for l in mx["dialogue"]]
    check(any(w == ">" and x == "STARTTLS" for w, x in who), who)
    check(any(w == "~" and x.startswith("RCPT TO:<budi@mitra.test>") for w, x in who), who)
    check(any(x.startswith("Certificate 1 of 1 in chain") for _, x in who), who)
    check(not p.messages, "a message was sent")
    check("grade.starttls-strippable" in codes(got, "info"), codes(got))
    strict = ask(t, "tls", "mitra.test", "--strict-starttls", port=p.port)[1]
    equal((strict["letter"], strict["mx"][0]["score"]), ("T", 0))


def chain(t):
    middle = issue(t, "middle", "/CN=Perantara", by=authority(t), ext="basicConstraints=critical,CA:TRUE\n")
    leaf = issue(t, "leaf", by=middle)
    both = t.write("both.pem", open(leaf[0]).read() + open(middle[0]).read())
    return leaf, (both, leaf[1])


def untrusted(t):
    """With its authority's certificate, which nobody trusts."""
    with open(t.cert("untrusted")) as f, open(t.cert("stranger")) as g:
        return t.write("stranger.pem", f.read() + g.read()), t.cert("untrusted", "key")


def test_expires_soon(t):
    """Two weeks before its end a certificate is said to expire: in 9 days, in 1 day, within a day"""
    p = t.peer(cert=issue(t, "soon", by=authority(t), days="10"))
    now = int(time.time())
    for days, words in ((0, "expires in 9 days"), (8, "expires in 1 day"), (9, "expires within a day")):
        got = ask(t, "tls", "mitra.test", "--level", "score", "--now", str(now + days * 86400 + 60), port=p.port)[1]
        said, = [f["text"] for f in got["findings"] if f["code"] == "tls.cert-expires-soon"]
        check(said.endswith(words), days, said)


def test_broken_servers(t):
    """A dozen, each broken in another way, each named exactly"""
    leaf, both = chain(t)
    for name, more, want, letter, exit_code in (
            ("no STARTTLS", {"tls": "absent"}, "tls.not-offered", None, 1),
            ("refuses STARTTLS", {"tls": "refuse"}, "tls.refused", None, 1),
            ("hangs up at STARTTLS", {"tls": "close"}, "net.closed-after-starttls", None, 1),
            ("hangs at STARTTLS", {"tls": "stall"}, "tls.stalled", None, 1),
            ("speaks no TLS", {"tls": "garbage"}, "tls.garbage", None, 1),
            ("expired", {"cert": t.pair("expired")}, "tls.cert-expired", "T", 1),
            ("another name", {"cert": t.pair("wrongname")}, "tls.cert-name-mismatch", "M", 1),
            ("self-signed", {"cert": t.pair("selfsigned")}, "tls.cert-self-signed", "T", 1),
            ("by nobody known", {"cert": untrusted(t)}, "tls.cert-untrusted", "T", 1),
            ("issuer missing", {"cert": leaf}, "tls.chain-incomplete", "B", 1),
            ("issuer sent", {"cert": both}, None, "A+", 0),
            ("refuses everybody", {"replies": {"banner": "554 5.7.1 go away"}}, "remote.5xx", None, 3),
            ("refuses MAIL", {"cert": both, "replies": {"mail": "550 5.7.1 no"}}, "remote.5xx", "A+", 0)):
        p = t.peer(**more)
        code, got = ask(t, "tls", "mitra.test", port=p.port)
        found = codes(got, "bad", "warn")
        equal((code, got["letter"]), (exit_code, letter), (name, found))
        if want:
            check(want in found, name, "is not", want, "but", found)
        bad = [c for c in codes(got, "bad") if c != want]
        equal(bad, [], name)
        # The owner of the server reads it, who has no client that did anything.
        for f in got["findings"]:
            check(f["severity"] == "info" or "client" not in f["cure"].lower(), name, f)
        p.close()


def test_weak_certificates(t):
    """A short key, a signature by SHA-1: what today's libraries would not even serve"""
    ca = authority(t)
    for name, pair, want, letter in (
            ("weak", issue(t, "weak", key=("-newkey", "rsa:1024"), by=ca), "grade.key-exchange-weak", "B"),
            ("sha1", issue(t, "sha1", by=ca, more=("-sha1",)), "grade.sha1-signature", "T")):
        pf = Postfix(t, name=name, extra={
            "smtpd_tls_cert_file": pair[0], "smtpd_tls_key_file": pair[1], "smtpd_tls_ciphers": "medium",
            "smtpd_tls_protocols": ">=TLSv1.2", "tls_medium_cipherlist": "ECDHE+AESGCM:@SECLEVEL=0"}).start()
        code, got = ask(t, "tls", "mitra.test", port=pf.port)
        equal(got["letter"], letter, (name, codes(got)))
        check(want in codes(got), name, codes(got))


def test_unknown(t):
    """Nobody there, a name that is none, DNS that is down: never good"""
    code, got = ask(t, "tls", "mitra.test", port=t.port())
    equal((code, codes(got)[0]), (3, "net.refused"))
    equal(got["confidence"], 50)
    code, got = ask(t, "tls", "tiada.test", dns=zone(t))
    equal((code, codes(got)), (1, ["dns.nxdomain"]))
    code, got = ask(t, "tls", "mitra.test", dns=zone(t, t.dns(faults={"mitra.test": "servfail"})))
    equal((code, codes(got)), (3, ["dns.tempfail"]))
    code, got = ask(t, "tls", "nol.test", dns=t.dns().add("nol.test", "MX", "0 ."))
    equal((code, codes(got)), (1, ["dns.null-mx"]))


def test_now(t):
    """--now judges as of another day"""
    p = t.peer(cert=t.pair("expired"))
    then = str(int(time.mktime((2024, 1, 15, 0, 0, 0, 0, 0, 0))))
    code, got = ask(t, "tls", "mitra.test", "--now", then, port=p.port)
    check("tls.cert-expired" not in codes(got), codes(got))
    p = t.peer(cert=t.pair("good"))
    equal(codes(ask(t, "tls", "mitra.test", "--now", "1000000000", port=p.port)[1], "bad"),
          ["tls.cert-not-yet-valid"])


def test_several_exchangers(t):
    """Each exchanger by preference, in parallel, weighed by rank"""
    dns, ports, argv = t.dns(), [], []
    good = issue(t, "good", by=authority(t), ext="subjectAltName=DNS:a.mitra.test,DNS:b.mitra.test,"
                 "DNS:c.mitra.test\n")
    dns.add("mitra.test", "MX", "20 b.mitra.test", "10 a.mitra.test", "30 c.mitra.test")
    for name, more in (("a", {}), ("b", {"tls": "absent"}), ("c", {})):
        p = t.peer(cert=good, **more)
        dns.add(name + ".mitra.test", "A", "127.0.0.1")
        argv += ["--connect", "%s.mitra.test:25=127.0.0.1:%d" % (name, p.port)]
    for _ in range(3):  # the machine may be busy with others
        began = time.time()
        code, got = ask(t, "tls", "mitra.test", *argv, dns=dns)
        took = time.time() - began
        if took < 2:
            break
    check(took < 2, "took", took)
    equal([r["host"][0] for r in got["matrix"][:3]], ["a", "b", "c"])
    equal((code, codes(got, "bad")), (1, ["tls.not-offered"]))
    equal(got["confidence"], round((100 * 4 + 0 * 2 + 100 * 1) / 7))


def test_assure(t):
    """Who takes mail without TLS, and that FAIL is normal; no DATA"""
    p = t.peer()
    code, got = ask(t, "tls", "mitra.test", "--assure", port=p.port)
    equal((code, got["assuredness"], codes(got)), (1, 0, ["assure.takes-plain-text"]))
    check("FAIL is normal for a public MX" in got["note"], got["note"])
    check("tls" not in got["matrix"][0] and "from" in got["matrix"][0], got["matrix"])
    equal(p.messages, [])
    p = t.peer(replies={"mail": "530 5.7.0 Must issue a STARTTLS command first"})
    code, got = ask(t, "tls", "mitra.test", "--assure", port=p.port)
    equal((code, got["assuredness"]), (0, 100))
    p = t.peer(replies={"mail": "451 4.7.1 later"})
    code, got = ask(t, "tls", "mitra.test", "--assure", port=p.port)
    equal((code, got["assuredness"]), (3, None))


def test_injection_and_heartbleed(t):
    """Two old holes, held open by doubles: STARTTLS injection and Heartbleed"""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(*t.pair("good"))

    def injected(s):
        """Keeps what came behind STARTTLS, and answers it inside TLS."""
        s.send(b"220 mx ESMTP\r\n")
        s.recv(4096)
        s.send(b"250-mx\r\n250 STARTTLS\r\n")
        kept = s.recv(4096).partition(b"STARTTLS\r\n")[2]
        s.send(b"220 go\r\n")
        s = ctx.wrap_socket(s, server_side=True)
        if kept:
            s.send(b"250 mx injected\r\n")
        while True:
            line = s.recv(4096)
            if not line:
                return
            s.send(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")
    code, got = ask(t, "tls", "mitra.test", port=Hostile(injected).port)
    equal((code, got["mx"][0]["starttls_injection"]), (1, True), codes(got))
    check("tls.starttls-injection" in codes(got, "bad"), codes(got))

    def record(body, kind=22):
        return bytes([kind, 3, 3]) + struct.pack(">H", len(body)) + body

    def message(kind, body):
        return bytes([kind]) + struct.pack(">I", len(body))[1:] + body

    def bleeding(s):
        hello = s.recv(4096)
        if hello[1:3] == b"\x03\x00" or b"\x00\x2b\x00\x03\x02\x03\x04" in hello or hello[9:11] != b"\3\3":
            s.send(record(b"\2\x46", 21))
            return
        offered = hello[46:46 + struct.unpack(">H", hello[44:46])[0]]
        if b"\0\x2f" not in [offered[i:i + 2] for i in range(0, len(offered), 2)]:
            s.send(record(b"\2\x28", 21))
            return
        s.send(record(message(2, b"\3\3" + bytes(32) + b"\0\0\x2f\0\0\5\0\x0f\0\1\1") +
                      message(11, b"\0\0\0") + message(14, b"")))
        if s.recv(4096)[:1] == b"\x18":
            s.send(record(b"\2" + b"secrets " * 100, 24))
            time.sleep(0.5)
    code, got = ask(t, "tls", HOST + ":465", "--implicit", port=Hostile(bleeding).port, at=465)
    check("grade.heartbleed" in [c["code"] for c in got["mx"][0]["caps"]], got["mx"][0])
    equal(got["mx"][0]["heartbleed"], True)


def test_ancient_server(t):
    """SSL 2 and SSL 3 alone, with export ciphers, RC4 and compression: no library of today speaks that"""
    def record(body, kind=22):
        return bytes([kind, 3, 0]) + struct.pack(">H", len(body)) + body

    def message(kind, body):
        return bytes([kind]) + struct.pack(">I", len(body))[1:] + body

    taken = [b"\x00\x04", b"\x00\x0a", b"\x00\x03"]

    def ancient(s):
        hello = s.recv(4096)
        if hello[0] & 0x80:
            cert, cipher = b"certificate", b"\x01\x00\x80\x07\x00\xc0"
            body = b"\4\0\1\0\2" + struct.pack(">3H", len(cert), len(cipher), 1) + cert + cipher + b"i"
            s.send(struct.pack(">H", 0x8000 | len(body)) + body)
            return
        if hello[9:11] != b"\3\0":
            s.send(record(b"\2\x46", 21))
            return
        offered = hello[46:46 + struct.unpack(">H", hello[44:46])[0]]
        pairs = [offered[i:i + 2] for i in range(0, len(offered), 2)]
        mine = [c for c in taken if c in pairs]
        if not mine:
            s.send(record(b"\2\x28", 21))
            return
        s.send(record(message(2, b"\3\0" + bytes(32) + b"\0" + mine[0] + b"\1") +
                      message(11, b"\0\0\0") + message(14, b"")))
        time.sleep(0.2)

    h = Hostile(ancient)
    mx = ask(t, "tls", HOST + ":465", "--implicit", port=h.port, at=465)[1]["mx"][0]
    equal(offered(mx), ["SSLv2", "SSLv3"])
    equal(ciphers(mx), {"SSLv3": ["RC4-MD5", "DES-CBC3-SHA", "EXP-RC4-MD5"],
                        "SSLv2": ["RC4-MD5", "DES-CBC3-MD5"]})
    equal((mx["letter"], mx["compression"], mx["secure_renegotiation"]), ("F", True, False))
    caps = [c["code"] for c in mx["caps"]]
    for want in ("ssl2-offered", "ssl3-best", "export-cipher", "weak-cipher", "no-tls12", "poodle",
                 "compression", "rc4", "beast", "no-secure-renegotiation"):
        check("grade." + want in caps, want, caps)


# ---- hostile servers ----

class Hostile:
    """Says what say(socket) says to whoever comes."""

    def __init__(self, say):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(64)
        self.port = self.sock.getsockname()[1]
        self.say = say
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            s, _ = self.sock.accept()
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        try:
            with s:
                self.say(s)
        except OSError:
            pass


def drip(s):
    for c in b"220 " + b"x" * 1000:
        s.send(bytes([c]))
        time.sleep(0.2)


def endless(s):
    while True:
        s.send(b"220-and so on and so forth\r\n" * 100)


def tls_then(what):
    def say(s):
        s.send(b"220 mx ESMTP\r\n")
        s.recv(4096)
        s.send(b"250-mx\r\n250 STARTTLS\r\n")
        s.recv(4096)
        s.send(b"220 go\r\n")
        s.recv(4096)
        what(s)
        time.sleep(5)
    return say


def test_hostile_servers(t):
    """They drip, never end, answer TLS with nonsense: an answer in bounded time, never good"""
    def record(body, kind=22):
        return bytes([kind, 3, 3]) + struct.pack(">H", len(body)) + body

    def forever(s):
        s.send(record(bytes([2]) + b"\0\0\x26" + b"\3\3" + bytes(32) + b"\0\xc0\x2f\0"))
        while True:
            s.send(record(bytes([11]) + b"\xff\xff\xff" + bytes(1000)) + record(bytes(16000)))

    for name, say in (("drip", drip), ("endless", endless), ("no TLS", tls_then(lambda s: s.send(b"x" * 99))),
                      ("alert", tls_then(lambda s: s.send(record(b"\2\x28", 21)))),
                      ("a flight without end", tls_then(forever)),
                      ("escapes", lambda s: s.send(b"554 \x1b]0;x\x07<script>\r\n"))):
        h = Hostile(say)
        began = time.time()
        code, got = ask(t, "tls", "mitra.test", port=h.port, timeout=90)
        check(code != 0, name, got["answer"])
        check(time.time() - began < 60, name, "took", time.time() - began)


def test_giant_certificate(t):
    """A certificate of 64 KB hurts nobody"""
    names = ",".join("DNS:host%04d.mitra.test" % i for i in range(3000))
    pair = issue(t, "giant", by=authority(t), ext="subjectAltName=DNS:%s,%s\n" % (HOST, names))
    check(os.path.getsize(pair[0]) > 64000)
    p = t.peer(cert=pair)
    code, got = ask(t, "tls", "mitra.test", port=p.port)
    mx = got["mx"][0]
    cert = mx["certificates"][0]
    equal((code, mx["name_match"], len(cert["names"])), (0, True, 64), codes(got))
    equal(cert["names_left_out"], 3001 - 64)


# ---- the same as sslscan and testssl ----

def sslscan(t, port, *argv):
    out = t.path("sslscan-%d.xml" % port)
    r = t.run([program("sslscan"), "--no-colour", "--xml=" + out, *argv, "127.0.0.1:%d" % port],
              timeout=100)
    check(os.path.exists(out), r.out, r.err)
    return xml.etree.ElementTree.parse(out).getroot()


def compare(t, name, mx, root):
    theirs = {}
    for c in root.iter("cipher"):
        theirs.setdefault(c.get("sslversion"), set()).add(c.get("cipher"))
    ours = {p: set(v) for p, v in ciphers(mx).items()}
    equal(ours, theirs, name)
    groups = {g.get("name").split()[0].lower() for g in root.iter("group")}
    mine = {g["group"].lower() for g in mx.get("groups", [])}
    # sslscan knows no finite fields
    check(groups <= mine, name, "groups", groups - mine)


def test_postfix_like_sslscan(t):
    """Postfix with TLS 1.0 to 1.3 and every cipher: what sslscan sees, no more and no less"""
    pf = Postfix(t, extra={
        "smtpd_tls_protocols": ">=TLSv1", "smtpd_tls_cert_file": t.cert("rsa"),
        "smtpd_tls_key_file": t.cert("rsa", "key"), "tls_medium_cipherlist": "ALL:@SECLEVEL=0",
        "smtpd_tls_ciphers": "medium"}).start()
    began = time.time()
    code, got = ask(t, "tls", "mitra.test", port=pf.port)
    took = time.time() - began
    mx = got["mx"][0]
    equal(offered(mx), ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"])
    compare(t, "postfix", mx, sslscan(t, pf.port, "--starttls-smtp"))
    equal((code, got["letter"]), (1, "F"))
    check("grade.anonymous-cipher" in codes(got, "bad"), codes(got))
    check("grade.tls10-offered" in codes(got, "warn"), codes(got))
    check(took < 5, "took", took)


def test_postfix_tls10_alone(t):
    """An old server of TLS 1.0 alone, which no library of today would ask that way"""
    pf = Postfix(t, extra={
        "smtpd_tls_protocols": ">=TLSv1, <=TLSv1", "smtpd_tls_cert_file": t.cert("rsa"),
        "smtpd_tls_key_file": t.cert("rsa", "key"),
        "tls_medium_cipherlist": "AES128-SHA:DES-CBC3-SHA:@SECLEVEL=0", "smtpd_tls_ciphers": "medium"}).start()
    code, got = ask(t, "tls", "mitra.test", port=pf.port)
    mx = got["mx"][0]
    equal(offered(mx), ["TLSv1.0"])
    equal(got["letter"], "C", codes(got))
    for want in ("grade.no-tls12", "grade.no-aead", "grade.no-forward-secrecy", "grade.beast"):
        check(want in codes(got), want, codes(got))
    compare(t, "TLS 1.0", mx, sslscan(t, pf.port, "--starttls-smtp"))


def oakley_1024():
    """The group of 1024 bits of RFC 2409 6.2, as PEM"""
    p = bytes.fromhex("00FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22"
                      "514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F4"
                      "4C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFF"
                      "FFFFFFFFFFFF")
    body = b"\x02\x81" + bytes([len(p)]) + p + b"\x02\x01\x02"
    text = base64.encodebytes(b"\x30\x81" + bytes([len(body)]) + body).decode()
    return "-----BEGIN DH PARAMETERS-----\n%s-----END DH PARAMETERS-----\n" % text


def test_openssl_like_sslscan(t):
    """openssl s_server in many ways: versions, ciphers, their order, groups, DH size, keys"""
    rsa, ec = t.pair("rsa"), t.pair("good")
    dh = t.write("dh.pem", oakley_1024())
    for name, pair, argv, want in (
            ("all", rsa, [], {"TLSv1.2", "TLSv1.3"}),
            ("1.2 alone", rsa, ["-tls1_2"], {"TLSv1.2"}),
            ("1.3 alone", ec, ["-tls1_3"], {"TLSv1.3"}),
            ("1.0", rsa, ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], {"TLSv1.0"}),
            ("ECDSA", ec, ["-serverpref"], {"TLSv1.2", "TLSv1.3"}),
            ("DH alone", rsa, ["-tls1_2", "-dhparam", dh, "-cipher", "DHE-RSA-AES256-SHA:"
                               "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"], {"TLSv1.2"}),
            ("its order", rsa, ["-tls1_2", "-serverpref", "-cipher", "AES128-SHA:ECDHE-RSA-AES256-SHA:"
                                "CAMELLIA256-SHA:AES256-GCM-SHA384"], {"TLSv1.2"}),
            ("clients may", rsa, ["-client_renegotiation"], {"TLSv1.2", "TLSv1.3"}),
            ("NULL", rsa, ["-tls1_2", "-cipher", "NULL-SHA256:AES128-SHA:@SECLEVEL=0"], {"TLSv1.2"})):
        port = t.port()
        p = t.spawn([program("openssl"), "s_server", "-accept", "127.0.0.1:%d" % port, "-quiet", "-cert",
                     pair[0], "-key", pair[1], *argv], "s_server.log", stdin=subprocess.PIPE)

        def up():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                return False
        until(up, 10, "s_server")
        code, got = ask(t, "tls", HOST + ":465", "--implicit", port=port, at=465)
        mx = got["mx"][0]
        equal(set(offered(mx)), want, name)
        compare(t, name, mx, sslscan(t, port))
        if name == "its order":
            equal(ciphers(mx)["TLSv1.2"], ["AES128-SHA", "ECDHE-RSA-AES256-SHA", "CAMELLIA256-SHA",
                                           "AES256-GCM-SHA384"])
            check([r["server_order"] for r in mx["protocols"]][4] is True, mx["protocols"])
        equal(mx["client_renegotiation"], name == "clients may", name)
        equal(mx["complete"], True, name)
        if name == "DH alone":
            equal(mx["dh_bits"], 1024)
            check("grade.key-exchange-weak" in [c["code"] for c in mx["caps"]], mx["caps"])
        if name == "NULL":
            check("grade.null-cipher" in [c["code"] for c in mx["caps"]], mx["caps"])
        t.stop(p, 1)


def test_kurir_itself(t):
    """Our own server, on 25 and 465, as sslscan sees it"""
    k = t.kurir(cert="rsa", limits="sessions-per-ip = 200")
    code, got = ask(t, "tls", "mail.contoh.id:25", port=k.mx, host="mail.contoh.id")
    equal((code, codes(got, "bad")), (0, []), codes(got))
    compare(t, "mx", got["mx"][0], sslscan(t, k.mx, "--starttls-smtp"))
    code, got = ask(t, "tls", "mail.contoh.id:465", "--implicit", port=k.submissions, at=465,
                    host="mail.contoh.id")
    equal(codes(got, "bad"), [])
    compare(t, "submissions", got["mx"][0], sslscan(t, k.submissions))


def test_postfix_like_testssl(t):
    """testssl's word on protocols and the certificate of the same server"""
    pf = Postfix(t, extra={"smtpd_tls_cert_file": t.cert("rsa"),
                           "smtpd_tls_key_file": t.cert("rsa", "key")}).start()
    mx = ask(t, "tls", "mitra.test", port=pf.port)[1]["mx"][0]
    out = t.path("testssl.json")
    t.run([program("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip",
           "127.0.0.1", "--jsonfile", out, "-p", "-S", "-t", "smtp", "127.0.0.1:%d" % pf.port],
          timeout=150, env={"OPENSSL_TIMEOUT": "5"})
    rows = {row["id"]: row["finding"] for row in json.load(open(out))}
    names = {"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLSv1.0": "TLS1", "TLSv1.1": "TLS1_1",
             "TLSv1.2": "TLS1_2", "TLSv1.3": "TLS1_3"}
    for p in mx["protocols"]:
        equal(p["offered"], rows[names[p["protocol"]]].startswith("offered"), p)
    cert = mx["certificates"][0]
    equal(cert["serial"].lstrip("0"), rows["cert_serialNumber"].split()[0].lstrip("0"))
    equal(cert["sha256"].upper(), rows["cert_fingerprintSHA256"].split()[0])
    check(str(cert["key_bits"]) in rows["cert_keySize"], rows["cert_keySize"])


# ---- DANE ----

def tlsa(usage, selector, matching, data):
    return bytes([usage, selector, matching]) + data


def public_key(t, pem):
    r = t.run([program("openssl"), "x509", "-in", pem, "-noout", "-pubkey"])
    return base64.b64decode("".join(r.out.split("-----")[2].split()))


def der(pem):
    return base64.b64decode("".join(open(pem).read().split("-----")[2].split()))


def test_dane(t):
    """Usages 2 and 3, selectors, digests; unusable, mismatched, insecure, bogus; what to publish"""
    leaf, both = chain(t)
    p = t.peer(cert=both)
    key, whole = public_key(t, leaf[0]), der(leaf[0])
    middle, root = der(t.path("middle.pem")), der(t.cert("ca"))
    sha256, sha512 = (lambda b: hashlib.sha256(b).digest()), (lambda b: hashlib.sha512(b).digest())
    name = "_25._tcp." + HOST
    for what, records, want, exit_code in (
            ("3 1 1", [tlsa(3, 1, 1, sha256(key))], "match", 0),
            ("3 1 2", [tlsa(3, 1, 2, sha512(key))], "match", 0),
            ("3 1 0", [tlsa(3, 1, 0, key)], "match", 0),
            ("3 0 1", [tlsa(3, 0, 1, sha256(whole))], "match", 0),
            ("2 0 1", [tlsa(2, 0, 1, sha256(middle))], "match", 0),
            ("2 0 1 of the root, which was not sent", [tlsa(2, 0, 1, sha256(root))], "mismatch", 1),
            ("2 0 0 of the root", [tlsa(2, 0, 0, root)], "match", 0),
            ("another key", [tlsa(3, 1, 1, sha256(b"x"))], "mismatch", 1),
            ("old and new", [tlsa(3, 1, 1, sha256(b"x")), tlsa(3, 1, 1, sha256(key))], "match", 0),
            ("usage 1", [tlsa(1, 1, 1, sha256(key))], "unusable", 1),
            ("a digest cut short", [tlsa(3, 1, 1, sha256(key)[:20])], "unusable", 1),
            ("nothing", [], "none", 1)):
        dns = Secure()
        t.closing.append(dns.close)
        zone(t, dns)
        if records:
            dns.add(name, "TLSA", *records)
        code, got = ask(t, "dane", "mitra.test", port=p.port, dns=dns)
        host = got["hosts"][0]
        equal((host["state"], code), (want, exit_code), (what, codes(got)))
        check(hashlib.sha256(key).hexdigest() in host["publish"], what, host)
        if what == "3 1 1":
            got = ask(t, "tls", "mitra.test", port=p.port, dns=dns)[1]
            equal((got["confidence"], got["dane"][0]["state"]), (111, "match"), codes(got))
            check("grade.starttls-strippable" not in codes(got), codes(got))
            dns.plain = (name, HOST)
            code, got = ask(t, "dane", "mitra.test", port=p.port, dns=dns)
            equal((code, got["hosts"][0]["state"]), (1, "insecure"))
    dns.faults[name] = "servfail"
    code, got = ask(t, "dane", "mitra.test", port=p.port, dns=dns)
    equal((code, got["hosts"][0]["state"]), (3, "unknown"))


# ---- MTA-STS ----

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.mitra.test\r\nmx: *.lain.test\r\nmax_age: 604800\r\n"


def sts(t, policy, record="v=STSv1; id=20260101;", cert=None, host=HOST, **page):
    pair = cert or issue(t, "web", "/CN=mta-sts.mitra.test", by=authority(t),
                         ext="subjectAltName=DNS:mta-sts.mitra.test\n")
    w = Web(cert=pair)
    t.closing.append(w.close)
    page.setdefault("Content_Type", "text/plain")
    w.pages["/.well-known/mta-sts.txt"] = Page(policy, **page)
    dns = zone(t, host=host).add("mta-sts.mitra.test", "A", "127.0.0.1")
    if record:
        dns.add("_mta-sts.mitra.test", "TXT", *([record] if isinstance(record, str) else record))
    return dns, ["--connect", "mta-sts.mitra.test:443=127.0.0.1:%d" % w.port]


def test_mta_sts(t):
    """Record, policy, exchangers; each mistake by name"""
    port = t.peer(cert=issue(t, "good", by=authority(t))).port
    for what, argv, want, exit_code in (
            ("right", (POLICY,), None, 0),
            ("testing", (POLICY.replace("enforce", "testing"),), "mta-sts.testing", 0),
            ("no record", (POLICY, ""), "mta-sts.none", 1),
            ("no id", (POLICY, "v=STSv1;"), "mta-sts.no-id", 1),
            ("two records", (POLICY, ["v=STSv1; id=1;", "v=STSv1; id=2;"]), "mta-sts.many-records", 1),
            ("no version", (POLICY.replace("version: STSv1\r\n", ""),), "mta-sts.no-version", 1),
            ("bad mode", (POLICY.replace("enforce", "force"),), "mta-sts.bad-mode", 1),
            ("no max_age", (POLICY.replace("max_age", "maxage"),), "mta-sts.no-max-age", 1),
            ("a day too short", (POLICY.replace("604800", "60"),), "mta-sts.short-max-age", 0)):
        dns, more = sts(t, *argv)
        code, got = ask(t, "mta-sts", "mitra.test", *more, port=port, dns=dns)
        equal(code, exit_code, (what, codes(got)))
        if want:
            check(want in codes(got), what, codes(got))
        else:
            equal((got["state"], got["mode"], got["max_age"], got["id"]), ("policy", "enforce", 604800,
                                                                          "20260101"))
    dns, more = sts(t, POLICY, host="mx2.mitra.test")
    equal(codes(ask(t, "mta-sts", "mitra.test", *more, dns=dns)[1], "bad"), ["tls.sts-mismatch"])
    dns, more = sts(t, POLICY, status=404)
    equal(codes(ask(t, "mta-sts", "mitra.test", *more, dns=dns)[1], "bad"), ["mta-sts.http-status"])
    dns, more = sts(t, POLICY, cert=t.pair("wrongname"))
    code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns)
    check("tls.cert-name-mismatch" in codes(got, "bad"), codes(got))
    dns, more = sts(t, POLICY)
    more[1] = "mta-sts.mitra.test:443=127.0.0.1:%d" % t.port()
    code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns)
    equal((code, codes(got, "warn")), (3, ["net.refused"]), codes(got))
    dns.faults["_mta-sts.mitra.test"] = "servfail"
    equal(ask(t, "mta-sts", "mitra.test", *more, dns=dns)[0], 3)
    pair = issue(t, "good", by=authority(t))
    p = t.peer(cert=pair)
    dns, more = sts(t, POLICY)
    got = ask(t, "tls", "mitra.test", *more, port=p.port, dns=dns)[1]
    equal((got["confidence"], got["confidence_max"], got["mta_sts"]["mode"]), (110, 110, "enforce"))


for f in (test_postfix_like_testssl, test_openssl_like_sslscan):
    f.heavy = 2
