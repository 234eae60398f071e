"""Hostile and unlucky clients, and roles that die or stall under sessions."""
import glob
import os
import re
import resource
import signal
import socket
import ssl
import struct
import time

from harness import check, equal, session_id, until

OTHER = "127.0.0.2"  # not trusted: limits count


def sound(k):
    """No sanitizer spoke."""
    bad = re.findall(r"^.*(?:ERROR: \w+Sanitizer|runtime error).*$", k.log_text(), re.M)
    check(not bad, bad[:3])


def hang_up(sock):
    """Close with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def sessions_logged(k):
    return len(re.findall(r" info session id=", k.log_text()))


def begin(k, source=OTHER, data=True, timeout=20, rcpt="budi@contoh.id"):
    s = k.smtp(source=source, timeout=timeout)
    check(s.read().startswith("220"))
    s.must("EHLO jahil.example")
    s.must("MAIL FROM:<a@example.org>")
    s.must("RCPT TO:<%s>" % rcpt)
    if data:
        s.must("DATA", "354")
    return s


def delivers(k, to):
    try:
        return k.send(to).startswith("250")
    except (AssertionError, OSError):
        return False


def ends_well(k):
    """Nothing is left that a drain would wait for, and no sanitizer spoke."""
    began = time.time()
    equal(k.stop(), 0, "exit code")
    check(time.time() - began < 4, "the drain took %.1f s" % (time.time() - began))
    sound(k)


def send_signal(pids, what):
    for pid in pids:
        os.kill(pid, what)


def test_pipelining_waits_for_verdicts(t):
    """What is pipelined behind a command that waits for an answer is not forgotten"""
    k = t.kurir()
    for rcpt in ("budi", "siti", "budi"):
        s = k.smtp(timeout=10)
        s.read()
        s.send("EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<%s@contoh.id>\r\nDATA\r\n" % rcpt)
        codes = [s.read()[:3] for _ in range(4)]
        check(codes == ["250", "250", "250", "354"], codes)
        s.send("Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
        check(s.read().startswith("250"))
        check(s.read().startswith("221"))
        s.close()
    k.mail("budi", 2)
    sound(k)


def test_vanished_between_dot_and_answer(t):
    """Clients that vanish while their message is being committed leave nothing behind, and it arrives"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 4")
    queue = k.roles()["queue"]
    for _ in range(3):
        group = [begin(k) for _ in range(4)]
        before = sessions_logged(k)
        send_signal(queue, signal.SIGSTOP)
        try:
            for s in group:
                s.send("Subject: x\r\n\r\nx\r\n.\r\n")
            time.sleep(0.3)
            hang_up(group[0].sock)
            hang_up(group[1].sock)
            group[2].close()
            group[3].sock.shutdown(socket.SHUT_WR)
            time.sleep(0.3)
        finally:
            send_signal(queue, signal.SIGCONT)
        check(group[3].read().startswith("250"), "half-closed, and no answer")
        group[3].close()
        until(lambda: sessions_logged(k) >= before + 4, 10, "the end of the sessions")
    begin(k).close()
    k.mail("budi", 12)
    ends_well(k)


def test_queue_killed_under_back_pressure(t):
    """Sessions held up by a queue that reads no more are answered when it dies, and mail flows again"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 1000")
    group = [begin(k) for _ in range(60)]
    send_signal(k.roles()["queue"], signal.SIGSTOP)
    body = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * 700 + b".\r\n"
    for s in group:
        s.send(body)
    time.sleep(1)
    for s in group:
        s.send("NOOP\r\n")
    time.sleep(0.5)
    send_signal(k.roles()["queue"], signal.SIGKILL)
    for s in group:
        s.sock.settimeout(10)
        got = s.read()
        check(got[:1] in "24" and got, repr(got))
        check(s.read().startswith("250"), "no answer to NOOP")
        s.close()
    until(lambda: delivers(k, "siti@contoh.id"), 15, "mail to flow again")
    k.mail("siti")
    sound(k)


def test_queue_stalled_and_woken(t):
    """A queue that stands still costs no memory, and goes on where it was"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 1000")
    n = 60
    group = [begin(k) for _ in range(n)]
    queue = k.roles()["queue"]
    body = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * 700 + b".\r\n"

    def memory():
        total = 0
        for pid in k.roles()["smtpd"]:
            with open("/proc/%d/status" % pid) as f:
                total += int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
        return total
    send_signal(queue, signal.SIGSTOP)
    before = memory()
    for s in group:
        s.sock.setblocking(False)
    left = {s: body + b"NOOP\r\n" * 50 for s in group}
    end = time.time() + 4
    while time.time() < end:
        for s in group:
            try:
                left[s] = left[s][s.sock.send(left[s]):] if left[s] else b""
            except BlockingIOError:
                pass
        time.sleep(0.05)
    check(memory() - before < 64 * 1024, "grew by %d KB" % (memory() - before))
    send_signal(queue, signal.SIGCONT)
    for s in group:
        s.sock.settimeout(20)
        if left[s]:
            s.send(left[s])
        check(s.read().startswith("250 2.0.0"), "the message")
        for _ in range(50):
            check(s.read().startswith("250"), "NOOP")
        s.close()
    k.mail("budi", n, timeout=30)
    sound(k)


