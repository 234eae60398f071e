"""kurir why for causes met for real: each code of doc/causes.md that a double can bring about, with its text and cure."""
import base64
import socket
import ssl

from causes import brings, golden, golden_text, session_with
from harness import CLOSE, check, equal, session_id

# What the other server says to RCPT, by the recipient's domain, and the cause.
REPLIES = {
    "full": ("552 5.2.2 mailbox full", "mailbox.full"),
    "black": ("554 5.7.1 blocked using zen.daftar.example", "remote.blocklisted"),
    "rate": ("450 4.7.28 rate limit exceeded", "remote.rate-limited"),
    "ptr": ("550 5.7.25 this address has no PTR record", "remote.ptr-required"),
    "later": ("451 4.3.0 come back tomorrow", "remote.4xx"),
    "never": ("554 5.7.1 we do not want this", "remote.5xx"),
    "unknown": ("550 5.1.1 no such user here", "recipient.unknown"),
    "grey": ("450 4.2.0 greylisted, come back", "remote.greylisted"),
    "many": ("452 4.5.3 too many recipients", "limit.recipients"),
    "large": ("552 5.3.4 message too big", "limit.size"),
    "login": ("530 5.7.0 Authentication required", "auth.required"),
    "claim": ("550 5.7.26 this mail has no SPF and no DKIM that pass", "remote.unauthenticated"),
    "clear": ("530 5.7.0 Must issue a STARTTLS command first", "tls.required-inbound"),
    "old": ("421 4.7.66 TLS 1.0 and 1.1 are not supported", "tls.no-common-version"),
    "disk": ("452 4.3.1 Insufficient system storage", "local.disk-full"),
    "loop": ("554 5.4.6 Too many hops", "queue.loop"),
    "null": ("556 5.1.10 Recipient address has null MX", "dns.null-mx"),
    "relay": ("554 5.7.1 <a@b>: Relay access denied", "relay.denied"),
    "busy": ("451 4.7.500 Server busy. Please try again later", "remote.rate-limited"),
    "sender": ("553 5.1.8 <a@b>: Sender address rejected: Domain not found", "lookup.mail-not-found"),
    "verify": ("550 5.1.0 Sender verify failed", "sender.unknown"),
    "helo": ("450 4.7.1 <x>: Helo command rejected: Host not found", "lookup.helo-not-found"),
    "bare": ("550 5.6.11 Message holds a bare LF", "protocol.bare-newline"),
    "pipe": ("554 5.5.1 Error: improper command pipelining", "protocol.sync"),
    "wrong": ("501 5.1.3 Bad recipient address syntax", "protocol.syntax"),
    "errors": ("421 4.7.0 Error: too many errors", "limit.rate"),
    "reset": (CLOSE, "net.reset"),
}


@brings(*{code for _, code in REPLIES.values()})
def test_replies_of_others(t):
    """What the other server answers, or does not: the same cause from the ledger as from the pasted reply"""
    peer = t.peer(replies={"rcpt": lambda a: REPLIES[a.split("@")[1].split(".")[0]][0]})
    routes = "".join('route "%s.test" { via = "relay:[127.0.0.1]:%d" }\n' % (d, peer.port) for d in REPLIES)
    k = t.kurir(extra=routes, outbound={"retry": '{"1h"}'})
    ids = {d: session_id(k.send("a@%s.test" % d)) for d in REPLIES}
    for d, (reply, code) in REPLIES.items():
        cause = golden(k, ids[d], code)
        # Whatever it is, it is the other server that said so, and we who sent.
        equal(cause["cure"], cause["cure_sender"], code)
        if isinstance(reply, str):
            check(reply in cause["evidence"], cause)
            golden_text(t, reply, code)


@brings("protocol.syntax", "limit.line", "protocol.sync")
def test_servers_that_break_the_rules(t):
    """A server that does not speak SMTP, never ends its reply, or adds plain text to STARTTLS: the cure is for us who send"""
    peers = {"other": t.peer(replies={"banner": "+OK POP3 ready"}),
             "endless": t.peer(replies={"banner": "220-x\r\n" * 20000 + "220 x"}),
             "injected": t.peer(replies={"starttls": "220 go ahead\r\n250 injected"})}
    want = {"other": "protocol.syntax", "endless": "limit.line", "injected": "protocol.sync"}
    routes = "".join('route "%s.test" { via = "relay:[127.0.0.1]:%d" }\n' % (d, p.port) for d, p in peers.items())
    k = t.kurir(extra=routes, outbound={"retry": '{"1h"}'})
    ids = {d: session_id(k.send("a@%s.test" % d)) for d in peers}
    for d, code in want.items():
        cause = golden(k, ids[d], code)
        check(cause["cure"] == cause["cure_sender"] and "tell its postmaster" in cause["cure"], cause)


