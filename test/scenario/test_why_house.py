"""kurir why for causes of our own house: names, connections, the queue, the disk, the limits, the rules of SMTP."""
import glob
import os
import signal
import socket
import sqlite3

from causes import brings, golden
from harness import Skip, check, equal, session_id, until

STRANGER = "127.0.0.9"


def waiting(t, domain="mati.test", **more):
    """A kurir whose mail for domain finds nobody, and the port where it looks."""
    port = t.port()
    return t.kurir(extra='route "%s" { via = "relay:[127.0.0.1]:%d" }\n' % (domain, port),
                   outbound={"retry": '{"1h"}'}, **more), port


def begin(k, *lines, source=STRANGER, port=None):
    """A session after the greeting, EHLO, and lines, all taken."""
    s = k.smtp(port, source)
    check(s.read().startswith("220"))
    s.must("EHLO klien.example")
    for line in lines:
        s.must(line, ("2", "3"))
    return s


MAIL = ("MAIL FROM:<a@example.org>", "RCPT TO:<budi@contoh.id>")


def refused(k, s, *octets):
    """The id of the session or message in the last reply to these."""
    got = ""
    for part in octets:
        s.send(part)
        got = s.read()
    check(got[:1] in "45" and got, "was answered", repr(got))
    s.close()
    return session_id(got)


# ---- names and connections ----

