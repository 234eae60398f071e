"""What one client can make us ask of DNS, and what a client is that DNS cannot tell."""
import json
import time

from harness import check, equal, session_id, until

NOTED = ('reverse-lookup { ptr { missing = "note" mismatch = "note" } '
         'helo { forged = "note" not-found = "note" } mail { not-found = "note" } }\n')


def test_greetings_without_end(t):
    """Whoever greets a hundred times has us ask for two names, and the others are still answered"""
    silent = {"x%d.diam.example" % i: "silent" for i in range(200)}
    dns = t.dns({("mitra.example", "A"): ["127.0.7.1"], ("mitra.example", "MX"): ["10 mitra.example"],
                 ("1.7.0.127.in-addr.arpa", "PTR"): ["mitra.example"],
                 ("diam.example", "A"): ["192.0.2.1"]}, silent)
    k = t.kurir(server=dns.server, extra=NOTED, trusted=["10.0.0.0/8"], dns={"timeout": '"3s"'})
    s = k.smtp(source="127.0.7.2")
    s.read()
    s.send("".join("EHLO x%d.diam.example\r\n" % i for i in range(100)))
    for _ in range(100):
        equal(s.read()[:3], "250", "EHLO")
    time.sleep(0.5)
    names = {a[0] for a in dns.asked if a[0].endswith("diam.example")}
    equal(names, {"x0.diam.example"}, "names asked for")
    began = time.time()
    one = k.smtp(source="127.0.7.1")
    one.read()
    one.must("EHLO mitra.example")
    one.must("MAIL FROM:<a@mitra.example>")
    check(time.time() - began < 2, "another client waited")
    one.close()
    # The name that counts is the last one.
    s.must("MAIL FROM:<a@mitra.example>")
    names = {a[0] for a in dns.asked if a[0].endswith("diam.example")}
    equal(names, {"x0.diam.example", "x99.diam.example"}, "names asked for")
    s.must("RSET")
    s.must("EHLO mitra.example")
    s.must("MAIL FROM:<a@mitra.example>")
    story = session_id(s.cmd("RCPT TO:<orang@luar.example>"))
    s.close()
    k.has_cause(story, "lookup.helo-forged")


def test_senders_without_end(t):
    """Who names sender after sender and brings no message is sent away; a message counts for it"""
    dns = t.dns({("mitra.example", "A"): ["127.0.7.1"]})
    k = t.kurir(server=dns.server, extra=NOTED, trusted=["10.0.0.0/8"])
    s = k.smtp(source="127.0.7.2")
    s.read()
    s.must("EHLO mitra.example")

    def senders(n, base):
        for i in range(n):
            got = s.cmd("MAIL FROM:<a@x%d.mitra.example>" % (base + i))
            if got[:3] != "250":
                return got
            s.must("RSET")
    equal(senders(50, 0), None, "the first fifty")
    s.must("MAIL FROM:<a@mitra.example>")
    s.must("RCPT TO:<budi@contoh.id>")
    s.must("DATA", "354")
    s.send("Subject: uji\r\n\r\nisi\r\n.\r\n")
    equal(s.read()[:3], "250", "the message")
    equal(senders(50, 100), None, "fifty more")
    got = senders(50, 200)
    equal((got or "")[:9], "421 4.7.0", "one too many")
    equal(s.read(), "", "the end")
    s.close()
    k.has_cause(session_id(got), "limit.rate")


def test_trusted_by_a_name_that_dns_cannot_tell(t):
    """A name server that fails puts off whom we trust by name, and refuses it nothing for good"""
    dns = t.dns({("1.7.0.127.in-addr.arpa", "PTR"): ["mx.mitra.example"],
                 ("mx.mitra.example", "A"): ["127.0.7.1"]}, {"1.7.0.127.in-addr.arpa": "servfail"})
    k = t.kurir(server=dns.server, extra=NOTED, trusted=["mx.mitra.example"],
                outbound={"via": '"hold"'}, dns={"timeout": '"2s"'})

    def rcpt():
        s = k.smtp(source="127.0.7.1")
        s.read()
        s.must("EHLO mx.mitra.example")
        s.must("MAIL FROM:<a@mitra.example>")
        s.must("RCPT TO:<budi@contoh.id>")
        got = s.cmd("RCPT TO:<orang@luar.example>")
        s.close()
        return got
    got = rcpt()
    equal(got[:9], "451 4.4.3", got)
    k.has_cause(session_id(got), "dns.tempfail")
    dns.faults.clear()
    k.stop()
    k.start()
    equal(rcpt()[:3], "250")
    dns.zones[("mx.mitra.example", "A")] = ["127.0.7.9"]
    k.stop()
    k.start()
    equal(rcpt()[:9], "550 5.7.1")


