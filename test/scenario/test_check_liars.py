"""Servers that are sound at first and then refuse, stall or contradict themselves: "could not find out", never "good"."""
import json

from harness import check, equal
from tls_liar import Liar


def ask(t, how):
    liar = Liar(how, t.pair("rsa"))
    dns = t.dns()
    dns.add("mitra.test", "MX", "10 mx.mitra.test").add("mx.mitra.test", "A", "127.0.0.1")
    r = t.run([t.bin, "check", "tls", "mitra.test", "--resolver", dns.server, "--ca", t.cert("ca"), "--level", "detail",
               "--connect", "mx.mitra.test:25=127.0.0.1:%d" % liar.port, "--timeout", "2s", "--json"], timeout=100)
    liar.close()
    report = json.loads(r.out)
    return r.returncode, report, {p["protocol"]: p for p in report["mx"][0]["protocols"]}


def unfinished(report):
    equal(report["complete"], False)
    check("tls.not-all-tested" in [f["code"] for f in report["findings"]], report["findings"])


def test_hang_up(t):
    """A limit on connections after the first: nothing is said not to be offered"""
    code, report, protocols = ask(t, "hang-up")
    equal((code, report["answer"], report["letter"]), (3, "unknown", None))
    check(all(p["offered"] is None for p in protocols.values()), protocols)
    unfinished(report)


def test_stall(t):
    """No banner any more after the first sessions"""
    code, report, protocols = ask(t, "stall")
    equal((code, report["answer"]), (3, "unknown"))
    check(not any(p["offered"] is False for p in protocols.values()), protocols)
    unfinished(report)


def test_one_answer(t):
    """A cipher that was not offered, whatever is asked: there may be more behind it"""
    code, report, protocols = ask(t, "one-answer")
    equal((code, report["answer"]), (3, "unknown"))
    equal(protocols["TLSv1.2"]["offered"], True)
    unfinished(report)


def test_half_order(t):
    """Hung up on when the order is asked for: what was found before stays found"""
    code, report, protocols = ask(t, "half-order")
    codes = [f["code"] for f in report["findings"]]
    equal(code, 1)
    check("grade.rc4-tls11" in codes, codes)
    names = [c["name"] for c in report["mx"][0]["ciphers"]]
    check("TLS_RSA_WITH_RC4_128_SHA" in names and len(names) == 3, names)
    equal(protocols["TLSv1.2"]["server_order"], None)
