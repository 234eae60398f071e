"""`kurir check spf` in Indonesian: the way, the problem and the advice."""
import json

from harness import check, equal


def spf(t, dns, ip, sender, *argv):
    return t.run([t.bin, "check", "spf", "--ip", ip, "--helo", "mail.contoh.id", "--mail-from", sender,
                  "--resolver", dns.server, *argv], timeout=40)


def test_in_indonesian(t):
    """Words of ours are Indonesian, those of the record and of SPF stay"""
    d = t.dns()
    d.add("contoh.id", "TXT", "v=spf1 a:tiada.contoh.id include:lain.test mx ptr -all")
    d.add("lain.test", "TXT", "v=spf1 ?all").add("salah.test", "TXT", "v=spf1 ipv4:192.0.2.1 -all")
    out = spf(t, d, "203.0.113.7", "budi@contoh.id", "--lang", "id").out
    equal(out.split("\n")[0], "fail")
    for words in ("isi record-nya", "-all: ya", "tidak (tidak punya MX)", "include:lain.test: tidak",
                  "tidak (PTR alamat ini", "ptr sebaiknya tidak dipakai"):
        check(words in out, words, out)
    for words in (": no", ": yes", "its record", "discouraged", "does not exist"):
        check(words not in out, words, out)
    got = json.loads(spf(t, d, "203.0.113.7", "budi@salah.test", "--lang", "id", "--json").out)
    equal((got["result"], got["problem"]), ("permerror", "ipv4:192.0.2.1: mechanism yang tidak ada"))
    got = json.loads(spf(t, d, "203.0.113.7", "budi@salah.test", "--json").out)
    equal(got["problem"], "ipv4:192.0.2.1: a mechanism that does not exist")
