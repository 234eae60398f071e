"""The test mailbox: mail to it is answered by a report on how it was sent."""
import email
import email.policy
import html.parser
import os
import re
import signal
import time

from exim import Exim
from harness import check, equal, program, smtplib_client, until
from peers_real import Postfix

CHECK, ASSURE = "check@contoh.id", "assure@contoh.id"


# Everything of mitra.test is right, for clients at 127.0.0.1 and 127.0.0.2.
ZONES = {("mitra.test", "MX"): ["10 mail.mitra.test"],
         ("mail.mitra.test", "A"): ["127.0.0.2", "127.0.0.1"],
         ("2.0.0.127.in-addr.arpa", "PTR"): ["mail.mitra.test"],
         ("mitra.test", "TXT"): ["v=spf1 a:mail.mitra.test -all"]}
for name in ("mx.mitra.test", "exim.mitra.test", "swaks.mitra.test"):
    ZONES[(name, "A")] = ["127.0.0.1"]


def boxed(t, section, peer=None, dns=ZONES, route="mitra.test", **more):
    """A kurir with that test-mailbox section, whose mail to mitra.test goes to peer's port."""
    extra = "test-mailbox { %s }\n" % section
    if peer:
        extra += 'route "%s" { via = "relay:[127.0.0.1]:%d" }\n' % (route, peer)
    d = t.dns(dns) if dns else None
    return t.kurir(extra=extra + more.pop("extra", ""), server=d.server if d else None, **more)


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes |= {a for a, _ in attrs}


OURS = {"html", "head", "meta", "title", "style", "body", "h2", "p", "strong", "table", "tr", "th",
        "td", "code", "br", "pre"}


class Report:
    """A report as it came: .subject, .text, .html; what every one has is checked here."""

    def __init__(self, raw):
        m = self.mail = email.message_from_bytes(raw, policy=email.policy.default)
        equal(m["Auto-Submitted"], "auto-replied")
        equal(m.get_content_type(), "multipart/alternative")
        plain, rich = m.iter_parts()
        self.subject, self.text, self.html = m["Subject"], plain.get_content(), rich.get_content()
        tags = Tags()
        tags.feed(self.html)
        check(tags.seen <= OURS, "foreign elements", tags.seen - OURS)
        check(tags.attributes <= {"class", "content", "http-equiv", "name", "charset"},
              tags.attributes)

    def has(self, *what):
        for w in what:
            check(w in self.text, repr(w), "is not in", self.text)

    def lacks(self, *what):
        for w in what:
            check(w not in self.text, repr(w), "is in", self.text)


def write(k, sender, to=CHECK, subject="uji", header="", body=b"isi\r\n", tls=False,
          source="127.0.0.1", helo="mail.mitra.test"):
    """One message by hand: the last reply; a refusal earlier is that one."""
    s = k.smtp(source=source)
    s.read()
    s.must("EHLO " + helo)
    if tls:
        s.starttls()
        s.must("EHLO " + helo)
    got = s.cmd("MAIL FROM:<%s>" % sender)
    for one in [to] if isinstance(to, str) else to:
        if got[:1] == "2":
            got = s.cmd("RCPT TO:<%s>" % one)
    if got[:1] == "2":
        s.must("DATA", "354")
        s.send(("From: <%s>\r\nSubject: %s\r\n%s\r\n" % (sender, subject, header)).encode() + body
               + b".\r\n")
        got = s.read()
    s.cmd("QUIT")
    s.close()
    return got


def reports(peer, n=1):
    """The reports of n mails at the double, in order, null reverse-path and all."""
    got = peer.wait(n)
    for m in got:
        check(m.sender.startswith("FROM:<>"), "the reverse-path of a report:", m.sender)
    return [Report(m.data) for m in got]


def nothing_more(k, peer, n):
    k.wait_empty()
    time.sleep(0.3)
    equal(len(peer.messages), n, "reports sent")
    names = [d for _, dirs, _ in os.walk(k.maildirs) for d in dirs]
    check("check" not in names, names)


