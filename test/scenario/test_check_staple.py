"""`check tls` and what is stapled to a certificate (OCSP): answers made by `openssl ocsp`, shown by `openssl
s_server`."""
import time

from harness import check, equal, program
from s_server import SServer
from test_check_tls import HOST, ask, authority, codes, issue, openssl

NAMES = "subjectAltName=DNS:%s\n" % HOST


class Authority:
    """The scenarios' CA with a register of its own: what it says of the certificates it issues here."""

    def __init__(self, t):
        self.t, self.ca, self.n = t, authority(t), 0
        self.register = t.write("register", "")

    def issue(self, name, ext=NAMES, revoked=False):
        pair = issue(self.t, name, key=("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), by=self.ca, ext=ext)
        serial = self.t.run([program("openssl"), "x509", "-in", pair[0], "-noout", "-serial"]).out.split("=")[1].strip()
        when = time.strftime("%y%m%d%H%M%SZ", time.gmtime())
        with open(self.register, "a") as f:
            f.write("%s\t391231235959Z\t%s\t%s\tunknown\t/CN=%s\n" % ("R" if revoked else "V", when if revoked else "",
                                                                      serial, name))
        return pair

    def answer(self, cert, *argv, signer=None, digest="-sha1", minutes="60"):
        """The file of an answer about that certificate."""
        self.n += 1
        request, out = self.t.path("request%d" % self.n), self.t.path("answer%d" % self.n)
        pem, key = signer or self.ca
        openssl(self.t, "ocsp", digest, "-issuer", self.ca[0], "-cert", cert, "-no_nonce", "-reqout", request)
        openssl(self.t, "ocsp", "-index", self.register, "-CA", self.ca[0], "-rsigner", pem, "-rkey", key, "-nmin",
                minutes, "-reqin", request, "-respout", out, *argv)
        return out


def examine(t, pair, staple, *argv):
    """(exit code, report) of check tls of a server that shows that certificate and answer."""
    server = SServer(t, *(("-status_file", staple) if staple else ()), pair=pair, host=HOST)
    code, got = ask(t, "tls", "mitra.test", *argv, port=server.port)
    t.stop(server.proc, 1)
    return code, got


def broken(path):
    with open(path, "rb") as f:
        octets = bytearray(f.read())
    octets[-1] ^= 1
    with open(path, "wb") as f:
        f.write(octets)
    return path


def test_staples(t):
    """None, good, revoked, of a delegate, too old, of another certificate, signed by others, damaged, a refusal"""
    a = Authority(t)
    good, other, bad = a.issue("good"), a.issue("other"), a.issue("bad", revoked=True)
    delegate = a.issue("delegate", NAMES + "extendedKeyUsage=OCSPSigning\n")
    must = a.issue("must", NAMES + "tlsfeature=status_request\n")
    unknown = issue(t, "unknown", by=a.ca, ext=NAMES)
    stranger = (t.cert("stranger"), t.cert("stranger", "key"))
    later = t.write("later", b"\x30\x03\x0a\x01\x03")
    for what, pair, staple, state, code in (
            ("none", good, None, "not-stapled", None),
            ("good", good, a.answer(good[0]), "good", None),
            ("good, named by SHA-256", good, a.answer(good[0], digest="-sha256"), "good", None),
            ("good, by a delegate", good, a.answer(good[0], signer=delegate), "good", None),
            ("revoked", bad, a.answer(bad[0]), "revoked", "tls.cert-revoked"),
            ("another certificate's", good, a.answer(other[0]), "other-certificate", "tls.staple-wrong"),
            ("another one's of the good for the revoked", bad, a.answer(good[0]), "other-certificate",
             "tls.staple-wrong"),
            ("signed by a stranger", good, a.answer(good[0], signer=stranger), "wrong-signer", "tls.staple-wrong"),
            ("signed by a sister that may not", good, a.answer(good[0], signer=other), "wrong-signer",
             "tls.staple-wrong"),
            ("damaged", good, broken(a.answer(good[0], "-resp_no_certs")), "wrong-signer", "tls.staple-wrong"),
            ("not known", unknown, a.answer(unknown[0]), "unknown", "tls.staple-wrong"),
            ("a refusal", good, later, "responder-failed", "tls.staple-wrong"),
            ("demanded, none", must, None, "not-stapled", "tls.staple-missing"),
            ("demanded, good", must, a.answer(must[0]), "good", None),
            ("demanded, wrong", must, a.answer(other[0]), "other-certificate", "tls.staple-wrong")):
        exit_code, got = examine(t, pair, staple)
        mx = got["mx"][0]
        equal(mx.get("ocsp_staple"), state, (what, codes(got)))
        equal([c for c in codes(got) if "staple" in c or "revoked" in c], [code] if code else [], what)
        is_bad = code == "tls.cert-revoked" or (code and pair is must)
        equal((exit_code, mx["must_staple"]), (1 if is_bad else 0, pair is must), (what, codes(got)))
        equal(got["letter"], "T" if code == "tls.cert-revoked" else got["letter"], what)
        check(code != "tls.cert-revoked" or [s["ok"] for s in mx["stages"] if s["stage"] == "cert"] == [False], what)


def test_stale_staples(t):
    """An answer is believed from its first to its last minute; what was revoked stays revoked"""
    a = Authority(t)
    good, bad = a.issue("good"), a.issue("bad", revoked=True)
    fine, revoked = a.answer(good[0], minutes="5"), a.answer(bad[0], minutes="5")
    now = int(time.time())
    for pair, staple, at, state, code in (
            (good, fine, now + 60, "good", None), (good, fine, now + 3600, "stale", "tls.staple-stale"),
            (bad, revoked, now + 3600, "revoked", "tls.cert-revoked")):
        got = examine(t, pair, staple, "--now", str(at))[1]
        equal(got["mx"][0]["ocsp_staple"], state)
        equal([c for c in codes(got) if "staple" in c or "revoked" in c], [code] if code else [])
        check("not_after" in got["mx"][0]["certificates"][0] and got["mx"][0]["ocsp_from"], got["mx"][0])
