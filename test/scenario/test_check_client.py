"""`kurir check client`: it plays an old, broken or slow server, and tells what
Postfix, swaks, msmtp, kurir and clients of no manners make of it."""
import json
import select
import signal
import socket
import subprocess
import time

from harness import check, equal, program, until
from peers_real import Postfix

LETTER = (b"From: <a@contoh.id>\r\nTo: <b@uji.test>\r\nSubject: uji\r\n"
          b"Message-ID: <satu@contoh.id>\r\n\r\nisi\r\n")


class Play:
    """The server that is played, from its beginning to its report."""

    def __init__(self, t, words, *more, seconds=40):
        self.t, self.port = t, t.port()
        argv = [t.bin, "check", "client", "--listen", "127.0.0.1:%d" % self.port, "--json",
                "--time", "%ds" % seconds, *more]
        self.proc = subprocess.Popen(argv + (["--as", words] if words else []),
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                     start_new_session=True)
        t.children.append(self.proc)
        ready, _, _ = select.select([self.proc.stderr], [], [], 15)
        check(ready, "it does not listen")
        line = self.proc.stderr.readline()
        check("Listening on 127.0.0.1:%d" % self.port in line, line)

    def report(self, stop=False, timeout=60):
        if stop:
            self.proc.send_signal(signal.SIGINT)
        out, err = self.proc.communicate(timeout=timeout)
        check(out.startswith("{"), out[:300], err)
        self.code, got = self.proc.returncode, json.loads(out)
        equal(self.code, {"good": 0, "bad": 1, "unknown": 3}[got["answer"]], out[:300])
        return got

    def ended(self, timeout=10):
        """Of itself, by the messages that it wanted."""
        got = self.report(timeout=timeout)
        check("as many" in got["ended"], got["ended"])
        return got


def codes(got):
    return {f["code"] for f in got["findings"]}


def has(got, *want, no=()):
    missing = set(want) - codes(got)
    check(not missing and not set(no) & codes(got), "missing", missing, "has", codes(got),
          json.dumps(got)[:3000])
    return got


def swaks(play, *more, timeout=30):
    return play.t.run([program("swaks"), "--server", "127.0.0.1:%d" % play.port, "--helo",
                       "mail.contoh.id", "--from", "a@contoh.id", "--to", "b@uji.test",
                       "--timeout", "10", *more], timeout=timeout)


def bare(play, *lines, wait=True):
    """A client that says what it is told; the replies."""
    s = socket.create_connection(("127.0.0.1", play.port), 15)
    f, out = s.makefile("rb"), []
    if wait:
        out.append(f.readline())
    for line in lines:
        s.sendall(line)
        while True:
            reply = f.readline()
            out.append(reply)
            if reply[3:4] != b"-":
                break
    s.close()
    return out


def envelope(body, helo=b"EHLO mail.contoh.id\r\n"):
    return (helo, b"MAIL FROM:<a@contoh.id>\r\n", b"RCPT TO:<b@uji.test>\r\n", b"DATA\r\n", body,
            b"QUIT\r\n")


def postfix(t, play, level="may", more=None, name="postfix"):
    extra = {"smtp_tls_security_level": level, "transport_maps": "static:smtp:[127.0.0.1]:%d" % play.port,
             "maximal_backoff_time": "3s", "smtp_tls_loglevel": "1"}
    extra.update(more or {})
    p = Postfix(t, extra=extra, name=name).start()
    p.sendmail("a@mitra.test", "b@uji.test", LETTER)
    return p


# ---- a sound server ----

def test_client_sound(t):
    """Without words it is a server of today: Postfix brings its message under TLS"""
    play = Play(t, "")
    postfix(t, play)
    got = has(play.ended(30), "client.took-untrusted",
              no=("client.clear-text-fallback", "client.no-starttls", "client.bad-helo"))
    equal(got["answer"], "good")
    s = got["sessions"][0]
    equal((s["tls"], s["tls_version"], s["messages"], s["clear_text"], s["ehlo"], s["helo"]),
          ("up", "TLS1_3", 1, False, True, "mx.mitra.test"), s)
    check(s["pipelining"] and s["size"] and not s["spoke_first"], s)
    texts = [line["text"] for line in s["dialogue"]]
    check("STARTTLS" in texts and any(x.startswith("RCPT TO:<b@uji.test>") for x in texts), texts)