def test_mailbox_by_hand(t):
    """What is seen by hand: TLS, names, SPF, size, the dialogue; the 250 names the report"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, peer.port)
    full = "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <satu@mitra.test>\r\n"
    got = write(k, "budi@mitra.test", header=full, tls=True, source="127.0.0.2")
    check(got.startswith("250 2.0.0"), got)
    [r] = reports(peer)
    check(re.match(r"SUCCESSFUL: TLS1_[23], nothing to mend$", r.subject), r.subject, r.text)
    equal(r.mail["To"], "budi@mitra.test")
    equal(r.mail["In-Reply-To"], "<satu@mitra.test>")
    r.has("127.0.0.2", "256/256", "mail.mitra.test (forward-confirmed)",
          "mail.mitra.test (the address belongs to it)", "mitra.test (the address belongs to it)",
          "pass, mitra.test: a:mail.mitra.test", "<-- EHLO mail.mitra.test", "--> 220 mail.contoh.id",
          "mail.contoh.id, TLS1_", "PIPELINING              not used")
    ident = re.search(r"\[(\w+)\]", got).group(1)
    until(lambda: "budi@mitra.test" in k.ok("why", ident), 8, "the story of the report")
    # In clear, from elsewhere, without a name.
    got = write(k, "budi@mitra.test", source="127.0.0.3", helo="tiada.mitra.test", subject="dua")
    r = reports(peer, 2)[1]
    equal(r.subject, "FAILED: no TLS, findings: 7")
    r.has("sender.no-tls)", "lookup.ptr-missing)", "lookup.helo-not-found)", "spf.fail)",
          "sender.no-date)", "sender.no-message-id)", "lookup.mail-forged)",
          "none, although STARTTLS was offered")
    nothing_more(k, peer, 2)


def test_mailbox_codes(t):
    """A code opens the mailbox once, alone or in parentheses; without one it is 550"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"' % CHECK, peer.port)
    got = write(k, "a@mitra.test")
    check(got.startswith("550 5.7.1"), got)
    k.has_cause(re.search(r"\[(\w+)\]", got).group(1), "test.no-code")
    one, two = k.json("check", "code"), k.json("check", "sender", "--code")
    equal((one["address"], len(one["code"])), (CHECK, 10))
    check(one["expires"] > time.strftime("%Y"), one)
    check(one["code"] != two["code"], one, two)
    check(write(k, "a@mitra.test", subject=one["code"].upper()).startswith("250"))
    check(write(k, "a@mitra.test", subject=one["code"]).startswith("550"))
    check(write(k, "b@mitra.test", subject="Tolong diuji (%s)" % two["code"]).startswith("250"))
    check(write(k, "b@mitra.test", subject="x (%s)" % two["code"]).startswith("550"))
    check(write(k, "b@mitra.test", subject="0123456789").startswith("550"))
    equal(sorted(m.rcpts for m in peer.wait(2)), [["a@mitra.test"], ["b@mitra.test"]])
    check(CHECK in k.ok("check", "code"))
    check("Kirim mail ke " + CHECK in k.ok("check", "code", "--lang", "id"))
    nothing_more(k, peer, 2)
    k.stop()
    equal(k.cmd("check", "code").returncode, 3)


def test_mailbox_forged(t):
    """No report without a code where SPF fails, or nothing ties the client to the sender's domain"""
    peer = t.peer()
    zones = {**ZONES, ("bisu.test", "MX"): ["10 mail.bisu.test"], ("mail.bisu.test", "A"): ["127.0.0.5"],
             ("6.0.0.127.in-addr.arpa", "PTR"): ["a.bisu.test"], ("a.bisu.test", "A"): ["127.0.0.6"],
             ("7.0.0.127.in-addr.arpa", "PTR"): ["a.bisu.test"]}
    k = boxed(t, 'address = "%s"  open-to = {"*"}' % CHECK, peer.port, dns=zones, trusted=[],
              extra='route "bisu.test" { via = "relay:[127.0.0.1]:%d" }\n' % peer.port)
    got = write(k, "korban@mitra.test", source="127.0.0.9", helo="x.evil.example")
    check(got.startswith("550 5.7.1 Neither SPF nor DNS"), got)
    k.has_cause(re.search(r"\[(\w+)\]", got).group(1), "test.no-code")
    for source, answered in (("127.0.0.5", True), ("127.0.0.6", True), ("127.0.0.7", False), ("127.0.0.8", False)):
        got = write(k, "budi@bisu.test", source=source)
        equal(got.startswith("250"), answered, source + got)
    code = k.json("check", "code")["code"]
    check(write(k, "korban@mitra.test", source="127.0.0.9", subject=code).startswith("250"))
    reports(peer, 3)
    nothing_more(k, peer, 3)


