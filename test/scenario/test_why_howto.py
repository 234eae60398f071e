"""kurir why --for: the cure as a mail server program wants it said, and whether the programs know what is said."""
import json
import os
import re
import shutil

import exim
import opensmtpd
from harness import Skip, check, equal
from senders import talk
from test_why_extracts import CORPUS, contains, why

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAMS = ["zimbra", "postfix", "exim", "sendmail", "opensmtpd", "exchange", "mdaemon", "kurir"]

# Whose log or report it is; what is not here names no program.
WRITERS = {
    "mdaemon_out": "mdaemon", "mdaemon_helo": "mdaemon", "mdaemon_ptr_crlf": "mdaemon", "postfix_notls": "postfix",
    "postfix_cert": "postfix", "postfix_reject": "postfix", "exim_tls": "exim", "exim_size": None,
    "exim_reject": "exim", "m365_notls": "exchange", "gmail_ptr": None, "kurir_check": None,
}
ZIMBRA_LOG = ("Nov 22 10:04:11 zimbra postfix/smtp[1234]: 4SZabc1XyZ: to=<ani@mitra.example>, "
              "relay=mx.mitra.example[198.51.100.9]:25, delay=1.2, delays=0.1/0/1.1/0, dsn=4.7.4, status=deferred "
              "(TLS is required, but was not offered by host mx.mitra.example[198.51.100.9])\n")


def causes(t, *args, stdin=None):
    r = why(t.bin, ["--json", *args], stdin=stdin)
    equal(r.returncode, 0, r.stderr)
    return json.loads(r.stdout)["causes"]


def codes():
    with open(os.path.join(ROOT, "doc", "causes.md")) as f:
        return re.findall(r"(?m)^### (\S+)$", f.read()) + ["relay.open"]


def rows(t, program):
    """All that is told of a program: {commands: versions}, each once."""
    found = {}
    for code in codes():
        for h in causes(t, code, "--for", program)[0]["howto"]:
            equal(h["program"], program)
            if h["commands"]:
                found["\n".join(h["commands"])] = h["versions"]
    return found


def test_zimbra_by_version(t):
    """Zimbra: localconfig up to 8.0, LDAP from 8.5 on, and its own certificate is self-signed"""
    told = [h for h in causes(t, "tls.required-inbound", "--for", "zimbra")[0]["howto"] if h["side"] == "sending"]
    equal([h["versions"] for h in told], ["up to 8.0", "8.5 and later"])
    check("zmlocalconfig -e postfix_smtp_tls_security_level=may" in told[0]["commands"], told[0])
    check("zmprov ms `zmhostname` zimbraMtaSmtpTlsSecurityLevel may" in told[1]["commands"], told[1])
    for lang, words in (("en", "zmconfigd writes Postfix's files anew every two minutes"),
                        ("id", "ditulis ulang oleh zmconfigd tiap dua menit")):
        text = why(t.bin, ["--lang", lang, "--for", "zimbra", "tls.cert-self-signed"]).stdout
        contains(" ".join(text.split()), words)
        contains(text, "self-signed")
        contains(text, "zmcertmgr deploycrt comm commercial.crt commercial_ca.crt")


def test_log_brings_its_program(t):
    """A log tells by its form whose settings are wanted, and only for the side that wrote it"""
    for name, writer in WRITERS.items():
        found = causes(t, os.path.join(CORPUS, name + ".txt"))
        told = [h for c in found for h in c["howto"]]
        equal({h["program"] for h in told}, {writer} if writer else set(), name)
        for c in found:
            ours = "receiving" if c["cure"] == c["cure_receiver"] else "sending"
            equal({h["side"] for h in c["howto"]} - {ours}, set(), name)
    told = causes(t, stdin=ZIMBRA_LOG)[0]["howto"]
    equal({h["program"] for h in told}, {"zimbra"}, "by the name of its host")
    told = causes(t, stdin=ZIMBRA_LOG.replace(" zimbra ", " mail ").replace("mx.mitra", "zimbra.mitra"))[0]["howto"]
    equal({h["program"] for h in told}, {"postfix"}, "the other side's name is not ours")
    told = causes(t, "--for", "exim", stdin=ZIMBRA_LOG)[0]["howto"]
    equal({(h["program"], h["side"]) for h in told}, {("exim", "sending"), ("exim", "receiving")}, "--for is stronger")


