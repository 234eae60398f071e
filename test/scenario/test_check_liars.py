"""Servers that are sound at first and then refuse, stall or contradict themselves: "could not find out", never "good"."""
import json
import threading
import time

from harness import CLOSE, check, equal
from test_check_tls import authority, codes, issue
from test_check_tls import ask as ask_tls
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


def test_refusals_of_us(t):
    """Alerts to everything after some connections: what they refused is not known"""
    code, report, protocols = ask(t, "busy")
    equal((code, report["answer"], report["letter"]), (3, "unknown", None))
    equal(protocols["TLSv1.2"]["offered"], True)
    check(report["mx"][0]["connections"] < 50, report["mx"][0]["connections"])
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


def test_client_certificate_demanded(t):
    """No sender gets in, however good the ciphers: no letter, and a factor of 0"""
    p = t.peer(cert=issue(t, "good", by=authority(t)), client_cert=True)
    code, got = ask_tls(t, "tls", "mitra.test", "--level", "detail", port=p.port)
    equal((code, got["letter"], got["mx"][0]["letter"], got["confidence"]), (1, None, None, 0))
    check("tls.client-cert-required" in codes(got, "bad"), codes(got))


def test_no_letter_without_a_scan(t):
    """Level cert asks for no protocols and ciphers: no letter for what may be bad, but an F, T or M is one"""
    p = t.peer(cert=issue(t, "good", by=authority(t)))
    code, got = ask_tls(t, "tls", "mitra.test", "--level", "cert", port=p.port)
    equal((code, got["letter"], got["complete"], got["confidence"]), (0, None, False, 100))
    p = t.peer(cert=t.pair("expired"))
    code, got = ask_tls(t, "tls", "mitra.test", "--level", "cert", port=p.port)
    equal((code, got["letter"]), (1, "T"))


def test_reasons_are_told(t):
    """What the server said when it did not begin TLS, and why --assure found out nothing"""
    p = t.peer(tls="refuse")
    [finding] = [f for f in ask_tls(t, "tls", "mitra.test", port=p.port)[1]["findings"] if f["code"] == "tls.refused"]
    check("454 4.7.0 TLS not available" in finding["text"], finding)
    p = t.peer(replies={"rcpt": "450 4.2.0 greylisted"})
    code, got = ask_tls(t, "tls", "mitra.test", "--assure", port=p.port)
    [finding] = got["findings"]
    equal((code, finding["code"]), (3, "assure.unclear"))
    check("450 4.2.0 greylisted" in finding["text"], finding)


def test_exchanger_without_a_name(t):
    """DNS did say: the MX leads to a name that is not there; and a null MX takes no mail"""
    dns = t.dns()
    dns.add("mitra.test", "MX", "10 tiada.mitra.test").add("kosong.test", "MX", "0 .")
    code, got = ask_tls(t, "tls", "mitra.test", dns=dns)
    equal((code, codes(got, "bad")), (1, ["dns.nxdomain"]))
    code, got = ask_tls(t, "tls", "kosong.test", dns=dns)
    equal((code, codes(got, "bad")), (1, ["dns.null-mx"]))


def test_busy_server(t):
    """421 to more than a few connections a second: it is asked more slowly, and all is found out"""
    began, lock = [], threading.Lock()

    def banner(_):
        with lock:
            now = time.time()
            began[:] = [x for x in began if now - x < 1]
            if len(began) >= 12:
                return "421 4.3.2 too many connections", CLOSE
            began.append(now)
            return "220 mx.mitra.test ESMTP"
    p = t.peer(cert=issue(t, "good", by=authority(t)), replies={"banner": banner})
    code, got = ask_tls(t, "tls", "mitra.test", "--level", "detail", port=p.port, timeout=120)
    equal((code, got["letter"], got["complete"]), (0, "A+", True), got["findings"])
    check("tls.not-all-tested" not in codes(got), got["findings"])


def test_language_of_the_environment(t):
    """Without --lang the environment says which language"""
    for env, argv, want in (({"LANG": "id_ID.UTF-8"}, [], ": baik"), ({"LANG": "id_ID.UTF-8", "LC_ALL": "C"}, [], ": good"),
                            ({"LANG": "id_ID.UTF-8"}, ["--lang", "en"], ": good"), ({"LANG": "idle"}, [], ": good")):
        r = t.run([t.bin, "check", "address", "budi@contoh.id", *argv], env={"PATH": "/usr/bin:/bin", **env})
        check(want in r.out.splitlines()[0], env, argv, r.out)