@brings("auth.failed", "auth.not-offered", "tls.required-outbound")
def test_smart_hosts(t):
    """A smart host that refuses the password, offers no login, or no TLS to send it under"""
    peers = {"wrong": t.peer(auth="PLAIN LOGIN", replies={"auth": "535 5.7.8 no"}), "none": t.peer(),
             "clear": t.peer(tls="absent", auth="PLAIN LOGIN")}
    want = {"wrong": "auth.failed", "none": "auth.not-offered", "clear": "tls.required-outbound"}
    secret = t.write("credentials", "".join("[127.0.0.1]:%d budi:rahasia\n" % p.port for p in peers.values()), 0o600, own=True)
    routes = "".join('route "%s.test" { via = "smarthost:[127.0.0.1]:%d" }\n' % (d, p.port) for d, p in peers.items())
    k = t.kurir(extra=routes, outbound={"retry": '{"1h"}', "credentials": '"%s"' % secret})
    ids = {d: session_id(k.send("a@%s.test" % d)) for d in peers}
    for d, code in want.items():
        golden(k, ids[d], code)


@brings("tls.client-cert-required")
def test_a_certificate_that_is_wanted(t):
    """A server that wants a client certificate; and a paste that names our own session tells its story too"""
    peer = t.peer(client_cert=True)
    k = t.kurir(extra='route "cert.test" { via = "relay:[127.0.0.1]:%d" }\n' % peer.port,
                outbound={"retry": '{"1h"}', "tls": '"encrypt"'})
    ident = session_id(k.send("a@cert.test"))
    golden(k, ident, "tls.client-cert-required")
    both = k.ok("why", "SSL alert number 116 [%s]" % ident)
    check("tls.client-cert-required" in both and "a@cert.test" in both, both)


@brings("tls.no-common-cipher", "auth.failed")
def test_clients_in_trouble(t):
    """Clients with a wrong password, no cipher of ours, or none of TLS where it is needed"""
    k = t.kurir()
    with socket.create_connection(("127.0.0.1", k.submissions), 5) as raw:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ADH-AES128-SHA256:@SECLEVEL=0")
        try:
            context.wrap_socket(raw)
            check(False, "an anonymous cipher was taken")
        except (ssl.SSLError, OSError):
            pass
    golden(k, session_with(k, "tls.no-common-cipher"), "tls.no-common-cipher")
    with socket.create_connection(("127.0.0.1", k.submissions), 5) as raw:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(raw) as s:
            s.recv(4096)
            s.sendall(b"EHLO a.example\r\n")
            s.recv(4096)
            s.sendall(b"AUTH PLAIN " + base64.b64encode(b"\0budi@contoh.id\0salah") + b"\r\n")
            check(s.recv(4096).startswith(b"535"), "a wrong password")
            s.sendall(b"QUIT\r\n")
            s.recv(4096)
    golden(k, session_with(k, "auth.failed"), "auth.failed")


@brings("net.timeout")
def test_a_host_that_is_silent(t):
    """A host that never answers a connection"""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        waiting = []
        for _ in range(4):  # until the kernel lets no more wait
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(s.getsockname())
        k = t.kurir(extra='route "diam.test" { via = "relay:[127.0.0.1]:%d" }\n' % s.getsockname()[1],
                    outbound={"retry": '{"1h"}'}, limits='connect-timeout = "1s"')
        golden(k, session_id(k.send("a@diam.test")), "net.timeout")
        for one in waiting:
            one.close()


@brings("lookup.mail-no-mx")
def test_senders_without_mail(t):
    """A sender's domain that takes no mail, and one with a null MX"""
    dns = t.dns()
    dns.zones[("kosong.example", "MX")] = ["0 ."]
    dns.zones[("kosong.example", "A")] = ["127.0.0.2"]
    k = t.kurir(server=dns.server, trusted=("127.0.0.1",), extra=(
        'reverse-lookup { ptr { missing = "off"  mismatch = "off" } helo { forged = "off"  not-found = "off" } '
        'mail { forged = "off"  not-found = "off"  no-mx = "reject" } }\n'))
    s = k.smtp(source="127.0.0.2")
    s.read()
    s.must("EHLO client.example.org")
    s.cmd("MAIL FROM:<a@kosong.example>")
    s.cmd("RCPT TO:<budi@contoh.id>")
    s.cmd("QUIT")
    s.close()
    golden(k, session_with(k, "lookup.mail-no-mx"), "lookup.mail-no-mx")
