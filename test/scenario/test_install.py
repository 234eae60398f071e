"""What `make install` puts down, a server under the users of its roles, and
every start that cannot be: one line that says what to do."""
import json
import os
import pwd
import re
import shutil
import subprocess

from harness import ROOT, Skip, check, equal, until

ROLES = ("master", "smtpd", "queue", "relay", "resolver", "lookup", "auth", "fetch", "ledger", "deliver")


def install(t, prefix="/usr"):
    """A fresh root with what make install puts there; its path."""
    dest = t.path("root")
    r = t.run([os.path.join(ROOT, "tools/install"), dest, prefix, "/etc"],
              env={"BUILD": os.path.join(t.shared, "bin")})
    equal(r.returncode, 0, r.out + r.err)
    return dest


def test_what_is_installed(t):
    """Programs, manual, service, users; the configuration is never overwritten"""
    dest = install(t)
    for name in ["bin/kurir"] + ["libexec/kurir/" + r for r in ROLES + ("check-mail",)]:
        check(os.access(os.path.join(dest, "usr", name), os.X_OK), name)
    for name in ("man1/kurir.1", "man5/kurir.conf.5", "man7/kurir.7", "man7/kurir-queue.7", "man1/kurir-check.1"):
        check(os.path.exists(os.path.join(dest, "usr/share/man", name)), name)
    with open(dest + "/usr/lib/systemd/system/kurir.service") as f:
        service = f.read()
    check("ExecStart=/usr/bin/kurir serve -c /etc/kurir/kurir.conf\n" in service and "@" not in service, service)
    with open(dest + "/usr/lib/sysusers.d/kurir.conf") as f:
        users = [line.split(None, 3) for line in f if line.startswith("u ")]
    equal({u[1] for u in users}, {"kurir"} | {"kurir-" + r for r in ROLES[1:-1]}, "users")
    check(not any(":" in u[3] for u in users), "sysusers takes no colon there", users)
    conf = dest + "/etc/kurir/kurir.conf"
    with open(conf, "a") as f:
        f.write("# milik saya\n")
    install(t)
    with open(conf) as f:
        check("# milik saya" in f.read(), "kurir.conf was overwritten")
    with open(dest + "/usr/lib/systemd/system/kurir-check@.service") as f:
        unit = f.read()
    check("ExecStart=/usr/libexec/kurir/check-mail %i\n" in unit and "@PREFIX@" not in unit
          and "CHECKS=/etc/kurir/checks " in unit, unit)
    check(os.path.exists(dest + "/usr/lib/systemd/system/kurir-check@.timer"), "the timer")
    for tool, argv in (("systemd-sysusers", ["--dry-run", dest + "/usr/lib/sysusers.d/kurir.conf"]),
                       ("systemd-analyze", ["verify", "--man=no", t.path("kurir.service"), t.path("kurir-check@x.service"),
                                            t.path("kurir-check@x.timer")])):
        if shutil.which(tool):
            t.write("kurir.service", service.replace("/usr/bin", dest + "/usr/bin"))
            t.write("kurir-check@x.service", unit.replace("=/usr/", "=" + dest + "/usr/"))
            shutil.copy(dest + "/usr/lib/systemd/system/kurir-check@.timer", t.path("kurir-check@x.timer"))
            r = t.run([tool] + argv)
            check(r.returncode == 0 and "valid" not in r.err, tool, r.err)


def documented():
    """Every configuration that people copy: (where, text)."""
    with open(os.path.join(ROOT, "README.md")) as f:
        yield "README.md", re.search(r"```\n(hostname = .*?)```", f.read(), re.S).group(1)
    with open(os.path.join(ROOT, "man/kurir.conf.5")) as f:
        blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", f.read(), re.S | re.M)
    blocks = [b.replace(r"\&", "").replace(r"\e", "\\") for b in blocks if re.match("hostname|domain", b)]
    check(len(blocks) >= 2, "the examples of kurir.conf(5)")
    for b in blocks:
        yield "kurir.conf(5)", b
    for name in ("kurir.conf", "kurir.conf.example"):
        with open(os.path.join(ROOT, "etc", name)) as f:
            text = f.read()
        yield name, text
        # What is commented out is an option as well.
        yield name, re.sub(r"(?m)^(\s*)# ?(\S+ = |\w+ \"[^\"]*\" \{)", r"\1\2", text)


