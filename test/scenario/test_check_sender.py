"""`kurir check spf`, `sender`, `blocklist` and `self` against a DNS that says
good, bad and nothing at all."""
import json
import os
import re
import time

from harness import ROOT, check, equal

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"

with open(os.path.join(ROOT, "src", "check", "blocklist_zones.c")) as source:
    LISTS = re.findall(r'{"([a-z0-9.-]+)", IP4', source.read())


def reverse(ip):
    return ".".join(reversed(ip.split("."))) + ".in-addr.arpa"


def zone(t, domain="contoh.id", host="mail.contoh.id", ip="192.0.2.1", dns=None):
    """A domain that does everything right."""
    d = dns or t.dns()
    d.add(domain, "NS", "ns1." + domain, "ns2." + domain).add(domain, "SOA", "ns1." + domain)
    d.add(domain, "MX", "10 " + host).add(host, "A", ip).add(reverse(ip), "PTR", host)
    d.add(domain, "TXT", "v=spf1 mx -all")
    d.add("_dmarc." + domain, "TXT", "v=DMARC1; p=reject; rua=mailto:dmarc@" + domain)
    d.add("_smtp._tls." + domain, "TXT", "v=TLSRPTv1; rua=mailto:tls@" + domain)
    for list_ in LISTS:
        d.add("2.0.0.127." + list_, "A", "127.0.0.2")
    return d


def no_lists(d):
    for list_ in LISTS:
        del d.zones[("2.0.0.127." + list_, "A")]


def run(t, dns, what, *argv, timeout=60):
    return t.run([t.bin, "check", what, *argv, "--resolver", dns.server, "--timeout", "2s"],
                 timeout=timeout)


def ask(t, dns, what, *argv):
    """(exit code, report)"""
    r = run(t, dns, what, *argv, "--json")
    check(r.returncode in (0, 1, 3) and r.out.startswith("{"), r.returncode, r.out[:300], r.err)
    return r.returncode, json.loads(r.out)


def codes(got, *severities):
    return [f["code"] for f in got["findings"] if not severities or f["severity"] in severities]


def spf(t, dns, ip, sender="budi@contoh.id", helo="mail.contoh.id"):
    return run(t, dns, "spf", "--ip", ip, "--helo", helo, "--mail-from", sender)


# ---- SPF ----

def test_spf_words(t):
    """The first line is the result alone; any result is exit 0; the way is told"""
    d = zone(t)
    d.add("soft.test", "TXT", "v=spf1 include:contoh.id ~all")
    d.add("neutral.test", "TXT", "v=spf1 ?all").add("bad.test", "TXT", "v=spf1 ip4:1.2.3 -all")
    d.add("two.test", "TXT", "v=spf1 -all", "v=spf1 +all")
    d.add("loop.test", "TXT", "v=spf1 include:loop.test -all")
    d.add("why.test", "TXT", "v=spf1 -all exp=words.test")
    d.add("words.test", "TXT", "%{i} is none of ours, %{s}")
    d.add("fails.test", "TXT", "v=spf1 -all").faults["fails.test"] = "servfail"
    for sender, ip, word in (
            ("budi@contoh.id", "192.0.2.1", "pass"), ("budi@contoh.id", "192.0.2.2", "fail"),
            ("budi@soft.test", "192.0.2.1", "pass"), ("budi@soft.test", "192.0.2.2", "softfail"),
            ("budi@neutral.test", "192.0.2.2", "neutral"), ("budi@nothere.test", "192.0.2.2", "none"),
            ("budi@bad.test", "192.0.2.2", "permerror"), ("budi@two.test", "192.0.2.2", "permerror"),
            ("budi@loop.test", "192.0.2.2", "permerror"), ("budi@contoh.id", "2001:db8::1", "fail"),
            ("budi@fails.test", "192.0.2.2", "temperror")):
        r = spf(t, d, ip, sender)
        equal((r.returncode, r.out.split("\n")[0]), (0, word), (sender, r.out, r.err))
    out = spf(t, d, "192.0.2.2", "budi@soft.test").out
    check("include:contoh.id: no" in out and "~all: yes" in out, out)
    out = spf(t, d, "192.0.2.2", "budi@why.test").out
    check("explanation:" in out and "192.0.2.2 is none of ours, budi@why.test" in out, out)


