"""Mail goes out: routes, TLS levels against every kind of peer, failures, bounces."""
import email
import os
import re
import time

from harness import CLOSE, STALL, Skip, check, equal, session_id, until

# What each peer looks like, and with which level a message gets through.
# "tls": encrypted; "plain": in clear; else the cause of the failure.
MATRIX = {
    "fine":       ({}, {"none": "plain", "may": "tls", "encrypt": "tls", "verify": "tls"}),
    "absent":     ({"tls": "absent"}, {"none": "plain", "may": "plain",
                                       "encrypt": "tls.not-offered", "verify": "tls.not-offered"}),
    "refuse":     ({"tls": "refuse"}, {"none": "plain", "may": "plain",
                                       "encrypt": "tls.refused", "verify": "tls.refused"}),
    "close":      ({"tls": "close"}, {"none": "plain", "may": "plain",
                                      "encrypt": "net.closed-after-starttls",
                                      "verify": "net.closed-after-starttls"}),
    "stall":      ({"tls": "stall"}, {"none": "plain", "may": "plain",
                                      "encrypt": "tls.stalled", "verify": "tls.stalled"}),
    "garbage":    ({"tls": "garbage"}, {"none": "plain", "may": "plain",
                                        "encrypt": "tls.garbage", "verify": "tls.garbage"}),
    "expired":    ({"cert": "expired"}, {"none": "plain", "may": "tls", "encrypt": "tls",
                                         "verify": "tls.cert-expired"}),
    "selfsigned": ({"cert": "selfsigned"}, {"none": "plain", "may": "tls", "encrypt": "tls",
                                            "verify": "tls.cert-self-signed"}),
    "wrongname":  ({"cert": "wrongname"}, {"none": "plain", "may": "tls", "encrypt": "tls",
                                           "verify": "tls.cert-name-mismatch"}),
}


def level(t, name):
    """One outbound level against every kind of peer, with the cause and cure of each failure"""
    peers, dns, routes = {}, t.dns(), ""
    for kind, (how, _) in MATRIX.items():
        how = dict(how)
        how["cert"] = t.pair(how.pop("cert", "good"))
        peers[kind] = t.peer(**how)
        domain = kind + ".test"
        dns.add("mx.mitra.test", "A", peers[kind].address)
        # By name, so that there is a name to verify.
        routes += 'route "%s" { via = "relay:mx.mitra.test:%d" }\n' % (domain, peers[kind].port)
    dns.zones[("mx.mitra.test", "A")] = ["127.0.0.1"]
    k = t.kurir(server=dns.server, extra=routes, limits='handshake-timeout = "2s"',
                outbound={"tls": '"%s"' % name, "ca": '"%s"' % t.cert("ca"),
                          "retry": '{"1h"}'})
    ids = {}
    for kind in MATRIX:
        ids[kind] = session_id(k.send("a@%s.test" % kind))
    for kind, (_, outcome) in MATRIX.items():
        want = outcome[name]
        if want in ("tls", "plain"):
            got = peers[kind].wait(1, 15)
            check(len(got) == 1, name, kind, "did not arrive:", peers[kind].sessions,
                  [r.get("causes") for r in k.log(message=ids[kind])])
            equal("tls" if got[0].tls else "plain", want, name + " " + kind)
        else:
            def cause():
                return [q for q in k.queue() if q["id"] == ids[kind] and
                        q["recipients"][0]["cause"]]
            row = until(cause, 15, "%s %s to fail" % (name, kind))[0]["recipients"][0]
            equal(row["cause"], want, name + " " + kind)
            equal(row["state"], "deferred", name + " " + kind)
            equal(peers[kind].messages, [], name + " " + kind)
            story = k.why(ids[kind])
            mine = [c for c in story["causes"] if c["code"] == want]
            check(mine and len(mine[0].get("cure") or "") > 10, "no cure:", story)
    if name == "may":
        # Why it went in clear is on record.
        for kind in ("refuse", "close", "stall", "garbage"):
            # The record of a session is written at its end; idle ones are kept a while.
            def causes():
                return sum([r["causes"] for r in k.log(message=ids[kind])
                            if r["direction"] == "out"], [])
            until(lambda: MATRIX[kind][1]["encrypt"] in causes(), 15,
                  "%s explained: %s" % (kind, causes()))


def test_tls_none(t):
    """Level none: never TLS, against every kind of peer"""
    level(t, "none")