def test_client_own_certificate(t):
    """With a certificate that the client trusts there is nothing to say of trust"""
    play = Play(t, "", "--cert", t.cert("good"), "--key", t.cert("good", "key"))
    r = swaks(play, "-tls", "--tls-sni", "mail.contoh.id")
    equal(r.returncode, 0, r.out)
    got = has(play.ended(), no=("client.took-untrusted",))
    equal((got["answer"], got["findings"], got["sessions"][0]["tls_sni"]),
          ("good", [], "mail.contoh.id"))


# ---- TLS that is old, or fails ----

def test_client_old_tls(t):
    """TLS 1.0 alone: a client that takes it is told so; Postfix of today falls back"""
    play = Play(t, "tls-1.0")
    postfix(t, play, more={"smtp_tls_protocols": ">=TLSv1.2"})
    has(play.ended(30), "client.tls-failed", "client.clear-text-fallback")
    play = Play(t, "tls-1.0")
    postfix(t, play, more={"smtp_tls_protocols": ">=TLSv1"}, name="kuno")
    got = has(play.ended(30), "client.old-tls", no=("client.clear-text-fallback",))
    equal(got["sessions"][-1]["tls_version"], "TLS1_0")


def test_client_weak_ciphers(t):
    play = Play(t, "weak-ciphers")
    equal(swaks(play, "-tls").returncode, 0)
    got = has(play.ended(), "client.weak-cipher")
    check(got["sessions"][0]["tls_cipher"].startswith("AES"), got["sessions"][0])


def test_client_single_versions(t):
    for word, version in (("tls-1.2", "TLS1_2"), ("tls-1.3", "TLS1_3")):
        play = Play(t, word)
        equal(swaks(play, "-tls").returncode, 0)
        got = has(play.ended(), no=("client.old-tls",))
        equal(got["sessions"][0]["tls_version"], version)


def test_client_falls_back(t):
    """Postfix with "may" goes on in clear text wherever TLS fails"""
    for word, how in (("close-starttls", "failed"), ("garbage-starttls", "failed"),
                      ("refuse-starttls", "refused"), ("client-cert", "failed")):
        play = Play(t, word)
        p = postfix(t, play, name=word)
        got = has(play.ended(30), "client.clear-text-fallback")
        equal((got["answer"], got["sessions"][0]["tls"]), ("good", how), word)
        check(any(s["clear_text"] and s["messages"] == 1 for s in got["sessions"]), word)
        t.stop(p.proc)


def test_client_stalls(t):
    """Silence behind 220: it gives up after its own time, and falls back"""
    play = Play(t, "stall-starttls")
    postfix(t, play, more={"smtp_starttls_timeout": "2s"})
    has(play.ended(30), "client.clear-text-fallback", "client.tls-failed")


def test_client_no_starttls(t):
    """Where none is offered clear text is no fault; who demands TLS holds back"""
    play = Play(t, "no-starttls")
    postfix(t, play)
    got = has(play.ended(30), no=("client.no-starttls", "client.clear-text-fallback"))
    check(got["sessions"][0]["clear_text"], got["sessions"])
    play = Play(t, "no-starttls", seconds=100)
    p = postfix(t, play, "encrypt", name="ketat")
    until(lambda: p.log().count("status=deferred") >= 2, 60, "Postfix to come again")
    got = has(play.report(stop=True), "client.holds-back")
    equal(got["answer"], "good")
    equal(sum(s["messages"] for s in got["sessions"]), 0)


def test_client_does_not_try_tls(t):
    play = Play(t, "")
    equal(swaks(play).returncode, 0)
    has(play.ended(), "client.no-starttls")


def test_client_bad_certificates(t):
    """Expired or for another name: msmtp that checks holds back, swaks does not look"""
    for word in ("expired", "self-signed"):
        play = Play(t, word)
        r = msmtp(play, "tls_trust_file " + t.cert("ca"))
        check(r.returncode != 0, r.out)
        equal(swaks(play, "-tls").returncode, 0)
        has(play.ended(), "client.took-untrusted", "client.tls-failed")