def test_spf_in_time(t):
    """Name servers that are silent cost at most 20 seconds"""
    d = zone(t)
    chain = ["a%d.slow.test" % i for i in range(12)]
    for here, there in zip(chain, chain[1:]):
        d.add(here, "TXT", "v=spf1 include:%s -all" % there).faults[here] = "delay:1.9"
    begin = time.time()
    r = spf(t, d, "192.0.2.2", "budi@a0.slow.test")
    check(r.returncode == 0 and r.out.split("\n")[0] in ("temperror", "permerror"), r.out, r.err)
    check(time.time() - begin < 20.5, time.time() - begin)


# ---- lists ----

def test_blocklist_four_answers(t):
    """Listed, not listed, refused and dead are told apart by the controls"""
    d = zone(t)
    for z in ("hit.test", "clean.test", "all.test", "slow.test"):
        d.add("2.0.0.127." + z, "A", "127.0.0.2")
    d.add("1.2.0.192.hit.test", "A", "127.0.0.4").add("1.2.0.192.hit.test", "TXT", "spam \x1b[31mseen")
    d.add("1.0.0.127.all.test", "A", "127.0.0.2").add("1.2.0.192.all.test", "A", "127.0.0.2")
    d.add("2.0.0.127.no.test", "A", "127.255.255.254").add("1.2.0.192.no.test", "A", "127.255.255.254")
    d.add("2.0.0.127.park.test", "A", "203.0.113.5").add("1.2.0.192.park.test", "A", "203.0.113.5")
    d.faults["1.2.0.192.slow.test"] = "silent"
    names = ("hit", "clean", "all", "no", "park", "gone", "slow")
    code, got = ask(t, d, "blocklist", "192.0.2.1",
                    *[x for n in names for x in ("--zone", n + ".test")])
    states = {z["zone"].split(".")[0]: z["state"] for z in got["zones"]}
    equal(states, {"hit": "listed", "clean": "not-listed", "all": "refused", "no": "refused",
                   "park": "dead", "gone": "dead", "slow": "dead"})
    equal((code, got["listed"]), (1, 1))
    hit = [z for z in got["zones"] if z["zone"] == "hit.test"][0]
    equal((hit["code"], hit["ttl"]), ("127.0.0.4", 5))
    check("spam" in hit["reason"], hit)
    equal(ask(t, d, "blocklist", "192.0.2.1", "--zone", "clean.test")[0], 0)
    equal(ask(t, d, "blocklist", "contoh.id", "--zone", "hit.test")[0], 1)
    for z in ("all", "no", "park", "gone", "slow"):
        equal(ask(t, d, "blocklist", "192.0.2.1", "--zone", z + ".test")[0], 3, z)
    controls = [n for n in d.asked if "0.0.127.hit" in str(n)]
    check(controls, d.asked[:5])


def test_blocklist_ipv6(t):
    """An IPv6 address is looked for by its nibbles"""
    d = t.dns()
    nibbles = "1" + ".0" * 23 + ".8.b.d.0.1.0.0.2"
    d.add("2.0.0.127.six.test", "A", "127.0.0.2").add(nibbles + ".six.test", "A", "127.0.0.3")
    code, got = ask(t, d, "blocklist", "2001:db8::1", "--zone", "six.test")
    equal((code, got["zones"][0]["state"], got["zones"][0]["subject"]), (1, "listed", "2001:db8::1"))


# ---- sender ----

def test_sender_good(t):
    """A domain that does everything right is good"""
    d = zone(t)
    code, got = ask(t, d, "sender", "contoh.id")
    equal((code, got["answer"], got["registered"]), (0, "good", True), got["findings"])
    a = got["addresses"][0]
    equal((a["ptr"], a["forward_confirmed"], a["helo"], a["mail"], a["spf"]),
          ("pass", True, "pass", "pass", "pass"))
    equal((got["dmarc"]["policy"], got["tlsrpt"]["records"]), ("reject", 1))
    check(not codes(got, "bad", "warn"), got["findings"])