def test_mailbox_silence(t):
    """Bounces, lists and auto-replies are taken and never answered"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"*"}  rate = ""' % CHECK, peer.port)
    quiet = ["Auto-Submitted: auto-replied", "Precedence: bulk", "Precedence: list",
             "Precedence: junk", "List-Id: <x.mitra.test>", "X-Auto-Response-Suppress: All",
             "Content-Type: multipart/report; boundary=x"]
    for sender, header in ([("a@mitra.test", h) for h in quiet] +
                           [(s, "X: y") for s in ("", "postmaster@mitra.test",
                                                  "MAILER-DAEMON@mitra.test",
                                                  "list-bounces@mitra.test")]):
        got = write(k, sender, header=header + "\r\n")
        check(got.startswith("250 2.0.0"), sender, header, got)
        check("taken, but no report will come, because it" in got, got)
    story = k.why(re.search(r"\[(\w+)\]", got).group(1))
    equal(story["verdict"], "accepted")
    # The report itself, coming back.
    check(write(k, "a@mitra.test").startswith("250"))
    back = peer.wait(1)[0].data
    head, body = back.split(b"\r\n\r\n", 1)
    write(k, "a@mitra.test", header=head.decode() + "\r\n", body=body)
    nothing_more(k, peer, 1)


def test_mailbox_rate(t):
    """So many by sender, so many by network; guessing codes counts"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}  rate = "3/1h"' % CHECK, peer.port)
    for n in range(3):
        check(write(k, "a@mitra.test", source="127.0.%d.2" % n).startswith("250"))
    got = write(k, "A@mitra.test", source="127.0.9.2")
    check(got.startswith("450 4.7.1"), got)
    check(write(k, "b@mitra.test", source="127.0.9.9").startswith("250"))
    check(write(k, "x@lain.test", source="127.0.9.10", subject="0123456789").startswith("550"))
    got = write(k, "c@mitra.test", source="127.0.9.11")
    check(got.startswith("450 4.7.1"), got)
    nothing_more(k, peer, 4)


def test_mailbox_alone(t):
    """The test mailbox is the only recipient; what goes to others is for another mail"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, peer.port)
    check(write(k, "a@mitra.test", ["budi@contoh.id", CHECK]).startswith("452 4.5.3"))
    check(write(k, "a@mitra.test", [CHECK, "budi@contoh.id"]).startswith("452 4.5.3"))
    check(write(k, "a@mitra.test", [CHECK, CHECK]).startswith("452 4.5.3"))
    check(write(k, "a@mitra.test", CHECK.upper()).startswith("250"))
    s = k.smtp()
    s.read()
    for line in ("EHLO a.test", "MAIL FROM:<a@mitra.test>", "RCPT TO:<%s>" % CHECK, "RSET",
                 "MAIL FROM:<a@mitra.test>", "RCPT TO:<budi@contoh.id>"):
        s.must(line)
    s.must("DATA", "354")
    s.send("Subject: biasa\r\n\r\nisi\r\n.\r\n")
    check(s.read().startswith("250"))
    check(b"Subject: biasa" in k.mail("budi")[0])
    reports(peer, 1)
    nothing_more(k, peer, 1)


def test_mailbox_local(t):
    """A sender of ours gets the report into the mailbox; a large mail is not kept"""
    k = boxed(t, 'address = "%s"  open-to = {"contoh.id"}' % CHECK)
    c = smtplib_client(k, k.submission)
    c.login("budi", k.passwords["budi"])
    big = b"x" * 70 + b"\r\n"
    c.sendmail("budi@contoh.id", [CHECK],
               b"From: <budi@contoh.id>\r\nSubject: besar\r\n\r\n" + big * 9000)
    c.quit()
    [raw] = k.mail("budi")
    r = Report(raw)
    size = int(re.search(r"(\d+) octets", r.text).group(1))
    check(640000 < size < 660000, size)
    check(len(raw) < 60000, len(raw))


def test_mailbox_injection(t):
    """HELO, subject, Received and Message-ID full of HTML and escapes stay text"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, peer.port)
    evil = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e"
    s = k.smtp()
    s.read()
    s.cmd("EHLO <script>x</script>")
    s.must("EHLO mail.mitra.test")
    s.cmd("NOOP " + evil)
    s.cmd('VRFY "onmouseover=x')
    s.must("MAIL FROM:<\"<b>&'\"@mitra.test>")
    s.must("RCPT TO:<%s>" % CHECK)
    s.must("DATA", "354")
    s.send("Subject: %s\r\nMessage-ID: <a@b>\r\n%s\r\nAccept-Language: %s\r\n"
           "Received: from %s by %s with ESMTP id 1\r\n\r\nisi\r\n.\r\n" %
           (evil, " Bcc: x@y", evil, evil.replace("\x1b", ""), evil))
    check(s.read().startswith("250"))
    [r] = reports(peer)
    check("Bcc" not in r.mail, r.mail.items())
    check("<script" not in r.html and "<img" not in r.html)
    check("\x1b" not in r.text and "\u202e" not in r.text)
    r.has("\\x1b[31m")


