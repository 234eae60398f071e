"""Copiers, printers and scanners: what they need to deliver a scan, and that
neither they nor anybody at their place gets any further."""
import base64
import email
import re
import ssl

from harness import check, equal, program, session_id, until

# Loopback has room for a whole office.
OLD, PLAIN, NEW, BUSY, SMALL = ("127.0.0.%d" % n for n in (11, 12, 13, 14, 15))
NOBODY = "127.0.0.20"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40

DEVICES = """
listen "copiers" { address = {"127.0.0.1:%(port)d"}  role = "device" }
listen "copiers-ssl" { address = {"127.0.0.1:%(ssl)d"}  role = "device"  tls = "implicit" }
device "tua"   { address = {"127.0.0.11"}  from = {"copier@contoh.id"}  to = {"@contoh.id"}
                 min-tls = "1.0"  auth = "login-plain"  user = "copier" }
device "polos" { address = {"127.0.0.12"}  from = {"copier@contoh.id"}  to = {"@contoh.id"}
                 auth = "off" }
device "baru"  { address = {"127.0.0.13"}  from = {"copier@contoh.id"} }
device "ramai" { address = {"127.0.0.14"}  rate = "3/1h" }
device "kecil" { address = {"127.0.0.15"}  max-size = "64KB" }
"""


def office(t, **more):
    more.setdefault("users", ("budi", "siti", "copier"))
    port, implicit = t.port(), t.port()
    more["extra"] = DEVICES % {"port": port, "ssl": implicit} + more.get("extra", "")
    k = t.kurir(**more)
    k.device, k.device_ssl = port, implicit
    return k


def scan(text=b"Hasil pindai.\r\n", head=b""):
    """What a copier sends: no Date, no Message-ID."""
    pdf = base64.encodebytes(PDF).replace(b"\n", b"\r\n")
    return (b'From: COPIER <copier@contoh.id>\r\nSubject: Pindai\r\n' + head +
            b'Content-Type: multipart/mixed; boundary="=_lt2"\r\n\r\n'
            b'--=_lt2\r\nContent-Type: text/plain\r\n\r\n' + text +
            b'--=_lt2\r\nContent-Type: application/pdf; name="pindai.pdf"\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' + pdf + b'--=_lt2--\r\n')