def test_tls_may(t):
    """Level may: TLS when it works, else in clear in the same attempt, and the reason kept"""
    level(t, "may")


def test_tls_encrypt(t):
    """Level encrypt: never in clear, no matter whose certificate"""
    level(t, "encrypt")


def test_tls_verify(t):
    """Level verify: only to a certificate that is valid, trusted, and of that name"""
    level(t, "verify")


def test_mx_order_with_nsd(t):
    """A real NSD: MX preference, fallback to the next host, implicit MX, null MX, no such domain"""
    from peers_real import Nsd
    port = t.port()
    best = t.peer(address="127.0.0.11", port=port, replies={"mail": "451 4.3.2 not now"})
    next_ = t.peer(address="127.0.0.12", port=port)
    worst = t.peer(address="127.0.0.13", port=port)
    implicit = t.peer(address="127.0.0.14", port=port)
    nsd = Nsd(t, {"test": """$ORIGIN test.
$TTL 30
@ SOA ns a 1 60 60 600 5
@ NS ns
ns A 127.0.0.1
urut MX 30 mx3
urut MX 10 mx0
urut MX 10 mx1
urut MX 20 mx2
mx0 A 127.0.0.10
mx1 A 127.0.0.11
mx2 A 127.0.0.12
mx3 A 127.0.0.13
tersirat A 127.0.0.14
kosong MX 0 .
hantu MX 10 tidakada
"""}).start()
    k = t.kurir(server=nsd.server, outbound={"port": str(port), "retry": '{"1h"}'})
    k.send("a@urut.test")
    equal(len(next_.wait(1, 20)), 1, "the second best host")
    equal(best.counts.get("mail"), 1, "tries of the best host")
    equal(worst.sessions, [])
    k.send("b@tersirat.test")
    equal(implicit.wait(1)[0].rcpts, ["b@tersirat.test"])
    for domain, cause in (("kosong.test", "dns.null-mx"), ("tiada.test", "dns.nxdomain")):
        ident = session_id(k.send("c@" + domain, sender="siti@contoh.id"))
        until(lambda: cause in k.causes(ident), 15, "%s: %s (%s)" % (domain, cause, k.why(ident)))
    bounces = k.mail("siti", 2)
    check(all(b"multipart/report" in b for b in bounces))


def test_dns_failures_defer(t):
    """SERVFAIL and silence are temporary: deferred with dns.tempfail, then delivered"""
    peer = t.peer()
    dns = t.dns(faults={"gagal.test": "servfail", "diam.test": "silent"})
    for d in ("gagal.test", "diam.test"):
        dns.add(d, "A", peer.address)
    k = t.kurir(server=dns.server, dns={"timeout": '"1s"'}, outbound={"port": str(peer.port)})
    for d in ("gagal.test", "diam.test"):
        ident = session_id(k.send("a@" + d))
        until(lambda: "dns.tempfail" in k.causes(ident), 15, "dns.tempfail for " + d)
    dns.faults.clear()
    equal(len(peer.wait(2, 20)), 2, "after the DNS came back")


def test_replies_at_every_stage(t):
    """4xx defers and 5xx bounces at every stage; the reply is kept; recipients stand alone"""
    dns, peers = t.dns(), {}
    routes = ""
    for stage in ("banner", "ehlo", "mail", "rcpt", "data", "dot"):
        for code in ("4", "5"):
            reply = {"4": "451 4.3.0 not now", "5": "554 5.7.1 never"}[code]
            replies = {stage: reply}
            if stage == "ehlo":
                replies["helo"] = reply
            peers[stage + code] = p = t.peer(replies=replies)
            routes += 'route "%s%s.test" { via = "relay:[127.0.0.1]:%d" }\n' % (stage, code, p.port)
    k = t.kurir(server=dns.server, extra=routes, outbound={"retry": '{"1h"}'})
    ids = {who: session_id(k.send("a@%s.test" % who, sender="siti@contoh.id")) for who in peers}
    for who, ident in ids.items():
        cause = "remote." + who[-1] + "xx"
        until(lambda: cause in k.causes(ident), 15, "%s: %s" % (who, cause))
    left = {q["id"]: q["recipients"][0] for q in k.queue()}
    for who, ident in ids.items():
        if who in ("banner5", "ehlo5"):
            continue  # the host refuses us, not this message: either is right
        if who.endswith("4"):
            equal(left[ident]["state"], "deferred", who)
            check("451" in (left[ident]["last_reply"] or ""), who, left[ident])
        else:
            check(ident not in left, who, "is still queued")
    k.mail("siti", 4)


