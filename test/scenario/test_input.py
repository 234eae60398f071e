"""Bad input: each ends in one clear answer and nothing lost."""
import time

from harness import check, equal, session_id, until


def begin(k, source="127.0.0.1", rcpt="budi@contoh.id"):
    s = k.smtp(source=source)
    check(s.read().startswith("220"))
    s.must("EHLO jahil.example")
    s.must("MAIL FROM:<a@example.org>")
    s.must("RCPT TO:<%s>" % rcpt)
    return s


def test_bare_newlines_in_data(t):
    """Bare LF, bare CR and NUL in data are refused, whatever follows"""
    k = t.kurir()
    for bad in (b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"\n.\r\nMAIL FROM:<x@y>\r\n",
                b"\n.\nMAIL FROM:<x@y>\r\n", b"a\r\n.\nb\r\n", b"a\n.\r\n", b"a\r.\r\n", b"a\r\n.\r"):
        s = begin(k)
        s.must("DATA", "354")
        s.send(b"Subject: x\r\n\r\n" + bad + b"\r\n.\r\n")
        got = s.read()
        check(got[:1] in "5" and "[" in got, repr(bad), got)
        s.close()
        k.has_cause(session_id(got), "protocol.bare-newline", "protocol.smuggling")
    k.send("budi@contoh.id")
    equal(len(k.mail("budi")), 1, "messages")
    time.sleep(0.3)
    equal(len(k.mail("budi")), 1, "messages")


def test_smuggling_does_not_make_a_second_message(t):
    """The published smuggling sequences never give two messages"""
    k = t.kurir(trusted=["192.0.2.1/32"])
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n\0.\r\n",
                b"\r\r\n.\r\r\n", b"\r\n.\r\r\n"):
        s = begin(k)
        s.must("DATA", "354")
        s.send(b"Subject: satu\r\n\r\nsatu" + end + b"MAIL FROM:<admin@contoh.id>\r\n"
               b"RCPT TO:<siti@contoh.id>\r\nDATA\r\nSubject: selundupan\r\n\r\nx\r\n.\r\nQUIT\r\n")
        s.read()
        s.close()
    time.sleep(0.5)
    k.wait_empty()
    import glob
    equal(glob.glob(k.maildirs + "/contoh.id/siti/new/*"), [], "smuggled")


def test_message_behind_a_refused_data(t):
    """A client that does not wait for 354, and is refused, sends nobody's commands for its own"""
    k = t.kurir()
    inner = ("MAIL FROM:<boss@contoh.id>\r\nRCPT TO:<siti@contoh.id>\r\nDATA\r\n"
             "Subject: palsu\r\n\r\nx\r\n.\r\nQUIT\r\n")
    for pause in (0, 0.3):
        s = k.smtp()
        s.read()
        s.must("EHLO formulir.example")
        s.send("MAIL FROM:<web@example.org>\r\nRCPT TO:<tiada@contoh.id>\r\nDATA\r\n")
        time.sleep(pause)
        s.send("Subject: pesan\r\n\r\n" + inner)
        got = [s.read() for _ in range(4)]
        equal([x[:3] for x in got], ["250", "550", "554", "554"], got)
        equal(s.read(), "", "the end")
        s.close()
        k.has_cause(session_id(got[3]), "protocol.sync")
    k.send("siti@contoh.id")
    equal(len(k.mail("siti")), 1, "messages")


def test_starttls_injection(t):
    """What was sent before or with STARTTLS does not survive it"""
    k = t.kurir()
    s = k.smtp()
    s.read()
    s.must("EHLO a")
    s.must("MAIL FROM:<a@example.org>")
    s.send("STARTTLS\r\nRSET\r\nMAIL FROM:<evil@example.org>\r\n")
    got = s.read()
    if got.startswith("220"):
        s.tls()
        got = s.cmd("NOOP")
        check(not got.startswith("250 2.1.0"), "the injected command was answered", got)
        got = s.cmd("RCPT TO:<budi@contoh.id>")
        check(got.startswith("503"), "MAIL survived STARTTLS", got)
    else:
        check(got[:1] in "45" or got == "", got)
    s.close()
    s = k.smtp()
    s.read()
    s.must("EHLO a")
    s.must("MAIL FROM:<a@example.org>")
    s.starttls()
    check(s.cmd("RCPT TO:<budi@contoh.id>").startswith("503"), "MAIL survived STARTTLS")


def test_commands(t):
    """Every verb in and out of order has its code and enhanced code"""
    k = t.kurir(limits="errors = 100")
    s = k.smtp()
    s.read()
    for line, code in (("MAIL FROM:<a@example.org>", "503"), ("EHLO", "501"), ("EHLO a b", "501"),
                       ("HELO a.example", "250"), ("RCPT TO:<budi@contoh.id>", "503"),
                       ("DATA", "503"), ("VRFY budi", "252"), ("HELP", "214"), ("NOOP x", "250"),
                       ("EXPN x", "502"), ("TURN", "502"), ("XYZZY", "500"), ("", "500"),
                       ("MAIL FROM:<a@example.org> SIZE=99999999999", "552"),
                       ("MAIL FROM:<a@example.org> FOO=BAR", "555"),
                       ("MAIL FROM:a@example.org", "501"), ("mail from:<a@example.org>", "250"),
                       ("MAIL FROM:<a@example.org>", "503"), ("rcpt to:<budi@contoh.id>", "250"),
                       ("RSET", "250"), ("QUIT", "221")):
        got = s.cmd(line)
        check(got.startswith(code), repr(line), "gave", got)
        if got[:1] in "45":
            check(got[3:5] in (" 5", " 4", "-5", "-4"), "no enhanced code", got)
    s.close()