def test_sender_faults(t):
    """Each fault alone is named, and nothing good is said of it"""
    for name, change, argv, want, answer in (
            ("not registered", lambda d: d.zones.clear(), (), "dns.nxdomain", "bad"),
            ("no MX", lambda d: d.zones.pop(("contoh.id", "MX")), (), "lookup.mail-no-mx", "bad"),
            ("null MX", lambda d: d.zones.update({("contoh.id", "MX"): ["0 ."]}), (), "dns.null-mx", "bad"),
            ("MX without address", lambda d: d.zones.pop(("mail.contoh.id", "A")), (),
             "sender.mx-no-address", "bad"),
            ("no PTR", lambda d: d.zones.pop((reverse("192.0.2.1"), "PTR")), (), "lookup.ptr-missing", "bad"),
            ("PTR of another", lambda d: d.zones.update({(reverse("192.0.2.1"), "PTR"): ["ns.lain.test"]}),
             (), "lookup.ptr-mismatch", "bad"),
            ("PTR of a line", lambda d: d.zones.update({(reverse("192.0.2.1"), "PTR"): ["192-0-2-1.isp.test"]})
             or d.add("192-0-2-1.isp.test", "A", "192.0.2.1"), (), "sender.ptr-generic", "good"),
            ("HELO unknown", lambda d: None, ("--ip", "192.0.2.1", "--helo", "tidak.ada.test"),
             "lookup.helo-not-found", "bad"),
            ("no SPF", lambda d: d.zones.pop(("contoh.id", "TXT")), (), "spf.none", "bad"),
            ("SPF wrong", lambda d: d.zones.update({("contoh.id", "TXT"): ["v=spf1 ip4:x -all"]}), (),
             "spf.permerror", "bad"),
            ("SPF of others", lambda d: d.add(reverse("192.0.2.9"), "PTR", "b.contoh.id")
             .add("b.contoh.id", "A", "192.0.2.9"), ("--ip", "192.0.2.9"), "sender.spf-not-covered", "bad"),
            ("no DMARC", lambda d: d.zones.pop(("_dmarc.contoh.id", "TXT")), (), "dmarc.none", "good"),
            ("DMARC none", lambda d: d.zones.update({("_dmarc.contoh.id", "TXT"): ["v=DMARC1; p=none"]}), (),
             "dmarc.policy-none", "good"),
            ("DMARC wrong", lambda d: d.zones.update({("_dmarc.contoh.id", "TXT"): ["v=DMARC1; p=all"]}), (),
             "dmarc.broken", "bad"),
            ("no DKIM key", lambda d: None, ("--selector", "s2026"), "dkim.none", "bad"),
            ("DKIM garbage", lambda d: d.add("s2026._domainkey.contoh.id", "TXT", "v=DKIM1; p=" + KEY),
             ("--selector", "s2026"), "dkim.broken", "bad"),
            ("DKIM revoked", lambda d: d.add("s2026._domainkey.contoh.id", "TXT", "v=DKIM1; p="),
             ("--selector", "s2026"), "dkim.revoked", "bad"),
            ("no list answers", no_lists, (), "blocklist.unknown", "unknown"),
            ("MX unknown", lambda d: d.faults.update({"contoh.id": "servfail"}), (), "dns.tempfail",
             "unknown")):
        d = zone(t)
        change(d)
        code, got = ask(t, d, "sender", "contoh.id", *argv)
        check(want in codes(got), name, want, got["findings"])
        equal(got["answer"], answer, (name, got["findings"]))


def test_sender_listed(t):
    """An address in a public list is a fault"""
    d = zone(t)
    d.add("2.0.0.127.bl.spamcop.net", "A", "127.0.0.2").add("1.2.0.192.bl.spamcop.net", "A", "127.0.0.2")
    code, got = ask(t, d, "sender", "contoh.id")
    check(code == 1 and "blocklist.listed" in codes(got, "bad"), code, got["findings"])


# ---- self ----

def own(t, k, d, *argv):
    r = k.cmd("check", "self", "--json", "--resolver", d.server, "--timeout", "3s", "--ca", t.cert("ca"),
              *argv, timeout=60)
    check(r.returncode in (0, 1, 3) and r.out.startswith("{"), r.returncode, r.out[:300], r.err)
    return r.returncode, json.loads(r.out)