def test_partial_refusal_and_bounce(t):
    """One recipient taken, one refused, one deferred; the bounce is RFC 3464 and readable"""
    peer = t.peer(replies={"rcpt": lambda a: "550 5.1.1 no such user" if "tiada" in a else
                           "450 4.2.1 busy" if "sibuk" in a else None})
    dns = t.dns().add("mitra.test", "A", peer.address)
    k = t.kurir(server=dns.server, extra='language = "id"\n',
                outbound={"port": str(peer.port), "retry": '{"1h"}'})
    k.send(["ada@mitra.test", "tiada@mitra.test", "sibuk@mitra.test"], sender="siti@contoh.id",
           subject="penting sekali")
    equal(peer.wait(1)[0].rcpts, ["ada@mitra.test"])
    [raw] = k.mail("siti")
    m = email.message_from_bytes(raw)
    equal(m.get_content_type(), "multipart/report")
    equal(m.get_param("report-type"), "delivery-status")
    check(raw.startswith(b"Return-Path: <>"), raw[:200])
    parts = m.get_payload()
    equal(parts[0].get_content_type(), "text/plain")
    text = parts[0].get_payload(decode=True).decode()
    check("tiada@mitra.test" in text and "no such user" in text, text)
    check("sibuk@mitra.test" not in text and "ada@mitra.test" not in text.replace("tiada@", ""), text)
    equal(parts[1].get_content_type(), "message/delivery-status")
    status = parts[1].as_string()
    for want in ("Reporting-MTA: dns; mail.contoh.id", "Final-Recipient: rfc822; *tiada@mitra.test",
                 "Action: failed", r"Status: 5\.1\.1", "Diagnostic-Code: smtp; *550 5.1.1"):
        check(re.search(want, status), want, "not in", status)
    check(parts[2].get_content_type() in ("message/rfc822", "text/rfc822-headers"))
    check("penting sekali" in parts[2].as_string())
    # A bounce that cannot be delivered is not bounced.
    ident = session_id(k.send("tiada@mitra.test", sender=""))
    until(lambda: ident not in [q["id"] for q in k.queue()], 10, "the end of a bounce")
    time.sleep(0.5)
    equal(len(k.mail("siti")), 1, "bounces")


def test_greylisting_and_retry(t):
    """Greylisted first, taken at the retry, remote.greylisted recorded"""
    peer = t.peer(replies={"rcpt": ["450 4.7.1 Greylisted, please try again in 60 seconds",
                                    "250 2.1.5 ok"]})
    dns = t.dns().add("mitra.test", "A", peer.address)
    k = t.kurir(server=dns.server, outbound={"port": str(peer.port)})
    ident = session_id(k.send("a@mitra.test"))
    equal(len(peer.wait(1, 20)), 1)
    until(lambda: "remote.greylisted" in {c for r in k.log(message=ident) for c in r["causes"]}, 15,
          "remote.greylisted on record")


def test_421_and_lost_connections(t):
    """421 at any time, closing after the dot, stalling: tried again, never twice after a 250"""
    for replies in ({"banner": [("421 4.3.2 closing", CLOSE), "220 hi"]},
                    {"ehlo": [("421 4.3.2 closing", CLOSE), None]},
                    {"mail": [("421 4.3.2 closing", CLOSE), None]},
                    {"rcpt": [("421 4.3.2 closing", CLOSE), None]},
                    {"data": [("421 4.3.2 closing", CLOSE), None]},
                    {"dot": [("421 4.3.2 closing", CLOSE), None]},
                    {"dot": [CLOSE, None]}, {"banner": [CLOSE, None]}, {"mail": [CLOSE, None]},
                    {"quit": CLOSE}, {"quit": STALL}):
        peer = t.peer(replies=replies, tls="absent")
        dns = t.dns().add("mitra.test", "A", peer.address)
        k = t.kurir(server=dns.server, outbound={"port": str(peer.port)}, users=())
        k.send("a@mitra.test")
        equal(len(peer.wait(1, 20)), 1, replies)
        k.wait_empty()
        equal(len(peer.messages), 1, replies)
        k.stop()