def silent_crowd(k, n, zone):
    """n clients that greet with a name of their own below a silent zone, and wait for MAIL"""
    crowd = []
    for i in range(n):
        s = k.smtp(source="127.0.%d.%d" % (8 + i // 200, 1 + i % 200))
        s.send("EHLO x%d.%s\r\nMAIL FROM:<a@y%d.%s>\r\n" % (i, zone, i, zone))
        crowd.append(s)
    return crowd


def test_a_silent_zone_delays_no_delivery(t):
    """Hundreds of clients that wait for a silent zone: others are greeted and mail goes out"""
    for mode in ("off", "validate"):
        silent = {}
        for i in range(250):
            for name in ("x%d.diam.example" % i, "y%d.diam.example" % i):
                silent[name] = "silent"
        dns = t.dns({("mitra.example", "A"): ["127.0.7.1"], ("mitra.example", "MX"): ["10 mitra.example"],
                     ("1.7.0.127.in-addr.arpa", "PTR"): ["mitra.example"],
                     ("tujuan.example", "MX"): ["10 mx.tujuan.example"],
                     ("mx.tujuan.example", "A"): ["127.0.0.1"],
                     ("baru.example", "MX"): ["10 mx.baru.example"],
                     ("mx.baru.example", "A"): ["127.0.0.1"]}, silent)
        peer = t.peer(cert=t.pair("good"))
        k = t.kurir(name="kurir-" + mode, server=dns.server, extra=NOTED, trusted=["127.0.0.1"],
                    dns={"timeout": '"6s"', "dnssec": '"%s"' % mode}, outbound={"port": peer.port},
                    limits="sessions-per-ip = 100")
        k.send("a@tujuan.example", sender="budi@contoh.id")
        until(lambda: len(peer.messages) == 1, 10, "a delivery in peace")
        crowd = silent_crowd(k, 250, "diam.example")
        until(lambda: len({a[0] for a in dns.asked if "diam" in a[0]}) > 200, 10, "the flood")
        began = time.time()
        k.send("a@baru.example", sender="budi@contoh.id")
        until(lambda: len(peer.messages) == 2, 10, "a delivery in the flood")
        took = time.time() - began
        began = time.time()
        one = k.smtp(source="127.0.7.1")
        one.read()
        one.must("EHLO mitra.example")
        one.must("MAIL FROM:<a@mitra.example>")
        one.close()
        greeted = time.time() - began
        check(took < 3, mode, "the delivery took", took)
        check(greeted < 3, mode, "another client waited", greeted)
        for s in crowd:
            s.close()
        k.stop()


def test_a_pass_is_remembered(t):
    """What lookups found in order is in the record: a later change of the file puts no doubt on it"""
    dns = t.dns({("mitra.example", "A"): ["127.0.7.1"], ("mitra.example", "MX"): ["10 mitra.example"],
                 ("1.7.0.127.in-addr.arpa", "PTR"): ["mitra.example"]})
    k = t.kurir(server=dns.server, extra=NOTED, trusted=["10.0.0.0/8"])

    s = k.smtp(source="127.0.7.1")
    s.read()
    s.must("EHLO mitra.example")
    s.must("MAIL FROM:<a@mitra.example>")
    s.must("RCPT TO:<budi@contoh.id>")
    s.cmd("QUIT")
    s.close()
    until(lambda: k.log(ip="127.0.7.1"), 5, "the record")
    k.extra += "# changed\n"
    k.write_conf()
    r = k.cmd("policy", "replay", "--since", "1h", "--json", *[
        w for rule in ("ptr.missing", "helo.forged", "helo.not-found", "mail.not-found")
        for w in ("--set", "reverse-lookup.%s=close" % rule)])
    got = json.loads(r.out)
    equal((got["victims"], got["unjudged"]["sessions"]), ([], 0), "what is known of it")