def test_mailbox_languages(t):
    """Accept-Language chooses; else English and the operator's second language"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, peer.port,
              extra='language = "id"\n')
    for n, header in enumerate(("Accept-Language: id-ID, en;q=0.5\r\n",
                                "Accept-Language: en\r\n", "")):
        check(write(k, "a@mitra.test", header=header).startswith("250"))
        r = reports(peer, n + 1)[n]
        check(("Yang kami lihat" in r.text) == (n != 1), r.text)
        check(("What we saw" in r.text) == (n != 0), r.text)


def test_mailbox_swaks(t):
    """swaks, with and without TLS"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, peer.port)
    for n, tls in enumerate((["--tls"], [])):
        r = t.run([program("swaks"), "--server", "127.0.0.1:%d" % k.mx, "--from", "swaks@mitra.test",
                   "--to", CHECK, "--helo", "swaks.mitra.test"] + tls)
        equal(r.returncode, 0, r.out)
        got = reports(peer, n + 1)[n]
        check(got.subject.startswith("FAILED: no TLS" if n else "SUCCESSFUL: TLS1_"), got.subject,
              got.text)
        got.has("swaks.mitra.test")


def postfix(t, k_port, level, port=None):
    """A Postfix of mitra.test that sends all its mail to kurir."""
    return Postfix(t, relayhost="[127.0.0.1]:%d" % k_port, port=port, extra={
        "smtp_tls_security_level": level, "smtp_tls_CAfile": t.cert("ca")}).start()


def test_mailbox_postfix(t):
    """Postfix with TLS, and the report delivered into its mailbox"""
    port = t.port()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, port)
    p = postfix(t, k.mx, "may", port)
    p.sendmail("budi@mitra.test", CHECK, b"Subject: uji\n\nisi\n")
    r = Report(p.received()[0])
    check(r.subject.startswith("SUCCESSFUL: TLS1_3"), r.subject, r.text)
    r.has("mx.mitra.test", "<-- STARTTLS", "PIPELINING              used", "8BITMIME")
    check("kurir" in r.mail["From"] and CHECK in r.mail["From"], r.mail["From"])


def exim(t, k, extra=""):
    """An Exim of mitra.test that sends all its mail for contoh.id to kurir."""
    e = Exim(t, name="exim%d" % len(extra), rcpt="  accept\n", routers="""
out:
  driver = manualroute
  domains = contoh.id
  route_list = * 127.0.0.1
  self = send
  transport = out
""", host="exim.mitra.test")
    with open(e.conf) as f:
        text = f.read()
    with open(e.conf, "w") as f:
        f.write("exim_path = %s\n" % e.exe + text + "out:\n  driver = smtp\n  port = %d\n"
                "  hosts_try_fastopen =\n%sbegin retry\n* * F,1h,1s\n" % (k.mx, extra))
    return e.start()


def by_exim(t, e, to):
    r = t.run([program("swaks"), "--server", "127.0.0.1:%d" % e.port, "--from", "exim@mitra.test",
               "--to", to])
    equal(r.returncode, 0, r.out)


def test_mailbox_exim(t):
    """Exim with TLS"""
    peer = t.peer()
    k = boxed(t, 'address = "%s"  open-to = {"mitra.test"}' % CHECK, peer.port)
    e = exim(t, k)
    by_exim(t, e, CHECK)
    [got] = until(lambda: reports(peer) if peer.messages else None, 20, "a report: " + e.log())
    check(got.subject.startswith("SUCCESSFUL: TLS1_3"), got.subject, got.text)
    got.has("exim.mitra.test")