def test_connections_are_reused(t):
    """Many messages for one next hop travel over few connections"""
    peer = t.peer(delay=0.01)
    dns = t.dns().add("mitra.test", "A", peer.address)
    k = t.kurir(server=dns.server, outbound={"port": str(peer.port)})
    k.ok("queue", "stats")
    for _ in range(150):
        k.send("a@mitra.test")
    equal(len(peer.wait(150, 30)), 150)
    check(len(peer.sessions) <= 60, "connections:", len(peer.sessions))


def test_smarthost(t):
    """A smart host with TLS and AUTH; without credentials AUTH is never tried"""
    peer = t.peer(auth="PLAIN LOGIN")
    t.write("cred", "[127.0.0.1]:%d pengguna:kunci rahasia\n" % peer.port, 0o600, own=True)
    for credentials in (True, False):
        out = {"via": '"smarthost:[127.0.0.1]:%d"' % peer.port, "tls": '"encrypt"'}
        if credentials:
            out["credentials"] = '"%s"' % t.path("cred")
        k = t.kurir(name="k%d" % credentials, outbound=out)
        k.send("siapa@saja.test")
        until(lambda: len(peer.messages) == (1 if credentials else 2), 15, "the message")
        equal(len(peer.logins), 1, "logins")
        k.stop()
    check(all(m.tls for m in peer.messages))
    import base64
    equal(base64.b64decode(peer.logins[0].split()[-1]), b"\0pengguna\0kunci rahasia")


def test_port_465(t):
    """A smart host at 465: TLS before the greeting, verified, never plain text to it; nor to one that speaks none"""
    if not t.root:
        raise Skip("only root may serve port 465")
    good, plain = "127.0.46.%d" % (1 + os.getpid() % 120), "127.0.46.%d" % (128 + os.getpid() % 120)
    peer = t.peer(address=good, port=465, tls="implicit", auth="PLAIN")
    other = t.peer(address=plain, port=465, tls="absent", auth="PLAIN")
    t.write("cred", "[%s]:465 pengguna:kunci\n[%s]:465 pengguna:kunci\n" % (good, plain), 0o600, own=True)
    k = t.kurir(outbound={"credentials": '"%s"' % t.path("cred"), "retry": '{"1h"}'}, extra="".join(
        'route "%s.test" { via = "smarthost:[%s]:465" }\n' % (name, ip) for name, ip in (("aman", good), ("polos", plain))))
    ident = session_id(k.send("a@aman.test"))
    [message] = peer.wait(1)
    check(message.tls and len(peer.logins) == 1, peer.sessions)
    k.wait_empty()
    ident = session_id(k.send("a@polos.test"))
    k.has_cause(ident, "tls.garbage")
    equal(other.messages, [])
    check(not any(line.startswith("C: EHLO") for session in other.sessions for line in session), other.sessions)


def test_gateway_domain(t):
    """A gateway domain: recipients the next hop refuses are refused at RCPT"""
    peer = t.peer(replies={"rcpt": lambda a: "550 5.1.1 unknown" if "tiada" in a else None})
    k = t.kurir(extra='domain "cabang.id" { deliver = "relay:[127.0.0.1]:%d" }\n' % peer.port,
                trusted=["192.0.2.1/32"])
    s = k.smtp(source="127.0.0.2")
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<a@example.org>")
    got = s.cmd("RCPT TO:<tiada@cabang.id>")
    check(got.startswith("550 5.1.1"), got)
    s.must("RCPT TO:<ada@cabang.id>")
    s.must("DATA", "354")
    s.send("Subject: x\r\n\r\nx\r\n.\r\n")
    check(s.read().startswith("250"))
    equal(peer.wait(1)[0].rcpts, ["ada@cabang.id"])


def test_hold_routes(t):
    """via = "hold": accepted and held, nothing tried until it is released"""
    peer = t.peer()
    k = t.kurir(outbound={"via": '"hold"'})
    ident = session_id(k.send("a@mitra.test"))
    until(lambda: [q["state"] for q in k.queue()] == ["held"], 10, "held: %s" % k.queue())
    check(k.ok("queue", "count").strip() == "1")
    equal(peer.sessions, [])
    k.ok("queue", "delete", ident)
    equal(k.queue(), [])