def test_words_of_programs(t):
    """Other names of the programs, one that is not known, and how one learns of them"""
    for word, program in (("iRedMail", "postfix"), ("EXIM4", "exim"), ("zcs", "zimbra")):
        equal(causes(t, "limit.size", "--for", word)[0]["howto"][0]["program"], program)
    r = why(t.bin, ["--for", "qmail", "limit.size"])
    equal((r.returncode, r.stdout), (2, ""))
    contains(r.stderr, "one of " + ", ".join(PROGRAMS))
    text = why(t.bin, ["limit.size"]).stdout
    contains(text, "--for")
    contains(text, ", ".join(PROGRAMS))
    contains(why(t.bin, ["--for", "mdaemon", "dns.bogus"]).stdout, "Nothing of its own to set for this")
    check("--for" not in why(t.bin, ["--for", "mdaemon", "limit.size"]).stdout.replace("--letter", ""))
    for program in PROGRAMS:
        letter = why(t.bin, ["--letter", "--for", program, "tls.not-offered"])
        check(letter.stdout.startswith("Subject:") and "zmprov" not in letter.stdout, letter.stdout)


def test_open_relay(t):
    """An open relay: trusted hosts, smart host and AUTH, in each program and both languages"""
    for program in PROGRAMS:
        for lang, ways in (("en", ("Trusted hosts", "Authentication", "Smart host")),
                           ("id", ("Trusted host", "Autentikasi", "Smart host"))):
            (cause,) = causes(t, "relay.open", "--for", program, "--lang", lang)
            equal(cause["code"], "relay.open")
            for way in ways:
                check(any(way in h["text"] for h in cause["howto"]), program, lang, way)
    equal(causes(t, "server", "kami", "open", "relay", "--for", "zimbra")[0]["code"], "relay.open")
    equal(causes(t, "550 5.7.1 open relay denied")[0]["code"], "relay.denied", "what a refusal says is no question")
    r = why(t.bin, ["--letter", "relay.open"])
    equal((r.returncode, r.stdout), (1, ""), "nobody is written to about it")
    report = "relay mail.contoh.id\n\nfault relay.open\n  mail.contoh.id is an open relay.\n"
    equal(causes(t, "--for", "postfix", stdin=report)[0]["code"], "relay.open", "as kurir check relay printed it")


def test_manual_page(t):
    """kurir-cures(7) is what kurir why tells, and clean mdoc"""
    r = t.run([os.path.join(ROOT, "tools", "cure-table"), os.path.dirname(t.bin), "--check"], timeout=120)
    equal(r.returncode, 0, "run tools/cure-table BUILD: " + r.out)
    if shutil.which("mandoc"):
        r = t.run(["mandoc", "-T", "lint", os.path.join(ROOT, "man", "kurir-cures.7")])
        equal([line for line in r.out.splitlines() if "referenced manual not found" not in line], [])


def test_story_of_ours(t):
    """Of an id of ours: what the program of the other side is to do, in text and JSON"""
    k = t.kurir(trusted=["127.0.0.1"])
    got = talk(k.mx, "127.0.0.9", "pc.example", "a@surat.example", to="orang@luar.example")
    k.has_cause(got.ident, "relay.denied")
    text = k.ok("why", got.ident, "--for", "postfix")
    contains(text, "\nrelay.denied\n  in Postfix    (where it sends; 2.3 and later) Smart host with login;")
    contains(text, "postconf -e 'relayhost = [smtp.mitra.example]:587'")
    check("where it receives" not in text, "we receive: that is ours", text)
    equal(k.ok("why", got.ident), text[:text.index("\n\nrelay.denied")] + "\n")
    told = k.json("why", got.ident, "--for", "postfix")["howto"]
    equal({(h["cause"], h["program"], h["side"]) for h in told}, {("relay.denied", "postfix", "sending")})
    check("howto" not in k.json("why", got.ident))
    equal(k.cmd("why", got.ident, "--for", "tiada").returncode, 2)


