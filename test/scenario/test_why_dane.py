"""What others see of a server by DANE (really signed zones), MTA-STS and OCSP, as `kurir check` finds it and `kurir why`
reads it from what was printed."""
import hashlib

from causes import brings, golden_text
from harness import check, equal
from s_server import SServer
from signed import signed
from test_check_staple import Authority
from test_check_tls import HOST, POLICY, ask, authority, codes, issue, public_key, sts, zone

MX = "@ MX 10 mx\nmx A 127.0.0.1\n"


def tlsa(text):
    return MX + "_25._tcp.mx TLSA %s\n" % text


def printed(t, what, domain, dns, *argv, lang="en"):
    """The text of a check, as people have it."""
    r = t.run([t.bin, "check", what, domain, "--resolver", dns.server, "--timeout", "3s", "--ca", t.cert("ca"),
               "--lang", lang, *argv], timeout=60)
    check(r.out, r.err)
    return r.out


class Lab:
    """One TLS server and a zone for each way of publishing TLSA records of it."""

    def __init__(self, t):
        self.t = t
        names = ("cocok", "sisi", "salah", "usang", "polos", "palsu", "alamat", "rute", "hilang", "kosong")
        pair = issue(t, "leaf", by=authority(t), ext="subjectAltName=" + ",".join("DNS:mx.%s.test" % n for n in names))
        good = "3 1 1 " + hashlib.sha256(public_key(t, pair[0])).hexdigest()
        other = "3 1 1 " + hashlib.sha256(b"the key before").hexdigest()
        zones = dict.fromkeys(names, tlsa(good))
        zones.update(salah=tlsa(other), kosong=MX, usang=tlsa(good[:40]).replace("3 1 1", "1 1 1"),
                     sisi=tlsa(other) + "_25._tcp.mx TLSA " + good + "\n")
        self.port = t.peer(cert=pair).port
        self.dns = signed(t, {n + ".test": z for n, z in zones.items()}, unsigned=("polos.test",), forged={
            "palsu.test": (r"(\sTLSA\s+3 1 1 )....", r"\g<1>0000"),
            "alamat.test": (r"^(mx\.\S+\s.*\sA\s+)127\.0\.0\.1$", r"\g<1>127.0.0.2"),
            "rute.test": (r"(\sMX\s+)10 ", r"\g<1>20 "),
            "hilang.test": (r"^_25\..*\sTLSA\s+3 1 1 .*\n", "")})

    def connect(self, name):
        if name == "alamat":  # whose address is to come from DNS alone
            return ()
        return "--connect", "mx.%s.test:25=127.0.0.1:%d" % (name, self.port)

    def ask(self, what, name, *argv):
        return ask(self.t, what, name + ".test", *self.connect(name), *argv, dns=self.dns)

    def printed(self, what, name, **more):
        return printed(self.t, what, name + ".test", self.dns, *self.connect(name), **more)


STATES = {"cocok": ("match", 0), "sisi": ("match", 0), "salah": ("mismatch", 1), "usang": ("unusable", 1),
          "polos": ("insecure", 1), "kosong": ("none", 1), "palsu": ("unknown", 3), "hilang": ("unknown", 3),
          "alamat": ("unknown", 3), "rute": (None, 3)}


@brings("tls.dane-mismatch", "tls.dane-unusable")
def test_signed_zones(t):
    """TLSA records that match, do not, cannot count, are not signed, or whose signatures are broken"""
    lab = Lab(t)
    for name, (state, exit_code) in STATES.items():
        code, got = lab.ask("dane", name)
        what = (name, got["answer"], codes(got))
        equal(code, exit_code, what)
        equal([h["state"] for h in got["hosts"]] if state else got.get("hosts"), [state] if state else None, what)
        code, got = lab.ask("tls", name, "--level", "score")
        what = (name, got["answer"], codes(got))
        bad = codes(got, "bad")
        if exit_code == 3:
            equal((code, bad), (3, []), what)
            check("dns.tempfail" in codes(got, "warn"), what)
        elif name in ("salah", "usang", "polos"):
            equal((code, len(bad)), (1, 1), what)
            equal(bad, codes(lab.ask("dane", name)[1], "bad"), what)
        else:
            equal((code, got["dane"][0]["state"]), (0, state), what)
        check(state == "match" or got.get("confidence", 0) <= 100, what)
    for name, code in (("salah", "tls.dane-mismatch"), ("usang", "tls.dane-unusable")):
        for what in ("dane", "tls"):
            golden_text(t, lab.printed(what, name), code)
        golden_text(t, "Yth. admin,\n> " + lab.printed("dane", name, lang="id").replace("\n", "\n> "), code)


@brings("tls.sts-mismatch")
def test_policies(t):
    """An exchanger that is not in the MTA-STS policy, and one in it whose certificate does not hold"""
    dns, more = sts(t, POLICY, host="mx2.mitra.test")
    golden_text(t, printed(t, "mta-sts", "mitra.test", dns, *more), "tls.sts-mismatch")
    for kind, mode, severity in (("good", "enforce", None), ("wrongname", "enforce", "bad"), ("untrusted", "enforce", "bad"),
                                 ("expired", "testing", "warn"), ("expired", "none", None)):
        dns, more = sts(t, POLICY.replace("enforce", mode))
        got = ask(t, "tls", "mitra.test", *more, port=t.peer(cert=t.pair(kind)).port, dns=dns)[1]
        equal([f["severity"] for f in got["findings"] if f["code"] == "tls.sts-mismatch"], [severity] if severity else [],
              (kind, mode))
        check(mode == "none" or got["mta_sts"]["mode"] == mode, got["mta_sts"])
    dns, more = sts(t, POLICY)
    port = t.peer(cert=t.pair("wrongname")).port
    golden_text(t, printed(t, "tls", "mitra.test", dns, *more, "--connect", "%s:25=127.0.0.1:%d" % (HOST, port)),
                "tls.sts-mismatch")


@brings("tls.cert-revoked")
def test_revoked(t):
    """A server that itself shows the word of its authority that the certificate is revoked"""
    a = Authority(t)
    pair = a.issue("bad", revoked=True)
    server = SServer(t, "-status_file", a.answer(pair[0]), pair=pair, host=HOST)
    for lang in ("en", "id"):
        golden_text(t, printed(t, "tls", "mitra.test", zone(t), "--connect", "%s:25=127.0.0.1:%d" % (HOST, server.port),
                               lang=lang), "tls.cert-revoked")