def test_roles_that_do_not_answer(t):
    """A role that stands still costs a client at most its timeout: 4xx, never silence"""
    k = t.kurir(trusted=[], limits='command-timeout = "10s"')
    rcpt = begin(k, data=False, timeout=25)
    commit = begin(k, timeout=25)
    gone = begin(k)
    auth = k.smtp(k.submission, timeout=25)
    auth.read()
    auth.must("EHLO x")
    auth.starttls()
    auth.must("EHLO x")
    roles = k.roles()
    pids = roles["lookup"] + roles["auth"] + roles["queue"]
    send_signal(pids, signal.SIGSTOP)
    try:
        rcpt.send("RCPT TO:<siti@contoh.id>\r\n")
        auth.send("AUTH PLAIN AGJ1ZGkAeA==\r\n")
        commit.send("Subject: x\r\n\r\nx\r\n.\r\n")
        gone.send("Subject: x\r\n\r\nx\r\n.\r\n")
        time.sleep(0.2)
        hang_up(gone.sock)
        for s in (rcpt, auth, commit):
            got = s.read()
            check(got.startswith("4"), repr(got))
            s.close()
    finally:
        send_signal(pids, signal.SIGCONT)
    s = begin(k)
    s.send("Subject: x\r\n\r\nx\r\n.\r\n")
    check(s.read().startswith("250"))
    s.close()
    ends_well(k)


def test_roles_killed_under_sessions(t):
    """A role that dies while sessions wait for it: 4xx, the sessions go on, the role comes back"""
    k = t.kurir(trusted=[])

    def waiting(role, s, line):
        pids = until(lambda: k.roles().get(role), 10, role)
        send_signal(pids, signal.SIGSTOP)
        s.send(line)
        time.sleep(0.3)
        send_signal(pids, signal.SIGKILL)
        got = s.read()
        check(got.startswith("4"), role, repr(got))
        check(s.cmd("NOOP").startswith("250"), role, "the session does not go on")
        until(lambda: k.roles().get(role, pids) != pids, 10, "a new " + role)

    s = begin(k, data=False)
    waiting("lookup", s, "RCPT TO:<siti@contoh.id>\r\n")
    until(lambda: s.cmd("RCPT TO:<siti@contoh.id>").startswith("250"), 10, "lookup")
    s.must("DATA", "354")
    waiting("queue", s, "Subject: x\r\n\r\nx\r\n.\r\n")
    a = k.smtp(k.submission)
    a.read()
    a.must("EHLO x")
    a.starttls()
    a.must("EHLO x")
    waiting("auth", a, "AUTH PLAIN AGJ1ZGkAeA==\r\n")
    until(lambda: a.auth("budi", k.passwords["budi"]).startswith("235"), 10, "auth")
    big = begin(k)
    send_signal(k.roles()["queue"], signal.SIGSTOP)
    big.send(b"Subject: y\r\n\r\n" + (b"y" * 76 + b"\r\n") * 3500)
    time.sleep(0.3)
    send_signal(k.roles()["queue"], signal.SIGKILL)
    big.send((b"y" * 76 + b"\r\n") * 3500 + b".\r\n")
    check(big.read().startswith("4"), "the file for a large body")
    until(lambda: delivers(k, "siti@contoh.id"), 15, "mail to flow")
    big = begin(k)
    big.send(b"Subject: z\r\n\r\n" + (b"z" * 76 + b"\r\n") * 4000)
    time.sleep(0.5)  # its file is open
    send_signal(k.roles()["queue"], signal.SIGKILL)
    time.sleep(1)
    big.send((b"z" * 76 + b"\r\n") * 1000 + b".\r\n")
    check(big.read().startswith("4"), "a body in a file of the queue that died")
    check(big.cmd("NOOP").startswith("250"))
    for role in ("resolver", "ledger"):
        send_signal(k.roles()[role], signal.SIGKILL)
        check(s.cmd("NOOP").startswith("250"))
    until(lambda: delivers(k, "siti@contoh.id"), 15, "mail to flow")
    k.mail("siti", 2)
    check(not [m for m in k.mail("siti", 2) if b"Subject: z" in m or b"Subject: y" in m])
    sound(k)