def test_client_implicit(t):
    play = Play(t, "implicit")
    equal(swaks(play, "-tlsc").returncode, 0)
    got = has(play.ended(), no=("client.speaks-first",))
    equal(got["sessions"][0]["tls"], "up")


# ---- refusals ----

def test_client_greylist(t):
    """Postfix and kurir come again; the time it took is told"""
    play = Play(t, "greylist", seconds=100)
    postfix(t, play)
    got = has(play.ended(60), "client.retried")
    equal((got["answer"], len(got["sessions"])), ("good", 2))
    check("after" in [f["text"] for f in got["findings"] if f["code"] == "client.retried"][0], got)


def test_client_kurir(t):
    """Our own queue against the same: greylisting, and a server that hangs up behind 220"""
    play = Play(t, "greylist,close-starttls", seconds=100)
    k = t.kurir(extra='route "uji.test" { via = "relay:[127.0.0.1]:%d" }\n' % play.port)
    r = k.cmd("sendmail", "-f", "a@contoh.id", "b@uji.test", input=LETTER)
    equal(r.returncode, 0, r.err)
    has(play.ended(90), "client.retried", "client.clear-text-fallback",
        no=("client.duplicate", "client.bad-helo"))


def test_client_never_again(t):
    """A script that does not come again: that is not known after so short a time"""
    for word in ("greylist", "busy"):
        play = Play(t, word, seconds=4)
        swaks(play)
        got = has(play.report(), "client.not-yet")
        equal(got["answer"], "unknown", word)


def test_client_busy(t):
    play = Play(t, "busy")
    check(swaks(play).returncode != 0, "not busy")
    equal(swaks(play).returncode, 0)
    got = has(play.ended(), "client.retried")
    equal(len(got["sessions"]), 2)


def test_client_no_for_good(t):
    """Full and unknown: Postfix returns the message; a script tries again and is told so"""
    for word in ("full", "unknown-user"):
        play = Play(t, word, seconds=100)
        swaks(play)
        swaks(play)
        has(play.report(stop=True), "client.repeats-refused", no=("client.took-no",))
    play = Play(t, "unknown-user", seconds=100)
    p = postfix(t, play)
    until(lambda: "status=bounced" in p.log(), 30, "the bounce")
    got = has(play.report(stop=True), "client.took-no")
    equal(got["answer"], "unknown", "so soon nobody can know")


def test_client_one_recipient(t):
    """452 from the second on: Postfix brings the other one in a second transaction"""
    play = Play(t, "one-recipient", seconds=60)
    p = Postfix(t, extra={"transport_maps": "static:smtp:[127.0.0.1]:%d" % play.port,
                          "maximal_backoff_time": "3s"}).start()
    r = t.run(["/usr/sbin/sendmail", "-C", p.etc, "-i", "-f", "a@mitra.test", "b@uji.test", "c@uji.test"],
              input=LETTER.replace(b"\r\n", b"\n"), env={"MAIL_CONFIG": p.etc})
    equal(r.returncode, 0, r.err)
    got = play.ended(60)
    check("client.retried" in codes(got), codes(got))
    equal(sum(s["messages"] for s in got["sessions"]), 2)


def test_client_no_answer_to_the_dot(t):
    """Silence behind the dot: it gives up too early, and sends it again, which is right"""
    play = Play(t, "no-answer-to-dot", seconds=100)
    postfix(t, play, more={"smtp_data_done_timeout": "3s"})
    got = has(play.ended(60), "client.impatient", "client.sent-again", no=("client.duplicate",))
    equal(sum(s["messages"] for s in got["sessions"]), 1)


# ---- slowness ----

def test_client_slow(t):
    """Replies after ten seconds: who has no time is told, Postfix has it"""
    play = Play(t, "slow", seconds=25)
    swaks(play, "--timeout", "2")
    has(play.report(stop=True), "client.gives-up-early")
    play = Play(t, "slow-banner", seconds=60)
    postfix(t, play)
    has(play.ended(60), no=("client.gives-up-early", "client.speaks-first"))


# ---- manners ----

