"""kurir why on pasted text: codes, bounces and logs of many servers, without configuration and without a daemon."""
import json
import os
import re
import resource
import shutil
import subprocess
import time

from harness import check, equal

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "corpus", "extracts")
NOWHERE = ["-c", "/nonexistent/kurir.conf"]
MINIMAL = {"LC_ALL": "C", "PATH": os.environ["PATH"]}

# The surest cause of each extract, and others it holds besides.
CAUSES = {
    "mdaemon_out": ["tls.no-common-cipher", "net.closed-after-starttls"],
    "mdaemon_in": ["tls.stalled"],
    "mdaemon_both": ["tls.no-common-cipher", "net.closed-after-starttls", "tls.stalled"],
    "mdaemon_quoted": ["tls.no-common-cipher"],
    "postfix_notls": ["tls.not-offered"],
    "postfix_cert": ["tls.cert-self-signed"],
    "postfix_reject": ["lookup.ptr-mismatch", "relay.denied"],
    "postfix_bounce": ["recipient.unknown"],
    "gmail_ptr": ["remote.ptr-required"],
    "gmail_tls": ["tls.required-inbound"],
    "gmail_dmarc": ["remote.unauthenticated"],
    "exim_tls": ["tls.not-offered", "tls.no-common-cipher"],
    "exim_bounce": ["remote.blocklisted"],
    "sendmail": ["dns.nxdomain", "net.timeout"],
    "exchange_ndr": ["relay.denied"],
    "exchange_ptr": ["queue.loop"],
    "m365_tls": ["tls.no-common-version"],
    "rfc3464": ["mailbox.full"],
    "greylist": ["remote.greylisted"],
    "kurir": ["recipient.unknown"],
    "nothing": [],
    "ehlo": [],
    "fixup": ["tls.not-offered"],
    "gmail_clear": ["tls.required-inbound"],
    "mdaemon_closed": ["net.closed-after-starttls"],
    "received": [],
    "exchange_smtplog": ["tls.no-common-version"],
    "exim_greylist": ["remote.greylisted"],
    "exim_greylist_html": ["remote.greylisted"],
    "exim_reject": ["relay.denied"],
    "exim_size": ["limit.size"],
    "exim_size_quoted": ["limit.size"],
    "gmail_dsn": ["remote.unauthenticated"],
    "gmail_full": ["mailbox.full", "recipient.unknown"],
    "gmail_nores": ["net.timeout"],
    "haraka": ["remote.blocklisted"],
    "haraka_out": ["tls.cert-self-signed"],
    "kurir_check": ["tls.dane-mismatch", "dns.tempfail"],
    "late_number": ["recipient.unknown"],
    "m365_banned": ["remote.blocklisted", "recipient.unknown"],
    "m365_expired_cert": ["tls.cert-expired"],
    "m365_ndr": ["recipient.unknown"],
    "m365_ndr_latin1": ["recipient.unknown"],
    "m365_notls": ["tls.not-offered", "net.timeout"],
    "mdaemon_helo": ["lookup.helo-not-found"],
    "mdaemon_ptr_crlf": ["lookup.ptr-missing"],
    "mdaemon_queue": ["recipient.unknown"],
    "mdaemon_queue_utf16": ["recipient.unknown"],
    "opensmtpd": ["remote.ptr-required"],
    "opensmtpd_in": ["recipient.unknown"],
    "outlook_relay": ["relay.denied"],
    "postfix_auth": ["auth.failed"],
    "postfix_block": ["remote.blocklisted"],
    "postfix_block_wrapped": ["remote.blocklisted"],
    "postfix_smarthost": ["remote.blocklisted"],
    "postfix_smarthost_tabs": ["remote.blocklisted"],
    "qmail_bounce": ["recipient.unknown"],
    "qmail_log": ["net.timeout"],
    "sendmail_reject": ["lookup.mail-not-found"],
    "sendmail_reject_qp": ["lookup.mail-not-found"],
    "sendmail_starttls": ["tls.cert-expired", "tls.refused"],
    "words_id": ["recipient.unknown"],
    "wrapped_html": ["remote.ptr-required"],
    "yahoo_421": ["remote.rate-limited"],
    "zimbra_amavis": ["remote.5xx"],
    "zimbra_lmtp": ["mailbox.full"],
}


def contains(text, part):
    check(part in text, repr(part), "is not in", text)


def why(kurir, args, stdin=None, env=None):
    """As run, with text for what came out; stdin: text, or bytes of whatever kind."""
    stdin = stdin.encode() if isinstance(stdin, str) else stdin
    r = subprocess.run([kurir, "why", *NOWHERE, *args], input=stdin, capture_output=True, timeout=30,
                       stdin=None if stdin is not None else subprocess.DEVNULL, env={**MINIMAL, **(env or {})})
    r.stdout, r.stderr = r.stdout.decode(), r.stderr.decode()
    return r


def codes(r):
    return [c["code"] for c in json.loads(r.stdout)["causes"]]


def test_extracts_by_file_and_by_pipe(t):
    """Bounces and logs of fifteen systems, however they were copied, as a file and on standard input"""
    for name, want in CAUSES.items():
        path = os.path.join(CORPUS, name + ".txt")
        by_file = why(t.bin, ["--json", path])
        with open(path, "rb") as f:
            by_pipe = why(t.bin, ["--json"], stdin=f.read())
        equal(by_file.returncode, 0 if want else 1, name + ": exit")
        equal(by_pipe.stdout, by_file.stdout, name + ": by pipe")
        if not want:
            contains(by_file.stderr, "check headers" if name == "received" else "nothing in that text is known")
            continue
        equal(codes(by_file), want, name)
        answer = json.loads(by_file.stdout)
        equal((answer["id"], answer["kind"]), (None, "text"))
        for c in answer["causes"]:
            check(c["text"] and c["evidence"] and c["cure"], name + ": " + c["code"])


