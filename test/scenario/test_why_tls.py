"""kurir why for what goes wrong with TLS and with signed DNS: brought about by real certificates, clients, servers and
zones."""
import socket
import ssl

from causes import brings, golden, session_with
from harness import Smtp, check, equal, session_id, until
from peers_real import Nsd
from senders import section, settings, talk

# How the other server is, by the recipient's domain, and what its mail fails for when TLS must be right.
SERVERS = {
    "absent": ({"tls": "absent"}, "tls.not-offered"),
    "refuse": ({"tls": "refuse"}, "tls.refused"),
    "close": ({"tls": "close"}, "net.closed-after-starttls"),
    "stall": ({"tls": "stall"}, "tls.stalled"),
    "garbage": ({"tls": "garbage"}, "tls.garbage"),
    "expired": ({"cert": "expired"}, "tls.cert-expired"),
    "early": ({"cert": "early"}, "tls.cert-not-yet-valid"),
    "selfsigned": ({"cert": "selfsigned"}, "tls.cert-self-signed"),
    "untrusted": ({"cert": "untrusted"}, "tls.cert-untrusted"),
    "wrongname": ({"cert": "wrongname"}, "tls.cert-name-mismatch"),
}


@brings(*(code for _, code in SERVERS.values()))
def test_servers(t):
    """Sending with tls = "verify" to servers whose TLS or certificate is wrong, each in its own way"""
    routes = ""
    for domain, (how, _) in SERVERS.items():
        peer = t.peer(**dict(how, cert=t.pair(how.get("cert", "good"))))
        routes += 'route "%s.test" { via = "relay:mx.mitra.test:%d" }\n' % (domain, peer.port)
    dns = t.dns().add("mx.mitra.test", "A", "127.0.0.1")
    k = t.kurir(server=dns.server, extra=routes, limits='handshake-timeout = "1s"',
                outbound={"tls": '"verify"', "ca": '"%s"' % t.cert("ca"), "retry": '{"1h"}'})
    ids = {domain: session_id(k.send("a@%s.test" % domain)) for domain in SERVERS}
    for domain, (_, code) in SERVERS.items():
        cause = golden(k, ids[domain], code)
        equal(cause["cure"], cause["cure_sender"], domain)


def old_tls(side, most=ssl.TLSVersion.TLSv1_1):
    """A context that speaks nothing newer than TLS 1.1."""
    context = ssl.SSLContext(side)
    if side == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, most
    return context


@brings("tls.no-common-version")
def test_an_old_server(t):
    """Sending to a server that speaks TLS 1.1 and nothing newer"""
    port, context = t.port(), old_tls(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*t.pair("rsa"))
    k = t.kurir(extra='route "lama.test" { via = "relay:[127.0.0.1]:%d" }\n' % port,
                outbound={"tls": '"encrypt"', "retry": '{"1h"}'})
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1)
        listener.settimeout(20)
        ident = session_id(k.send("a@lama.test"))
        with listener.accept()[0] as s:
            s.settimeout(20)
            s.sendall(b"220 mx.lama.test ESMTP\r\n")
            s.recv(4096)
            s.sendall(b"250-mx.lama.test\r\n250 STARTTLS\r\n")
            check(s.recv(4096).startswith(b"STARTTLS"), "STARTTLS")
            s.sendall(b"220 go\r\n")
            try:
                context.wrap_socket(s, server_side=True)
                check(False, "TLS 1.1 was taken")
            except ssl.SSLError:
                pass
        golden(k, ident, "tls.no-common-version")


def before_tls(port):
    """A socket on which STARTTLS was answered with 220."""
    s = Smtp(port)
    s.read()
    s.must("EHLO client.example.org")
    s.must("STARTTLS", "220")
    return s


def handshake(port, context, name="mail.contoh.id"):
    """What the client says of it."""
    s = before_tls(port)
    try:
        s.tls(context, name)
        return "done"
    except (ssl.SSLError, OSError) as e:
        return str(e)
    finally:
        s.close()