def test_refused_reload_leaves_no_port(t):
    """A listener that came with a refused reload is closed again; one that is taken serves; both workers agree"""
    k = t.kurir()
    port = t.port()
    plain = k.smtp()
    plain.read()
    k.extra = 'listen "tambahan" { address = {"127.0.0.1:%d"}  role = "mx" }\n' % port
    k.write_conf()
    t.write("kurir/tls.pem", "-----BEGIN CERTIFICATE-----\nrusak\n-----END CERTIFICATE-----\n")
    k.reload()
    until(lambda: "reload-refused" in k.log_text(), 15, "the refusal")
    time.sleep(0.5)
    refused = 0
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except ConnectionRefusedError:
        refused = 1
    check(refused, "the port of the refused configuration is still open")
    k.set_cert("second")
    k.reload()
    until(lambda: " reloaded " in k.log_text(), 15, "the reload")
    for _ in range(6):
        s = k.smtp(port)
        check(s.read().startswith("220"))
        s.close()
    k.extra = ""
    k.write_conf()
    k.reload()

    def closed():
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
        except ConnectionRefusedError:
            return True
        return False
    until(closed, 10, "the end of the listener")
    check(plain.cmd("NOOP").startswith("250"), "a session was cut")
    sound(k)


def knows(k, domain):
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<a@example.org>")
    got = s.cmd("RCPT TO:<budi@%s>" % domain)
    s.close()
    return got.startswith("250")


def with_domain(k, domain):
    k.extra = 'domain "%s" { deliver = "maildir:%s/%%d/%%u" }\n' % (domain, k.maildirs)
    k.write_conf()


def test_reloads_that_overlap(t):
    """SIGHUP while starting or reloading is not forgotten: the newest configuration wins"""
    k = t.kurir(start=False)
    k.launch()
    until(lambda: "lookup" in k.roles(), 20, "the first roles")
    with_domain(k, "satu.id")
    k.reload()
    until(lambda: " ready " in k.log_text(), 20, "the start")
    until(lambda: knows(k, "satu.id"), 10, "the configuration written while starting")
    for i in range(8):
        with_domain(k, "ke-%d.id" % i)
        k.reload()
        time.sleep(0.01 * i)
    until(lambda: knows(k, "ke-7.id"), 15, "the last of many configurations")
    check("reload-refused" not in k.log_text(), k.log_text()[-500:])
    sound(k)


def test_role_dies_during_reload(t):
    """A role that dies in the middle of a reload comes back with the new configuration"""
    k = t.kurir()
    for role in ("lookup", "smtpd", "queue"):
        pids = k.roles()[role]
        send_signal(pids, signal.SIGSTOP)
        with_domain(k, role + ".id")
        k.reload()
        time.sleep(0.3)
        send_signal(pids, signal.SIGKILL)

        def new():
            try:
                return knows(k, role + ".id")
            except (AssertionError, OSError):
                return False
        until(new, 9, "the new configuration after the death of " + role)
    check("reload-refused" not in k.log_text(), k.log_text()[-500:])
    sound(k)


def test_listener_renamed(t):
    """A listen section that is renamed keeps its socket: the reload is taken"""
    k = t.kurir()
    s = k.smtp()
    s.read()
    k.listeners = 'listen "gerbang" { address = {"127.0.0.1:%d"}  role = "mx" }\n' % k.mx
    k.write_conf()
    k.reload()
    until(lambda: " reloaded " in k.log_text(), 10, "the reload")
    k.send("budi@contoh.id")
    k.mail("budi")
    until(lambda: "listener=gerbang" in k.log_text(), 10, "a session at the new section")
    check(s.cmd("NOOP").startswith("250"), "a session was cut")
    ends_well(k)


def test_drain_with_roles_that_do_not_move(t):
    """SIGTERM ends everything within 30 s, whatever stands still"""
    k = t.kurir()
    roles = k.roles()
    open_session = begin(k)
    send_signal(roles["smtpd"] + roles["queue"] + roles["ledger"] + roles["lookup"], signal.SIGSTOP)
    began = time.time()
    k.proc.send_signal(signal.SIGTERM)
    k.proc.wait(35)
    check(time.time() - began < 30, "took %.1f s" % (time.time() - began))
    check(not [p for pids in roles.values() for p in pids if p in t.descendants()], "left behind")
    open_session.close()


