"""Mail comes in: real clients through 25, 587 and 465, byte for byte."""
import email
import os
import re
import smtplib
import ssl
import subprocess
import time

from harness import check, equal, program, session_id, smtplib_client, until

HEADER = (b"From: Siti <siti@contoh.id>\r\nTo: budi@contoh.id\r\nSubject: uji\r\n"
          b"Message-ID: <uji.1@contoh.id>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0700\r\n")
# Dots, 8 bit, trailing blanks, empty lines, a long line.
BODY = (b"\r\n.\r\n..\r\n.titik di depan\r\nspasi di belakang \t \r\n\r\n"
        b"UTF-8: \xc3\xa9\xe2\x82\xac\r\nlatin1: \xe9\r\n" + b"x" * 998 + b"\r\n"
        b"From the start\r\n\x01\x7f\x1b\r\n\r\n\r\nakhir\r\n")


def tls_clause(message):
    """Our own Received field, unfolded."""
    return re.sub(r"\s+", " ", email.message_from_bytes(message).get_all("Received")[0])


def below_received(message):
    """The message as its sender wrote it: what we put on top is taken off."""
    lines = message.split(b"\n")
    i = 0
    while re.match(rb"(Return-Path|Delivered-To|Received):", lines[i]):
        mine = lines[i].startswith(b"Received:")
        i += 1
        while lines[i][:1] in (b" ", b"\t"):
            i += 1
        if mine:
            break
    return b"\n".join(lines[i:])


def dot_stuff(data):
    return re.sub(rb"(?m)^\.", b"..", data)


def test_raw_is_byte_exact(t):
    """25 without TLS: the message arrives byte-exact below the added header"""
    k = t.kurir()
    s = k.smtp()
    check(s.read().startswith("220 mail.contoh.id ESMTP"), "banner")
    s.must("EHLO pengirim.example.org")
    s.must("MAIL FROM:<Siti@Example.org> BODY=8BITMIME")
    s.must("RCPT TO:<budi@contoh.id>")
    s.must("DATA", "354")
    s.send(dot_stuff(HEADER + BODY) + b".\r\n")
    reply = s.read()
    check(reply.startswith("250 2.0.0"), reply)
    session_id(reply)
    s.must("QUIT", "221")
    [got] = k.mail("budi")
    equal(below_received(got), (HEADER + BODY).replace(b"\r\n", b"\n"), "message")
    top = got.split(b"\n")[:2]
    equal(sorted(top), [b"Delivered-To: budi@contoh.id", b"Return-Path: <Siti@Example.org>"])
    clause = tls_clause(got)
    check(re.match(r"from pengirim\.example\.org \((?:unknown|localhost) \[127\.0\.0\.1\]\) by mail\.contoh\.id "
                   r"\(kurir\) with ESMTP id [0-9A-Z]+ for <budi@contoh\.id>; "
                   r"\w\w\w, \d+ \w\w\w \d{4} \d\d:\d\d:\d\d [+-]\d{4}$", clause), clause)


