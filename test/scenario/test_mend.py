"""kurir config mend: an open relay is found, closed, and proven closed, and who
relayed by right still may."""
import base64
import json
import os
import stat
import subprocess

from harness import check, equal, until

WIDE = ["0.0.0.0/0"]


def world(t):
    """A place elsewhere that takes all mail, and a DNS that knows it."""
    peer = t.peer()
    dns = t.dns()
    dns.add("luar.test", "A", peer.address)
    dns.add("mail.contoh.id", "A", "127.0.0.1")
    return peer, dns


def relay(k, source, sender="budi@contoh.id"):
    """The answer to RCPT elsewhere, and the mail goes on if it is a yes."""
    s = k.smtp(k.mx, source)
    check(s.read().startswith("220"), "banner")
    s.must("EHLO klien.example.org")
    s.must("MAIL FROM:<%s>" % sender)
    got = s.cmd("RCPT TO:<orang@luar.test>")
    if got.startswith("2"):
        s.must("DATA", "354")
        s.send("Subject: uji\r\n\r\nisi\r\n.\r\n")
        check(s.read().startswith("250"), "the message")
    s.cmd("QUIT")
    s.close()
    return got


def mend(k, *argv, input=None):
    return k.cmd("config", "mend", *argv, input=input, timeout=90)


def report(k, *argv, code=None):
    r = mend(k, "--json", *argv)
    check(code is None or r.returncode == code, "ended", r.returncode, r.out, r.err)
    return json.loads(r.out)


def conf(t, k, text=None, mode=0o640, name=None):
    """The configuration as it is written, or another one."""
    path = name or k.conf_path
    if text is not None:
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
    with open(path) as f:
        return f.read()


def open_kurir(t, trusted=None, **more):
    peer, dns = world(t)
    k = t.kurir(server=dns.server, outbound={"port": str(peer.port)}, trusted=trusted or WIDE,
                start=False, **more)
    return k, peer


def test_open_relay_closed_and_proven(t):
    k, peer = open_kurir(t)
    comment = 'trusted = { # yang boleh\n\t"10.0.0.0/8", # kantor\n\t"0.0.0.0/0" # semua, sementara\n}\n'
    before = "# paling atas\n" + k.conf_text().replace('trusted = {"0.0.0.0/0"}\n', comment)
    conf(t, k, before)
    k.start()
    for _ in range(2):
        check(relay(k, "127.0.0.7").startswith("2"), "it is open")
    check(relay(k, "127.0.0.8").startswith("2"), "it is open")

    # What there is to do is told, and nothing done.
    got = report(k, "--dry-run", code=1)
    equal(conf(t, k), before, "after --dry-run")
    f = got["findings"][0]
    equal((f["code"], f["state"], f["setting"]), ("self.open-relay", "open", "trusted"))
    equal(f["line"], before[:before.index('\t"0.0.0.0/0"')].count("\n"), "line")
    check("127.0.0.7: 2 messages" in f["notes"], f["notes"])
    check(relay(k, "127.0.0.2").startswith("2"), "still open")

    text = mend(k, "--yes")
    check(text.returncode == 0, "ended", text.returncode, text.out, text.err)
    check("It no longer relays for strangers." in text.out, text.out)
    after = conf(t, k)
    # Comments and the rest stay octet for octet.
    for line in ("# paling atas\n", "# yang boleh\n", "# kantor\n", "# semua, sementara\n"):
        check(line in after, line, after)
    equal(before.split(comment)[1], after[-len(before.split(comment)[1]):], "what stands behind")
    check('"0.0.0.0/0"' not in after and '"10.0.0.0/8"' in after, after)
    equal(conf(t, k, name=k.conf_path + ".old"), before, "the copy")
    for path in (k.conf_path, k.conf_path + ".old"):
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o640, path)

    # The two that relayed still may, as may this machine; a stranger may not.
    for source in ("127.0.0.7", "127.0.0.8", "127.0.0.1"):
        check(relay(k, source).startswith("2"), source, "may relay")
    for source in ("127.0.0.9", "127.0.1.7"):
        got = relay(k, source)
        check(got.startswith("550 5.7.1"), source, "may not relay", got)
    got = mend(k)
    equal((got.returncode, got.out), (0, "There is nothing to mend.\n"))
    equal(report(k, code=0)["findings"], [])