def old_tls():
    """TLS 1.0 and nothing else, as of 2005."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    c.set_ciphers("ALL:@SECLEVEL=0")
    c.minimum_version = c.maximum_version = ssl.TLSVersion.TLSv1
    return c


def hello(k, source, greet="HELO COPIER", port=None):
    s = k.smtp(port or k.device, source)
    check(s.read().startswith("220"), "banner")
    s.must(greet)
    return s


def login(s, user, password):
    got = s.cmd("AUTH LOGIN")
    for word in (user, password):
        if not got.startswith("334"):
            return got
        got = s.cmd(base64.b64encode(word.encode()).decode())
    return got


def transact(s, sender="copier@contoh.id", to="budi@contoh.id", body=None):
    """The first refusal, or what was said to the dot."""
    for line, code in (("MAIL FROM:<%s>" % sender, "2"), ("RCPT TO:<%s>" % to, "2"),
                       ("DATA", "354")):
        got = s.cmd(line)
        if not got.startswith(code):
            return got
    s.send(scan() if body is None else body)
    return s.cmd(".")


def arrived(k, user="budi", count=1):
    """The parsed scan, whole and with what mail must have."""
    raw = k.mail(user, count)[-1]
    for line in raw.split(b"\n"):
        check(len(line) <= 998, "a line of", len(line))
    m = email.message_from_bytes(raw)
    for name in ("Date", "Message-ID", "From", "MIME-Version"):
        equal(len(m.get_all(name, [])), 1, name)
    pdfs = [p for p in m.walk() if p.get_content_type() == "application/pdf"]
    equal([p.get_payload(decode=True) for p in pdfs], [PDF], "the scan")
    return m


# ---- what works ----

def test_tls_1_0_and_login(t):
    """A copier with TLS 1.0 and AUTH LOGIN delivers; the same client fails on 587 and 465"""
    k = office(t)
    s = hello(k, OLD, "EHLO COPIER")
    s.starttls(old_tls())
    equal(s.sock.version(), "TLSv1")
    got = s.must("EHLO COPIER")
    check(re.search(r"^250[- ]AUTH .*LOGIN", got, re.M), got)
    got = login(s, "copier", k.passwords["copier"])
    check(got.startswith("235"), got)
    check(transact(s).startswith("250"), "the scan")
    s.must("QUIT")
    m = arrived(k)
    check("version=TLS1_0" in m["Received"], m["Received"])
    check("ESMTPSA" in m["Received"], m["Received"])
    # On the listener that begins with TLS, too.
    s = k.smtp(k.device_ssl, OLD)
    s.tls(old_tls())
    check(s.read().startswith("220"), "banner")
    s.must("EHLO COPIER")
    check(login(s, "copier@contoh.id", k.passwords["copier"]).startswith("235"), "LOGIN")
    check(transact(s).startswith("250"), "the scan")
    arrived(k, count=2)
    # Nowhere else.
    for port, implicit in ((k.submission, False), (k.submissions, True)):
        s = k.smtp(port, OLD)
        if not implicit:
            s.read()
            s.must("EHLO COPIER")
            s.must("STARTTLS", "220")
        try:
            s.tls(old_tls())
        except (ssl.SSLError, OSError):
            continue
        finally:
            s.close()
        raise AssertionError("TLS 1.0 on %d" % port)


def test_real_clients(t):
    """curl with TLS 1.0 and LOGIN, swaks without both, and openssl at the device listener"""
    k = office(t)
    scan_file = t.write("pindai.eml", scan())

    def curl(port, scheme="smtp"):
        return t.run([program("curl"), "-sS", "--max-time", "20", "--ssl-reqd", "-k",
                      "--tlsv1.0", "--tls-max", "1.0", "--ciphers", "ALL:@SECLEVEL=0",
                      "--interface", OLD, "--user", "copier:" + k.passwords["copier"],
                      "--login-options", "AUTH=LOGIN", "--mail-from", "copier@contoh.id",
                      "--mail-rcpt", "budi@contoh.id", "--upload-file", scan_file,
                      "%s://127.0.0.1:%d/COPIER" % (scheme, port)])
    got = curl(k.device)
    equal(got.returncode, 0, got.err)
    arrived(k)
    for port, scheme in ((k.submission, "smtp"), (k.submissions, "smtps")):
        got = curl(port, scheme)
        check(got.returncode in (35, 56), "curl ended", got.returncode, got.err)
    got = t.run([program("swaks"), "--server", "127.0.0.1:%d" % k.device, "--local-interface",
                 PLAIN, "--protocol", "SMTP", "--helo", "COPIER", "--from", "copier@contoh.id",
                 "--to", "siti@contoh.id", "--data", scan_file])
    equal(got.returncode, 0, got.out)
    arrived(k, "siti")
    got = t.run([program("openssl"), "s_client", "-connect", "127.0.0.1:%d" % k.device, "-bind",
                 OLD + ":0", "-starttls", "smtp", "-tls1", "-cipher", "ALL:@SECLEVEL=0"],
                input="QUIT\r\n")
    check(re.search(r"Protocol\s*: TLSv1$", got.out, re.M), got.out[-800:])


def test_login_without_tls(t):
    """A copier that knows AUTH LOGIN but no TLS delivers; without its password it does not"""
    k = office(t)
    s = hello(k, OLD, "EHLO COPIER")
    got = transact(s)
    check(got.startswith("530 5.7.0"), got)
    k.has_cause(session_id(got), "auth.required")
    got = login(s, "copier", "salah")
    check(got.startswith("535"), got)
    check(transact(s).startswith("530"), "a wrong password")
    check(login(s, "copier", k.passwords["copier"]).startswith("235"), "LOGIN")
    check(transact(s).startswith("250"), "the scan")
    s.must("QUIT")
    arrived(k)
    # Somebody else's password is no help, however right.
    s = hello(k, OLD, "EHLO COPIER")
    check(login(s, "siti", k.passwords["siti"]).startswith("235"), "LOGIN")
    got = transact(s)
    check(got.startswith("550 5.7.1"), got)
    k.has_cause(session_id(got), "device.not-allowed")


def test_login_ends_with_starttls(t):
    """Who showed a password and then began TLS has shown none (RFC 3207 4.2)"""
    k = office(t)
    s = hello(k, OLD, "EHLO COPIER")
    check(login(s, "copier", k.passwords["copier"]).startswith("235"), "LOGIN")
    s.must("MAIL FROM:<copier@contoh.id>")
    s.must("RCPT TO:<budi@contoh.id>")
    s.starttls(old_tls())
    check(s.cmd("RCPT TO:<budi@contoh.id>").startswith("503"), "the transaction goes with it")
    check(s.cmd("DATA").startswith("503"), "and DATA")
    s.must("EHLO COPIER")
    got = s.cmd("MAIL FROM:<copier@contoh.id>")
    check(got.startswith("530 5.7.0"), got)
    check(login(s, "copier", k.passwords["copier"]).startswith("235"), "LOGIN again")
    check(transact(s).startswith("250"), "the scan")
    s.must("QUIT")


def test_by_address_alone(t):
    """A copier without TLS and AUTH delivers, to us; what it leaves out is added"""
    k = office(t)
    s = hello(k, PLAIN)
    got = s.cmd("MAIL FROM: copier@contoh.id")
    check(got.startswith("250"), "without brackets:", got)
    s.must("RCPT TO:budi@contoh.id")
    s.must("DATA", "354")
    s.send(scan())
    got = s.cmd(".")
    check(got.startswith("250"), got)
    s.must("QUIT")
    m = arrived(k)
    check("with SMTP id" in m["Received"], m["Received"])
    equal(m["To"], "<budi@contoh.id>")
    check(m["Message-ID"].endswith("@mail.contoh.id>"), m["Message-ID"])
    story = until(lambda: k.log(ip=PLAIN), 10, "the session in the log")[0]
    check("mended" in str(story["dialogue"]), story["dialogue"])
    # A strict listener knows no such lines.
    s = k.smtp(k.mx, PLAIN)
    s.read()
    s.must("HELO COPIER")
    check(s.cmd("MAIL FROM: copier@contoh.id").startswith("501"), "on 25")


def test_long_lines(t):
    """Lines no other server would take are folded and broken; the payload is the same"""
    k = office(t)
    words = b"kata " * 700
    head = b"X-Panjang: " + b"isi " * 900 + b"\r\nX-Rapat: " + b"y" * 3000 + b"\r\n"
    s = hello(k, PLAIN)
    got = transact(s, body=scan(words + b"\r\n" + b"z" * 2500 + b"\r\n", head))
    check(got.startswith("250"), got)
    m = arrived(k)
    text = [p for p in m.walk() if p.get_content_type() == "text/plain"][0]
    text = text.get_payload(decode=True)
    equal(text.split(b"\n\n")[0].replace(b"\n", b""), (words + b"z" * 2500), "the text")
    equal(" ".join(m["X-Panjang"].split()), ("isi " * 900).strip())
    equal("".join(m["X-Rapat"].split()), "y" * 3000)
    # All in one line, as some do.
    pdf = base64.b64encode(PDF)
    body = (b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
            pdf + b"\r\n")
    check(transact(s, body=body).startswith("250"), "one line")
    m = arrived(k, count=2)
    equal(m["From"], "<copier@contoh.id>")
    # Not encoded at all.
    body = b"Content-Type: application/pdf\r\n\r\n" + b"%PDF" + b"\xe9" * 5000 + b"\r\n"
    check(transact(s, body=body).startswith("250"), "8 bit")
    raw = k.mail("budi", 3)
    got = [email.message_from_bytes(r).get_payload(decode=True) for r in raw
           if b"\nContent-Transfer-Encoding: base64\nContent-Type: app" in r]
    check(b"%PDF" + b"\xe9" * 5000 + b"\r\n" in got, "octets differ")


# ---- what does not ----

def test_not_anyone_else(t):
    """A device reaches nobody outside and is nobody else, and is then stopped and reported"""
    peer = t.peer()
    dns = t.dns()
    dns.add("luar.test", "A", peer.address)
    k = office(t, server=dns.server, outbound={"port": str(peer.port)})
    s = hello(k, PLAIN)
    got = transact(s, to="orang@luar.test")
    check(got.startswith("550 5.7.1"), got)
    s.must("QUIT")
    story = until(lambda: [r for r in k.log(ip=PLAIN) if r["causes"]], 10, "the log")[0]
    equal(story["causes"], ["device.not-allowed"])
    told = k.why(session_id(got))["causes"][0]
    # The rule is named with the line that holds it.
    check(re.match(r"device\.to \(.*kurir\.conf:\d+\)$", told["rule"]), told)
    s = hello(k, PLAIN)
    for sender in ("direktur@contoh.id", "copier@luar.test"):
        got = transact(s, sender)
        check(got.startswith("550 5.7.1"), sender, got)
    # Nor in what the reader sees.
    got = transact(s, body=scan().replace(b"<copier@", b"<direktur@"))
    check(got.startswith("550 5.7.1") and "direktur@contoh.id" in got, got)
    k.has_cause(session_id(got), "device.not-allowed")
    check(transact(s).startswith("250"), "what it may is still taken")
    arrived(k)
    # The fifth time.
    got = transact(s, to="orang%luar.test@mail.contoh.id")
    check(got.startswith("550 5.7.1"), got)
    s.must("RSET")
    got = transact(s)
    check(got.startswith("451 4.7.1") and "stopped" in got, got)
    s.must("QUIT")
    k.has_cause(session_id(got), "device.stopped")
    # Not on a new connection either, whoever logs in.
    other = hello(k, PLAIN)
    check(transact(other).startswith("451 4.7.1"), "a new connection")
    # The postmaster hears of it, once.
    def reports():
        return [m for m in k.mail("budi", 0) if b"polos" in m and b"stopped" in m]
    until(reports, 15, "the report")
    equal(len(reports()), 1)
    check(PLAIN.encode() in reports()[0], "whose it is")
    check(any("device.stopped" in line["causes"] for line in k.log(ip=PLAIN)), "the log")
    # Others are not.
    s = hello(k, NEW)
    check(transact(s).startswith("250"), "another device")
    equal(peer.messages, [], "went out")


def test_from_without_an_address(t):
    """A From: without an address is taken from a device that was told none, and from no other"""
    k = office(t)

    def result(source, head):
        s = hello(k, source)
        got = transact(s, body=scan().replace(b"From: COPIER <copier@contoh.id>\r\n", head))
        s.close()
        return got
    for head in (b"From: COPIER\r\n", b"From: Direktur Utama\r\n", b"From: <>\r\n"):
        check(result(SMALL, head).startswith("250"), head)
        got = result(PLAIN, head)
        check(got.startswith("550 5.7.1"), head, got)
        k.has_cause(session_id(got), "device.not-allowed")
    check("Direktur Utama" in result(NEW, b"From: Direktur Utama\r\n"), "what it called itself")
    # What stands behind the first is not the reader's to see.
    check(result(SMALL, b"From: COPIER\r\nFrom: direktur@luar.test\r\n").startswith("250"), "twice")
    m = arrived(k, count=4)
    equal(m["From"], "COPIER")
    got = result(SMALL, b"From: COPIER\r\n " + b" " * 900 + (b"\r\n " + b" " * 900) * 10 +
                 b"<direktur@luar.test>\r\n")
    check(got.startswith("550 5.7.1"), "far behind", got)
    # It may have none at all: it gets its own.
    for n, head in enumerate((b"", b"From:\r\n", b"From: \r\n")):
        check(result(NEW, head).startswith("250"), "no From:", head)
        equal(arrived(k, count=5 + n)["From"], "<copier@contoh.id>")


def test_nobody_else_there(t):
    """Who is no device gets nothing there: trusted, or with a right password, or both"""
    peer = t.peer()
    dns = t.dns()
    dns.add("luar.test", "A", peer.address)
    k = office(t, server=dns.server, outbound={"port": str(peer.port)},
               trusted=["127.0.0.0/8"])
    for source in (NOBODY, "127.0.0.1"):
        for to in ("orang@luar.test", "budi@contoh.id"):
            for authenticate in (False, True):
                s = k.smtp(k.device, source)
                got = s.read()
                if got.startswith("220"):
                    got = s.cmd("EHLO x")
                if got.startswith("250") and authenticate:
                    login(s, "siti", k.passwords["siti"])
                if got.startswith("250"):
                    got = transact(s, "siti@contoh.id", to)
                check(got[:1] == "5", source, to, authenticate, got)
                check("5.7.1" in got, got)
                s.close()
        k.has_cause(session_id(got), "relay.denied")
    # A device that is trusted by its address, and knows a password, is a device.
    for source, user in ((PLAIN, "siti"), (OLD, "copier"), (NEW, "siti")):
        s = hello(k, source, "EHLO COPIER")
        login(s, user, k.passwords[user])
        got = transact(s, to="orang@luar.test")
        check(got.startswith("550 5.7.1"), source, got)
        s.close()
    k.wait_empty()
    equal([m.rcpts for m in peer.messages], [], "went out")
    equal(k.mail("budi", 0), [], "came in")


def test_oldest_tls(t):
    """Each device has its own oldest TLS: 1.0 is refused to those that know better"""
    k = office(t)
    s = hello(k, NEW, "EHLO SCANNER")
    try:
        s.starttls(old_tls())
        s.must("EHLO SCANNER")
        got = transact(s)
        check(got.startswith("550 5.7.1"), got)
        k.has_cause(session_id(got), "device.not-allowed")
    finally:
        s.close()
    s = hello(k, NEW, "EHLO SCANNER")
    s.starttls()
    s.must("EHLO SCANNER")
    check(transact(s).startswith("250"), "TLS of today")
    arrived(k)


def test_rate(t):
    """After its messages for the hour a device has to wait; others do not"""
    k = office(t)
    s = hello(k, BUSY)
    for _ in range(3):
        check(transact(s).startswith("250"), "within its rate")
    got = transact(s)
    check(got.startswith("451 4.7.1"), got)
    k.has_cause(session_id(got), "limit.rate")
    s.close()
    s = hello(k, BUSY)
    check(transact(s).startswith("451 4.7.1"), "a new connection")
    check(transact(hello(k, PLAIN)).startswith("250"), "another device")
    equal(len(k.mail("budi", 4)), 4)


def test_size(t):
    """The largest message is that of the device, not of the listener"""
    k = office(t)
    body = b"x" * 76 + b"\r\n"
    s = hello(k, SMALL, "EHLO COPIER")
    got = s.cmd("MAIL FROM:<copier@contoh.id> SIZE=70000")
    check(got.startswith("552 5.3.4"), got)
    got = transact(s, body=b"Subject: besar\r\n\r\n" + body * 1000)
    check(got.startswith("552 5.3.4"), got)
    k.has_cause(session_id(got), "limit.size")
    got = transact(s, body=b"Subject: cukup\r\n\r\n" + body * 500)
    check(got.startswith("250"), got)
    s = hello(k, PLAIN)
    got = transact(s, body=b"Subject: besar\r\n\r\n" + body * 1000)
    check(got.startswith("250"), got)
    k.mail("budi", 2)