def test_documented_configurations(t):
    """Each example in README, manual and etc is legal but for the files it names"""
    for where, text in documented():
        if "hostname" not in text:
            text = 'hostname = "mail.contoh.id"\n' + text
        path = t.write("contoh.conf", text)
        r = t.run([t.bin, "config", "check", "--json", "-c", path])
        for m in json.loads(r.out):
            fine = m["severity"] == "warning" or "cannot open" in m["text"] or "no user" in m["text"]
            check(fine, where, "line", m["line"], m["text"])


def test_the_installed_configuration_serves(t):
    """Six lines as installed, with other addresses and paths, are a server"""
    dest = install(t, "/usr/local")
    k = t.kurir(start=False)
    with open(dest + "/etc/kurir/kurir.conf") as f:
        text = f.read()
    equal(len([x for x in text.splitlines() if x and x[0] != "#"]), 6, "lines")
    for port, ours in ((25, k.mx), (587, k.submission), (465, k.submissions)):
        text = text.replace('{"0.0.0.0:%d", "[::]:%d"}' % (port, port), '{"127.0.0.1:%d"}' % ours)
    text = text.replace("/etc/kurir/tls/fullchain.pem", k.cert_file)
    text = text.replace("/etc/kurir/tls/privkey.pem", k.key_file)
    text = text.replace("/var/mail", k.maildirs)
    check("0.0.0.0" not in text and "/etc" not in text.split("\n", 1)[1], text)
    t.write("kurir/kurir.conf", text + 'data-dir = "%s"\ncontrol = "%s"\nuser = "%s"\n'
            % (k.data, k.control, t.user))
    t.bin = dest + "/usr/local/bin/kurir"
    equal(k.cmd("config", "check").returncode, 0)
    k.start()
    k.send("budi@contoh.id")
    k.mail("budi")
    equal(k.stop(), 0, "exit code")


class Namespace:
    """Users of a system with kurir installed, which this machine need not be."""

    def __init__(self, t):
        if not t.root:
            raise Skip("only root may give each role its user")
        self.t = t
        uid = 64000
        for name in ("passwd", "group"):
            with open("/etc/" + name) as f:
                t.write(name, "".join(x for x in f if not x.startswith("kurir")))
        with open(t.path("passwd"), "a") as p, open(t.path("group"), "a") as g:
            self.uid = {}
            for name in ["kurir"] + ["kurir-" + r for r in ROLES[1:-1]] + ["pembaca", "asing"]:
                uid += 1
                self.uid[name] = uid
                p.write("%s:x:%d:%d::/:/usr/sbin/nologin\n" % (name, uid, uid))
                g.write("%s:x:%d:%s\n" % (name, uid, "pembaca" if name == "kurir" else ""))
        mounts = "".join("mount --bind %s /etc/%s && " % (t.path(f), f) for f in ("passwd", "group"))
        self.script = t.write("kurir-ns", "#!/bin/sh\nexec unshare -m sh -c '%sexec %s \"$@\"' x \"$@\"\n"
                              % (mounts, t.bin), 0o755)
        self.as_script = t.write(
            "kurir-as", "#!/bin/sh\nu=$1; shift\nexec unshare -m sh -c '%sexec setpriv --reuid $0 --regid $0 "
            "--init-groups %s \"$@\"' \"$u\" \"$@\"\n" % (mounts, t.bin), 0o755)
        r = t.run([self.script, "--version"])
        if r.returncode != 0:
            raise Skip("no mount namespaces here: " + r.err)