def test_sizes_are_byte_exact(t):
    """Bodies around every threshold of how a body travels and rests arrive whole"""
    k = t.kurir()
    for i, n in enumerate((0, 1, 65535, 65536, 65537, 262143, 262144, 262145, 3000000)):
        body = (b"0123456789abcdef" * 4 + b"\r\n") * (n // 66) + b"." * (n % 66)
        body += b"" if not body or body.endswith(b"\r\n") else b"\r\n"
        s = smtplib.SMTP("127.0.0.1", k.mx, timeout=30)
        s.sendmail("siti@example.org", ["budi@contoh.id"], HEADER + b"\r\n" + body)
        s.quit()
        got = k.mail("budi", i + 1)[-1]
        check((HEADER + b"\r\n" + body).replace(b"\r\n", b"\n") in
              {below_received(m) for m in k.mail("budi", i + 1)}, "size", n, len(got))


def test_starttls_is_seen_in_received(t):
    """25 with STARTTLS: Received has version, cipher, bits; plain HELO has no clause"""
    k = t.kurir()
    for version, name in ((ssl.TLSVersion.TLSv1_3, "TLS1_3"), (ssl.TLSVersion.TLSv1_2, "TLS1_2")):
        context = ssl.create_default_context(cafile=t.cert("ca"))
        context.maximum_version = version
        with smtplib.SMTP("127.0.0.1", k.mx, timeout=20) as s:
            s.starttls(context=context)
            s.sendmail("a@example.org", ["budi@contoh.id"], "Subject: %s\r\n\r\nx\r\n" % name)
    for m in k.mail("budi", 2):
        clause = tls_clause(m)
        check(re.search(r" with ESMTPS id \w+ for <budi@contoh\.id> \(version=TLS1_[23] "
                        r"cipher=[A-Z0-9_-]+ bits=(128/128|256/256)\); ", clause), clause)
    k.send("siti@contoh.id")
    check("version=" not in tls_clause(k.mail("siti")[0]))


def swaks(t, k, *more, port=None):
    return t.run([program("swaks"), "--server", "127.0.0.1", "--port", port or k.mx, "--to",
                  "budi@contoh.id", "--from", "siti@contoh.id", "--helo", "client.example.org",
                  *more])


def test_swaks(t):
    """swaks: 25 plain and STARTTLS, 587 with LOGIN and PLAIN, 465"""
    k = t.kurir()
    auth = ["--auth-user", "siti@contoh.id", "--auth-password", k.passwords["siti"]]
    for more, port in (([], k.mx), (["-tls"], k.mx),
                       (["-tls", "--auth", "LOGIN", *auth], k.submission),
                       (["-tls", "--auth", "PLAIN", *auth], k.submission),
                       (["-tlsc", "--auth", "PLAIN", *auth], k.submissions)):
        r = swaks(t, k, *more, port=port)
        equal(r.returncode, 0, "swaks %s: %s %s" % (more, r.out[-800:], r.err))
    kinds = [re.search(r" with (\w+) id", tls_clause(m)).group(1) for m in k.mail("budi", 5)]
    equal(sorted(kinds), ["ESMTP", "ESMTPS", "ESMTPSA", "ESMTPSA", "ESMTPSA"])


def test_curl(t):
    """curl: smtp:// with STARTTLS required and smtps:// with AUTH"""
    k = t.kurir()
    letter = t.write("letter.eml", HEADER + b"\r\nhalo\r\n")
    for url, user in (("smtp://127.0.0.1:%d/c.example" % k.mx, None),
                      ("smtp://127.0.0.1:%d/c.example" % k.submission, "siti"),
                      ("smtps://127.0.0.1:%d/c.example" % k.submissions, "siti@contoh.id")):
        more = ["--user", "%s:%s" % (user, k.passwords["siti"])] if user else []
        r = t.run([program("curl"), "-sS", "--ssl-reqd", "--cacert", t.cert("ca"), "--url", url,
                   "--mail-from", "siti@contoh.id", "--mail-rcpt", "budi@contoh.id",
                   "--upload-file", letter, *more])
        equal(r.returncode, 0, url + r.err)
    for m in k.mail("budi", 3):
        equal(below_received(m), (HEADER + b"\r\nhalo\r\n").replace(b"\r\n", b"\n"))


def test_msmtp(t):
    """msmtp: 587 with PLAIN and SCRAM-SHA-256, 465"""
    k = t.kurir()
    for i, (port, method, starttls) in enumerate(((k.submission, "plain", "on"),
                                                  (k.submission, "scram-sha-256", "on"),
                                                  (k.submissions, "on", "off"))):
        conf = t.write("msmtprc", "account default\nhost 127.0.0.1\nport %d\nfrom siti@contoh.id\n"
                       "tls on\ntls_starttls %s\ntls_trust_file %s\nauth %s\nuser siti@contoh.id\n"
                       "passwordeval echo '%s'\n" % (port, starttls, t.cert("ca"), method,
                                                      k.passwords["siti"]), 0o600)
        r = t.run([program("msmtp"), "-C", conf, "budi@contoh.id"], input=HEADER + b"\r\nhai\r\n")
        equal(r.returncode, 0, "msmtp %s: %s" % (method, r.err))
        k.mail("budi", i + 1)


def test_smtplib(t):
    """Python smtplib: 587 and 465 with AUTH, several messages on one connection"""
    k = t.kurir()
    for kind, port in (("starttls", k.submission), ("implicit", k.submissions)):
        c = smtplib_client(k, port, kind)
        c.login("siti@contoh.id", k.passwords["siti"])
        for _ in range(3):
            c.sendmail("siti@contoh.id", ["budi@contoh.id", "siti@contoh.id"],
                       "Subject: dua\r\n\r\nhalo\r\n")
        c.quit()
    k.mail("siti", 6)
    for m in k.mail("budi", 6):
        check(" for <" not in tls_clause(m), "for with two recipients", tls_clause(m))
        check("siti" not in tls_clause(m), "the AUTH identity is shown")


def test_nodemailer(t):
    """nodemailer: pooled messages over 587 and 465 with an attachment"""
    k = t.kurir()
    program("node")
    if not os.path.isdir("/usr/share/nodejs/nodemailer"):
        from harness import Missing
        raise Missing("nodemailer is missing: apt-get install -y --no-install-recommends "
                      "nodejs node-nodemailer")
    script = t.write("mail.js", """
const nodemailer = require('/usr/share/nodejs/nodemailer');
const [port, secure, pass, ca] = process.argv.slice(2);
const transport = nodemailer.createTransport({host: '127.0.0.1', port: +port,
  secure: secure === '1', pool: true, requireTLS: true,
  tls: {ca: require('fs').readFileSync(ca), servername: 'mail.contoh.id'},
  auth: {user: 'siti@contoh.id', pass}});
Promise.all([1, 2, 3].map(i => transport.sendMail({from: 'siti@contoh.id',
  to: 'budi@contoh.id', subject: 'surat ke-' + i, text: 'halo\\n.titik\\n',
  attachments: [{filename: 'a.bin', content: Buffer.alloc(70000, i)}]})))
 .then(r => { r.forEach(x => console.log(x.response)); transport.close(); },
       e => { console.error(e); process.exit(1); });
""")
    for port, secure in ((k.submission, "0"), (k.submissions, "1")):
        r = t.run(["node", script, port, secure, k.passwords["siti"], t.cert("ca")], timeout=60)
        equal(r.returncode, 0, r.err[-800:])
    for m in k.mail("budi", 6):
        part = list(email.message_from_bytes(m).walk())[-1].get_payload(decode=True)
        equal(len(part), 70000)
        check(b"\n.titik\n" in m.replace(b"\r\n", b"\n"))


def test_openssl_s_client(t):
    """openssl s_client: STARTTLS on 25, a session resumed, 465, the right certificate"""
    k = t.kurir()
    # In lower case: s_client takes a line that begins with R or Q for itself.
    commands = ("ehlo c.example\r\nmail from:<a@example.org>\r\nrcpt to:<budi@contoh.id>\r\n"
                "data\r\n")
    rest = "Subject: s_client\r\n\r\nhalo\r\n.\r\nquit\r\n"
    saved = t.path("session.pem")
    for i, (port, more) in enumerate(((k.mx, ["-starttls", "smtp", "-sess_out", saved]),
                                      (k.mx, ["-starttls", "smtp", "-sess_in", saved]),
                                      (k.submissions, []))):
        p = subprocess.Popen([program("openssl"), "s_client", "-connect", "127.0.0.1:%d" % port,
                              "-CAfile", t.cert("ca"), "-verify_return_error", "-crlf",
                              "-servername", "mail.contoh.id", "-ign_eof", *more],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        t.children.append(p)
        time.sleep(0.7)
        for line in (commands if port == k.mx else "ehlo c\r\nquit\r\n").splitlines():
            p.stdin.write((line + "\n").encode())
            p.stdin.flush()
            time.sleep(0.05)
        if port == k.mx:
            p.stdin.write(rest.replace("\r\n", "\n").encode())
            p.stdin.flush()
        out = p.communicate(timeout=20)[0].decode("utf-8", "replace")
        check("Verification: OK" in out or "Verify return code: 0" in out, out[-1500:])
        if i == 1:
            check("Reused, TLSv1.3" in out, "not resumed:", out[:1500])
        if port == k.mx:
            k.mail("budi", i + 1)


def test_postfix_as_sender(t):
    """Postfix delivers to us with STARTTLS, verified"""
    from peers_real import Postfix
    k = t.kurir()
    p = Postfix(t, relayhost="[127.0.0.1]:%d" % k.mx, extra={
        "smtp_tls_security_level": "verify", "smtp_tls_CAfile": t.cert("ca"),
        "smtp_tls_verify_cert_match": "mail.contoh.id"})
    p.start()
    for i in range(3):
        p.sendmail("siti@example.org", "budi@contoh.id", HEADER + b"\r\ndari postfix\r\n.\r\n")
    for m in k.mail("budi", 3, timeout=30):
        check(re.search(r"with ESMTPS id .*version=TLS1_3", tls_clause(m)), tls_clause(m))


def test_dovecot_reads_the_maildir(t):
    """Dovecot IMAP reads what we delivered, by the names we gave"""
    from peers_real import Dovecot
    k = t.kurir()
    for _ in range(2):
        k.send("budi@contoh.id", body=b"lewat imap\r\n")
    k.mail("budi", 2)
    d = Dovecot(t, maildir=os.path.join(k.maildirs, "contoh.id", "%n"))
    d.start()
    import imaplib
    c = imaplib.IMAP4("127.0.0.1", d.imap)
    c.login("budi", "rahasia")
    equal(c.select("INBOX")[1], [b"2"])
    body = c.fetch("1", "(BODY.PEEK[TEXT])")[1][0][1]
    equal(body, b"lewat imap\r\n")
    c.logout()


def test_aliases_and_delimiter(t):
    """Aliases are followed, the part behind + is not the mailbox, unknown is refused"""
    aliases = t.write("aliases", "kantor: budi, siti\nhumas@contoh.id: siti\n")
    k = t.kurir(extra='aliases = "%s"\nrecipient-delimiter = "+"\n' % aliases)
    k.send(["kantor@contoh.id"])
    k.send("humas@contoh.id")
    k.send("BUDI+berita@Contoh.ID")
    k.mail("siti", 2)
    k.mail("budi", 2)
    s = k.smtp()
    s.read()
    s.must("EHLO x.example")
    s.must("MAIL FROM:<a@example.org>")
    got = s.cmd("RCPT TO:<tidakada@contoh.id>")
    check(got.startswith("550 5.1.1"), got)
    s.must("QUIT")
    k.has_cause(session_id(got), "recipient.unknown")


def test_new_account_at_once(t):
    """kurir user add/passwd/delete take effect at once, without a reload"""
    k = t.kurir()
    k.add_user("rina", "satu dua tiga")

    def login(password):
        c = smtplib_client(k, k.submission)
        try:
            return c.login("rina", password)[0]
        except smtplib.SMTPAuthenticationError as e:
            return e.smtp_code
        finally:
            c.close()
    until(lambda: login("satu dua tiga") == 235, 10, "the new account")
    k.send("rina@contoh.id")
    k.mail("rina")
    k.ok("user", "passwd", "rina", input="lain lagi\n")
    until(lambda: login("lain lagi") == 235, 10, "the new password")
    equal(login("satu dua tiga"), 535)
    check("rina" in k.ok("user", "list"))
    k.ok("user", "delete", "rina")

    def refused():
        s = k.smtp()
        s.read()
        s.must("EHLO x")
        s.must("MAIL FROM:<>")
        return s.cmd("RCPT TO:<rina@contoh.id>").startswith("550 5.1.1")
    until(refused, 10, "the deleted account")
