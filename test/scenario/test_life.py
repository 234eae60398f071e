"""Starting, reloading, stopping, and everything that can be wrong at a start."""
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import time

from harness import Skip, check, equal, until


def refusal(k, code=None):
    """serve must end soon; gives what it said, which is to be one clear line."""
    p = k.launch()
    try:
        got = p.wait(20)
    except subprocess.TimeoutExpired:
        raise AssertionError("serve did not refuse: " + k.log_text()[-500:])
    check(got != 0, "ended 0")
    if code is not None:
        equal(got, code, "exit code; " + k.log_text()[-500:])
    return k.log_text()


def test_port_in_use(t):
    """A taken port: one line that names the port and its holder"""
    k = t.kurir(start=False)
    with socket.socket() as s:
        s.bind(("127.0.0.1", k.mx))
        s.listen(1)
        text = refusal(k)
    check(str(k.mx) in text, text)
    check("python" in text or str(os.getpid()) in text, "no holder:", text)


def test_missing_certificate(t):
    """A missing, an unreadable and a wrong certificate: the file and what to do"""
    k = t.kurir(start=False)
    os.unlink(k.cert_file)
    text = refusal(k)
    check(k.cert_file in text, text)
    t.write("kurir/tls.pem", "bukan sertifikat\n")
    check(k.cert_file in refusal(k))
    k.set_cert("good")
    with open(t.cert("second", "key"), "rb") as f:
        t.write("kurir/tls.key", f.read(), 0o600, own=True)
    text = refusal(k)
    check("match" in text or "key" in text, "certificate and key of different pairs:", text)


def test_wrong_permission(t):
    """A data-dir that cannot be used: one line with the path and the mend"""
    k = t.kurir(start=False)
    data = k.data
    import shutil
    shutil.rmtree(data)
    with open(data, "w") as f:
        f.write("sebuah berkas\n")
    text = refusal(k)
    check(data in text, text)
    lines = [x for x in text.splitlines() if data in x]
    check(len(lines) <= 2, "one line, not", lines)


def test_wrong_configuration(t):
    """Every error with file:line and a suggestion; a wrong reload keeps the old one"""
    k = t.kurir()
    good = k.conf_text()
    with open(k.conf_path, "w") as f:
        f.write(good.replace("hostname", "hostnam", 1) + 'limits { sesions = 5 }\nfoo = "x"\n')
    r = k.cmd("config", "check")
    equal(r.returncode, 2, r.out + r.err)
    text = r.out + r.err
    for part in ("kurir.conf:1:", "hostname", "sessions", "foo"):
        check(part in text, part, "not in", text)
    k.reload()
    time.sleep(1.5)
    k.send("budi@contoh.id")
    k.mail("budi")
    check("hostnam" in k.log_text(), "the refusal is not logged")
    k2 = t.kurir(start=False, name="dua")
    with open(k2.conf_path, "w") as f:
        f.write(k2.conf_text() + "{\n")
    refusal(k2, 2)


def test_unknown_user(t):
    """A user that does not exist: the command that makes it"""
    if not t.root:
        raise Skip("the user is ignored when not started as root")
    k = t.kurir(start=False)
    with open(k.conf_path, "w") as f:
        f.write(k.conf_text().replace('user = "nobody"', 'user = "takdikenal"'))
    text = refusal(k)
    check("takdikenal" in text and "useradd" in text or "adduser" in text or "sysusers" in text, text)


def test_second_instance(t):
    """A second instance on the same data-dir is refused, and says who has it; the first goes on"""
    k = t.kurir()
    second = t.kurir(start=False, name="dua", users=())
    with open(second.conf_path, "w") as f:
        f.write(second.conf_text().replace(second.data, k.data))
    text = refusal(second)
    check(k.data in text or "already" in text, text)
    k.send("budi@contoh.id")
    k.mail("budi")