def test_self(t):
    """Listeners answer and relay for nobody; each record is named and compared"""
    d = zone(t)
    k = t.kurir(server=d.server, trusted=["127.0.0.1"])
    code, got = own(t, k, d)
    mx = [l for l in got["listeners"] if l["name"] == "mx"][0]
    equal((mx["reachable"], mx["tls"], mx["relay"]), (True, True, "closed"))
    records = {(r["name"], r["type"]): r for r in got["records"]}
    for key in (("mail.contoh.id", "A"), (reverse("192.0.2.1"), "PTR"), ("contoh.id", "MX"),
                ("contoh.id", "TXT"), ("_dmarc.contoh.id", "TXT"), ("_smtp._tls.contoh.id", "TXT")):
        equal(records[key]["state"], "ok", key)
    equal(records[("_mta-sts.contoh.id", "TXT")]["state"], "missing")
    tlsa = records[("_25._tcp.mail.contoh.id", "TLSA")]
    check(tlsa["value"].startswith("3 1 1 ") and len(tlsa["value"]) == 70, tlsa)
    d.zones.pop(("contoh.id", "MX"))
    d.zones[(reverse("192.0.2.1"), "PTR")] = ["lain.contoh.id"]
    d.zones[("contoh.id", "TXT")] = ["v=spf1 -all"]
    d.ttl = 0
    code, got = own(t, k, d)
    records = {(r["name"], r["type"]): r["state"] for r in got["records"]}
    equal((code, records[("contoh.id", "MX")], records[(reverse("192.0.2.1"), "PTR")],
           records[("contoh.id", "TXT")]), (1, "missing", "differs", "differs"))


def test_self_down(t):
    """A server that does not run, and one that relays, are named"""
    d = zone(t)
    k = t.kurir(server=d.server, start=False)
    code, got = own(t, k, d)
    equal(code, 1)
    check("net.refused" in codes(got, "bad"), got["findings"])


def test_self_open_relay(t):
    """What answers at our port and takes mail to anywhere is called an open relay"""
    d = zone(t)
    k = t.kurir(server=d.server, start=False, trusted=["127.0.0.1"])
    t.peer(port=k.mx)
    code, got = own(t, k, d)
    mx = [l for l in got["listeners"] if l["name"] == "mx"][0]
    equal((code, mx["relay"]), (1, "open"))
    check("self.open-relay" in codes(got, "bad"), got["findings"])
    for trusted, code, severity in (("0.0.0.0/0", "self.open-relay", "bad"), ("198.51.0.0/16", "self.trusted-wide", "warn")):
        trusting = t.kurir(name="k" + severity, server=d.server, trusted=["127.0.0.1", trusted])
        got = own(t, trusting, d)[1]
        found = [f for f in got["findings"] if f["code"] == code]
        check([f["severity"] for f in found] and trusted in found[0]["text"], got["findings"])
        trusting.stop()


def test_sender_hostile(t):
    """500 exchangers, records without end, escape bytes, silence: an end all the same"""
    d = t.dns()
    d.add("banyak.test", "NS", "a.test", "b.test")
    d.add("banyak.test", "MX", *["%d mx%d.banyak.test" % (i, i) for i in range(500)])
    for i in range(500):
        d.add("mx%d.banyak.test" % i, "A", "192.0.2.%d" % (i % 250 + 1))
    d.add("banyak.test", "TXT", "v=spf1 " + "a:\x1b[2J%{l} " * 900 + "-all", "<b>" * 2000)
    d.add("_dmarc.banyak.test", "TXT", "v=DMARC1; p=\x1b]0;x\x07; rua=" + "x" * 9000)
    begin = time.time()
    r = run(t, d, "sender", "banyak.test", timeout=100)
    check(r.returncode == 1, r.returncode, r.out[-500:], r.err)
    check("\x1b" not in r.out and "\x07" not in r.out, "an escape byte came through")
    check(len(r.out) < 400000, len(r.out))
    d.faults["diam.test"] = "silent"
    r = run(t, d, "sender", "diam.test", timeout=100)
    check(r.returncode in (1, 3), r.returncode, r.out[:800])
    check(time.time() - begin < 90, time.time() - begin)