HEADER = """Received: from {name} ({name}. [203.0.113.25])
        by mx.google.com with ESMTP id k5si1234567pgq.118.2018.04.23
        for <budi@gmail.example>; Mon, 23 Apr 2018 06:39:00 -0700 (PDT)
Received: from localhost (localhost [127.0.0.1])
        by {by} (Postfix) with ESMTP id 4SZa
        for <budi@gmail.example>; Mon, 23 Apr 2018 06:38:59 -0700
Received: from {by} ([127.0.0.1])
        by localhost ({by} [127.0.0.1]) (amavisd-new, port {port})
        with ESMTP id abc for <budi@gmail.example>; Mon, 23 Apr 2018 06:38:58 -0700
"""


def test_headers_in_clear(t):
    """check headers: a hop in clear names what to set in the program of the server that sent, where the fields tell it"""
    def cures(header, *args):
        r = t.run([t.bin, "check", "headers", "--json", "-", *args], input=header)
        return [f for f in json.loads(r.out)["findings"] if f["code"] == "headers.howto"]
    mail, zimbra = "mail.contoh.id", "zimbra.contoh.id"
    (one,) = cures(HEADER.format(name=mail, by=mail, port=10024))
    contains(one["text"], "mail.contoh.id, which sent it, runs Postfix")
    contains(one["cure"], "postconf -e 'smtp_tls_security_level = may'")
    for name, port in ((zimbra, 10024), (mail, 10032)):
        (one,) = cures(HEADER.format(name=name, by=name, port=port))
        contains(one["text"], "runs Zimbra")
        contains(one["cure"], "zmlocalconfig -e postfix_smtp_tls_security_level=may")
        contains(one["cure"], "zimbraMtaSmtpTlsSecurityLevel may")
    (one,) = cures(HEADER.format(name=mail, by=mail, port=10024), "--lang", "id")
    contains(one["text"], "yang mengirimnya, memakai Postfix")
    equal(cures(HEADER.format(name=mail, by="lain.example", port=10024)), [], "another host's field says nothing of it")
    equal(cures(HEADER.format(name=mail, by=mail, port=1).replace("203.0.113.25", "192.168.0.25")), [], "in the house")
    equal(cures(HEADER.format(name=mail, by=mail, port=1).replace("with ESMTP id k", "with ESMTPS id k")), [])
    two = cures(HEADER.format(name=mail, by=mail, port=1).replace("by mx.google.com", "by mx.mitra.example (Postfix)"))
    equal(["sent it" in f["text"] for f in two], [True, False], "and where it came in")
    contains(two[1]["cure"], "smtpd_tls_chain_files")


# ---- what is said, given to the programs ----

def test_kurir_takes_it(t):
    """kurir config check knows every line that is told of kurir"""
    t.write("cures/fullchain.pem", "")
    for text in rows(t, "kurir"):
        lines = [line for line in text.split("\n") if not line.startswith(("kurir ", "#", "["))]
        if not lines:
            continue
        path = t.write("cures/kurir.conf", 'hostname = "mail.contoh.id"\ndata-dir = "%s"\n%s\n' % (
            t.dir, "\n".join(lines).replace("/etc/kurir/", t.path("cures") + "/")))
        r = t.run([t.bin, "config", "check", "-c", path])
        bad = [line for line in (r.out + r.err).splitlines()
               if not re.search(r"warning|no user \"kurir\"|: \d+ error|cannot open|certificate|private key", line)]
        equal(bad, [], text)