def test_reload_cuts_no_session(t):
    """SIGHUP in the middle of DATA and of TLS: the sessions end well, new ones see the new settings"""
    k = t.kurir()
    plain, tls = k.smtp(), k.smtp()
    for s in (plain, tls):
        s.read()
        s.must("EHLO x")
    tls.starttls()
    tls.must("EHLO x")
    for s in (plain, tls):
        s.must("MAIL FROM:<a@example.org>")
        s.must("RCPT TO:<budi@contoh.id>")
    plain.must("DATA", "354")
    plain.send("Subject: separuh\r\n")
    k.extra = 'domain "baru.id" { deliver = "maildir:%s/%%d/%%u" }\n' % k.maildirs
    k.write_conf()
    k.reload()

    def new():
        s = k.smtp()
        s.read()
        s.must("EHLO x")
        s.must("MAIL FROM:<a@example.org>")
        got = s.cmd("RCPT TO:<budi@baru.id>")
        s.close()
        return got.startswith("250")
    until(new, 10, "the new domain")
    plain.send("\r\nseparuh lagi\r\n.\r\n")
    check(plain.read().startswith("250"))
    tls.must("DATA", "354")
    tls.send("Subject: y\r\n\r\ny\r\n.\r\n")
    check(tls.read().startswith("250"))
    k.mail("budi", 2)


def served_serial(k, port=None):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port or k.submissions), 5) as s:
        with context.wrap_socket(s, server_hostname="mail.contoh.id") as w:
            return w.getpeercert(True)


def test_certificate_renewal(t):
    """A new certificate is served after SIGHUP; a bad one keeps the old and says so"""
    k = t.kurir()
    first = served_serial(k)
    k.set_cert("second")
    k.reload()
    until(lambda: served_serial(k) != first, 10, "the new certificate")
    second = served_serial(k)
    t.write("kurir/tls.pem", "rusak\n")
    k.reload()
    time.sleep(1.5)
    equal(served_serial(k), second)
    check("tls.pem" in k.log_text(), "the bad certificate is not reported")


def test_sigterm_drains(t):
    """SIGTERM: a dot already received is answered, the mail is there, all processes end, exit 0"""
    k = t.kurir()
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    s.must("MAIL FROM:<a@example.org>")
    s.must("RCPT TO:<budi@contoh.id>")
    s.must("DATA", "354")
    s.send(b"Subject: besar\r\n\r\n" + (b"x" * 76 + b"\r\n") * 20000 + b".\r\n")
    k.proc.send_signal(signal.SIGTERM)
    got = s.read()
    check(got.startswith("250") or got.startswith("4") or got == "", got)
    idle = time.time()
    pids = list(t.descendants(k.proc.pid))
    equal(k.proc.wait(30), 0, "exit code")
    check(time.time() - idle < 30)
    until(lambda: not [p for p in pids if p in t.descendants()], 5, "the roles to end")
    k.start()
    if got.startswith("250"):
        k.mail("budi")


def test_parent_dies(t):
    """The parent killed: every role exits within 5 s and serve starts again at once"""
    k = t.kurir()
    pids = list(t.descendants(k.proc.pid))
    check(len(pids) >= 7, "roles:", k.roles())
    k.proc.kill()
    k.proc.wait()
    t.children.remove(k.proc)
    k.start()
    until(lambda: not [p for p in pids if os.path.exists("/proc/%d/exe" % p) and
                       os.path.exists("/proc/%d" % p) and
                       open("/proc/%d/stat" % p).read().rsplit(")", 1)[1].split()[0] != "Z"],
          5, "the old roles to end")
    k.send("budi@contoh.id")
    k.mail("budi")