def test_server_that_does_not_take_it(t):
    """What was written and is not in force is not called good; nor what was not seen."""
    k, peer = open_kurir(t)
    k.start()
    text = conf(t, k)
    check(relay(k, "127.0.0.7").startswith("2"), "it is open")
    if not t.root:
        return
    # The user cannot change while it runs: it keeps the old configuration.
    conf(t, k, text.replace('user = "%s"' % t.user, 'user = "daemon"'))
    got = report(k, "--yes", code=1)
    equal((got["reload"], got["relay_after"]["answer"]), ("told", "open"))
    equal([f["state"] for f in got["findings"]], ["mended"])
    check(relay(k, "127.0.0.2").startswith("2"), "it is still open")
    # It takes this one. That all of 127/8 is trusted may leave no address to test from.
    conf(t, k, text.replace('"0.0.0.0/0"', '"0.0.0.0/0", "127.0.0.0/8"'))
    after = report(k, "--yes")["relay_after"]
    codes = {f["code"] for f in after["findings"]}
    check(after["answer"] == "closed" or "self.relay-not-tested" in codes, after)


def test_asked_one_by_one(t):
    k, _ = open_kurir(t)
    before = conf(t, k)
    got = mend(k, input="n\n")
    check(got.returncode == 1 and "1 of 1 is not mended." in got.out, got.out)
    check("Mend it? [y/N]" in got.out and "self.open-relay" in got.out, got.out)
    got = mend(k, input="")
    check(got.returncode == 1, "the end of input is a no:", got.out)
    equal(conf(t, k), before)
    got = mend(k, input="y\n")
    check(got.returncode == 0, got.returncode, got.out, got.err)
    check("No server runs" in got.out, got.out)
    # Nobody had relayed: this machine alone may.
    check('trusted = {"127.0.0.0/8", "::1"}\n' in conf(t, k), conf(t, k))


def test_strangers_are_not_kept(t):
    """That an address of the internet abused it is no reason to let it."""
    k, _ = open_kurir(t, trusted=["0.0.0.0/0", "203.0.112.0/20", "192.0.2.0/24", ".kantor.contoh.id"])
    r = t.run([k.t.bin, "config", "check", "-c", k.conf_path])
    equal(r.returncode, 0, r.out)
    got = report(k, "--keep", "198.51.100.7, 2001:db8::/48", code=1)
    equal(got["findings"][0]["value"],
          '{"192.0.2.0/24", "198.51.100.7", "2001:db8::/48", "127.0.0.1", ".kantor.contoh.id"}')
    got = mend(k, "--keep", "198.51.100.7/24")
    check(got.returncode == 2 and "--keep" in got.err, got.err)


def test_listener_and_include(t):
    """The value is changed where it stands: in a file within a section."""
    k, _ = open_kurir(t, trusted=["127.0.0.0/8"])
    part = t.write("kurir/mx.conf", '# hanya untuk mx\r\ntrusted = {"0.0.0.0/0"}  # ups\r\n', 0o600)
    main = k.conf_text().replace('role = "mx" ', 'role = "mx" include("mx.conf") ')
    conf(t, k, main)
    got = report(k, code=1)["findings"]
    equal([(f["setting"], f["file"], f["line"]) for f in got], [("listen.mx.trusted", part, 2)])
    got = mend(k, "--yes")
    check(got.returncode == 0, got.out, got.err)
    with open(part, newline="") as f:
        equal(f.read(), '# hanya untuk mx\r\ntrusted = {"127.0.0.0/8", "::1"}  # ups\r\n')
    equal(stat.S_IMODE(os.stat(part).st_mode), 0o600, part)
    equal(conf(t, k), main, "the main file")
    check(not os.path.exists(k.conf_path + ".old"), "no copy of what was not changed")


def test_submission(t):
    """Who submits logs in, and not in clear."""
    k, _ = open_kurir(t, trusted=["127.0.0.0/8"], submission_extra='tls = "none" auth = "offer"')
    text = k.conf_text().replace('"127.0.0.1:%d"}  role = "submission" ' % k.submission,
                                 '"0.0.0.0:%d"}  role = "submission" ' % k.submission)
    conf(t, k, text)
    got = report(k, code=1)["findings"]
    equal([(f["code"], f["value"]) for f in got],
          [("mend.submission-auth", '"require"'), ("mend.auth-in-clear", '"encrypt"')])
    got = mend(k, "--yes")
    check(got.returncode == 0, got.out, got.err)
    equal(conf(t, k), text.replace('tls = "none" auth = "offer"',
                                   'tls = "encrypt" auth = "require"'))
    # The copy is of what was there before all of it.
    equal(conf(t, k, name=k.conf_path + ".old"), text)
    # Without a certificate nothing can be written for it.
    conf(t, k, "\n".join(line for line in text.splitlines() if not line.startswith("tls {")
                         and '"submissions"' not in line).replace(' auth = "offer"', "") + "\n")
    got = report(k, "--yes", code=1)["findings"]
    equal([(f["code"], f["state"]) for f in got], [("mend.auth-in-clear", "by-hand")])


