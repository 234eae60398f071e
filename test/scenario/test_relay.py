"""Never an open relay: the batteries of the known testers, proved by delivery."""
import re
import smtplib
import subprocess
import time

from harness import check, equal, program, session_id, until

T, D = "relaytest", "luar.test"      # whom a stranger wants to reach
SENDERS = ["", "antispam@luar.test", "antispam@mail.contoh.id", "antispam@[127.0.0.1]",
           "budi@contoh.id", "spamtest", "spamtest@localhost", "luar.test!sender", "nobody"]
WHERE = ["[127.0.0.1]", "mail.contoh.id", "contoh.id", "localhost", "[192.0.2.9]"]
RCPTS = ["%s@%s" % (T, D), '"%s@%s"' % (T, D), '"%s%%%s"' % (T, D), "%s!%s" % (D, T),
         "%s%%%s" % (T, D), T, "@%s" % D, "%s@%s." % (T, D), "%s@@%s" % (T, D), "@", "",
         '""@%s' % D]
for w in WHERE:
    RCPTS += ["%s%%%s@%s" % (T, D, w), '"%s@%s"@%s' % (T, D, w), "%s@%s@%s" % (T, D, w),
              "@%s:%s@%s" % (w, T, D), "@%s,@x.example:%s@%s" % (w, T, D), "%s!%s@%s" % (D, T, w),
              '"%s%%%s"@%s' % (T, D, w), "%s/%s@%s" % (T, D, w), "%s|%s@%s" % (T, D, w)]
RAW = ["RCPT TO:%s@%s" % (T, D), "RCPT TO: <%s@%s>" % (T, D), "RCPT TO:<%s@%s" % (T, D),
       "RCPT TO:%s@%s>" % (T, D), "RCPT TO:<%s@%s> NOTIFY=NEVER" % (T, D),
       "RCPT TO:<%s@%s>, <budi@contoh.id>" % (T, D), "RCPT TO:<<%s@%s>>" % (T, D)]


def outside(t):
    """The world a relay would let through to: everything resolves to a peer."""
    peer = t.peer()
    dns = t.dns()
    for name in (D, "x.example", "localhost", "mail.contoh.id"):
        dns.add(name, "A", peer.address)
    return peer, dns


def battery(k, port, source, greet="EHLO tester.example"):
    accepted = []
    s = k.smtp(port, source)
    check(s.read().startswith("220"), "banner")
    s.must(greet)
    n = 0
    lines = ["RCPT TO:<%s>" % r for r in RCPTS] + RAW
    for sender in SENDERS:
        for rcpt in lines if sender in ("", "antispam@luar.test", "budi@contoh.id") else lines[:12]:
            n += 1
            s.cmd("RSET")
            got = s.cmd("MAIL FROM:<%s>" % sender)
            if got[:1] == "2":
                got = s.cmd(rcpt)
            if got == "" or got.startswith("421"):  # too many errors: come again
                s.close()
                s = k.smtp(port, source)
                check(s.read().startswith("220"), "banner")
                s.must(greet)
                continue
            check(got[:1] in "25", "neither yes nor no:", sender, rcpt, got)
            if got[:1] == "2":
                accepted.append((sender, rcpt))
                got = s.cmd("DATA")
                if got.startswith("354"):
                    s.send("Subject: lewat\r\n\r\nlewat\r\n.\r\n")
                    s.read()
    s.close()
    return accepted, n


def test_battery_from_a_stranger(t):
    """The union of the open-relay batteries on 25 from an untrusted address: nothing leaves"""
    peer, dns = outside(t)
    k = t.kurir(server=dns.server, trusted=["192.0.2.1/32"], outbound={"port": str(peer.port)},
                limits="errors = 1000")
    accepted, n = battery(k, k.mx, "127.0.0.2")
    check(n > 150, n)
    # What was accepted may only be ours: delivered here, or nowhere.
    k.wait_empty()
    equal([m.rcpts for m in peer.messages], [], "relayed; accepted were %s" % accepted)
    for sender, rcpt in accepted:
        check("contoh.id" in rcpt or "mail." in rcpt or "[127" in rcpt,
              "accepted", sender, rcpt)
    s = k.smtp(k.mx, "127.0.0.2")
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<a@luar.test>")
    got = s.cmd("RCPT TO:<%s@%s>" % (T, D))
    check(got.startswith("550 5.7.1"), got)
    s.must("QUIT")
    k.has_cause(session_id(got), "relay.denied")


def test_battery_with_the_default_trust(t):
    """The same from loopback, which is trusted: odd forms are refused or ours, never guessed"""
    peer, dns = outside(t)
    k = t.kurir(server=dns.server, outbound={"port": str(peer.port)}, limits="errors = 1000")
    battery(k, k.mx, "127.0.0.1")
    until(lambda: all(q["state"] != "due" for q in k.queue()), 30, "the queue to settle")
    for m in peer.messages:
        for r in m.rcpts:
            check(r.rstrip(".") in ("%s@%s" % (T, D), '"%s"@%s' % (T, D)) or
                  r.endswith(("@x.example", "@localhost", "@mail.contoh.id", '""@' + D)),
                  "sent on as", r)