@brings("dns.nxdomain", "dns.tempfail", "dns.null-mx", "queue.loop", "net.refused")
def test_no_way_to_the_next_server(t):
    """Names that are not there, silent, or take no mail; an MX that is us; nobody who listens"""
    dns = t.dns({("kosong.test", "MX"): ["0 ."], ("hantu.test", "MX"): ["10 tiada.test"],
                 ("putar.test", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["127.0.0.1"],
                 ("mati.test", "A"): ["127.0.0.99"]},
                {"gagal.test": "servfail", "diam.test": "silent"})
    k = t.kurir(server=dns.server, start=False, outbound={"retry": '{"1h"}'}, dns={"timeout": '"1s"'})
    k.out["port"] = str(k.mx)
    k.write_conf()
    k.start()
    want = {"tiada.test": "dns.nxdomain", "hantu.test": "dns.nxdomain", "gagal.test": "dns.tempfail",
            "diam.test": "dns.tempfail", "kosong.test": "dns.null-mx", "putar.test": "queue.loop",
            "mati.test": "net.refused"}
    ids = {d: session_id(k.send("a@" + d)) for d in want}
    for domain, code in want.items():
        cause = golden(k, ids[domain], code)
        check(any(domain in e or "127.0.0.99" in e or "leads back" in e for e in cause["evidence"]), cause)
        equal(cause["cure"], cause["cure_sender"], code)


@brings("net.refused", "queue.expired")
def test_expired(t):
    """What finds nobody until its time is over, and why; the bounce names both"""
    port = t.port()
    k = t.kurir(extra='route "mati.test" { via = "relay:[127.0.0.1]:%d" }\n' % port,
                outbound={"retry": '{"1s"}', "expire": '"3s"', "warn-after": '"0s"'})
    ident = session_id(k.send("a@mati.test", sender="siti@contoh.id"))
    golden(k, ident, "queue.expired")
    golden(k, ident, "net.refused")
    equal(k.why(ident)["verdict"], "failed")
    check(b"a@mati.test" in k.mail("siti")[0])


@brings("queue.loop")
def test_too_many_hops(t):
    """A message that has passed more servers than limits.hops"""
    k = t.kurir(limits="hops = 10")
    hops = b"".join(b"Received: from a%d.example by b%d.example; Mon, 1 Jan 2024 00:00:00 +0000\r\n" % (i, i)
                    for i in range(12))
    s = begin(k, *MAIL, "DATA")
    s.send(hops + b"From: <a@example.org>\r\nSubject: putar\r\n\r\nisi\r\n.\r\n")
    golden(k, session_id(s.read()), "queue.loop")


# ---- the queue ----

@brings("queue.body-damaged")
def test_damaged_bodies(t):
    """A stored body that changed on the disk, in the database and in a file, is held and never sent"""
    k, port = waiting(t)
    small = session_id(k.send("kecil@mati.test", body=b"rahasia kecil\r\n"))
    large = session_id(k.send("besar@mati.test", body=(b"x" * 76 + b"\r\n") * 5000))
    until(lambda: len([q for q in k.queue() if q["state"] == "deferred"]) == 2, 15, "both deferred")
    k.stop()
    [db] = [f for f in glob.glob(k.data + "/**/*.db", recursive=True) if "queue" in f]
    with sqlite3.connect(db) as c:
        [(number, data)] = c.execute("SELECT id, data FROM body").fetchall()
        c.execute("UPDATE body SET data=? WHERE id=?", (data.replace(b"rahasia", b"rahasiA"), number))
    [spool] = [f for f in glob.glob(k.data + "/**", recursive=True)
               if os.path.isfile(f) and os.path.getsize(f) in range(380000, 400000) and f != db]
    with open(spool, "r+b") as f:
        f.seek(200000)
        f.write(b"y")
    peer = t.peer(port=port)
    k.start()
    k.ok("queue", "retry", "--all")
    for ident in (small, large):
        golden(k, ident, "queue.body-damaged")
        equal(k.why(ident)["verdict"], "held", ident)
        row = until(lambda: [q for q in k.queue() if q["id"] == ident and q["state"] == "held"], 10, "held")[0]
        equal(row["recipients"][0]["cause"], "queue.body-damaged")
        shown = k.ok("queue", "show", ident)
        check("held" in shown and "queue.body-damaged" in shown, shown)
    k.ok("queue", "release", small)
    until(lambda: [q for q in k.queue() if q["id"] == small and q["state"] == "held"], 10, "held again")
    equal(peer.messages, [])


# ---- the disk and the roles ----

@brings("local.disk-full")
def test_disk_reserve(t):
    """Less free space than disk-reserve: no mail is taken, the client may come again"""
    k = t.kurir(limits='disk-reserve = "1TB"')
    for body in (b"isi\r\n", (b"x" * 76 + b"\r\n") * 5000):
        got = k.send("budi@contoh.id", body=body)
        check(got.startswith("452 4.3.1"), got)
        golden(k, session_id(got), "local.disk-full")


def small_disk(t, name, size, mode):
    """A file system of that size at that folder."""
    if not t.root:
        raise Skip("needs root, to mount a small tmpfs")
    where = t.mkdir(name, mode)
    r = t.run(["mount", "-t", "tmpfs", "-o", "size=%s,mode=%o,uid=65534,gid=65534" % (size, mode), "tmpfs", where])
    if r.returncode != 0:
        raise Skip("no tmpfs can be mounted here: " + r.err.strip())
    t.closing.append(lambda: t.run(["umount", "-l", where]))


@brings("local.disk-full")
def test_data_dir_without_room(t):
    """A full file system below data-dir: nothing is taken, and what is to be said of it is still recorded"""
    small_disk(t, "kurir/data", "24m", 0o700)
    k = t.kurir(limits='disk-reserve = "4MB"')
    rest = os.statvfs(k.data)
    ballast = t.write("kurir/data/penuh", b"x" * (rest.f_bavail * rest.f_frsize - (3 << 20)), own=True)
    got = k.send("budi@contoh.id")
    check(got.startswith("452 4.3.1"), got)
    golden(k, session_id(got), "local.disk-full")
    os.unlink(ballast)
    until(lambda: k.send("budi@contoh.id").startswith("250"), 20, "room again")


@brings("local.disk-full")
def test_mailboxes_without_room(t):
    """A full file system below the mailboxes: the message waits in the queue, and arrives when there is room"""
    small_disk(t, "kurir/mail", "1m", 0o755)
    k = t.kurir(outbound={"retry": '{"1h"}'})
    ballast = t.write("kurir/mail/penuh", b"x" * 900000, own=True)
    ident = session_id(k.send("budi@contoh.id", body=(b"x" * 76 + b"\r\n") * 4000))
    cause = golden(k, ident, "local.disk-full")
    equal(cause["cure"], cause["cure_receiver"])
    os.unlink(ballast)
    k.ok("queue", "retry", ident)
    k.mail("budi")


@brings("local.io-error")
def test_broken_mailbox(t):
    """A mailbox that is a file: the message waits, and why names the path"""
    k = t.kurir(outbound={"retry": '{"1h"}'})
    t.write("kurir/mail/contoh.id/budi", "bukan folder\n", own=True)
    ident = session_id(k.send("budi@contoh.id"))
    cause = golden(k, ident, "local.io-error")
    check(any("contoh.id/budi" in e for e in cause["evidence"]), cause)
    equal(cause["cure"], cause["cure_receiver"])
    os.unlink(t.path("kurir/mail/contoh.id/budi"))
    k.ok("queue", "retry", ident)
    k.mail("budi")


@brings("local.io-error")
def test_missing_role(t):
    """A part of the server that is gone, and not yet started again: the client may come again"""
    k = t.kurir()
    k.proc.send_signal(signal.SIGSTOP)
    try:
        for pid in k.roles()["lookup"]:
            os.kill(pid, signal.SIGKILL)
        s = begin(k)
        got = s.cmd(MAIL[0])
        if got.startswith("2"):
            got = s.cmd(MAIL[1])
    finally:
        k.proc.send_signal(signal.SIGCONT)
    check(got.startswith("451"), got)
    s.close()
    golden(k, session_id(got), "local.io-error")


@brings("local.io-error")
def test_no_such_address(t):
    """outbound.bind names an address that this machine does not have: ours to mend, whoever sends"""
    peer = t.peer()
    k = t.kurir(extra='route "mitra.test" { via = "relay:[127.0.0.1]:%d" }\n' % peer.port,
                outbound={"retry": '{"1h"}', "bind": '{"192.0.2.77"}'})
    cause = golden(k, session_id(k.send("a@mitra.test")), "local.io-error")
    check("Cannot assign requested address" in cause["evidence"][0] and "outbound.bind" in cause["cure"], cause)
    equal(cause["cure"], cause["cure_receiver"])


# ---- the limits ----

@brings("limit.line")
def test_long_lines(t):
    """A command, an address and a line beyond what RFC 5321 allows"""
    k = t.kurir()
    for octets in ([b"NOOP " + b"x" * 70000 + b"\r\n"],
                   [b"MAIL FROM:<" + b"a" * 400 + b"@example.org>\r\n"]):
        golden(k, refused(k, begin(k), *octets), "limit.line")
    golden(k, refused(k, begin(k, *MAIL, "DATA"), b"Subject: panjang\r\n\r\n" + b"x" * 200000 + b"\r\n.\r\n"), "limit.line")


@brings("limit.size", "limit.recipients")
def test_too_much(t):
    """A message that is announced too large, one that is, and a recipient too many"""
    k = t.kurir(limits='message-size = "64KB"  recipients = 5')
    golden(k, refused(k, begin(k), b"MAIL FROM:<a@example.org> SIZE=70000\r\n"), "limit.size")
    ident = refused(k, begin(k, *MAIL, "DATA"), b"Subject: besar\r\n\r\n" + (b"x" * 70 + b"\r\n") * 1200 + b".\r\n")
    golden(k, ident, "limit.size")
    s = begin(k, MAIL[0], *[MAIL[1]] * 5)
    golden(k, refused(k, s, b"RCPT TO:<siti@contoh.id>\r\n"), "limit.recipients")


@brings("limit.rate")
def test_too_often(t):
    """Too many sessions, errors, and commands without a message"""
    k = t.kurir(limits="sessions-per-ip = 3  errors = 3", trusted=["10.0.0.0/8"])
    held = [begin(k) for _ in range(3)]
    s = k.smtp(source=STRANGER)
    golden(k, session_id(s.read()), "limit.rate")
    for s in held:
        s.close()

    def again():
        s = k.smtp(source=STRANGER)
        return s if s.read().startswith("220") else s.close()
    s = until(again, 10, "a session again")
    got = [s.cmd("XYZZY") for _ in range(5)]
    last = [g for g in got if g][-1]
    check(last.startswith("421"), got)
    golden(k, session_id(last), "limit.rate")


# ---- the rules of SMTP ----

@brings("protocol.bare-newline", "protocol.smuggling")
def test_bare_newlines(t):
    """Line ends that are none; and each published sequence that hides a second message is called smuggling"""
    k = t.kurir(trusted=["10.0.0.0/8"])
    second = (b"MAIL FROM:<admin@contoh.id>\r\nRCPT TO:<siti@contoh.id>\r\nDATA\r\nSubject: selundupan\r\n\r\nx")
    for bad in (b"a\nb", b"a\rb", b"a\0b"):
        ident = refused(k, begin(k, *MAIL, "DATA"), b"Subject: x\r\n\r\n" + bad + b"\r\n.\r\n")
        golden(k, ident, "protocol.bare-newline")
        equal(k.why(ident)["verdict"], "refused", repr(bad))
        check("protocol.smuggling" not in k.causes(ident), bad)
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r.\n", b"\n.\r",
                b"\r\n\0.\r\n", b"\r\r\n.\r\r\n", b"\r\n.\r\r\n"):
        s = begin(k, *MAIL, "DATA")
        ident = refused(k, s, b"Subject: satu\r\n\r\nsatu" + end + second + b"\r\n.\r\n")
        check("protocol.smuggling" in k.causes(ident), repr(end), k.causes(ident))
        golden(k, ident, "protocol.smuggling")
        equal(k.causes(ident)[0], "protocol.smuggling", repr(end))
    k.wait_empty()
    equal(glob.glob(k.maildirs + "/contoh.id/*/new/*"), [], "smuggled")