def test_too_long(t):
    """Over-long lines, too many recipients, too large messages, endless headers"""
    k = t.kurir(limits='message-size = "64KB"  recipients = 5')
    s = begin(k)
    got = s.cmd("NOOP " + "x" * 5000)
    check(got[:1] == "5", got)
    s.close()
    s = begin(k)
    for i in range(6):
        got = s.cmd("RCPT TO:<budi@contoh.id>")
    check(got.startswith("452 4.5.3"), "over the limit:", got)
    s.must("DATA", "354")
    s.send(b"Subject: besar\r\n\r\n" + (b"x" * 70 + b"\r\n") * 1200 + b".\r\n")
    got = s.read()
    check(got.startswith("552 5.3.4") or got.startswith("552 5.2.3"), got)
    k.has_cause(session_id(got), "limit.size")
    check(s.cmd("NOOP").startswith("250"), "the session goes on")
    s.must("MAIL FROM:<a@example.org>")
    s.must("RCPT TO:<budi@contoh.id>")
    s.must("DATA", "354")
    try:
        s.send(b"X-Endless: " + b"y" * 3000 + b"\r\n.\r\n")
    except OSError:
        pass
    got = s.read()
    check(got[:1] in "25", got)
    s.close()


def test_errors_end_the_session(t):
    """After limits.errors refused commands the session is closed with 421"""
    k = t.kurir(limits="errors = 3", trusted=["192.0.2.1/32"])
    s = k.smtp(source="127.0.0.2")
    s.read()
    replies = [s.cmd("XYZZY") for _ in range(6)]
    check(any(r.startswith("421") for r in replies), replies)
    equal(replies[-1], "", "still open")


def test_sessions_per_ip(t):
    """More sessions than allowed from one address: 421, limit.rate; the trusted are spared"""
    k = t.kurir(limits="sessions-per-ip = 3", trusted=["127.0.0.1/32"])
    held = [k.smtp(source="127.0.0.9") for _ in range(3)]
    for s in held:
        check(s.read().startswith("220"))
    s = k.smtp(source="127.0.0.9")
    got = s.read()
    check(got.startswith("421"), got)
    k.has_cause(session_id(got), "limit.rate")
    many = [k.smtp() for _ in range(8)]
    for s in many:
        check(s.read().startswith("220"))


def test_vanishing_peers(t):
    """A client that vanishes, or closes half, in every state: nothing half is kept"""
    import socket
    k = t.kurir()
    lines = [b"EHLO a\r\n", b"MAIL FROM:<a@example.org>\r\n", b"RCPT TO:<budi@contoh.id>\r\n",
             b"DATA\r\n", b"Subject: setengah\r\n\r\nse"]
    for upto in range(len(lines) + 1):
        for half in (False, True):
            s = k.smtp()
            s.read()
            s.send(b"".join(lines[:upto]))
            if half:
                s.sock.shutdown(socket.SHUT_WR)
                until(lambda: s.read() == "", 10, "the end of a half-closed session")
            s.close()
    k.send("budi@contoh.id")
    equal(len(k.mail("budi")), 1)
    s = k.smtp()
    s.read()
    s.send(b"".join(lines[:4]) + b"Subject: utuh\r\n\r\nx\r\n.\r\nQUIT\r\n")
    s.sock.shutdown(socket.SHUT_WR)
    until(lambda: s.read() == "", 10, "the end")
    k.mail("budi", 2)


def test_slow_sender_times_out(t):
    """A silent client hears 421 after the timeout, and others are served meanwhile"""
    k = t.kurir(limits='command-timeout = "2s"  data-timeout = "2s"')
    s = k.smtp()
    s.read()
    d = begin(k)
    d.must("DATA", "354")
    k.send("budi@contoh.id")
    check(s.read().startswith("421"), "no 421")
    got = d.read()
    check(got.startswith("421") or got == "", got)


def test_tls_handshakes_that_fail(t):
    """Garbage, plain text and old versions where a hello belongs: logged with their cause"""
    import ssl
    k = t.kurir()
    mine = "127.0.0.7"  # the harness's own look at the ports at the start is recorded too, and late

    def cause_of(action):
        before = {r["id"] for r in k.log()}
        action()

        def new():
            return [r for r in k.log() if r["id"] not in before and r["causes"] and r["peer"]["ip"] == mine]
        return until(new, 8, "a record of the failure")[0]["causes"]

    def garbage():
        s = k.smtp(source=mine)
        s.read()
        s.must("EHLO a")
        s.must("STARTTLS", "220")
        s.send(b"MAIL FROM:<plain@example.org>\r\n")
        s.read()
        s.close()

    def plain_on_465():
        s = k.smtp(k.submissions, mine)
        s.send(b"EHLO plain.example\r\n")
        try:
            s.read()
        except OSError:
            pass
        s.close()

    def gone():
        s = k.smtp(source=mine)
        s.read()
        s.must("EHLO a")
        s.must("STARTTLS", "220")
        s.close()

    def old():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        s = k.smtp(source=mine)
        s.read()
        s.must("EHLO a")
        try:
            s.starttls(context)
        except (ssl.SSLError, OSError):
            pass
        s.close()

    def distrust():
        s = k.smtp(source=mine)
        s.read()
        s.must("EHLO a")
        try:
            s.starttls(ssl.create_default_context())
        except ssl.SSLError:
            pass
        s.close()
    for action, want in ((garbage, {"tls.garbage"}), (plain_on_465, {"tls.garbage"}),
                         (gone, {"net.reset"}), (old, {"tls.no-common-version"}),
                         (distrust, {"tls.cert-untrusted"})):
        got = cause_of(action)
        check(want & set(got), action.__name__, "recorded as", got)