def test_roles_run_as_their_users(t):
    """Every role under its own uid; group kurir may read, strangers nothing"""
    ns = Namespace(t)
    k = t.kurir(start=False, users=(),
                extra='exempt "ptr" { sync = "https://127.0.0.1:%d/ptr.list" }\n' % t.port())
    mail = t.mkdir("post", 0o755, own=False)  # root's, as /var/mail is
    t.write("kurir/kurir.conf", k.conf_text().replace(k.data, t.path("lib")).replace(
        k.maildirs, mail).replace('user = "%s"' % t.user, 'user = "kurir"'))
    t.bin = ns.script
    k.add_user("budi@contoh.id")
    k.start()
    seen = {}
    k.send("budi@contoh.id")
    until(lambda: os.path.isdir(mail + "/contoh.id/budi/new") and os.listdir(mail + "/contoh.id/budi/new"),
          10, "the delivery")
    for pid, name in t.descendants(k.proc.pid).items():
        if name not in ROLES:
            continue
        with open("/proc/%d/status" % pid) as f:
            status = dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)
        want = ns.uid["kurir" if name == "deliver" else "kurir-" + name]
        equal(status["Uid"].split(), [str(want)] * 4, "uid of " + name)
        equal(status["Gid"].split(), [str(want)] * 4, "gid of " + name)
        equal(status["Groups"].strip(), "", "groups of " + name)
        equal(int(status["CapEff"], 16), 0, "capabilities of " + name)
        equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "walls of " + name)
        seen[name] = pid
    equal(set(seen), set(ROLES[1:]), "roles")
    for name, role, mode in (("queue", "queue", 0o700), ("ledger", "ledger", 0o700), ("auth", "auth", 0o700),
                             ("lookup", "lookup", 0o700), ("exempt", "fetch", 0o755)):
        st = os.stat(t.path("lib", name))
        equal((st.st_uid, st.st_mode & 0o777), (ns.uid["kurir-" + role], mode), name)
    equal(os.stat(mail + "/contoh.id").st_uid, ns.uid["kurir"], "owner of the mail")

    def ask(who, *argv):
        return t.run([ns.as_script, str(ns.uid[who]), *argv, "-c", k.conf_path])
    for who, read in (("kurir", 0), ("pembaca", 0), ("asing", 1)):
        equal(ask(who, "queue", "count").returncode, read, who + " reads the queue")
        r = ask(who, "log")
        equal(r.returncode, read, who + " reads the log")
        equal(len(r.err.splitlines()), read, who + " is told why once")
    equal(ask("pembaca", "queue", "retry", "--all").returncode, 1, "a reader changes")
    equal(ask("kurir", "queue", "retry", "--all").returncode, 0, "the service user changes")


def refused(t, k, *parts):
    """serve ends with 2 and one line in which all the parts stand."""
    r = t.run([t.bin, "serve", "-c", k.conf_path], timeout=20)
    equal(r.returncode, 2, r.err)
    equal(len(r.err.splitlines()), 1, r.err)
    for part in parts:
        check(part in r.err, repr(part), "is not in:", r.err)


def test_one_line_for_wrong_places(t):
    """Directories and files of others, damaged ones, and a disk without room"""
    k = t.kurir(start=False)
    auth, queue = k.data + "/auth", k.data + "/queue"
    os.chmod(k.data, 0o777)
    refused(t, k, k.data, "chmod go-w")
    os.chmod(k.data, 0o700)
    if t.root:
        games = pwd.getpwnam("games")
        os.chown(k.data, games.pw_uid, -1)
        refused(t, k, k.data, "games", "chown root")
        t.own(k.data)
        os.chown(auth, games.pw_uid, -1)
        refused(t, k, auth, "games", "chown -R")
        equal(os.stat(auth).st_uid, games.pw_uid, "taken over from its owner")
        t.own(auth)
    with open(auth + "/accounts", "a") as f:
        f.write("rusak !!\n")
    refused(t, k, auth + "/accounts:3")
    os.unlink(auth + "/accounts")
    t.write("kurir/data/queue/queue.db", os.urandom(40000), 0o600, own=True)
    refused(t, k, queue + "/queue.db", "damaged", "move it away")
    shutil.rmtree(queue)
    if t.root and t.run(["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k,mode=711", "x",
                         k.data]).returncode == 0:
        full = ("mount -t tmpfs -o size=64k,mode=711 x %s; head -c 1m /dev/zero >%s/isi; exec %s serve -c %s"
                % (k.data, k.data, t.bin, k.conf_path))
        r = t.run(["unshare", "-m", "sh", "-c", full])
        lines = [x for x in r.err.splitlines() if "kurir: " in x]
        equal((r.returncode, len(lines)), (2, 1), r.err)
        check(k.data in lines[0] and "make room" in lines[0], lines[0])


