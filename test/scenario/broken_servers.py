"""Two dozen servers, each wrong in one way, and one that is right; what `kurir
check` says of each. tools/check-examples puts it into kurir-check-examples(7)."""
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from exim import Exim
from harness import check, program
from opensmtpd import OpenSmtpd
from peers_real import Postfix
from s_server import SServer
from test_check_relay import Mailbox
from test_check_tls import oakley_1024

HOST = "mail.contoh.id"
PTR = ("1.0.0.127.in-addr.arpa", "PTR")
ZONES = {("contoh.id", "MX"): ["10 " + HOST], ("contoh.id", "A"): ["127.0.0.1"], (HOST, "A"): ["127.0.0.1"],
         PTR: [HOST]}


class Case:
    """One server: what is wrong, with which program, which check is asked, the
    answer and the code that names it (None: nothing is wrong)."""

    def __init__(self, wrong, by, kind, answer, code, start, ptr=HOST):
        self.wrong, self.by, self.kind, self.answer, self.code = wrong, by, kind, answer, code
        self.start, self.ptr = start, ptr


def openssl(where, *argv):
    subprocess.run([program("openssl"), *argv], cwd=where, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def authority(t):
    """Certificates that are valid for long: by an authority, and by an intermediate one below it."""
    d = t.mkdir("pki", own=False)
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    t.write("pki/ca.ext", "basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n")
    t.write("pki/leaf.ext", "subjectAltName=DNS:%s\n" % HOST)
    t.write("pki/other.ext", "subjectAltName=DNS:lain.example\n")
    openssl(d, "req", "-x509", *ec, "-keyout", "ca.key", "-out", "ca.pem", "-days", "400", "-subj",
            "/CN=Percobaan Lama")
    with open(d + "/ca.pem") as f, open(t.cert("ca")) as g:
        t.write("pki/trusted.pem", f.read() + g.read())  # the expired one is by the scenarios' own
    for name, by, ext, subject, bits in (("mid", "ca", "ca", "Percobaan Tengah", 0), ("good", "ca", "leaf", HOST, 0),
                                         ("leaf", "mid", "leaf", HOST, 0), ("wrongname", "ca", "other", "lain.example", 0),
                                         ("rsa", "ca", "leaf", HOST, 2048), ("weak", "ca", "leaf", HOST, 1024),
                                         ("small", "ca", "leaf", HOST, 512)):
        if bits:
            openssl(d, "genrsa", "-out", name + ".key", str(bits))
        openssl(d, "req", "-new", *(["-key", name + ".key"] if bits else [*ec, "-keyout", name + ".key"]), "-out",
                name + ".csr", "-subj", "/CN=" + subject)
        openssl(d, "x509", "-req", "-in", name + ".csr", "-CA", by + ".pem", "-CAkey", by + ".key",
                "-CAcreateserial", "-days", "200", "-extfile", ext + ".ext", "-out", name + ".pem")
    openssl(d, "req", "-x509", *ec, "-keyout", "selfsigned.key", "-out", "selfsigned.pem", "-days", "200", "-subj",
            "/CN=" + HOST, "-addext", "subjectAltName=DNS:" + HOST)


def pki(t, kind):
    """(certificate, key) of authority()."""
    return t.path("pki", kind + ".pem"), t.path("pki", kind + ".key")


def certificate(kind):
    def path(part):
        return lambda t: t.cert(kind, part) if kind == "expired" else t.path("pki", kind + "." + part)
    return {"smtpd_tls_cert_file": path("pem"), "smtpd_tls_key_file": path("key")}


def postfix(n, **extra):
    def start(t):
        more = {"myhostname": HOST, "mydestination": HOST, "virtual_mailbox_domains": "contoh.id",
                "local_recipient_maps": "inline:{postmaster=x}", "mynetworks": "192.0.2.0/24",
                "virtual_mailbox_maps": "inline:{postmaster@contoh.id=box/, abuse@contoh.id=box/}",
                "disable_vrfy_command": "yes", "smtpd_tls_protocols": ">=TLSv1.2",
                "smtpd_tls_exclude_ciphers": "aNULL", "relayhost": "[127.0.0.1]:%d" % t.box.peer.port,
                "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
                **certificate("good"), **extra}
        return Postfix(t, name="postfix%d" % n, extra={
            k: v(t) if callable(v) else v for k, v in more.items()}).start().port
    return start


def exim(n, **more):
    return lambda t: Exim(t, name="exim%d" % n, **more).start().port


def opensmtpd(n, **more):
    return lambda t: OpenSmtpd(t, name="opensmtpd%d" % n, cert=pki(t, "good"), **{
        k: v(t) if callable(v) else v for k, v in more.items()}).start().port


def s_server(n, *argv, kind="good"):
    return lambda t: SServer(t, *(a(t) if callable(a) else a for a in argv), name="s_server%d" % n,
                             pair=pki(t, kind)).port


def to_our_box(t):
    return 'action "out" relay host smtp://127.0.0.1:%d\nmatch from any for any action "out"' % t.box.peer.port


def only_ours(argument):
    return "250 ok" if "contoh.id" in argument or "<postmaster>" in argument else "554 5.7.1 no relaying"


def peer(**more):
    def start(t):
        replies = {"banner": "220 %s ESMTP" % HOST, "rcpt": only_ours}
        return t.peer(**dict(more, replies=dict(replies, **more.get("replies", {})))).port
    return start


def slow(_):
    time.sleep(5.5)
    return "220 %s ESMTP" % HOST


QUIET = "smtp_banner = $primary_hostname ESMTP\nrecipient_unqualified_hosts = *\nqualify_domain = contoh.id"
WELL = postfix(0)
AEAD = 'smtp ciphers "ECDHE+AESGCM"'
CASES = [
    Case("nothing", "Postfix", "tls", "good", None, WELL),
    Case("nothing", "Postfix", "smtp", "good", None, WELL),
    Case("nothing", "Postfix", "relay", "good", None, WELL),
    Case("nothing", "OpenSMTPD", "tls", "good", None, opensmtpd(0, main=AEAD)),
    Case("nothing", "OpenSSL", "tls", "good", None, s_server(0, "-cipher", "ECDHE+AESGCM")),
    Case("no STARTTLS", "Postfix", "tls", "bad", "tls.not-offered", postfix(1, smtpd_tls_security_level="none")),
    Case("STARTTLS taken out by a firewall", "double", "tls", "bad", "tls.not-offered",
         peer(tls="absent", extensions=("PIPELINING", "XXXXXXXA"))),
    Case("TLS 1.0 alone", "Postfix", "tls", "bad", "grade.no-tls12", postfix(
        2, smtpd_tls_protocols="TLSv1", smtpd_tls_ciphers="medium", tls_medium_cipherlist="ALL:@SECLEVEL=0")),
    Case("STARTTLS offered that never works", "OpenSMTPD", "tls", "bad", "tls.refused", opensmtpd(1, broken=True)),
    Case("ciphers without authentication", "OpenSMTPD", "tls", "bad", "grade.anonymous-cipher",
         opensmtpd(2, main='smtp ciphers "ECDHE+AESGCM:AECDH-AES256-SHA:@SECLEVEL=0"')),
    Case("ciphers without encryption", "OpenSSL", "tls", "bad", "grade.null-cipher",
         s_server(1, "-tls1_2", "-cipher", "ECDHE+AESGCM:NULL-SHA256:@SECLEVEL=0", kind="rsa")),
    Case("RC4 and 3DES", "Exim", "tls", "bad", "grade.rc4-tls11", exim(3, main="smtp_accept_max = 0\n"
         "tls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1:+ARCFOUR-128:+3DES-CBC:+SHA1\n" + QUIET)),
    Case("key of 512 bits", "OpenSSL", "tls", "bad", "grade.key-exchange-broken",
         s_server(2, "-tls1_2", "-cipher", "ECDHE+AESGCM:kRSA+AESGCM:@SECLEVEL=0", kind="small")),
    Case("Diffie-Hellman with 1,024 bits", "OpenSSL", "tls", "good", "grade.key-exchange-weak",
         s_server(3, "-cipher", "ECDHE+AESGCM:DHE+AESGCM:@SECLEVEL=0", "-dhparam",
                  lambda t: t.write("dh.pem", oakley_1024()), kind="rsa")),
    Case("certificate expired", "Postfix", "tls", "bad", "tls.cert-expired", postfix(3, **certificate("expired"))),
    Case("certificate of another name", "Postfix", "tls", "bad", "tls.cert-name-mismatch",
         postfix(4, **certificate("wrongname"))),
    Case("certificate signed by itself", "Postfix", "tls", "bad", "tls.cert-self-signed",
         postfix(5, **certificate("selfsigned"))),
    Case("intermediate certificate missing", "Postfix", "tls", "bad", "tls.chain-incomplete",
         postfix(6, **certificate("leaf"))),
    Case("greeting after 5.5 s", "double", "smtp", "good", "smtp.greeting-slow", peer(replies={"banner": slow})),
    Case("address without a name", "Postfix", "smtp", "good", "lookup.ptr-missing", WELL, ptr=None),
    Case("greeting of another domain", "Postfix", "smtp", "good", "smtp.banner-mismatch",
         postfix(7, myhostname="pusat.lain.example")),
    Case("VRFY tells who is there", "Exim", "smtp", "good", "smtp.vrfy-exposed",
         exim(1, main="acl_smtp_vrfy = vrfy\n" + QUIET,
         rcpt="  accept domains = +ours\n  deny\nvrfy:\n  accept\nrest:")),
    Case("open relay, no message sent", "Exim", "relay", "unknown", "relay.may-be-open", exim(2, main=QUIET, rcpt="  accept")),
    Case("open relay", "Postfix", "relay", "bad", "relay.open", postfix(8, mynetworks="0.0.0.0/0")),
    Case("open relay", "OpenSMTPD", "relay", "bad", "relay.open", opensmtpd(3, match=to_our_box)),
]


def ask(t, case, port):
    zones = dict(ZONES)
    if case.ptr is None:
        del zones[PTR]
    target = "%s:25" % HOST if case.kind == "relay" else "contoh.id"
    argv = [t.bin, "check", case.kind, target, "--json", "--resolver", t.dns(zones).server, "--connect",
            "%s:25=127.0.0.1:%d" % (HOST, port), "--ca", t.path("pki", "trusted.pem")]
    if case.kind == "relay":
        argv += ["--mine", "--greylist-wait", "1s"]
        argv += t.box.option if case.by != "Exim" else []
    r = t.run(argv, timeout=60)
    check(r.out.startswith("{"), case.wrong, r.out[-300:], r.err[-300:])
    return json.loads(r.out)


def measure(t):
    """[(case, report)] of all."""
    authority(t)
    t.box = Mailbox(t)
    starts = list({c.start: None for c in CASES})
    with ThreadPoolExecutor(3) as pool:
        ports = dict(zip(starts, pool.map(lambda s: s(t), starts)))
        return list(zip(CASES, pool.map(lambda c: ask(t, c, ports[c.start]), CASES)))


def codes(report):
    return sorted({f["code"] for f in report["findings"] if f["severity"] != "info"})


def named(case, report):
    """The codes that stand in the table: the one of the fault, and all others that are no remarks."""
    found = sorted({f["code"] for f in report["findings"]})
    first = [c for c in found if case.code and c.startswith(case.code)]
    return first + [c for c in codes(report) if c not in first]