def arrived(k, user="budi", count=1, timeout=30):
    """The bodies below our header, as they were sent."""
    out = []
    for raw in k.mail(user, count, timeout=timeout):
        at = raw.index(b"Subject:")
        out.append(raw[at:].replace(b"\n", b"\r\n"))
    return out


def test_bodies_of_every_size(t):
    """Bodies that travel inline, by memfd and by file arrive byte-exact, several in one session"""
    k = t.kurir(trusted=[], limits='message-size = "6MB"')
    bodies = []
    for i, size in enumerate((0, 1, 60, 65, 70, 200, 256, 257, 300, 1000, 5000)):
        line = ("%d baris " % i).encode() * 7 + b"\r\n"
        text = b"Subject: ukuran %d\r\n\r\n" % size + line * (size * 1024 // len(line))
        bodies.append(text + b".\r\n..\r\n.x\r\n" + bytes(range(32, 127)) + b"\r\n")
    s = k.smtp(source=OTHER)
    s.read()
    s.must("EHLO x")
    for text in bodies:
        s.must("MAIL FROM:<a@example.org>")
        s.must("RCPT TO:<budi@contoh.id>")
        s.must("DATA", "354")
        s.send(re.sub(rb"^\.", b"..", text, flags=re.M) + b".\r\n")
        got = s.read()
        check(got.startswith("250"), len(text), got)
    s.must("QUIT", "221")
    got = arrived(k, count=len(bodies))
    equal(len(got), len(bodies), "messages")
    for text in bodies:
        check(text in got, "a body of %d octets is not as it was sent" % len(text))
    ends_well(k)


def test_one_octet_at_a_time(t):
    """A whole session, TLS handshake included, one octet a segment; and all of it in one"""
    k = t.kurir(trusted=[])
    text = (b"EHLO pelan.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<budi@contoh.id>\r\nDATA\r\n"
            b"Subject: pelan\r\n\r\n..titik\r\n.\r\nRSET\r\nQUIT\r\n")
    s = k.smtp(source=OTHER)
    s.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(len(text)):
        s.send(text[i:i + 1])
    once = k.smtp(source=OTHER)
    once.send(text)
    for one in (s, once):
        codes = [one.read()[:3] for _ in range(8)]
        equal(codes, ["220", "250", "250", "250", "354", "250", "250", "221"])
        equal(one.read(), "")
    raw, peer = socket.socketpair()
    server = socket.create_connection(("127.0.0.1", k.submissions), 10)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(come, go)

    def exchange(step):
        while True:
            try:
                got = step()
            except ssl.SSLWantReadError:
                got = None
            out = go.read()
            for i in range(len(out)):
                server.sendall(out[i:i + 1])
            if got is not None:
                return got
            come.write(server.recv(65536))
    exchange(lambda: tls.do_handshake() or True)
    check(exchange(lambda: tls.read(100)).startswith(b"220"))
    exchange(lambda: tls.write(b"EHLO x\r\n"))
    check(exchange(lambda: tls.read(4000)).startswith(b"250"))
    server.close()
    equal(len(arrived(k, count=2)), 2)
    ends_well(k)


def test_vanishing_in_every_state(t):
    """A client that resets, closes or half-closes in any state leaves one line in the log and nothing else"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 8")
    hello = bytes.fromhex("16030100c8010000c40303") + b"x" * 40
    stages = [b"", b"EHL", b"EHLO x\r\n", b"EHLO x\r\nSTARTTLS\r\n", b"EHLO x\r\nSTARTTLS\r\n|" + hello,
              b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n",
              b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<budi@contoh.id>\r\n",
              b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<budi@contoh.id>\r\nDATA\r\n",
              b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<budi@contoh.id>\r\nDATA\r\nSubject: x\r\n\r\nxy",
              b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<budi@contoh.id>\r\nDATA\r\n" + b"y" * 70 + b"\r\n",
              b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<budi@contoh.id>\r\nDATA\r\n|"
              + (b"y" * 70 + b"\r\n") * 5000,
              b"EHLO x\r\nAUTH PLAIN\r\n", b"GARBAGE\0\xff\r\n" * 3, hello]
    ends = ("reset", "close", "half")
    for port in (k.mx, k.submission, k.submissions):
        for stage in stages:
            before = sessions_logged(k)
            for end in ends:
                for wait in (0, 0.02):
                    s = socket.create_connection(("127.0.0.1", port), 5, source_address=(OTHER, 0))
                    try:
                        for part in stage.split(b"|"):
                            s.sendall(part)
                            time.sleep(wait)
                    except OSError:
                        pass
                    if end == "reset":
                        hang_up(s)
                    elif end == "close":
                        s.close()
                    else:
                        try:
                            s.shutdown(socket.SHUT_WR)
                            while s.recv(65536):
                                pass
                        except OSError:
                            pass
                        s.close()
            until(lambda: sessions_logged(k) >= before + 6, 5,
                  "6 lines for %r at %d" % (stage[-40:], port))
    began = sessions_logged(k)
    k.send("siti@contoh.id")
    k.mail("siti")
    until(lambda: sessions_logged(k) > began, 5, "the line of the session")
    equal(sessions_logged(k), began + 1, "lines for one session")
    ends_well(k)


def test_limits_hold(t):
    """Too many sessions, too many errors, thousands of recipients, endless lines: 4xx or 5xx that can be read"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 5  sessions = 8  errors = 6")
    held = [k.smtp(source=OTHER) for _ in range(5)]
    for s in held:
        check(s.read().startswith("220"))
    s = k.smtp(source=OTHER)
    got = s.read()
    check(got.startswith("421 4.7.0"), got)
    equal(s.read(), "")
    more = [k.smtp(source="127.0.0.3") for _ in range(3)]
    for s in more:
        check(s.read().startswith("220"))
    got = k.smtp(source="127.0.0.4").read()
    check(got.startswith("421 4.3.2"), got)
    for s in more + held:
        s.cmd("QUIT")
        s.close()
    for _ in range(20):
        s = k.smtp(source=OTHER)
        check(s.read().startswith("220"), "the count leaks")
        s.cmd("QUIT")
        s.close()
        time.sleep(0.02)
    s = k.smtp(source=OTHER)
    s.read()
    for _ in range(6):
        got = s.cmd("APA")
    check(got.startswith("500") and s.read().startswith("421"), got)
    equal(s.read(), "")
    s = begin(k, data=False)
    s.send("RCPT TO:<budi@contoh.id>\r\n" * 3000)
    codes = {}
    while True:
        code = s.read()[:3]
        codes[code] = codes.get(code, 0) + 1
        if code not in ("250", "452"):
            break
    check(codes.get("250") == 99 and codes.get("452", 0) > 0, codes)
    s.close()
    until(lambda: "limit.rate" in str(k.log(verdict="refused")), 5, "limit.rate in the ledger")
    ends_well(k)