@brings("tls.no-common-version", "tls.garbage", "tls.stalled", "tls.required-inbound")
def test_clients(t):
    """Clients too old, that speak no TLS where it belongs, fall silent, or log in without it"""
    k = t.kurir(limits='handshake-timeout = "1s"')
    check("done" != handshake(k.mx, old_tls(ssl.PROTOCOL_TLS_CLIENT)), "TLS 1.1 was taken")
    golden(k, session_with(k, "tls.no-common-version"), "tls.no-common-version")
    with socket.create_connection(("127.0.0.1", k.submissions), 5) as s:
        s.sendall(b"EHLO plain.example.org\r\n")
        s.settimeout(5)
        try:
            while s.recv(4096):
                pass
        except OSError:
            pass
    golden(k, session_with(k, "tls.garbage"), "tls.garbage")
    silent = before_tls(k.mx)
    golden(k, session_with(k, "tls.stalled"), "tls.stalled")
    silent.close()
    s = k.smtp(k.submission)
    s.read()
    s.must("EHLO client.example.org")
    ident = session_id(s.auth("budi", k.passwords["budi"]))
    s.cmd("QUIT")
    s.close()
    golden(k, ident, "tls.required-inbound")


@brings("tls.cert-expired", "tls.cert-revoked", "tls.cert-untrusted")
def test_our_certificate_is_refused(t):
    """Clients that verify our certificate and refuse it, and say why by their alert"""
    for kind, code in (("expired", "tls.cert-expired"), ("revoked", "tls.cert-revoked"),
                       ("untrusted", "tls.cert-untrusted")):
        k = t.kurir(name=kind, cert=kind, users=())
        for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=t.cert("ca"))
            context.load_verify_locations(t.cert("ca", "crl"))
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
            context.maximum_version = most
            said = handshake(k.mx, context)
            check("CERTIFICATE_VERIFY_FAILED" in said, kind, said)
            cause = golden(k, session_with(k, code), code)
            equal(cause["cure"], cause["cure_receiver"], kind)
        equal([r["causes"] for r in k.log() if r["causes"] != ["net.reset"]], [[code]] * 2, kind)
        k.stop()



@brings("dns.bogus")
def test_broken_signatures(t):
    """Mail to a domain with forged DNSSEC waits, mail from it is not taken yet; the neighbour's goes through"""
    zone = "$ORIGIN %s.\n$TTL 30\n@ SOA ns a 1 60 60 600 5\n@ NS ns\nns A 127.0.0.1\n"
    peer = t.peer()
    own = "@ MX 10 a\na A 127.0.0.9\n"
    good = "@ MX 10 a\na A %s\n" % peer.address
    top = zone % "test" + "".join("%s NS ns.%s\nns.%s A 127.0.0.1\n" % (d, d, d) for d in ("aman", "palsu"))
    root = (". 30 IN SOA ns.test. a.test. 1 60 60 600 5\n. 30 NS ns.test.\n"
            "test. 30 NS ns.test.\nns.test. 30 A 127.0.0.1\n")
    nsd = Nsd(t, {".": root, "test": top, "aman.test": zone % "aman.test" + good,
                  "palsu.test": zone % "palsu.test" + own},
              signed=(".", "test", "aman.test", "palsu.test"), spoiled=("palsu.test",)).start()
    k = t.kurir(trusted=["127.0.0.1"], dns={"server": '{"%s"}' % nsd.server, "dnssec": '"validate"', "timeout": '"4s"',
                     "trust-anchor": '"%s"' % nsd.anchor},
                outbound={"retry": '{"1h"}', "port": str(peer.port)}, extra=section(settings(mail="close"), False))
    k.send("a@aman.test")
    check(len(peer.wait(1)) == 1, "the signed domain's mail did not arrive")
    cause = golden(k, session_id(k.send("a@palsu.test")), "dns.bogus")
    equal(cause["cure"], cause["cure_sender"])
    until(lambda: [q["recipients"][0]["state"] for q in k.queue()] == ["deferred"], 10, "it waits")
    got = talk(k.mx, "127.0.0.8", "a.palsu.test", "a@palsu.test")
    check(got.reply and got.reply.startswith("451 4.4.3"), got.replies)
    cause = golden(k, got.ident, "dns.bogus")
    equal(cause["cure"], cause["cure_receiver"])
