"""What others wrote reaches a terminal, a mail or a spreadsheet only as text, by whatever way it comes out."""
import csv
import io
import os
import shutil
import subprocess
import time

from harness import CLOSE, Skip, check, equal
from test_check_tls import POLICY, ask, authority, codes, issue, sts

# Direction turned, isolated, a line ended, a mark, an old control, C1, and an escape.
OBEYED = "\u202e\u2066\u2028\u200f\u061c\u206e\u009b31m\x1b[31m"
BAD = [c for c in OBEYED if c not in "31m["]


def run(t, *args, stdin=b""):
    r = subprocess.run([t.bin, *args], input=stdin, capture_output=True, timeout=60)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def harmless(text, what, mark=None):
    check(not any(c in text for c in BAD), what, repr(text[:400]))
    check(mark is None or mark in text, what, "lost its text", repr(text[:400]))


def received(name, more=""):
    return ("Received: from %s (mail.%s [198.51.100.1])\r\n\tby mx.contoh.id (Postfix) with ESMTPS id 1%s;\r\n\t"
            "Sun, 22 Nov 2026 05:00:00 +0000\r\nFrom: a@mitra.example\r\n\r\n" % (name, name, more)).encode()


def test_no_way_for_what_is_obeyed(t):
    """Bidi controls, separators and escapes of a pasted reply, a header, a batch and a command line"""
    reply = ("550 5.7.1 see %s zen.spamhaus.org %s gnitirw" % (OBEYED[:7], OBEYED)).encode()
    for args in (["why"], ["why", "--json"], ["why", "--letter"]):
        _, out, err = run(t, *args, stdin=reply)
        harmless(out + err, args, "zen.spamhaus.org")
    for args in ([], ["--json"], ["--csv"]):
        _, out, _ = run(t, "check", "headers", "-", *args, stdin=received("x%sy" % OBEYED))
        harmless(out, ["check", args], "x")
    state = t.path("state.json")
    for args in ([], ["--json"]):
        if os.path.exists(state):
            os.unlink(state)
        run(t, "check", "headers", "-", "--on-change", state, *args, stdin=received("a.example"))
        _, out, _ = run(t, "check", "headers", "-", "--on-change", state, *args, stdin=received("b%s.example" % OBEYED))
        check(out, "nothing has changed?")
        harmless(out, ["--on-change", args], ".example")
    code, _, err = run(t, "check", "address", "a@contoh.id", "--timeout", "3%s" % OBEYED)
    equal(code, 2)
    harmless(err, "a word of the command line", "timeout")


def test_no_formula_in_any_table(t):
    """Whatever separates the cells of whoever opens it, none of them begins with what would be computed"""
    evil = received("x", ' (";=HYPERLINK(1)") id 2 |=cmd for <a;-1@x>')
    evil = evil.replace(b"From:", b"Authentication-Results: mx.contoh.id; dkim=fail (\";=A(1);\"\"=B();-1|@c)\r\nFrom:", 1)
    _, out, _ = run(t, "check", "headers", "-", "--csv", stdin=evil)
    check(";'=" in out or "'=A(1)" in out, out)
    for separator in ",;|\t":
        for row in csv.reader(io.StringIO(out), delimiter=separator):
            for cell in row:
                check(cell.lstrip(' "')[:1] not in tuple("=+-@"), repr(separator), repr(cell))


def test_what_counts_as_a_change(t):
    """A policy's max_age does, and what a target is called does not matter"""
    state = t.path("state.json")
    for age, want in (("604800", None), ("604800", ""), ("86400", "! max_age: 604800 -> 86400\n")):
        dns, more = sts(t, POLICY.replace("604800", age))
        args = ["--resolver", dns.server, "--ca", t.cert("ca"), "--timeout", "3s", "--on-change", state, *more]
        r = t.run([t.bin, "check", "mta-sts", "mitra.test", *args], timeout=60)
        check(want is None or r.out == want, age, repr(r.out))
    targets, state = t.write("targets.txt", "ms\n"), t.path("batch.json")
    for answer in ("192.0.2.1", "127.0.0.1"):
        dns = t.dns()
        dns.add("ms", "MX", "10 mx.mitra.test").add("mx.mitra.test", "A", answer)
        r = t.run([t.bin, "check", "sender", "--file", targets, "--resolver", dns.server, "--on-change", state], timeout=60)
    check("ms." in r.out, "the target is called ms", repr(r.out), r.err)


def test_name_only_as_common_name(t):
    """A certificate without alternative names is for the host by its common name, and senders under MTA-STS refuse it"""
    cn = issue(t, "cn", "/CN=mx.mitra.test", by=authority(t), ext="basicConstraints=CA:FALSE\n")
    san = issue(t, "san", by=authority(t))
    for pair, by_cn in ((cn, True), (san, False)):
        dns, more = sts(t, POLICY)
        _, got = ask(t, "tls", "mitra.test", *more, dns=dns, port=t.peer(cert=pair).port)
        equal(got["mx"][0]["name_match"], True)
        equal("tls.cert-cn-only" in codes(got, "warn"), by_cn)
        check(("tls.cert-name-mismatch" in codes(got)) is False, codes(got))
        code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns, port=t.peer(cert=pair).port)
        equal((code, codes(got, "bad")), (1, ["tls.sts-mismatch"]) if by_cn else (0, []))