def test_last_words_arrive(t):
    """A refusal reaches a client that goes on sending, plain and under TLS: no reset eats it"""
    k = t.kurir(trusted=[], limits='message-size = "64KB"  errors = 3')

    def talk(tls, data, code):
        s = k.smtp(source=OTHER)
        s.read()
        s.must("EHLO x")
        if tls:
            s.starttls()
            s.must("EHLO x")
        s.must("MAIL FROM:<a@example.org>")
        s.must("RCPT TO:<budi@contoh.id>")
        s.must("DATA", "354")
        sent, lost = 0, None
        try:
            for _ in range(60):
                s.send(data)
                sent += len(data)
                time.sleep(0.005)
        except OSError as e:
            lost = e
        got = s.read()
        check(got.startswith(code), "tls" if tls else "plain", repr(got), "after", sent, lost)
        s.close()
    for line in ("SALAH\r\n" * 3, "x" * 600 + "\r\n"):
        s = k.smtp(source=OTHER)
        s.read()
        s.send(line)
        time.sleep(0.3)  # refused by now, and the reply not read
        for _ in range(3):
            s.send("NOOP\r\n")
            time.sleep(0.1)
        got = s.read()
        while got[:3] == "500" and "too long" not in got:
            got = s.read()
        check(got[:3] in ("421", "500"), repr(got))
        s.close()
    for tls in (False, True):
        # A bare newline ends the session at once, while the client sends on.
        talk(tls, b"a\r\nb\nc\r\n.\r\n" + b"x" * 60 + b"\r\n", "550")
        talk(tls, b"x" * 900 + b"\r\n.\r\nSALAH\r\nSALAH\r\nSALAH\r\n", "250")
    ends_well(k)