def test_one_line_for_wrong_words(t):
    """What is misspelt, missing or taken: where, what, and the mend"""
    k = t.kurir(start=False)
    good = k.conf_text()
    for text, *parts in (
            (good.replace("postmaster", "postmastr"), "kurir.conf:9:", 'did you mean "postmaster"'),
            (good + 'include("tiada.conf")\n', "tiada.conf", "No such file"),
            (good + 'aliases = "/tiada/aliases"\n', "/tiada/aliases", "put the file there"),
            (good.replace(k.data, "/proc/kurir"), "/proc/kurir", "create it"),
            (good.replace('control = "', 'control = "/proc/kurir'), "/proc/kurir", "create it"),
            (good.replace("127.0.0.1:%d" % k.mx, "192.0.2.1:%d" % k.mx), 'listen "mx"', "192.0.2.1")):
        t.write("kurir/kurir.conf", text)
        refused(t, k, *parts)
    t.write("kurir/kurir.conf", good)
    shutil.copy(t.cert("second", "key"), k.key_file)
    refused(t, k, "kurir.conf:3:", k.key_file, "is not that of the certificate")
    os.unlink(k.key_file)
    refused(t, k, "kurir.conf:3:", k.key_file, "put the file there")
    k.set_cert("good")
    k.start()
    refused(t, k, "another kurir is running", "process ")
    other = t.kurir(start=False, name="lain")
    t.write("lain/kurir.conf", other.conf_text().replace(str(other.mx), str(k.mx)))
    # Whoever is not root cannot look into a role, not even into its own.
    holder = "already in use by process" if t.root else "already in use"
    refused(t, other, str(k.mx), holder, "stop that program")


def test_starts_all_the_same(t):
    """An expired certificate and a damaged record are told of and keep nobody from mail"""
    k = t.kurir(start=False, cert="expired")
    os.mkdir(k.data + "/ledger", 0o700)
    t.own(k.data + "/ledger")
    t.write("kurir/data/ledger/ledger.db", os.urandom(40000), 0o600, own=True)
    k.start()
    check(re.search(r"kurir\.conf:3:\d+: warning: the certificate .* has expired", k.log_text()), k.log_text())
    check("ledger-damaged" in k.log_text(), k.log_text())
    k.send("budi@contoh.id")
    k.mail("budi")
    check(len(k.log()) > 0, "no record")


def test_aliases_come_by_reload(t):
    """An alias file in a directory that lookup's walls did not know"""
    k = t.kurir()
    t.write("lain/aliases", "info: budi@contoh.id\n")
    k.extra = 'aliases = "%s"\n' % t.path("lain/aliases")
    k.write_conf()
    k.reload()

    def known():
        s = k.smtp()
        s.read()
        s.must("EHLO x")
        s.must("MAIL FROM:<a@example.org>")
        got = s.cmd("RCPT TO:<info@contoh.id>")
        s.close()
        return got.startswith("250")
    until(known, 10, "the alias")
    k.send("info@contoh.id")
    k.mail("budi")


def test_a_wrong_command_names_itself(t):
    """Wrong usage ends with 2, says what was wrong, and never with a dump"""
    for argv, part in ((["serv"], "--help"), (["queue", "list", "--too", "x"], "--too"),
                       (["why"], "usage"), (["queue", "show", "!"], "not an id"),
                       (["config", "check", "-c", "/tiada/kurir.conf"], "/tiada/kurir.conf")):
        r = subprocess.run([t.bin, *argv], capture_output=True, text=True, timeout=10)
        equal(r.returncode, 2, r.stderr)
        check(part in r.stdout + r.stderr, argv, "says", r.stdout + r.stderr)