def test_mailbox_silent_dns(t):
    """Where DNS is silent nothing is held against the sender, and the report comes"""
    peer = t.peer()
    d = t.dns(ZONES, {"mitra.test": "silent"})
    k = t.kurir(extra='test-mailbox { address = "%s"  open-to = {"mitra.test"} }\n'
                'route "mitra.test" { via = "relay:[127.0.0.1]:%d" }\n' % (CHECK, peer.port),
                server=d.server)
    got = write(k, "a@mitra.test", tls=True, header="Date: x\r\nMessage-ID: <1@mitra.test>\r\n")
    check(got.startswith("250"), got)
    [r] = reports(peer)
    check(r.subject.startswith("SUCCESSFUL: TLS1_"), r.subject, r.text)
    r.has("sender.unknown-lookup)", "mitra.test (not known: DNS did not answer)", "temperror")
    r.lacks("nothing to mend", "Fault")


def test_mailbox_rough(t):
    """Clients that vanish, endless headers, many at once, and lookup gone: nobody is hurt"""
    peer = t.peer()
    d = t.dns(ZONES, {"lambat.test": "delay:2"})
    k = t.kurir(extra='test-mailbox { address = "%s"  open-to = {"*"}  rate = "" }\n'
                'route "mitra.test" { via = "relay:[127.0.0.1]:%d" }\n' % (CHECK, peer.port),
                server=d.server)
    for n in range(4):
        s = k.smtp()
        s.read()
        s.must("EHLO mail.mitra.test")
        s.must("MAIL FROM:<a@lambat.test>")
        s.must("RCPT TO:<%s>" % CHECK)
        if n > 0:
            s.must("DATA", "354")
            s.send("Subject: x\r\n" + ("\r\n.\r\n" if n > 1 else ""))
        if n == 3:
            s.send("RSET\r\n")
        s.close()
    got = write(k, "a@mitra.test", header="".join("X-%d: %s\r\n" % (n, "y" * 900)
                                                  for n in range(200)))
    check(got.startswith("250"), got)
    check(write(k, "a@mitra.test", body=b"\xff" * 70 + b"\r\n").startswith("250"))
    got = reports(peer, 2)
    equal(sorted("sender.eight-bit)" in r.text for r in got), [False, True])
    for pid in k.roles()["lookup"]:
        os.kill(pid, signal.SIGKILL)
    got = write(k, "a@mitra.test")
    check(got[:1] in "24", got)
    until(lambda: write(k, "a@mitra.test").startswith("250"), 15, "an answer again")
    died = [l for l in k.log_text().splitlines() if "died" in l]
    check(all("lookup" in l for l in died), died)
    k.wait_empty()


# ---- the assure variant ----

def test_mailbox_assure_by_hand(t):
    """Put off, then no STARTTLS, in clear: FAILED; nobody else's mail is taken meanwhile"""
    peer = t.peer()
    k = boxed(t, 'assure-address = "%s"  open-to = {"mitra.test"}' % ASSURE, peer.port)
    got = write(k, "a@mitra.test", ASSURE, tls=True)
    check(got.startswith("450 4.7.0 Come again"), got)
    s = k.smtp()
    s.read()
    check("STARTTLS" not in s.must("EHLO mail.mitra.test"))
    check(s.cmd("STARTTLS")[:1] == "5")
    s.must("MAIL FROM:<lain@mitra.test>")
    check(s.cmd("RCPT TO:<budi@contoh.id>").startswith("450 4.7.0"))
    check(s.cmd("RCPT TO:<%s>" % ASSURE).startswith("450 4.7.0"))
    s.cmd("QUIT")
    s = k.smtp(source="127.0.0.2")  # another client is offered it
    s.read()
    check("STARTTLS" in s.must("EHLO mail.mitra.test"))
    s.cmd("QUIT")
    got = write(k, "a@mitra.test", ASSURE)
    check(got.startswith("250"), got)
    [r] = reports(peer)
    equal(r.subject, "FAILED: we received your mail without TLS")
    check(ASSURE in r.mail["From"])
    s = k.smtp()
    s.read()
    check("STARTTLS" in s.must("EHLO mail.mitra.test"), "it is offered again")
    s.cmd("QUIT")
    # Not entitled: neither put off nor remembered.
    check(write(k, "x@lain.test", ASSURE, tls=True).startswith("550 5.7.1"))
    nothing_more(k, peer, 1)


