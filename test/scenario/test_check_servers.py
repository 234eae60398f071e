"""What `kurir check` says of real servers kept badly in many ways: exactly what is wrong, and "good" of
those that are right. sslscan and testssl are asked about the same servers: the same versions, ciphers and
certificate, and the letter that doc/checks.md gives for what they saw."""
import importlib.machinery
import importlib.util
import json
import os

import broken_servers
from broken_servers import HOST, authority, pki
from exim import Exim
from harness import ROOT, check, equal, program
from opensmtpd import OpenSmtpd
from s_server import SServer
from test_check_tls import compare, oakley_1024, offered, sslscan

VERSIONS = {"2": "SSLv2", "3": "SSLv3", "1.0": "TLSv1.0", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}


def tool():
    path = os.path.join(ROOT, "tools", "check-examples")
    loader = importlib.machinery.SourceFileLoader("check_examples", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_each_fault_is_named(t):
    """Each of them, by the check that is for it; and the page in the manual"""
    wrong, got = [], broken_servers.measure(t)
    for case, report in got:
        found = {f["code"] for f in report["findings"]}
        if report["answer"] != case.answer or (case.code and not any(c.startswith(case.code) for c in found)):
            wrong.append((case.wrong, case.kind, report["answer"], sorted(found)))
        if case.code is None and broken_servers.codes(report):
            wrong.append((case.wrong, case.kind, broken_servers.codes(report)))
    check(not wrong, wrong)
    made, told = tool().table(got), tool().page_part(tool().PAGE.read_text())
    check(made == told, "kurir-check-examples(7) says otherwise; run tools/check-examples BUILD")


test_each_fault_is_named.heavy = 1


# ---- the rule of doc/checks.md once more, on what sslscan saw ----

def scale(n, steps):
    return next(score for least, score in steps if n >= least)


def facts(root):
    """What sslscan's report says: versions, ciphers, key and its certificate."""
    versions = {VERSIONS[p.get("version")] for p in root.iter("protocol") if p.get("enabled") == "1"}
    ciphers = [(c.get("sslversion"), c.get("cipher"), int(c.get("bits")), int(c.get("dhebits") or 0))
               for c in root.iter("cipher")]
    return versions, ciphers, root.find(".//certificate")


def caps(versions, ciphers, signature, key):
    """The letters that it cannot be better than."""
    names = {c for _, c, _, _ in ciphers}
    old, new = versions & {"TLSv1.0", "TLSv1.1"}, versions & {"TLSv1.2", "TLSv1.3"}

    def cbc(c):
        return not any(w in c for w in ("GCM", "CCM", "POLY1305", "RC4", "NULL"))
    yield "F", "SSLv2" in versions or versions == {"SSLv3"} or any(b < 112 for _, _, b, _ in ciphers)
    yield "F", any(c.startswith(("EXP", "ADH", "AECDH")) for c in names) or "md5" in signature.lower() or key <= 40
    yield "C", not new or ("SSLv3" in versions and any(v == "SSLv3" and cbc(c) for v, c, _, _ in ciphers))
    yield "C", any(v not in ("SSLv3", "TLSv1.0") and ("3DES" in c or "DES-CBC3" in c or "RC4" in c)
                   for v, c, _, _ in ciphers)
    yield "B", bool(old) or "SSLv3" in versions or key <= 80 or any("RC4" in c for c in names)
    yield "B", not any(not cbc(c) and "RC4" not in c and "NULL" not in c for c in names)
    yield "B", not any(c.startswith(("ECDHE", "DHE", "TLS_")) for c in names)
    yield "A-", "TLSv1.3" not in versions


def letter(root, chain="trusted", name=True):
    versions, ciphers, cert = facts(root)
    pk = cert.find("pk")
    ec = pk.get("type") == "EC"
    bits = int(pk.get("bits")) * (2 if ec else 1)
    signature = cert.findtext("signature-algorithm")
    key = scale(bits, ((225, 100), (163, 90), (123, 80), (110, 40), (0, 20))) if ec else \
        scale(min([bits] + [d for _, _, _, d in ciphers if d]),
              ((4096, 100), (2048, 90), (1024, 80), (512, 40), (0, 20)))
    dh = [d for _, _, _, d in ciphers if d]
    if ec and dh:
        key = min(key, scale(min(dh), ((4096, 100), (2048, 90), (1024, 80), (512, 40), (0, 20))))
    points = {"SSLv2": 0, "SSLv3": 80, "TLSv1.0": 90, "TLSv1.1": 95, "TLSv1.2": 100, "TLSv1.3": 100}
    protocol = [points[v] for v in versions]
    cipher = [scale(b, ((256, 100), (128, 80), (1, 20), (0, 0))) for _, _, b, _ in ciphers]
    parts = [(max(x) + min(x)) // 2 for x in (protocol, [key], cipher)]
    score = sum(share * x // 100 for share, x in zip((30, 30, 40), parts)) if all(parts) else 0
    got = scale(score, ((80, "A"), (65, "B"), (50, "C"), (35, "D"), (20, "E"), (0, "F")))
    limits = [cap for cap, holds in caps(versions, ciphers, signature, key) if holds]
    limits += {"incomplete": ["B"], "trusted": []}.get(chain, [])
    if chain not in ("incomplete", "trusted") or "sha1" in signature.lower():
        return "T"
    if not name:
        return "M"
    order = ["A+", "A", "A-", "B", "C", "D", "E", "F"]
    worst = max([got] + limits, key=order.index)
    return "A+" if worst == "A" else worst


# ---- one server, asked by both ----

def ask(t, port, at=25, *argv, name=""):
    target = [HOST + ":465", "--implicit"] if at == 465 else ["contoh.id"]
    r = t.run([t.bin, "check", "tls", *target, "--json", "--resolver", t.dns(broken_servers.ZONES).server, "--connect",
               "%s:%d=127.0.0.1:%d" % (HOST, at, port), "--ca", t.path("pki", "trusted.pem"), *argv], timeout=90)
    check(r.out.startswith("{"), name, r.out[-300:], r.err[-300:])
    return json.loads(r.out)


def same(t, name, port, want, chain="trusted", named=True, at=25, answer=None, tls=None):
    """want: codes that must be among the findings; tls: where sslscan has TLS at once. The report, when both say
    the same."""
    got = ask(t, port, at, name=name)
    mx, found = got["mx"][0], {f["code"] for f in got["findings"]}
    root = sslscan(t, tls or port, *([] if tls or at != 25 else ["--starttls-smtp"]))
    compare_named(t, name, mx, root)
    versions, _, cert = facts(root)
    equal(set(offered(mx)), versions, name)
    ours = mx["certificates"][0]
    pk = cert.find("pk")
    # Of a curve sslscan tells the strength, which is half its size.
    equal((ours["key_type"], ours["key_bits"] // (2 if ours["key_type"] == "EC" else 1)),
          (pk.get("type"), int(pk.get("bits"))), name)
    equal("CN=" + cert.findtext("subject").strip(), ours["subject"], name)
    equal({n["name"] for n in ours["names"]}, names_of(cert.findtext("altnames")), name)
    equal(got["letter"], letter(root, chain, named), (name, [c["code"] for c in mx.get("caps", [])]))
    check(set(want) <= found, name, want, "of", sorted(found))
    if answer:
        equal(got["answer"], answer, (name, sorted(found)))
    return got


def compare_named(t, name, mx, root):
    """What OpenSSL lost sslscan calls by its registered name."""
    ours = {c["name"]: c["cipher"] for c in mx["ciphers"]}
    for c in root.iter("cipher"):
        c.set("cipher", ours.get(c.get("cipher"), c.get("cipher")))
    compare(t, name, mx, root)


def names_of(text):
    return {n.split(":", 1)[1] for n in (text or "").split(", ") if n}


# ---- OpenSMTPD ----

def test_opensmtpd(t):
    """OpenSMTPD: well kept, with anonymous ciphers and old TLS, without forward secrecy; certificates of all sorts"""
    authority(t)
    for i, (name, argv, want, chain, named, answer) in enumerate((
            ("well kept", {"main": 'smtp ciphers "ECDHE+AESGCM"', "cert": "good"}, [], "trusted", True, "good"),
            ("everything", {"main": 'smtp ciphers "ALL:@SECLEVEL=0"'}, ["grade.anonymous-cipher"], "trusted", True, "bad"),
            ("old and weak", {"main": 'smtp ciphers "kRSA+AES+SHA1:@SECLEVEL=0"'},
             ["grade.tls10-offered", "grade.beast"], "trusted", True, "good"),
            ("another name", {"cert": "wrongname"}, ["tls.cert-name-mismatch"], "trusted", False, "bad"),
            ("self-signed", {"cert": "selfsigned"}, ["tls.cert-self-signed"], "self-signed", True, "bad"),
            ("issuer missing", {"cert": "leaf"}, ["tls.chain-incomplete"], "incomplete", True, "bad"),
            ("expired", {"cert": t.pair("expired")}, ["tls.cert-expired"], "expired", True, "bad"))):
        cert = argv.get("cert", t.pair("rsa"))
        server = OpenSmtpd(t, name="opensmtpd%d" % i, **dict(
            argv, cert=pki(t, cert) if isinstance(cert, str) else cert)).start()
        # sslscan takes the first packet for the whole reply, which OpenSMTPD sends in several.
        same(t, name, server.port, want, chain, named, answer=answer, tls=server.smtps)
        t.stop(server.proc, 1)


def test_opensmtpd_of_debian(t):
    """OpenSMTPD as Debian 12 ships it offers STARTTLS and ends no handshake: bad, and what it was"""
    authority(t)
    server = OpenSmtpd(t, broken=True).start()
    got = ask(t, server.port)
    found = [f for f in got["findings"] if f["severity"] == "bad"]
    equal((got["answer"], [f["code"] for f in found], got["letter"]), ("bad", ["tls.refused"], None), found)
    check("internal error" in found[0]["text"] and "log of this server" in found[0]["cure"], found)
    check("TLSv1.3" in offered(got["mx"][0]), "it answers hellos", got["mx"][0]["protocols"])
    got = ask(t, server.smtps, 465)
    equal((got["answer"], got["letter"]), ("bad", None), got["findings"])


test_opensmtpd.heavy = 1


# ---- openssl s_server, behind STARTTLS ----

def test_s_server(t):
    """openssl s_server behind STARTTLS: each old version, no encryption, no key, small keys and groups; certificates"""
    authority(t)
    dh = t.write("dh.pem", oakley_1024())
    rsa, good = t.pair("rsa"), pki(t, "good")
    for name, pair, argv, want, chain, named, answer in (
            ("well kept", good, ["-cipher", "ECDHE+AESGCM"], [], "trusted", True, "good"),
            ("everything", rsa, ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
             ["grade.null-cipher", "grade.anonymous-cipher"], "trusted", True, "bad"),
            ("1.0 alone", rsa, ["-tls1", "-cipher", "ALL:!aNULL:@SECLEVEL=0"],
             ["grade.no-tls12", "grade.beast", "grade.no-aead"], "trusted", True, "bad"),
            ("1.1 alone", rsa, ["-tls1_1", "-cipher", "kRSA:!aNULL:@SECLEVEL=0"],
             ["grade.no-tls12", "grade.no-forward-secrecy"], "trusted", True, "bad"),
            ("1.2 alone", rsa, ["-tls1_2", "-cipher", "ECDHE+AESGCM"], ["grade.no-tls13"], "trusted", True, "good"),
            ("a group of 1024 bits", rsa, ["-dhparam", dh, "-cipher", "DHE:@SECLEVEL=0"],
             ["grade.key-exchange-weak"], "trusted", True, "good"),
            ("a key of 1024 bits", pki(t, "weak"), ["-cipher", "ECDHE+AESGCM:@SECLEVEL=0"],
             ["grade.key-exchange-weak"], "trusted", True, "good"),
            ("a key of 512 bits", pki(t, "small"), ["-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"],
             ["grade.key-exchange-broken"], "trusted", True, "bad"),
            ("another name", pki(t, "wrongname"), [], ["tls.cert-name-mismatch"], "trusted", False, "bad"),
            ("issuer missing", pki(t, "leaf"), [], ["tls.chain-incomplete"], "incomplete", True, "bad"),
            ("issuer sent", pki(t, "leaf"), ["-cert_chain", t.path("pki", "mid.pem")], [], "trusted", True, "good"),
            ("expired", t.pair("expired"), [], ["tls.cert-expired"], "expired", True, "bad")):
        server = SServer(t, *argv, pair=pair, name=name)
        same(t, name, server.port, want, chain, named, answer=answer)
        t.stop(server.proc, 1)


# ---- Exim with GnuTLS, which still has what OpenSSL lost ----

def test_gnutls(t):
    """Exim with GnuTLS: RC4 and 3DES with TLS 1.0 to 1.2, which OpenSSL has no more"""
    authority(t)
    main = "smtp_accept_max = 0\ntls_require_ciphers = "
    server = Exim(t, main=main + "NORMAL:+VERS-TLS-ALL:+ARCFOUR-128:+3DES-CBC:+MD5:+SHA1").start()
    got = same(t, "much", server.port, ["grade.rc4-tls11", "grade.sweet32", "grade.tls10-offered"])
    equal(got["letter"], "C")
    server = Exim(t, name="old", main=main + "NONE:+VERS-TLS1.0:+RSA:+ARCFOUR-128:+SHA1:+COMP-NULL:+SIGN-ALL").start()
    got = ask(t, server.port)
    compare_named(t, "RC4 alone", got["mx"][0], sslscan(t, server.port, "--starttls-smtp"))
    # No library of today can end that handshake, so that its certificate is not seen: no letter, and not good.
    equal((got["answer"], got["letter"], offered(got["mx"][0])), ("bad", None, ["TLSv1.0"]))
    found = {f["code"] for f in got["findings"]}
    check({"grade.no-tls12", "grade.rc4", "grade.no-aead", "tls.no-common-cipher"} <= found, found)


# ---- testssl ----

def test_like_testssl(t):
    """testssl of s_server and OpenSMTPD: versions, kinds of ciphers, key and certificate"""
    authority(t)
    s = SServer(t, "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", pair=t.pair("rsa"))
    o = OpenSmtpd(t, cert=pki(t, "wrongname"), main='smtp ciphers "kRSA+AES:ECDHE+AES:@SECLEVEL=0"').start()
    for name, at, port, tls in (("s_server", 25, s.port, None), ("OpenSMTPD", 25, o.port, o.smtps)):
        mx, out = ask(t, port, at)["mx"][0], t.path(name + ".json")
        t.run([program("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1",
               "--jsonfile", out, "-p", "-s", "-S", *([] if tls else ["-t", "smtp"]), "127.0.0.1:%d" % (tls or port)],
              timeout=140, env={"OPENSSL_TIMEOUT": "5"})
        rows = {row["id"]: row["finding"] for row in json.load(open(out))}
        for p, theirs in (("SSLv2", "SSLv2"), ("SSLv3", "SSLv3"), ("TLSv1.0", "TLS1"), ("TLSv1.1", "TLS1_1"),
                          ("TLSv1.2", "TLS1_2"), ("TLSv1.3", "TLS1_3")):
            equal(p in offered(mx), rows[theirs].startswith("offered"), (name, p, rows[theirs]))
        all_ciphers = [c["cipher"] for c in mx["ciphers"]]
        for kind, holds in (("NULL", any("NULL" in c for c in all_ciphers)),
                            ("aNULL", any(c.startswith(("ADH", "AECDH")) for c in all_ciphers)),
                            ("EXPORT", any(c.startswith("EXP") for c in all_ciphers)),
                            ("3DES_IDEA", any("DES-CBC3" in c or "IDEA" in c for c in all_ciphers))):
            got = rows.get("cipherlist_" + kind)
            check(got is not None, name, kind, sorted(rows))
            equal(holds, got.startswith("offered"), (name, kind, got))
        cert = mx["certificates"][0]
        equal(cert["serial"].lstrip("0"), rows["cert_serialNumber"].split()[0].lstrip("0"))
        equal(cert["sha256"].upper(), rows["cert_fingerprintSHA256"].split()[0])
        check(str(cert["key_bits"]) in rows["cert_keySize"], name, rows["cert_keySize"])
        equal({n["name"] for n in cert["names"]}, set(rows["cert_subjectAltName"].split()), name)


test_like_testssl.heavy = 2