def test_codes_and_replies(t):
    """Codes and replies on the command line"""
    for words, want in ((["0x80090331"], "tls.no-common-cipher"), (["10060"], "net.timeout"), (["10054"], "net.reset"),
                        (["550 5.7.25"], "remote.ptr-required"), (["550", "5.7.25"], "remote.ptr-required"),
                        (["tls.cert-expired"], "tls.cert-expired"), (["SSL alert number 70"], "tls.no-common-version")):
        r = why(t.bin, ["--json", *words])
        equal(r.returncode, 0, r.stderr)
        equal(codes(r)[0], want, " ".join(words))


def test_languages_and_letters(t):
    """Both languages, and the letter to the other side"""
    path = os.path.join(CORPUS, "postfix_notls.txt")
    contains(why(t.bin, [path]).stdout, "The server does not offer STARTTLS.")
    contains(why(t.bin, ["--lang", "id", path]).stdout, "solusi kita")
    contains(why(t.bin, [path], env={"LC_ALL": "id_ID.UTF-8"}).stdout, "solusi kita")
    letter = why(t.bin, ["--letter", path]).stdout
    for part in ("Subject: mail between our servers fails (tls.not-offered)", "Dear postmaster,", "mx.mitra.example",
                 "198.51.100.9", "status=deferred", "What we ask of you: Please see whether STARTTLS works"):
        contains(letter, part)
    contains(why(t.bin, ["--letter", "--lang", "id", path]).stdout, "Yth. Postmaster,")
    equal(json.loads(why(t.bin, ["--letter", "--json", path]).stdout)["letter"], letter)


def told(t, stdin, *args, seconds=20):
    """What why said of that, in time, without anything that a terminal obeys."""
    began = time.time()
    r = subprocess.run([t.bin, "why", *NOWHERE, *args], input=stdin, capture_output=True, timeout=60, env=MINIMAL)
    check(time.time() - began < seconds, args, "took", time.time() - began)
    check(r.returncode in (0, 1), args, r.returncode, r.stderr)
    for out in (r.stdout, r.stderr):
        check(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", out), args, "control octets:", out[:300])
        out.decode()
    return r


def test_hostile_texts(t):
    """Ten megabytes, in one line or many, with escapes, NUL, half characters, HTML and what looks like a reply"""
    mail = b"550 5.7.25 no PTR record for a@b.example [192.0.2.9]"
    bad = b"\x1b]0;x\x07\x1b[2J\x9b31m\0\r<script>alert(1)</script>\xe2\x80\xae\xc2\x9b"
    for text in (mail + bad, bad + b"\n" + mail + bad, mail + b"\n" + bad * 400000, mail + b" " * 10000000,
                 mail + b"x" * 10000000, (mail + b"\n") * 200000, mail + b"\n" * 10000000, b"\xff\xfe" + mail * 100000,
                 mail + b"\0" * 10000000, mail + b"TLS session " * 800000, mail + b"&lt;<p>=3D" * 900000,
                 mail + b"\nNov 21 10:04:11 a@b.example [192.0.2.9] 550 5.1.1" * 100000):
        for args in ((), ("--json",), ("--letter",), ("--letter", "--json", "--lang", "id")):
            r = told(t, text, *args)
            if "--json" in args and r.returncode == 0:
                json.loads(r.stdout)
            if text.startswith(mail):
                equal(r.returncode, 0, r.stderr)
                check(b"ptr-required" in r.stdout or not args, text[:80], args, r.stdout[:300])
            check(len(r.stdout) < 100000, args, "said", len(r.stdout))
    check(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 400 << 10, "more than 400 MB")


def test_without_anything_else(t):
    """The program alone, without its libexec, and with a configuration that is absent or wrong"""
    alone = shutil.copy(t.bin, t.path("kurir"))
    equal(codes(why(alone, ["--json", "0x80090331"]))[0], "tls.no-common-cipher")
    for subject in ("06A8F2A6QZ3RC", "budi@contoh.id", "192.0.2.1"):
        r = why(alone, [subject])
        equal((r.returncode, r.stdout), (2, ""))
        equal(r.stderr, "/nonexistent/kurir.conf:1:1: cannot read this file: No such file or directory\n")
    wrong = t.write("wrong.conf", 'hostname = "mail.contoh.id"\nlisten {\n')
    r = subprocess.run([alone, "why", "-c", wrong, "--json", "550 5.7.25"], capture_output=True, timeout=30, env=MINIMAL)
    equal((r.returncode, json.loads(r.stdout)["causes"][0]["code"]), (0, "remote.ptr-required"))
    check(b"wrong.conf:2:" in r.stderr, r.stderr)


def test_bad_input(t):
    """Hostile, empty and endless texts, and wrong usage"""
    equal(why(t.bin, ["--lang", "xx", "10060"]).returncode, 2)
    equal(why(t.bin, ["./no/such/file"]).returncode, 2)
    equal(why(t.bin, [], stdin="").returncode, 2)
    equal(why(t.bin, ["-"], stdin="").returncode, 1)
    hostile = "550 5.7.25 \x1b]0;x\x07\x1b[2J <script>\n" + "( " * 600000
    r = why(t.bin, [], stdin=hostile)
    equal(r.returncode, 0)
    check("\x1b" not in r.stdout, "escapes are shown, not sent")
    contains(r.stdout, "only the first 1 MB was read")
