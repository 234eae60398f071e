"""kurir why on pasted text: codes, bounces and logs of many servers, without configuration and without a daemon."""
import json
import os
import subprocess

from harness import check, equal

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "corpus", "extracts")
NOWHERE = ["-c", "/nonexistent/kurir.conf"]
MINIMAL = {"LC_ALL": "C", "PATH": os.environ["PATH"]}

# The surest cause of each extract, and others it holds besides.
CAUSES = {
    "mdaemon_out": ["tls.no-common-cipher", "net.closed-after-starttls"],
    "mdaemon_in": ["tls.stalled", "net.timeout"],
    "mdaemon_both": ["tls.no-common-cipher", "net.closed-after-starttls", "tls.stalled", "net.timeout"],
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
}


def contains(text, part):
    check(part in text, repr(part), "is not in", text)


def why(kurir, args, stdin=None, env=None):
    return subprocess.run([kurir, "why", *NOWHERE, *args], input=stdin, capture_output=True, text=True,
                          timeout=30, stdin=None if stdin is not None else subprocess.DEVNULL, env={**MINIMAL, **(env or {})})


def codes(r):
    return [c["code"] for c in json.loads(r.stdout)["causes"]]


def test_extracts_by_file_and_by_pipe(t):
    """Bounces and logs of nine systems, as a file and on standard input"""
    for name, want in CAUSES.items():
        path = os.path.join(CORPUS, name + ".txt")
        by_file = why(t.bin, ["--json", path])
        with open(path, encoding="utf-8") as f:
            by_pipe = why(t.bin, ["--json"], stdin=f.read())
        equal(by_file.returncode, 0 if want else 1, name + ": exit")
        equal(by_pipe.stdout, by_file.stdout, name + ": by pipe")
        if not want:
            contains(by_file.stderr, "nothing in that text is known")
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
