"""kurir check headers: whose word counts, what was encrypted, by many servers' fields and by our own."""
import json
import os
import subprocess

from harness import check, equal

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "corpus", "headers")

# Exit, what Gmail would show, and where trust ends, by the default trust: the domain of the topmost "by".
TLS = "Standard encryption (TLS)"
ANSWERS = {
    "gmail": (0, TLS), "gmail_old": (0, TLS), "gmail_clear": (1, "mail.contoh.id did not encrypt this message"),
    "gmail_web": (3, None), "postfix": (0, TLS), "postfix_certs": (0, TLS), "exim": (0, TLS), "sendmail": (0, TLS),
    "exchange": (0, TLS), "mdaemon": (0, TLS), "haraka": (0, TLS), "ironport": (0, TLS), "proofpoint": (0, TLS),
    "qmail": (3, None), "kurir": (0, TLS), "others": (3, None), "amavis": (3, None),
    "lies": (1, "x did not encrypt this message"),
}


def headers(t, *args, stdin=None):
    r = subprocess.run([t.bin, "check", "headers", *args], input=stdin, capture_output=True, timeout=60)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def judged(t, *args, stdin=None):
    code, out, err = headers(t, *args, "--json", stdin=stdin)
    check(code in (0, 1, 3), code, err)
    return code, json.loads(out)


def test_many_servers(t):
    """The fields of fourteen kinds of servers, and the exit that their words deserve"""
    names = [n[:-4] for n in os.listdir(CORPUS) if n.endswith(".txt")]
    equal(sorted(names), sorted(ANSWERS))
    for name, (exit_code, gmail) in ANSWERS.items():
        code, r = judged(t, os.path.join(CORPUS, name + ".txt"))
        equal((code, r.get("gmail_shows")), (exit_code, gmail), name)
        equal(r["answer"], {0: "good", 1: "bad", 3: "unknown"}[exit_code], name)


def test_only_trusted_hosts_count(t):
    """A foreign server's claims decide nothing, and --trust widens whom we believe"""
    ours = (b"Received: from out.mitra.example (out.mitra.example [198.51.100.9])\n\tby mx.contoh.id (Postfix) with ESMTPS "
            b"id 1;\n\tTue, 21 Nov 2023 10:04:11 +0700\n")
    theirs = (b"Received: from laptop (unknown [203.0.113.77])\n\tby out.mitra.example (Postfix) with ESMTP id 9;\n\t"
              b"Tue, 21 Nov 2023 10:04:01 +0700\n")
    code, r = judged(t, "-", stdin=ours + theirs)
    equal((code, r["trust_ends"]), (0, "at mx.contoh.id; what came before is the word of others"))
    equal([h["trusted"] for h in r["hops"]], [False, True])
    equal([h["delay_s"] for h in r["hops"]], [None, 10])
    code, r = judged(t, "-", "--trust", "contoh.id", "--trust", "mitra.example", stdin=ours + theirs)
    equal((code, r["findings"][0]["code"]), (1, "headers.clear-text"))
    code, r = judged(t, "-", "--trust", "lain.example", stdin=ours + theirs)
    equal((code, r["encrypted"]), (3, None))


def test_our_own_field(t):
    """What kurir writes is read as it was: with TLS, and in clear"""
    k = t.kurir()
    k.send("budi@contoh.id")
    [mail] = k.mail("budi")
    code, r = judged(t, "-", stdin=mail)
    equal([h["writer"] for h in r["hops"]][-1], "kurir")
    check(r["hops"][-1]["tls"] in (True, False) and r["hops"][-1]["with"], r["hops"])


def test_hostile_headers(t):
    """Ten megabytes, escapes and HTML: an answer at once, and nothing that could be injected"""
    evil = (b"Received: from <script>alert(1)</script>\x1b]0;x\x07 (x [198.51.100.9])\n by mx.contoh.id (Postfix) with ESMTPS "
            b"id 1 for <\"\x1b[2J\"@x>; Tue, 21 Nov 2023 10:04:11 +0700\n")
    many = evil * (10_000_000 // len(evil))
    code, out, _ = headers(t, "-", stdin=many)
    equal(code, 0)
    check("\x1b" not in out and "\x07" not in out, out[:300])
    page = t.path("page.html")
    headers(t, "-", "--html", page, stdin=many)
    with open(page, encoding="utf-8") as f:
        text = f.read()
    check("<script" not in text and "&lt;script&gt;" in text, "escaped in the page")
    code, r = judged(t, "-", stdin=b"X: " + b"a" * 10_000_000 + b"\n" + evil)
    equal(code, 0)
    for nothing in (b"", b"\n\n", b"Subject: x\n\nReceived: from a by b\n", b"\r" * 1_000_000):
        equal(judged(t, "-", stdin=nothing)[0], 3)
