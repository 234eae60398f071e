"""The resolver against a real NSD with DNSSEC, and against servers that misbehave."""
import os
import time

from harness import check, equal
from peers_real import Nsd

ZONE = """$ORIGIN %s.
$TTL 30
@ SOA ns a 1 60 60 600 5
@ NS ns
ns A 127.0.0.1
a A 127.0.0.9
"""


def ask(t, *argv, **more):
    path = os.path.join(t.shared, "bin", "resolver_ask")
    check(os.path.exists(path), "resolver_ask was not built")
    r = t.run([path, *argv], **more)
    equal(r.returncode, 0, r.err)
    rows = {}
    for line in r.out.splitlines():
        name, kind, status, secure, ttl, owner, count, *text = line.split(" ")
        rows[name, kind] = (status, secure, int(count), owner, " ".join(text))
    return rows


def test_dnssec_with_nsd(t):
    """Secure, insecure, bogus, secure denial, a chain, TCP: libunbound and the stub over NSD"""
    test = ZONE % "test" + """aman NS ns.aman
ns.aman A 127.0.0.1
palsu NS ns.palsu
ns.palsu A 127.0.0.1
biasa NS ns.biasa
ns.biasa A 127.0.0.1
surat MX 10 a
alias CNAME a.biasa
besar TXT %s
""" % " ".join('"%s"' % ("x" * 200) for _ in range(12))
    root = (". 30 IN SOA ns.test. a.test. 1 60 60 600 5\n. 30 NS ns.test.\n"
            "test. 30 NS ns.test.\nns.test. 30 A 127.0.0.1\n")
    nsd = Nsd(t, {".": root, "test": test, "aman.test": ZONE % "aman.test",
                  "palsu.test": ZONE % "palsu.test", "biasa.test": ZONE % "biasa.test"},
              signed=(".", "test", "aman.test", "palsu.test"), spoiled=("palsu.test",)).start()
    names = ["a.test", "A", "surat.test", "MX", "alias.test", "A", "tiada.test", "A", "a.test", "MX",
             "a.aman.test", "A", "a.palsu.test", "A", "a.biasa.test", "A", "besar.test", "TXT"]
    got = ask(t, "--server", nsd.server, "--dnssec", "validate", "--anchors", nsd.anchor,
              "--timeout", "6000", *names)
    want = {("a.test", "A"): ("ok", "secure"), ("surat.test", "MX"): ("ok", "secure"),
            ("alias.test", "A"): ("ok", "insecure"), ("tiada.test", "A"): ("nxdomain", "secure"),
            ("a.test", "MX"): ("nodata", "secure"), ("a.aman.test", "A"): ("ok", "secure"),
            ("a.palsu.test", "A"): ("bogus", "insecure"),
            ("a.biasa.test", "A"): ("ok", "insecure"), ("besar.test", "TXT"): ("ok", "secure")}
    for q, w in want.items():
        equal(got[q][:2], w, "%s: %s" % (q, got[q]))
    equal(got["alias.test", "A"][3], "a.biasa.test")
    for mode in ("off", "trust-ad"):
        got = ask(t, "--server", nsd.server, "--dnssec", mode, *names)
        for q, w in want.items():
            equal(got[q][:2], ("ok" if w[0] == "bogus" else w[0], "insecure"), mode)


def test_special_names_go_to_the_server(t):
    """.test and private reverse zones are asked of the server, with the built-in root keys too"""
    dns = t.dns().add("a.test", "A", "127.0.0.1").add(
        "1.0.0.127.in-addr.arpa", "PTR", "a.test").add("5.1.168.192.in-addr.arpa", "PTR", "a.test")
    for mode in ("validate", "off"):
        got = ask(t, "--server", dns.server, "--dnssec", mode, "a.test", "A",
                  "1.0.0.127.in-addr.arpa", "PTR", "5.1.168.192.in-addr.arpa", "PTR")
        for q, row in got.items():
            equal(row[:3], ("ok", "insecure", 1), "%s %s %s" % (mode, q, row))


def test_broken_servers(t):
    """Truncation, wrong id, wrong question, garbage, SERVFAIL, lame, silence, CNAME loops: stub"""
    dns = t.dns(faults={"potong.test": "truncate", "id.test": "wrongid", "nama.test": "wrongname",
                        "sampah.test": "garbage", "gagal.test": "servfail", "tolak.test": "refused",
                        "lumpuh.test": "lame", "diam.test": "silent"})
    for name in dns.faults:
        dns.add(name, "A", "192.0.2.1")
    dns.add("putar.test", "CNAME", "putar2.test").add("putar2.test", "CNAME", "putar.test")
    names = [*dns.faults, "putar.test", "tiada.test"]
    argv = sum([[n, "A"] for n in names], [])
    began = time.time()
    got = ask(t, "--server", dns.server, "--dnssec", "off", "--timeout", "1500", *argv)
    check(time.time() - began < 4, "took", time.time() - began)
    for name, want in (("potong", "ok"), ("id", "timeout"), ("nama", "timeout"), ("sampah", "timeout"),
                       ("gagal", "tempfail"), ("tolak", "tempfail"), ("lumpuh", "tempfail"),
                       ("diam", "timeout"), ("putar", "tempfail"), ("tiada", "nxdomain")):
        equal(got[name + ".test", "A"][0], want, "%s: %s" % (name, got[name + ".test", "A"]))
    good = t.dns()
    for name in dns.faults:
        good.add(name, "A", "192.0.2.1")
    got = ask(t, "--server", dns.server, "--server", good.server, "--dnssec", "off", "--timeout",
              "3000", *sum([[n, "A"] for n in dns.faults], []))
    for q, row in got.items():
        equal(row[0], "ok", "with a good second server: %s %s" % (q, row))


def test_broken_servers_libunbound(t):
    """The same misbehaviour never crashes or hangs the validating backend"""
    dns = t.dns(faults={"id.test": "wrongid", "sampah.test": "garbage", "gagal.test": "servfail",
                        "diam.test": "silent", "nama.test": "wrongname"})
    for name in dns.faults:
        dns.add(name, "A", "192.0.2.1")
    dns.add("baik.test", "A", "192.0.2.1")
    began = time.time()
    got = ask(t, "--server", dns.server, "--dnssec", "validate", "--timeout", "2000",
              *sum([[n, "A"] for n in [*dns.faults, "baik.test"]], []))
    check(time.time() - began < 5)
    equal(got["baik.test", "A"][0], "ok", got)
    for name in dns.faults:
        check(got[name, "A"][0] in ("tempfail", "timeout", "bogus"), name, got[name, "A"])