def test_nothing_is_written(t):
    """A configuration with errors, and files that may not be written."""
    k, _ = open_kurir(t)
    good = conf(t, k)
    conf(t, k, good + "trustd = x\n")
    got = mend(k, "--yes")
    check(got.returncode == 2 and "trustd" in got.err, got.returncode, got.err)
    equal(conf(t, k), good + "trustd = x\n")
    conf(t, k, good, 0o644)
    if not t.root:
        return
    # Somebody else may neither write the file nor beside it.
    got = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                          k.t.bin, "config", "mend", "--yes", "-c", k.conf_path],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=60)
    check(got.returncode == 1 and b"cannot write" in got.stderr, got.returncode, got.stderr)
    equal(conf(t, k), good)
    equal(sorted(f for f in os.listdir(k.dir) if "conf" in f), ["kurir.conf"])
    # A link is followed, not replaced.
    os.rename(k.conf_path, k.conf_path + ".asli")
    os.symlink("kurir.conf.asli", k.conf_path)
    got = mend(k, "--yes")
    check(got.returncode == 0, got.out, got.err)
    check(os.path.islink(k.conf_path), "the link")
    equal(conf(t, k, name=k.conf_path + ".asli.old"), good)
    until(lambda: "0.0.0.0/0" not in conf(t, k), 1, "the change")


def test_smarthost(t):
    """Nobody can be reached on the port: a smart host, with user and password."""
    smart = t.peer(auth="PLAIN LOGIN")
    dns = t.dns()
    closed = t.port()
    for i in range(3):
        dns.add("tujuan%d.test" % i, "A", "127.0.3.%d" % (i + 1))
    k = t.kurir(server=dns.server, outbound={"port": str(closed), "retry": '{"1h"}'})
    before = conf(t, k)
    equal(report(k, code=0)["findings"], [])
    s = k.smtp(k.mx)
    check(s.read().startswith("220"), "banner")
    s.must("EHLO klien.example.org")
    for i in range(3):
        s.must("MAIL FROM:<budi@contoh.id>")
        s.must("RCPT TO:<orang@tujuan%d.test>" % i)
        s.must("DATA", "354")
        s.send("Subject: uji\r\n\r\nisi\r\n.\r\n")
        check(s.read().startswith("250"), "the message")
    s.close()
    until(lambda: len([r for r in k.log() if "net.refused" in str(r)]) >= 3, 15, "three attempts")

    got = report(k, code=1)["findings"]
    equal([(f["code"], f["setting"], f["state"]) for f in got],
          [("mend.port-blocked", "outbound.via", "open")])
    check("3 of 3 servers" in got[0]["text"], got[0]["text"])
    # Nothing is made up: without a smart host it stays.
    check(mend(k, "--yes").returncode == 1 and conf(t, k) == before, "no smart host, no change")
    for wrong in ("smart host:587", "smart.test:0", "[127.0.0.1", "a:b:c"):
        got = mend(k, "--yes", "--smarthost", wrong)
        check(got.returncode == 1 and conf(t, k) == before, wrong, got.returncode, got.out, got.err)
    # The password is one line of standard input, or of a file.
    got = mend(k, "--smarthost", smart.host, "--smarthost-user", "pelanggan", input="y\nsalah \n")
    check(got.returncode == 1 and "password" in got.err, got.returncode, got.out, got.err)
    equal(conf(t, k), before)
    secret = t.write("sandi", "ra ha:sia\n", 0o600)
    got = mend(k, "--yes", "--smarthost", smart.host, "--smarthost-user", "pelanggan",
               "--password-file", secret)
    check(got.returncode == 0, got.returncode, got.out, got.err)
    check("ra ha" not in got.out + got.err, "the password is never shown")
    path = os.path.join(k.dir, "credentials")
    equal(conf(t, k, name=path), "%s pelanggan:ra ha:sia\n" % smart.host)
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
    equal(conf(t, k, name=k.conf_path + ".old"), before)
    check('via = "smarthost:%s" credentials = "%s"' % (smart.host, path) in conf(t, k), conf(t, k))
    until(lambda: k.cmd("queue", "retry", "--all").returncode == 0 and smart.wait(3, 2), 20,
          "the mail at the smart host")
    equal(len(smart.messages), 3)
    equal(base64.b64decode(smart.logins[0].split()[-1]), b"\0pelanggan\0ra ha:sia")
    equal(mend(k).returncode, 0)