def test_submission_needs_auth(t):
    """587 and 465: nothing without AUTH, not even to our own, not even from loopback"""
    k = t.kurir()
    for port, implicit in ((k.submission, False), (k.submissions, True)):
        s = k.smtp(port)
        if implicit:
            s.tls()
        s.read()
        got = s.must("EHLO x")
        check("AUTH" not in got or implicit, "AUTH is offered without TLS", got)
        if not implicit:
            got = s.auth("siti", k.passwords["siti"])
            check(got[:3] in ("530", "538", "502", "503"), "AUTH without TLS:", got)
            s.starttls()
            got = s.must("EHLO x")
            check("AUTH " in got, got)
        got = s.cmd("MAIL FROM:<siti@contoh.id>")
        if got[:1] == "2":
            got = s.cmd("RCPT TO:<budi@contoh.id>")
        check(got.startswith("530"), got)
        ident = session_id(got)
        s.cmd("QUIT")
        k.has_cause(ident, "auth.required")


def try_login(k, source, user, password):
    """The reply to AUTH, or to the connection, and the seconds it took."""
    s = k.smtp(k.submission, source, timeout=60)
    got = s.read()
    if not got.startswith("220"):
        return got, 0
    s.must("EHLO x")
    s.starttls()
    s.must("EHLO x")
    began = time.time()
    got = s.auth(user, password)
    s.close()
    return got, time.time() - began


def test_wrong_passwords(t):
    """Wrong password and unknown user: 535, the same time, slowed and then refused"""
    k = t.kurir(trusted=["192.0.2.1/32"], limits="auth-failures-per-ip = 4")
    spent = {"siti": [], "tidakada": []}
    for i in range(8):
        for user in spent:
            got, seconds = try_login(k, "127.0.1.%d" % (10 + 2 * i + (user == "siti")), user, "salah")
            check(got.startswith("535 5.7.8"), got)
            spent[user].append(seconds)
    medians = {user: sorted(v)[4] for user, v in spent.items()}
    check(abs(medians["siti"] - medians["tidakada"]) < 0.03, "times differ", spent)
    for _ in range(6):
        got, _ = try_login(k, "127.0.0.3", "siti", "salah")
        check(got[:1] in "45", got)
    got, _ = try_login(k, "127.0.0.3", "siti", k.passwords["siti"])
    check(got[:1] in "45", "after too many failures still", got)
    got, _ = try_login(k, "127.0.0.4", "siti", k.passwords["siti"])
    check(got.startswith("235"), "another address suffers", got)


def test_authenticated_and_trusted_may_relay(t):
    """With AUTH on 587, and from a trusted address on 25, mail goes out"""
    peer, dns = outside(t)
    k = t.kurir(server=dns.server, outbound={"port": str(peer.port)}, trusted=["127.0.0.7/32"])
    with smtplib.SMTP("127.0.0.1", k.submission, timeout=20) as c:
        c.starttls()
        c.login("siti", k.passwords["siti"])
        c.sendmail("siti@contoh.id", ["a@luar.test"], "Subject: x\r\n\r\nx\r\n")
    s = k.smtp(k.mx, "127.0.0.7")
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<siti@contoh.id>")
    s.must("RCPT TO:<b@luar.test>")
    s.must("DATA", "354")
    s.send("Subject: y\r\n\r\ny\r\n.\r\n")
    check(s.read().startswith("250"))
    equal(sorted(sum([m.rcpts for m in peer.wait(2)], [])), ["a@luar.test", "b@luar.test"])


def test_nmap_open_relay(t):
    """nmap's smtp-open-relay finds nothing on 25 and on 587"""
    peer, dns = outside(t)
    k = t.kurir(server=dns.server, trusted=["192.0.2.1/32"], limits="errors = 100")
    r = t.run([program("nmap"), "-Pn", "-n", "-sT", "--unprivileged", "-p",
               "%d,%d" % (k.mx, k.submission), "-sV", "--version-intensity", "0", "--script",
               "+smtp-open-relay,+smtp-commands", "--script-args", "smtp-open-relay.domain=luar.test",
               "127.0.0.1"], timeout=120)
    found = re.findall(r"smtp-open-relay: (.*)", r.out)
    check(len(found) >= 1, "the script did not run:", r.out[-1500:], r.err)
    for line in found:
        check("doesn't seem to be an open relay" in line or "isn't an open relay" in line, line)
    equal(peer.messages, [])


def test_testssl(t):
    """testssl on 25 (STARTTLS) and 465: no old protocol, no vulnerability"""
    import json
    k = t.kurir(cert="rsa", limits="sessions-per-ip = 200")
    for port, more in ((k.mx, ["-t", "smtp"]), (k.submissions, [])):
        out = t.path("testssl-%d.json" % port)
        try:
            r = t.run([program("testssl"), "--quiet", "--color", "0", "--warnings", "off",
                       "--nodns", "none", "--ip", "127.0.0.1", "--jsonfile", out, "-p", "-H", "-B",
                       "-T", "-E" if False else "-s", *more, "127.0.0.1:%d" % port],
                      timeout=100, env={"OPENSSL_TIMEOUT": "5"})
        except subprocess.TimeoutExpired:
            check(False, "testssl did not end")
        rows = {row["id"]: row for row in json.load(open(out))}
        check("TLS1_3" in rows and "offered" in rows["TLS1_3"]["finding"], r.out[-1500:])
        for old in ("SSLv2", "SSLv3", "TLS1", "TLS1_1"):
            check("not offered" in rows[old]["finding"], old, rows[old])
        bad = [row for row in rows.values() if row["severity"] in ("HIGH", "CRITICAL")]
        equal(bad, [], "findings")


for f in (test_testssl, test_nmap_open_relay, test_battery_from_a_stranger):
    f.heavy = 2