def test_roles_are_restarted(t):
    """Any role killed is started again; what happens meanwhile is 4xx, never 5xx"""
    k = t.kurir()
    for role in ("resolver", "lookup", "auth", "ledger", "queue", "relay", "smtpd"):
        pids = k.roles().get(role)
        check(pids, "no role", role, k.roles())
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        replies = []

        def works():
            try:
                s = k.smtp(timeout=5)
            except OSError:
                return False
            for line in (None, "EHLO x", "MAIL FROM:<a@example.org>", "RCPT TO:<budi@contoh.id>"):
                got = s.read() if line is None else s.cmd(line)
                replies.append(got)
                if got[:1] != "2":
                    s.close()
                    return False
            s.close()
            return True
        until(works, 15, "service after the death of %s" % role)
        check(not [r for r in replies if r.startswith("5")], role, replies)
        until(lambda: k.roles().get(role), 10, "a new " + role)
    k.send("budi@contoh.id")
    k.mail("budi", timeout=20)


def test_disk_full(t):
    """A full disk: 4xx, never 250 and never a crash loop; older mail survives; room again: it goes on"""
    if not t.root:
        raise Skip("needs root, to mount a small tmpfs")
    where = t.mkdir("kurir/data", 0o700)
    r = t.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700,uid=65534,gid=65534", "tmpfs", where])
    if r.returncode != 0:
        raise Skip("no tmpfs can be mounted here: " + r.err.strip())
    t.closing.append(lambda: t.run(["umount", "-l", where]))
    k = t.kurir(outbound={"via": '"hold"'}, limits='disk-reserve = "1MB"')
    kept = 0
    body = (b"x" * 76 + b"\r\n") * 6000
    refused = None
    for _ in range(80):
        got = k.send("a@mitra.test", body=body)
        if got.startswith("250"):
            kept += 1
            continue
        refused = got
        break
    check(refused is not None, "never full")
    check(refused[:1] == "4", refused)
    check(kept > 3, kept)
    pids = k.roles()
    s = k.smtp()
    s.read()
    s.must("EHLO x")
    got = s.cmd("MAIL FROM:<b@example.org>")
    check(got[:1] in "24", got)
    equal(int(k.ok("queue", "count")), kept, "messages kept")
    equal(k.roles().get("queue"), pids.get("queue"), "queue was restarted")
    for q in k.queue()[:kept - 1]:
        k.ok("queue", "delete", q["id"])
    until(lambda: k.send("budi@contoh.id").startswith("250"), 20, "room again")
    equal(k.stop(), 0)


def test_six_lines(t):
    """The smallest configuration, plus ports and paths that a test must have, starts and receives"""
    k = t.kurir(outbound={}, listeners=None)
    k.send("budi@contoh.id")
    k.mail("budi")
    r = k.cmd("config", "show")
    equal(r.returncode, 0, r.err)
    shown = t.write("shown.conf", r.out)
    equal(t.run([t.bin, "config", "check", "-c", shown]).returncode, 0, "config show | config check")


def test_as_an_ordinary_user(t):
    """Started by an ordinary user everything works, under that user, with the walls up"""
    if not t.root:
        raise Skip("every other scenario shows it already")
    k = t.kurir(start=False)
    for path in (k.dir, k.maildirs, t.path("kurir", "run"), k.conf_path, k.cert_file, k.key_file):
        os.chown(path, 65534, 65534)

    def demote():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    out = open(k.log_path, "ab")
    k.proc = subprocess.Popen([t.bin, "serve", "-c", k.conf_path], stdout=out, stderr=out,
                              start_new_session=True, preexec_fn=demote)
    t.children.append(k.proc)
    until(lambda: _greets(k.mx), 20, "the banner: " + k.log_text()[-800:])
    k.send("budi@contoh.id")
    k.mail("budi")
    for pid in t.descendants(k.proc.pid):
        with open("/proc/%d/status" % pid) as f:
            status = dict(x.split(":", 1) for x in f.read().splitlines() if ":" in x)
        equal(status["Uid"].split()[0], "65534")
        equal(status["NoNewPrivs"].strip(), "1", status["Name"])


def _greets(port):
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=3):
            return True
    except (OSError, smtplib.SMTPException):
        return False