def test_own_address_is_a_loop(t):
    """An MX that is ourselves is queue.loop; so is a message with too many Received"""
    dns = t.dns().add("lingkar.test", "MX", "10 mail.contoh.id").add(
        "mail.contoh.id", "A", "127.0.0.1")
    k = t.kurir(server=dns.server)
    k.out["port"] = str(k.mx)
    k.write_conf()
    k.reload()
    time.sleep(1)
    ident = session_id(k.send("a@lingkar.test", sender="siti@contoh.id"))
    until(lambda: "queue.loop" in k.causes(ident), 15, "queue.loop: %s" % k.why(ident))
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<siti@contoh.id>")
    s.must("RCPT TO:<budi@contoh.id>")
    s.must("DATA", "354")
    s.send("Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0700\r\n" * 120 +
           "Subject: putar\r\n\r\nx\r\n.\r\n")
    got = s.read()
    check(got[:1] in "25", got)
    if got[:1] == "2":
        until(lambda: "queue.loop" in k.causes(session_id(got)), 10, "queue.loop by hops")


def test_expiry_bounces(t):
    """A message that never gets through expires: queue.expired, and its sender is told"""
    dns = t.dns().add("mati.test", "A", "127.0.0.1")
    k = t.kurir(server=dns.server, outbound={"port": str(t.port()), "retry": '{"1s"}',
                                             "expire": '"3s"'})
    ident = session_id(k.send("a@mati.test", sender="siti@contoh.id"))
    [raw] = k.mail("siti", 1, 25)
    check(b"a@mati.test" in raw)
    k.has_cause(ident, "queue.expired")
    k.has_cause(ident, "net.refused")


def test_postfix_as_receiver(t):
    """Postfix behind us receives with STARTTLS and shows TLSv1.3, byte for byte"""
    from peers_real import Postfix
    from test_receive import BODY, HEADER, below_received, dot_stuff
    p = Postfix(t).start()
    k = t.kurir(extra='route "mitra.test" { via = "relay:mx.mitra.test:%d" }\n' % p.port,
                server=t.dns().add("mx.mitra.test", "A", "127.0.0.1").server,
                outbound={"tls": '"verify"', "ca": '"%s"' % t.cert("ca")})
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<siti@contoh.id> BODY=8BITMIME")
    s.must("RCPT TO:<kotak@mitra.test>")
    s.must("DATA", "354")
    s.send(dot_stuff(HEADER + BODY) + b".\r\n")
    check(s.read().startswith("250"))
    [got] = p.received(1)
    check(b"TLSv1.3" in got, got[:900])
    own = got[got.index(b"by mail.contoh.id (kurir)"):]
    equal(own[own.index(b"From: Siti"):], (HEADER + BODY).replace(b"\r\n", b"\n"))
    del below_received


def test_dovecot_lmtp(t):
    """LMTP to Dovecot over its unix socket and TCP; unknown users are refused at RCPT"""
    import os
    from peers_real import Dovecot
    boxes = t.mkdir("boxes", 0o777)
    d = Dovecot(t, maildir=os.path.join(boxes, "%u")).start()
    for i, target in enumerate(("lmtp:unix:" + d.socket, "lmtp:[127.0.0.1]:%d" % d.lmtp)):
        k = t.kurir(name="k%d" % i, domain=None, trusted=["192.0.2.1/32"],
                    extra='domain "pabrik.id" { deliver = "%s" }\n' % target, users=())
        s = k.smtp(source="127.0.0.2")
        s.read()
        s.must("EHLO x")
        s.must("MAIL FROM:<a@example.org>")
        got = s.cmd("RCPT TO:<tiada@pabrik.id>")
        check(got.startswith("550 5.1.1"), target, got)
        s.must("RCPT TO:<budi@pabrik.id>")
        s.must("RCPT TO:<siti@pabrik.id>")
        s.must("DATA", "354")
        s.send("Subject: lmtp\r\n\r\n.titik\r\n..dua\r\n".replace("\r\n.", "\r\n..") + ".\r\n")
        check(s.read().startswith("250"))
        k.wait_empty()
        for user in ("budi", "siti"):
            where = os.path.join(boxes, user + "@pabrik.id", "new")
            until(lambda: os.path.isdir(where) and len(os.listdir(where)) == i + 1, 10,
                  "%s to have mail; %s" % (user, d.log()))
        k.stop()


for f in (test_postfix_as_receiver, test_421_and_lost_connections, test_tls_encrypt, test_tls_verify,
          test_tls_may):
    f.heavy = 1