def test_mailbox_assure_strangers(t):
    """A test puts off two sessions of others of each worker, and no test follows there"""
    peer = t.peer()
    k = boxed(t, 'assure-address = "%s"  open-to = {"mitra.test"}' % ASSURE, peer.port)
    workers = len(k.roles()["smtpd"])

    def stranger():
        s = k.smtp()
        s.read()
        offered = "STARTTLS" in s.must("EHLO lain.example")
        s.must("MAIL FROM:<siti@lain.example>")
        got = s.cmd("RCPT TO:<budi@contoh.id>")
        equal(got[:1], "2" if offered else "4", got)
        s.cmd("QUIT")
        s.close()
        return offered
    put_off = 0
    for sender in ("a@mitra.test", "b@mitra.test"):
        check(write(k, sender, ASSURE, tls=True).startswith("450"))
        put_off += [stranger() for _ in range(10 * workers)].count(False)
    check(0 < put_off <= 2 * workers, put_off, "of", workers, "workers")


def test_mailbox_assure_left(t):
    """It sees no STARTTLS and goes: SUCCESSFUL, once; and the mail is taken to clear its queue"""
    peer = t.peer()
    k = boxed(t, 'assure-address = "%s"' % ASSURE, peer.port)
    code = k.json("check", "code")["code"]
    once = dict(sender="a@mitra.test", to=ASSURE, subject=code, tls=True,
                header="Message-ID: <satu@mitra.test>\r\n")
    check(write(k, **once).startswith("450 4.7.0"))
    for n in range(2):
        s = k.smtp()
        s.read()
        check(("STARTTLS" in s.must("EHLO mail.mitra.test")) == (n == 1))
        s.cmd("QUIT")
        s.close()
        [r] = reports(peer, 1)
    equal(r.subject, "SUCCESSFUL: your server would not fall back to clear text")
    r.has("<-- QUIT")
    r.lacks("What to mend")
    check(write(k, **once).startswith("250"))
    check(write(k, **once).startswith("550"), "the code was used")
    nothing_more(k, peer, 1)


def test_mailbox_assure_postfix_may(t):
    """Postfix at may falls back: FAILED"""
    port = t.port()
    k = boxed(t, 'assure-address = "%s"  open-to = {"mitra.test"}' % ASSURE, port)
    p = postfix(t, k.mx, "may", port)
    p.sendmail("budi@mitra.test", ASSURE, b"Subject: uji\n\nisi\n")
    r = Report(p.received(timeout=60)[0])
    equal(r.subject, "FAILED: we received your mail without TLS")


def test_mailbox_assure_postfix_encrypt(t):
    """Postfix at encrypt does not: SUCCESSFUL, and its queue is empty in the end"""
    port = t.port()
    k = boxed(t, 'assure-address = "%s"  open-to = {"mitra.test"}' % ASSURE, port)
    p = postfix(t, k.mx, "encrypt", port)
    p.sendmail("budi@mitra.test", ASSURE, b"Subject: uji\n\nisi\n")
    r = Report(p.received(timeout=60)[0])
    equal(r.subject, "SUCCESSFUL: your server would not fall back to clear text")
    until(lambda: re.search(r"to=<assure@contoh.id>.*status=sent", p.log()), 60, "an empty queue")
    equal(len(p.received()), 1)


def run_queue(t, e):
    """Exim tries all that it has, in its own view of /etc."""
    mounts = " && ".join("mount --bind %s /etc/%s" % (t.path(e.name, k), k) for k in ("passwd", "group"))
    t.run(["unshare", "-m", "sh", "-c", mounts + " && exec %s -C %s -qff" % (e.exe, e.conf)])


def test_mailbox_assure_exim(t):
    """Exim falls back, unless TLS is required of it"""
    for extra, subject in (("", "FAILED: we received your mail without TLS"),
                           ("  hosts_require_tls = *\n",
                            "SUCCESSFUL: your server would not fall back to clear text")):
        peer = t.peer()
        k = boxed(t, 'assure-address = "%s"  open-to = {"mitra.test"}' % ASSURE, peer.port,
                  name="kurir%d" % len(extra))
        e = exim(t, k, extra)
        by_exim(t, e, ASSURE)
        until(lambda: "450 4.7.0" in e.log(), 20, "the 450 at Exim: " + e.log())

        def told():
            run_queue(t, e)
            return reports(peer) if peer.messages else None
        [r] = until(told, 20, "a report: " + e.log())
        equal(r.subject, subject)
        e.t.stop(e.proc, 1)