@brings("protocol.sync")
def test_out_of_turn(t):
    """Talking before the greeting, before our answer to DATA, and behind STARTTLS"""
    dns = t.dns({("9.0.0.127.in-addr.arpa", "PTR"): ["klien.example"], ("klien.example", "A"): [STRANGER]},
                {"8.0.0.127.in-addr.arpa": "silent"})
    k = t.kurir(trusted=["10.0.0.0/8"], server=dns.server, dns={"timeout": '"1s"'}, extra=(
        'reverse-lookup { ptr { missing = "close"  exempt-authenticated = false } '
        'helo { forged = "off"  not-found = "off" } mail { forged = "off"  not-found = "off"  no-mx = "off" } }\n'))
    s = begin(k, *MAIL)
    s.send(b"DATA\r\nSubject: dini\r\n\r\nisi\r\n.\r\nQUIT\r\n")
    check(s.read().startswith("354"))
    ident = session_id(s.read())
    s.close()
    cause = golden(k, ident, "protocol.sync")
    check("DATA" in cause["evidence"][0], cause)
    k.mail("budi")
    golden(k, refused(k, begin(k), b"STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n"), "protocol.sync")
    s = begin(k, MAIL[0])
    s.send(b"DATA\r\nSubject: dini\r\n\r\nisi\r\n.\r\n")
    check(s.read()[:1] == "5", "DATA without recipients was taken")
    golden(k, session_id(s.read()), "protocol.sync")
    hasty = "127.0.0.8"
    with socket.create_connection(("127.0.0.1", k.mx), 10, source_address=(hasty, 0)) as raw:
        raw.sendall(b"EHLO dini.example\r\nQUIT\r\n")
        while raw.recv(4096):
            pass
    golden(k, until(lambda: k.log(ip=hasty), 8, "the record")[0]["id"], "protocol.sync")