def test_client_manners(t):
    """Speaking first, HELO, odd names, bare newlines, dots, long lines"""
    play = Play(t, "")
    bare(play, *envelope(b"Subject: x\r\n\r\n.titik\r\n" + b"x" * 1500 + b"\r\n.\r\n",
                         b"HELO kantor-pc\r\n"))
    has(play.ended(), "client.no-ehlo", "client.bad-helo", "client.dot-not-doubled",
        "client.long-line", no=("client.speaks-first", "client.bare-newline"))
    play = Play(t, "")
    bare(play, b"EHLO mail.contoh.id\r\n", wait=False)
    bare(play, *envelope(b"Subject: x\r\n\r\na\nb\r\n.\r\n")[:5])
    got = has(play.ended(), "client.bare-newline", "client.speaks-first")
    equal(got["answer"], "bad")


def test_client_duplicate(t):
    play = Play(t, "", "--count", "2")
    for _ in range(2):
        bare(play, *envelope(LETTER + b".\r\n"))
    has(play.ended(), "client.duplicate")


def test_client_passwords(t):
    """A password is never let in, never shown, and its way is judged"""
    secret = "rahasia-sekali"
    play = Play(t, "")
    swaks(play, "-tls", "-a", "PLAIN", "-au", "budi", "-ap", secret)
    got = has(play.report(stop=True), "client.password-to-anyone")
    play = Play(t, "")
    bare(play, b"EHLO mail.contoh.id\r\n", b"AUTH PLAIN AGJ1ZGkAcmFoYXNpYQ==\r\n", b"QUIT\r\n")
    more = has(play.report(stop=True), "client.password-in-clear")
    for text in (json.dumps(got), json.dumps(more)):
        check(secret not in text and "AGJ1ZGk" not in text and "cmFoYXNpYQ" not in text, text[:2000])


def test_client_knock(t):
    """A health check that only connects is no impatient client"""
    play = Play(t, "", seconds=20)
    socket.create_connection(("127.0.0.1", play.port), 5).close()
    time.sleep(0.5)
    equal(has(play.report(stop=True), "client.no-message", no=("client.gives-up-early",))["answer"],
          "unknown")


def test_client_nobody(t):
    got = has(Play(t, "", seconds=1).report(), "client.nobody")
    equal(got["answer"], "unknown")


# ---- hostile clients ----

def test_client_hostile(t):
    """Many at once, endless lines, garbage, escape octets: it lives, and shows none"""
    play = Play(t, "", seconds=60)
    held = [socket.create_connection(("127.0.0.1", play.port), 5) for _ in range(12)]
    time.sleep(1)
    for s in held:
        s.close()
    with socket.create_connection(("127.0.0.1", play.port), 5) as s:
        s.recv(100)
        try:
            for _ in range(200):
                s.sendall(b"x" * 65536)
        except OSError:
            pass
    bare(play, b"EHLO \x1b[31m\x9b<script>\r\n", b"\x16\x03\x01\x02\x00\r\n")
    bare(play, *envelope(LETTER + b".\r\n"))
    got = has(play.report(stop=True), "client.turned-away")
    check("\x1b" not in json.dumps(got, ensure_ascii=False), "an escape")


def test_client_usage(t):
    for argv, word in ((["--as", "tls-1.4"], "tls-1.4"), (["--as", "tls-1.0,tls-1.2"], "tls-1.2"),
                       (["--count", "0"], "--count"), (["--time", "0"], "--time"),
                       (["--listen", "mail"], "--listen"), (["--cert", t.cert("good")], "--key"),
                       (["--as", "expired", "--cert", t.cert("good"), "--key",
                         t.cert("good", "key")], "expired")):
        r = t.run([t.bin, "check", "client", *argv])
        equal(r.returncode, 2, (argv, r.err))
        check(word in r.err, argv, r.err)


def msmtp(play, *lines):
    conf = play.t.write("msmtprc-%d" % play.port, "\n".join(
        ("account default", "host 127.0.0.1", "port %d" % play.port, "from a@contoh.id", "tls on",
         "tls_starttls on", "domain mail.contoh.id") + lines) + "\n", 0o600)
    return play.t.run([program("msmtp"), "-C", conf, "b@uji.test"], input=LETTER)