def test_keys_that_are_always_there(t):
    """A server without TLS and one that is not there: the keys of one that answers, null or []"""
    _, good = ask(t, "tls", "mitra.test", port=t.peer(cert=issue(t, "leaf", by=authority(t))).port)
    keys = {"version", "cipher", "bits", "letter", "score", "caps", "name_match", "trusted", "certificates", "protocols",
            "ciphers", "groups"}
    check(isinstance(good["mx"][0]["ciphers"], list) and isinstance(good["mx"][0]["groups"], list) and
          isinstance(good["mx"][0]["caps"], list), good["mx"][0])
    equal(keys - set(good["mx"][0]), set())
    marks = {line["who"] for line in good["mx"][0]["dialogue"]}
    check(marks <= set("><~}* "), marks)
    for peer in (t.peer(tls="absent").port, 1):
        _, got = ask(t, "tls", "mitra.test", port=peer)
        equal(keys - set(got["mx"][0]), set())
        equal((got["mx"][0]["certificates"], got["mx"][0]["ciphers"], got["mx"][0]["cipher"]), ([], [], None))


def rights(pid):
    """(effective user, rights) of a process and of its children, by name"""
    found = {}
    for each in [str(pid)] + open("/proc/%d/task/%d/children" % (pid, pid)).read().split():
        with open("/proc/%s/status" % each) as f:
            fields = dict(line.split(":", 1) for line in f.read().splitlines())
        found.setdefault(fields["Name"].strip(), []).append((fields["Uid"].split()[1], fields["CapPrm"].strip()))
    return found


def test_root_becomes_nobody(t):
    """Run by root, what servers send is parsed without any right, and the files that were asked for are root's"""
    if os.geteuid() != 0:
        raise Skip("not root")
    home = t.path("closed")
    os.makedirs(home + "/libexec")
    os.chmod(home, 0o700)
    shutil.copy(t.bin, home + "/kurir")
    for role in ("resolver", "fetch"):
        shutil.copy(os.path.join(os.path.dirname(t.bin), "libexec", role), home + "/libexec/" + role)
    page, state = home + "/page.html", home + "/state.json"
    dns, more = sts(t, POLICY)
    silent = t.peer(cert=issue(t, "leaf", by=authority(t)), tls="stall")
    argv = [home + "/kurir", "check", "tls", "mitra.test", "--resolver", dns.server, "--ca", t.cert("ca"), "--timeout", "2s",
            "--connect", "mx.mitra.test:25=127.0.0.1:%d" % silent.port, "--html", page, "--on-change", state, *more]
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    seen = rights(p.pid)
    out, err = p.communicate(timeout=60)
    check(p.returncode in (1, 3), p.returncode, out, err)
    check("dns" not in out and "check.as-root" not in out, out)
    equal(seen["resolver"][0][0] != "0", True)
    # our own and the one that writes
    equal(sorted(u == "0" for u, _ in seen["kurir"]), [False, True])
    check(("0000000000000000" in [c for u, c in seen["kurir"] if u != "0"]), seen)
    for path in (page, state):
        check(os.path.getsize(path) > 100 and os.stat(path).st_uid == 0, path)
    r = t.run(argv, timeout=60)
    equal(r.out, "")
    pages, targets = home + "/pages", t.write("hosts.txt", "mitra.test\n")
    r = t.run([home + "/kurir", "check", "mta-sts", "--file", targets, "--resolver", dns.server, "--ca", t.cert("ca"),
               "--html-dir", pages, *more], timeout=60)
    equal(sorted(os.listdir(pages)), ["index.html", "mitra.test.html"])


def test_dnssec_that_does_not_hold(t):
    """A server that validates says why it fails (RFC 8914): bogus, not a failure that passes"""
    for fault, code in (("ede:7", "dns.bogus"), ("ede:6", "dns.bogus"), ("ede:22", "dns.tempfail"), ("servfail", "dns.tempfail")):
        dns = t.dns(faults={"mitra.test": fault})
        exit_code, got = ask(t, "tls", "mitra.test", dns=dns)
        equal((exit_code, codes(got)[:1]), (3, [code]), fault)


def test_exchangers_that_were_not_judged(t):
    """Under MTA-STS one that refuses STARTTLS for now is quoted, and one that hangs up after the handshake is not good"""
    leaf = issue(t, "leaf", by=authority(t))
    for how, code, words in (({"tls": "refuse"}, "tls.refused", "454 4.7.0 TLS not available"),
                             ({"replies": {"ehlo": ["250-peer.test\r\n250 STARTTLS", CLOSE]}}, "net.", "")):
        dns, more = sts(t, POLICY)
        exit_code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns, port=t.peer(cert=leaf, **how).port)
        equal((exit_code, len(got["findings"])), (3, 1), got["findings"])
        check(got["findings"][0]["code"].startswith(code) and words in got["findings"][0]["text"], got["findings"])