@brings("protocol.syntax")
def test_grammar(t):
    """Commands and addresses that are none, and a web browser"""
    k = t.kurir(trusted=["10.0.0.0/8"])
    for line in ("XYZZY", "RCPT TO:<budi@contoh.id>", "MAIL FROM:a@example.org", "MAIL FROM:<a@example.org> FOO=BAR",
                 "EHLO a b", "GET / HTTP/1.1"):
        golden(k, refused(k, begin(k), line.encode() + b"\r\n"), "protocol.syntax")


# ---- the test mailbox ----

@brings("test.no-code", "test.come-again", "limit.rate")
def test_the_test_mailbox(t):
    """Without a code; while a test of the sender's server is under way; and too often"""
    k = t.kurir(extra='test-mailbox { address = "check@contoh.id"  assure-address = "assure@contoh.id"  '
                      'open-to = {"mitra.test"}  rate = "2/1h" }\n')

    def sent(sender, to, source="127.0.3.1", tls=False):
        s = begin(k, source=source)
        if tls:
            s.starttls()
            s.must("EHLO klien.example")
        s.must("MAIL FROM:<%s>" % sender)
        got = s.cmd("RCPT TO:<%s>" % to)
        if got.startswith("2"):
            s.must("DATA", "354")
            s.send("From: <%s>\r\nSubject: uji\r\n\r\nisi\r\n.\r\n" % sender)
            got = s.read()
        s.cmd("QUIT")
        s.close()
        return session_id(got)
    golden(k, sent("a@lain.test", "check@contoh.id"), "test.no-code")
    for ident in (sent("a@mitra.test", "assure@contoh.id", "127.0.4.1", True),
                  sent("lain@mitra.test", "budi@contoh.id", "127.0.4.1")):
        golden(k, ident, "test.come-again")
    ids = [sent("b@mitra.test", "check@contoh.id", "127.0.5.%d" % n) for n in range(1, 4)]
    golden(k, ids[2], "limit.rate")