def test_handshakes_that_stall(t):
    """A handshake that stalls ends in its time, garbage and plain text at once; the reason is recorded"""
    k = t.kurir(trusted=[], limits='handshake-timeout = "2s"')
    stalled = [socket.create_connection(("127.0.0.1", k.submissions), 10) for _ in range(3)]
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    s.must("STARTTLS", "220")
    stalled.append(s.sock)
    began = time.time()
    for one in stalled:
        one.settimeout(10)
        try:
            while one.recv(4096):
                pass
        except ConnectionResetError:
            pass
    check(1 < time.time() - began < 6, "took %.1f s" % (time.time() - began))
    for port, text in ((k.submissions, b"EHLO x\r\n"), (k.submissions, b"\x80" * 300)):
        c = socket.create_connection(("127.0.0.1", port), 10)
        c.sendall(text)
        began = time.time()
        try:
            while c.recv(4096):
                pass
        except ConnectionResetError:
            pass
        check(time.time() - began < 1, "garbage was waited for")
        c.close()

    def causes():
        return [c for r in k.log() for c in r["causes"]]
    until(lambda: causes().count("tls.stalled") >= 4, 5, "tls.stalled in the ledger")
    until(lambda: causes().count("tls.garbage") >= 2, 5, "tls.garbage in the ledger")
    ends_well(k)