def test_postfix_takes_it(t):
    """postconf sets every parameter that is told of Postfix, and knows it"""
    postconf = shutil.which("postconf", path=os.environ["PATH"] + ":/usr/sbin")
    if not postconf:
        raise Skip("Postfix is not installed")
    told, commands = rows(t, "postfix"), 0
    home = t.mkdir("postfix", own=False)

    def ask(line):
        """It waits for files that were changed just now to settle."""
        for name in ("main.cf", "master.cf"):
            os.utime(os.path.join(home, name), (1e9, 1e9))
        return t.run(["sh", "-c", line.replace("postconf ", "%s -c %s " % (postconf, home), 1)])

    for text in told:
        t.write("postfix/main.cf", "")
        t.write("postfix/master.cf", "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n")
        for line in text.split("\n"):
            if line.startswith("postconf "):
                r = ask(line)
                equal((r.returncode, re.sub(r".*compatibility.*\n?", "", r.err)), (0, ""), line)
                commands += 1
        for option in ("-n", "-P"):
            check("unused parameter" not in ask("postconf " + option).err, text)
    check(commands > 30, commands)


def test_opensmtpd_takes_it(t):
    """smtpd -n takes every line that is told of OpenSMTPD"""
    exe = opensmtpd.binary(t)
    env = {"LD_LIBRARY_PATH": os.path.join(os.path.dirname(exe), "../lib/x86_64-linux-gnu")}
    t.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
           "-keyout", t.path("key.pem"), "-out", t.path("cert.pem"), "-subj", "/CN=mail.contoh.id"])
    pki = 'pki mail.contoh.id cert "/etc/ssl/fullchain.pem"\npki mail.contoh.id key "/etc/ssl/private/mail.key"\n'
    for text in rows(t, "opensmtpd"):
        before = pki if "pki mail.contoh.id cert" not in text else ""
        for name, how in (("outbound", "relay"), ("local", "maildir")):
            if not re.search('(?m)^action "%s"' % name, text):
                before += 'action "%s" %s\n' % (name, how)
        whole = before + text + '\nmatch for any action "outbound"\n'
        for old, new in (("/etc/ssl/fullchain.pem", t.path("cert.pem")), ("eth0", "lo"),
                         ("/etc/ssl/private/mail.key", t.path("key.pem")),
                         ("file:/etc/mail/secrets", '{ label = "USER:PASSWORD" }')):
            whole = whole.replace(old, new)
        r = t.run([exe, "-n", "-f", t.write("smtpd.conf", whole)], env=env)
        contains(r.err, "configuration OK")


def test_exim_takes_it(t):
    """Exim knows every option that is told of it"""
    with open(exim.binary(t), "rb") as f:
        known = set(re.findall(rb"[a-z0-9_]{4,}", f.read()))
    words = set()
    for text in rows(t, "exim"):
        words |= set(re.findall(r"(?m)^(?:hostlist |domainlist )?([a-z_0-9]+) =", text))
        words |= set(re.findall(r"(?:-bP |-e |grep )([a-z]+_[a-z_]+)", text))
    words -= {"relay_from_hosts", "relay_to_domains"}
    check(len(words) > 12, words)
    equal({w for w in words if w.encode() not in known}, set())


def test_zimbra_attributes(t):
    """Zimbra's names have its forms: an attribute by zmprov, a key of Postfix's by zmlocalconfig"""
    for text, versions in rows(t, "zimbra").items():
        for line in text.split("\n"):
            if line.startswith("zmprov ms"):
                check(re.match(r"zmprov ms `zmhostname` zimbra\w+ \S", line), line)
            elif line.startswith("zmlocalconfig"):
                check(re.match(r"zmlocalconfig (-e )?postfix_smtp_\w+(=|$)", line), line)
                equal(versions, "up to 8.0", line)