def test_sigterm_with_sessions_in_every_state(t):
    """SIGTERM: idle sessions hear 421, a dot that was sent is answered, and the drain is quick"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 100")
    idle = [k.smtp(source=OTHER), begin(k, data=False), begin(k)]
    check(idle[0].read().startswith("220"))
    idle[2].send("Subject: separuh\r\n")
    handshake = k.smtp(source=OTHER)
    handshake.read()
    handshake.must("EHLO x")
    handshake.must("STARTTLS", "220")
    implicit = socket.create_connection(("127.0.0.1", k.submissions), 5, source_address=(OTHER, 0))
    dots = [begin(k) for _ in range(5)]
    large = [begin(k) for _ in range(3)]
    text = b"Subject: besar\r\n\r\n" + (b"x" * 76 + b"\r\n") * 2600 + b".\r\n"
    queue = k.roles()["queue"]
    send_signal(queue, signal.SIGSTOP)
    for s in dots:
        s.send("Subject: titik\r\n\r\nx\r\n.\r\n")
    time.sleep(0.3)
    smtpd = k.roles()["smtpd"]
    send_signal(smtpd, signal.SIGSTOP)  # the dots lie in the kernel
    for s in large:
        s.send(text)
    time.sleep(0.3)
    k.proc.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    send_signal(smtpd + queue, signal.SIGCONT)
    for s in dots + large:
        check(s.read().startswith("250"), "a dot was not answered")
    for s in idle:
        got = s.read()
        check(got.startswith("421"), repr(got))
    began = time.time()
    equal(k.proc.wait(30), 0, "exit code")
    check(time.time() - began < 5, "the drain took %.1f s" % (time.time() - began))
    implicit.close()
    check("peer-closed" not in k.log_text())
    equal(len(re.findall(r" info session ", k.log_text())) >= 10, True)
    sound(k)
    k.start()
    k.mail("budi", 8)


def test_few_descriptors(t):
    """More clients than descriptors: the others hear 421, large bodies still find a file, nothing dies"""
    k = t.kurir(start=False, trusted=[], limits="sessions-per-ip = 1000")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    try:
        k.launch()
    finally:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, hard)
        except ValueError:
            pass
    until(lambda: " ready " in k.log_text(), 20, "the start")
    pids = k.roles()
    group, refused = [], 0
    for _ in range(90):
        s = k.smtp(source=OTHER)
        got = s.read()
        check(got[:3] in ("220", "421"), got)
        if got.startswith("220"):
            group.append(s)
        else:
            refused += 1
    check(refused > 0 and len(group) >= 30, refused, len(group))
    for s in group:
        s.must("EHLO x")
        s.must("MAIL FROM:<a@example.org>")
        s.must("RCPT TO:<budi@contoh.id>")
        s.must("DATA", "354")
    body = b"Subject: besar\r\n\r\n" + (b"x" * 76 + b"\r\n") * 4000
    for s in group:
        s.send(body)
    for s in group:
        s.send(b".\r\n")
        got = s.read()
        check(got[:3] in ("250", "451", "452"), got)
        s.close()
    for role in ("queue", "smtpd", "lookup", "master"):
        equal(k.roles().get(role), pids.get(role), role + " was started again")
    until(lambda: delivers(k, "siti@contoh.id"), 10, "mail to flow")
    sound(k)


def test_control_socket_under_a_crowd(t):
    """Many connections that ask nothing do not keep kurir(1) out for long, nor exhaust the parent"""
    k = t.kurir()
    crowd = []
    for _ in range(300):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(5)
        s.connect(k.control)
        crowd.append(s)
    if t.root:  # nobody else may look into a process that cannot be dumped
        held = os.listdir("/proc/%d/fd" % k.proc.pid)
        check(len(held) < 200, len(held), "descriptors")
    until(lambda: k.cmd("queue", "count").returncode == 0, 12, "an answer")
    for s in crowd:
        s.close()
    sound(k)


def test_reload_does_not_move_the_ground(t):
    """data-dir, control and user do not change under a running kurir: the reload is refused, and says so"""
    k = t.kurir()
    elsewhere = t.mkdir("kurir/lain", 0o700)
    for name, old, new in (("data-dir", k.data, elsewhere), ("control", k.control, k.control + "2")):
        text = k.conf_text()
        with open(k.conf_path, "w") as f:
            f.write(text.replace('%s = "%s"' % (name, old), '%s = "%s"' % (name, new)))
        before = k.log_text().count("reload-refused")
        k.reload()
        until(lambda: k.log_text().count("reload-refused") > before, 10, "the refusal of " + name)
        check("%s cannot change" % name in k.log_text(), k.log_text()[-500:])
    k.write_conf()
    k.reload()
    until(lambda: " reloaded " in k.log_text(), 10, "the reload")
    k.send("budi@contoh.id")
    k.mail("budi")
    ends_well(k)


def test_worker_killed_gives_its_counts_back(t):
    """Sessions of a worker that was killed are counted no more"""
    k = t.kurir(trusted=[], limits="sessions-per-ip = 5")
    for _ in range(3):
        held = [k.smtp(source=OTHER) for _ in range(5)]
        for s in held:
            check(s.read().startswith("220"), "the count leaks")
        check(k.smtp(source=OTHER).read().startswith("421"))
        pids = k.roles()["smtpd"]
        send_signal(pids, signal.SIGKILL)
        for s in held:
            equal(s.read(), "")
            s.close()
        def anew():
            now = k.roles().get("smtpd", [])
            return len(now) == len(pids) and not set(now) & set(pids)
        until(anew, 10, "new workers")
        until(lambda: delivers(k, "budi@contoh.id"), 10, "mail to flow")
    ends_well(k)


def test_drain_while_the_queue_stands(t):
    """SIGTERM with commits that are never answered: the sessions end in time, and nothing is touched twice"""
    k = t.kurir(trusted=[])
    group = [begin(k) for _ in range(3)]
    send_signal(k.roles()["queue"], signal.SIGSTOP)
    for s in group:
        s.send("Subject: x\r\n\r\nx\r\n.\r\n")
    time.sleep(0.3)
    hang_up(group[0].sock)
    began = time.time()
    k.proc.send_signal(signal.SIGTERM)
    for s in group[1:]:
        check(s.read()[:1] in ("", "4"))
    k.proc.wait(30)
    check(time.time() - began < 20, "took %.1f s" % (time.time() - began))
    sound(k)


test_drain_with_roles_that_do_not_move.heavy = 3
test_drain_while_the_queue_stands.heavy = 2
test_roles_that_do_not_answer.heavy = 2


def ways_to_leave(s, tail):
    """How a client goes while it is waited for; each is called with its dialogue sent"""
    def half(then):
        def leave():
            s.sock.shutdown(socket.SHUT_WR)
            then()
        return leave
    return [lambda: hang_up(s.sock), s.sock.close, half(lambda: None), half(s.sock.close),
            half(lambda: hang_up(s.sock)), lambda: s.send(tail), lambda: (s.send(tail), hang_up(s.sock)),
            lambda: (s.send(tail), s.sock.shutdown(socket.SHUT_WR))]


def test_clients_that_leave_during_a_lookup(t):
    """Reset, close, half-close and pipelined ends, wherever a lookup is waited for: nothing is left"""
    names = ["p%d.lambat.example" % i for i in range(64)]
    faults = {"%d.9.0.127.in-addr.arpa" % i: "delay:0.5" for i in range(1, 255)}
    faults.update({n: "delay:0.5" for n in names})
    dns = t.dns({("%d.9.0.127.in-addr.arpa" % i, "PTR"): ["p%d.lambat.example" % i]
                 for i in range(1, 255)}, faults)
    for n in names:
        dns.add(n, "A", "127.0.9.9")
    judged = {
        "connect": 'reverse-lookup { ptr { missing = "close"  mismatch = "off" } }\n',
        "helo": 'reverse-lookup { ptr { missing = "off"  mismatch = "off" } helo { forged = "reject" '
                ' exempt-authenticated = false } }\n',
        "mail": 'reverse-lookup { ptr { missing = "off"  mismatch = "off" } helo { forged = "off" } '
                'mail { not-found = "reject" } }\n',
        "data": 'reverse-lookup { ptr { missing = "off"  mismatch = "off" } helo { forged = "off" } '
                'mail { not-found = "off" } }\n'}
    body = "Subject: uji\r\n\r\nisi\r\n.\r\nQUIT\r\n"
    source = 0
    for stage, extra in judged.items():
        k = t.kurir(name="kurir-" + stage, server=dns.server, extra=extra, trusted=["10.0.0.0/8"])
        socks = []
        for way in range(8):
            source += 1
            s = k.smtp(source="127.0.9.%d" % source)
            said = ["EHLO %s" % names[source], "MAIL FROM:<a@%s>" % names[-source],
                    "RCPT TO:<budi@contoh.id>", "DATA"]
            said = said[:list(judged).index(stage)] + (["DATA"] if stage == "data" else [])
            if stage != "connect":
                s.read()
            s.send("".join(x + "\r\n" for x in said))
            time.sleep(0.1)
            ways_to_leave(s, body)[way]()
            socks.append(s)
        until(lambda: sessions_logged(k) >= 5, 10, "their sessions to end")
        time.sleep(0.5)
        for s in socks:
            s.sock.close()
        check(delivers(k, "budi@contoh.id"), "afterwards")
        ends_well(k)


def test_a_refusal_is_told_while_its_session_lives(t):
    """A refused RCPT is in the ledger within a second, its transaction open; the record stays whole"""
    k = t.kurir(users=("budi", "siti"))
    s = begin(k, data=False, rcpt="siti@contoh.id")
    got = s.cmd("RCPT TO:<tiada@contoh.id>")
    refused = time.time()
    check(got.startswith("550 5.1.1"), got)
    story = session_id(got)
    until(lambda: "recipient.unknown" in k.cmd("why", story, "--json").out, 3, "the refusal in the story")
    check(time.time() - refused < 2, "told after %.1f s" % (time.time() - refused))
    s.must("RCPT TO:<budi@contoh.id>")
    s.must("DATA", "354")
    s.send("Subject: uji\r\n\r\nisi\r\n.\r\n")
    check(s.read().startswith("250"), "the message")
    s.cmd("QUIT")
    s.close()
    def parts():
        """Of the session, oldest first."""
        return [r for r in k.log(ip=OTHER, lines=100) if r["id"] == story]
    until(lambda: any(r["messages"] for r in parts()), 5, "the end")
    told = [[(x["address"], x["verdict"]) for x in r["recipients"]] for r in parts()]
    equal(told, [[("siti@contoh.id", "accepted"), ("tiada@contoh.id", "refused")],
                 [("siti@contoh.id", "accepted"), ("budi@contoh.id", "accepted")]], "the two parts")
    # One who is refused slowly, again and again, within one transaction.
    s = begin(k, data=False, rcpt="siti@contoh.id")
    for i in range(9):
        time.sleep(0.4)
        got = s.cmd("RCPT TO:<tiada%d@contoh.id>" % i)
    story = session_id(got)
    s.close()
    until(lambda: any("tiada8@" in str(r) for r in parts()), 5, "the last refusal")
    check(len(parts()) <= 4, "%d records" % len(parts()))


def test_exempt_list_out_of_reach(t):
    """A list that could not be asked when its role was away is asked at the next MAIL"""
    k = t.kurir(trusted=["10.0.0.0/8"], extra=(
        'reverse-lookup { ptr { missing = "reject" } helo { forged = "off"  not-found = "off" } '
        'mail { forged = "off"  not-found = "off"  no-mx = "off" } }\n'
        'exempt "ptr" { file = "%s" }\n' % t.write("ptr.list", OTHER + "\n")))
    away = 0
    for _ in range(12):
        s = k.smtp(source=OTHER, timeout=8)
        s.read()
        s.must("EHLO jahil.example")
        pids = until(lambda: k.roles().get("lookup"), 10, "lookup")
        send_signal(pids, signal.SIGKILL)
        time.sleep(0.03)
        got = s.cmd("MAIL FROM:<a@example.org>")
        if got.startswith("250"):
            s.close()
            continue
        check(got.startswith("451 4.3.0"), got)
        away += 1
        until(lambda: k.roles().get("lookup", pids) != pids, 10, "a new lookup")
        until(lambda: delivers(k, "budi@contoh.id"), 10, "all is well again")
        check(s.cmd("MAIL FROM:<a@example.org>").startswith("250"), "the next MAIL")
        s.close()
        if away == 3:
            break
    check(away > 0, "lookup was never away")
