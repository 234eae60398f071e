"""What every scenario stands on: a private directory, certificates, a name
server, a kurir of its own on free loopback ports, and real peers.

A scenario is a function test_*(t) in a file test_*.py here; t is a World.
Nothing is installed, nothing outside of the private directory is written, and
every program started dies with the scenario.
"""
import atexit
import base64
import ctypes
import glob
import json
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "test", "double"))
sys.path.insert(0, HERE)

from dns import Dns  # noqa: E402
from peers import CLOSE, STALL, Peer  # noqa: E402,F401

PACKAGES = {"swaks": "swaks", "curl": "curl", "msmtp": "msmtp",
            "openssl": "openssl", "node": "nodejs node-nodemailer",
            "postfix": "postfix", "dovecot": "dovecot-lmtpd dovecot-imapd",
            "nsd": "nsd", "nmap": "nmap", "testssl": "testssl.sh",
            "ldns-signzone": "ldnsutils", "ldns-keygen": "ldnsutils"}
ORDINARY = "nobody"


class Missing(Exception):
    """A peer program that is not installed."""


class Skip(Exception):
    """Cannot be tried on this machine at all (not for missing programs)."""


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Missing("%s is missing: apt-get install -y --no-install-recommends %s"
                      % (name, PACKAGES.get(name, name)))
    return path


def check(holds, *what):
    if not holds:
        raise AssertionError(" ".join(str(w) for w in what) or "check failed")


def equal(got, want, what=""):
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what or "differs", got, want))


def until(ask, timeout=15.0, what="it"):
    """The first true answer of ask()."""
    end = time.time() + timeout
    while True:
        got = ask()
        if got:
            return got
        if time.time() > end:
            raise AssertionError("%s did not happen within %g s" % (what, timeout))
        time.sleep(0.05)


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _make_certificates(where):
    """A CA and one certificate of each kind, in where."""
    def run(*argv):
        subprocess.run([program("openssl"), *argv], cwd=where, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    names = ("DNS:mail.contoh.id,DNS:localhost,DNS:mx.mitra.test,DNS:mitra.test,"
             "DNS:peer.test,DNS:smart.test,IP:127.0.0.1")
    tomorrow = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400))
    with open(os.path.join(where, "ca.cnf"), "w") as f:
        f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
                "default_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n"
                "[p]\ncommonName=supplied\n")
    open(os.path.join(where, "index"), "w").close()
    with open(os.path.join(where, "serial"), "w") as f:
        f.write("1000\n")
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Percobaan CA")
    kinds = {"good": ("ec", names, "-days", "10"),
             "second": ("ec", names, "-days", "20"),
             "rsa": ("rsa", names, "-days", "10"),
             "wrongname": ("ec", "DNS:lain.example", "-days", "10"),
             "revoked": ("ec", names, "-days", "10"),
             "expired": ("ec", names, "-startdate", "20240101000000Z",
                         "-enddate", "20240201000000Z"),
             "early": ("ec", names, "-startdate", tomorrow, "-days", "10")}
    for kind, (algorithm, san, *validity) in kinds.items():
        key = (["-newkey", "rsa:2048"] if algorithm == "rsa" else
               ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        name = "lain.example" if kind == "wrongname" else "mail.contoh.id"
        run("req", *key, "-nodes", "-keyout", kind + ".key", "-out", kind + ".csr",
            "-subj", "/CN=" + name, "-addext", "subjectAltName=" + san)
        run("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile",
            "ca.key", "-in", kind + ".csr", "-out", kind + ".pem", *validity)
    authority = ("ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key")
    run(*authority, "-revoke", "revoked.pem")
    run(*authority, "-gencrl", "-crldays", "10", "-out", "ca.crl")
    # One by itself, one by an authority that nobody trusts and that is not shown.
    for kind, subject, *more in (
            ("selfsigned", "mail.contoh.id", "-addext", "subjectAltName=" + names),
            ("stranger", "Tak Dikenal"),
            ("untrusted", "mail.contoh.id", "-CA", "stranger.pem", "-CAkey", "stranger.key",
             "-addext", "subjectAltName=" + names, "-addext", "basicConstraints=CA:FALSE")):
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", kind + ".key", "-out", kind + ".pem", "-days", "10",
            "-subj", "/CN=" + subject, *more)
    for f in glob.glob(os.path.join(where, "*")):
        os.chmod(f, 0o644)


def prepare(build, where):
    """Once a run: binaries where an ordinary user may execute them, and
    certificates."""
    os.makedirs(os.path.join(where, "bin", "libexec"))
    os.makedirs(os.path.join(where, "cert"))
    os.chmod(where, 0o755)
    kurir = [p for p in (os.path.join(build, "kurir"), os.path.join(build, "src/cmd/kurir"))
             if os.path.exists(p)]
    if not kurir:
        raise SystemExit("no kurir in %s; run make first" % build)
    shutil.copy2(kurir[0], os.path.join(where, "bin", "kurir"))
    for f in os.listdir(os.path.join(build, "libexec")):
        path = os.path.join(build, "libexec", f)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            shutil.copy2(path, os.path.join(where, "bin", "libexec", f))
    for tool, at in (("load", "test/bench/bench_load"), ("sink", "test/bench/bench_sink"),
                     ("resolver_ask", "test/unit/resolver/resolver_ask")):
        if os.path.exists(os.path.join(build, at)):
            shutil.copy2(os.path.join(build, at), os.path.join(where, "bin", tool))
    _make_certificates(os.path.join(where, "cert"))


class World:
    def __init__(self, shared, name, keep=False):
        self.shared, self.name = shared, name
        self.dir = tempfile.mkdtemp(prefix="kurir-%s-" % name[:20], dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.children, self.closing, self.ports = [], [], {}
        self.root = os.geteuid() == 0
        self.user = ORDINARY if self.root else pwd.getpwuid(os.geteuid()).pw_name
        self.keep = keep
        self.bin = os.path.join(shared, "bin", "kurir")
        # Whatever a child leaves behind comes to us, not to init.
        ctypes.CDLL(None).prctl(36, 1)
        atexit.register(self.close)

    # ---- files, ports, processes ----

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text, mode=0o644, own=False):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text.encode() if isinstance(text, str) else text)
        os.chmod(path, mode)
        if own:
            self.own(path)
        return path

    def mkdir(self, name, mode=0o755, own=True):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        if own:
            self.own(path)
        return path

    def own(self, path):
        if self.root:
            u = pwd.getpwnam(self.user)
            os.chown(path, u.pw_uid, u.pw_gid)

    def cert(self, kind, part="pem"):
        return os.path.join(self.shared, "cert", "%s.%s" % (kind, part))

    def pair(self, kind="good"):
        return self.cert(kind), self.cert(kind, "key")

    def port(self):
        for _ in range(100):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                p = s.getsockname()[1]
            # Below the range of outgoing connections nobody takes it from us.
            p = 10000 + (p * 7 + os.getpid() * 13) % 20000
            if p in self.ports:
                continue
            # A name that lives as long as we do keeps the port from other runs of the scenarios.
            name = socket.socket(socket.AF_UNIX)
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", p))
                    name.bind("\0kurir-scenario-port-%d" % p)
                except OSError:
                    name.close()
                    continue
            self.ports[p] = name
            return p
        raise AssertionError("no free port")

    def spawn(self, argv, log, **more):
        """A program in the foreground, in a process group of its own."""
        out = open(self.path(log), "ab")
        p = subprocess.Popen(argv, stdin=more.pop("stdin", subprocess.DEVNULL),
                             stdout=more.pop("stdout", out), stderr=out,
                             start_new_session=True, preexec_fn=_die_with_parent, **more)
        self.children.append(p)
        return p

    def stop(self, p, timeout=35, sig=signal.SIGTERM):
        """The exit code, or None when it had to be killed."""
        if p.poll() is None:
            p.send_signal(sig)
        try:
            code = p.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        p.wait()
        if p in self.children:
            self.children.remove(p)
        return code

    def descendants(self, pid=None):
        """{pid: program name} of all processes below pid."""
        parents, names = {}, {}
        for d in os.listdir("/proc"):
            if not d.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % d) as f:
                    s = f.read()
            except OSError:
                continue
            rest = s[s.rindex(")") + 2:].split()
            if rest[0] == "Z":
                continue
            parents[int(d)] = int(rest[1])
            names[int(d)] = s[s.index("(") + 1:s.rindex(")")]
        out, front = {}, [pid or os.getpid()]
        while front:
            front = [p for p, q in parents.items() if q in front]
            out.update((p, names[p]) for p in front)
        return out

    def run(self, argv, input=None, timeout=30, env=None):
        if isinstance(input, str):
            input = input.encode()
        r = subprocess.run([str(a) for a in argv], input=input, timeout=timeout,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=dict(os.environ, **(env or {})),
                           stdin=subprocess.DEVNULL if input is None else None)
        r.out = r.stdout.decode("utf-8", "replace")
        r.err = r.stderr.decode("utf-8", "replace")
        return r

    def close(self):
        for f in self.closing[::-1]:
            try:
                f()
            except Exception:
                pass
        self.closing = []
        for p in list(self.children):
            self.stop(p, timeout=0.2, sig=signal.SIGKILL)
        for _ in range(20):
            left = self.descendants()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            time.sleep(0.05)
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    # ---- kurir ----

    def dns(self, zones=None, faults=None, **more):
        d = Dns(zones, faults, **more)
        self.closing.append(d.close)
        return d

    def peer(self, **more):
        if more.get("cert") is None:
            more["cert"] = self.pair("good")
        p = Peer(**more)
        self.closing.append(p.close)
        return p

    def kurir(self, start=True, **more):
        k = Kurir(self, **more)
        if start:
            k.start()
        return k


DEFAULTS = {
    "outbound": {"tls": '"may"', "retry": '{"1s", "2s"}', "expire": '"1h"'},
    "dns": {"dnssec": '"off"', "timeout": '"2s"'},
}


# Most scenarios are about something else, and their strangers stand in no DNS.
NO_LOOKUPS = ('reverse-lookup { ptr { missing = "off"  mismatch = "off" } '
              'helo { forged = "off"  not-found = "off" } '
              'mail { forged = "off"  not-found = "off"  no-mx = "off" } }\n')


class Kurir:
    """A kurir with its configuration; ports in .mx .submission .submissions."""

    def __init__(self, t, name="kurir", extra="", outbound=None, dns=None, domain="contoh.id",
                 deliver=None, cert="good", listeners=None, trusted=None, users=("budi", "siti"),
                 server=None, mx_extra="", submission_extra="", limits=""):
        self.t, self.name, self.proc, self.domain = t, name, None, domain
        self.mx, self.submission, self.submissions = t.port(), t.port(), t.port()
        self.dir = t.mkdir(name, own=False)
        self.data = t.mkdir(name + "/data", 0o700)
        self.maildirs = t.mkdir(name + "/mail", 0o755)
        t.mkdir(name + "/run")
        self.control = t.path(name, "run", "control")
        self.conf_path = t.path(name, "kurir.conf")
        self.log_path = t.path(name + ".log")
        self.cert_file = t.path(name, "tls.pem")
        self.key_file = t.path(name, "tls.key")
        self.log_from = 0
        if cert:
            self.set_cert(cert)
        self.out = dict(DEFAULTS["outbound"], **(outbound or {}))
        self.dns_conf = dict(DEFAULTS["dns"], **(dns or {}))
        if server is None and "server" not in self.dns_conf:
            server = t.dns().server
        if server:
            self.dns_conf["server"] = '{"%s"}' % server
        self.extra, self.cert = extra, cert
        self.mx_extra, self.submission_extra, self.limits = mx_extra, submission_extra, limits
        self.trusted = trusted
        self.deliver = deliver or "maildir:%s/%%d/%%u" % self.maildirs
        self.listeners = listeners
        self.write_conf()
        self.passwords = {}
        for u in users:
            self.add_user(u)

    def set_cert(self, kind):
        for part, path in (("pem", self.cert_file), ("key", self.key_file)):
            shutil.copy(self.t.cert(kind, part), path + ".new")
            os.chmod(path + ".new", 0o600 if part == "key" else 0o644)
            self.t.own(path + ".new")
            os.rename(path + ".new", path)

    def conf_text(self):
        def section(name, d):
            return "%s { %s }\n" % (name, "  ".join("%s = %s" % kv for kv in d.items()))
        tls = ("tls { certificate = \"%s\"  key = \"%s\" }\n" % (self.cert_file, self.key_file)
               if self.cert else "")
        listeners = self.listeners
        if listeners is None:
            listeners = (
                'listen "mx" { address = {"127.0.0.1:%d"}  role = "mx" %s }\n'
                'listen "submission" { address = {"127.0.0.1:%d"}  role = "submission" %s }\n'
                % (self.mx, self.mx_extra, self.submission, self.submission_extra))
            if self.cert:
                listeners += ('listen "submissions" { address = {"127.0.0.1:%d"} '
                              'role = "submission"  tls = "implicit" }\n' % self.submissions)
        trusted = "" if self.trusted is None else "trusted = {%s}\n" % ", ".join(
            '"%s"' % x for x in self.trusted)
        return ('hostname = "mail.contoh.id"\n'
                + ('domain "%s" { deliver = "%s" }\n' % (self.domain, self.deliver)
                   if self.domain else "")
                + tls + listeners
                + 'data-dir = "%s"\ncontrol = "%s"\npostmaster = "budi@contoh.id"\nuser = "%s"\n'
                % (self.data, self.control, self.t.user)
                + trusted + section("outbound", self.out) + section("dns", self.dns_conf)
                + ("limits { %s }\n" % self.limits if self.limits else "")
                + ("" if "reverse-lookup" in self.extra else NO_LOOKUPS) + self.extra)

    def write_conf(self):
        with open(self.conf_path + ".new", "w") as f:
            f.write(self.conf_text())
        os.chmod(self.conf_path + ".new", 0o644)
        os.rename(self.conf_path + ".new", self.conf_path)

    def cmd(self, *argv, input=None, timeout=30):
        """kurir VERB ... -c CONF"""
        return self.t.run([self.t.bin, *argv, "-c", self.conf_path], input=input,
                          timeout=timeout)

    def ok(self, *argv, **more):
        r = self.cmd(*argv, **more)
        check(r.returncode == 0, "kurir", " ".join(argv), "ended", r.returncode, r.out, r.err)
        return r.out

    def json(self, *argv):
        """The --json output: an object or array, or a list of lines."""
        out = self.ok(*argv, "--json")
        try:
            return json.loads(out or "[]")
        except ValueError:
            return [json.loads(line) for line in out.splitlines() if line]

    def log(self, **filters):
        argv = ["log", "--format", "json"]
        for k, v in filters.items():
            argv += ["--" + k, str(v)]
        r = self.cmd(*argv)
        return [json.loads(line) for line in r.out.splitlines() if line.startswith("{")]

    def why(self, ident, timeout=5):
        """The story; records are written in batches, so it may take a moment."""
        end = time.time() + timeout
        while True:
            r = self.cmd("why", ident, "--json")
            if r.returncode == 0 or time.time() > end:
                break
            time.sleep(0.2)
        check(r.returncode == 0, "kurir why", ident, "ended", r.returncode, r.err)
        got = json.loads(r.out)
        if isinstance(got, list) and got:
            got = got[0]
        return got

    def has_cause(self, ident, *codes, timeout=8):
        """Waits until one of the codes is in the story of ident."""
        until(lambda: set(codes) & set(self.causes(ident)), timeout,
              "%s in the story of %s: %s" % (codes, ident, self.cmd("why", ident, "--json").out))

    def causes(self, ident):
        return [c["code"] for c in (self.why(ident) or {}).get("causes", [])]

    def add_user(self, name, password=None):
        password = password or "kata-sandi " + name
        r = self.cmd("user", "add", name, input=password + "\n")
        check(r.returncode == 0, "kurir user add", name, "ended", r.returncode, r.out, r.err)
        self.passwords[name] = password

    def ports(self):
        return [int(p) for p in re.findall(r'"127\.0\.0\.1:(\d+)"', self.conf_text().split(
            "data-dir")[0]) if "listen" in self.conf_text()]

    def launch(self):
        self.log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        self.proc = self.t.spawn([self.t.bin, "serve", "-c", self.conf_path],
                                 os.path.basename(self.log_path))
        return self.proc

    def log_text(self):
        with open(self.log_path, errors="replace") as f:
            f.seek(self.log_from)
            return f.read()

    def start(self, timeout=20):
        self.launch()
        end = time.time() + timeout
        for port in self.ports():
            implicit = port == self.submissions
            while True:
                if self.proc.poll() is not None:
                    raise AssertionError("kurir serve ended %d: %s"
                                         % (self.proc.returncode, self.log_text()[-1500:]))
                try:
                    with socket.create_connection(("127.0.0.1", port), 2) as s:
                        if implicit or s.recv(4) == b"220 ":
                            break
                except OSError:
                    pass
                if time.time() > end:
                    raise AssertionError("port %d does not greet: %s"
                                         % (port, self.log_text()[-1500:]))
                time.sleep(0.05)
        return self

    def stop(self, timeout=35):
        return self.t.stop(self.proc, timeout)

    def kill(self):
        """SIGKILL for the parent and every role."""
        pids = [self.proc.pid, *self.t.descendants(self.proc.pid)]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.proc.wait()
        self.t.children.remove(self.proc)

    def reload(self):
        self.proc.send_signal(signal.SIGHUP)

    def roles(self):
        """{role: [pids]}"""
        out = {}
        for pid, name in self.t.descendants(self.proc.pid).items():
            out.setdefault(name, []).append(pid)
        return out

    # ---- what arrived ----

    def mail(self, user="budi", count=1, timeout=15, domain=None):
        """The bytes of at least count messages in the user's Maildir."""
        pattern = os.path.join(self.maildirs, domain or self.domain, user, "new", "*")
        end = time.time() + timeout
        while True:
            files = sorted(glob.glob(pattern))
            if len(files) >= count or time.time() > end:
                break
            time.sleep(0.03)
        if len(files) < count:
            raise AssertionError("%s has %d messages, not %d; log: %s" % (
                user, len(files), count, self.log_text()[-800:]))
        return [open(f, "rb").read() for f in files]

    def queue(self):
        return self.json("queue", "list")

    def wait_empty(self, timeout=20):
        until(lambda: self.ok("queue", "count").strip() == "0", timeout, "an empty queue")

    def smtp(self, port=None, source="127.0.0.1", timeout=20):
        return Smtp(port or self.mx, source, timeout)

    def send(self, to, sender="pengirim@example.org", body=b"isi surat\r\n", port=None,
             subject="uji"):
        """One message through port 25; gives the reply to the final dot."""
        s = self.smtp(port)
        s.read()
        s.must("EHLO client.example.org")
        s.must("MAIL FROM:<%s>" % sender)
        for one in [to] if isinstance(to, str) else to:
            s.must("RCPT TO:<%s>" % one)
        s.must("DATA", "354")
        head = ("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n\r\n" % (
            sender or "mailer@example.org", to if isinstance(to, str) else to[0],
            subject)).encode()
        s.sock.sendall(head + body + b".\r\n")
        got = s.read()
        s.cmd("QUIT")
        s.close()
        return got


class Smtp:
    """A raw dialogue: what is sent is exactly what is given."""

    def __init__(self, port, source="127.0.0.1", timeout=20):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout,
                                             source_address=(source, 0))
        self.buffer = b""

    def read(self):
        """One whole reply as text, "" at the end of the connection."""
        lines = []
        while True:
            while b"\n" not in self.buffer:
                try:
                    more = self.sock.recv(65536)
                except (ConnectionResetError, ssl.SSLError, BrokenPipeError):
                    more = b""
                if not more:
                    return "\n".join(lines)
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\n", 1)
            line = line.rstrip(b"\r").decode("utf-8", "replace")
            lines.append(line)
            if line[3:4] != "-":
                return "\n".join(lines)

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def cmd(self, line):
        try:
            self.send(line + "\r\n")
        except OSError:
            return ""
        return self.read()

    def must(self, line, code="2"):
        got = self.cmd(line)
        check(got.startswith(code), line, "was answered", repr(got))
        return got

    def starttls(self, context=None):
        self.must("STARTTLS", "220")
        self.tls(context)

    def tls(self, context=None, name="mail.contoh.id"):
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=name)
        self.buffer = b""

    def auth(self, user, password):
        blob = base64.b64encode(("\0%s\0%s" % (user, password)).encode()).decode()
        return self.cmd("AUTH PLAIN " + blob)

    def close(self):
        self.sock.close()


def session_id(reply):
    """The [ID] at the end of a reply."""
    m = re.search(r"\[([0-9A-Z]{6,26})\]\s*$", reply.strip())
    check(m, "no [ID] at the end of", repr(reply))
    return m.group(1)


def smtplib_client(k, port, kind="starttls", t=None):
    context = ssl.create_default_context(cafile=k.t.cert("ca"))
    if kind == "implicit":
        c = smtplib.SMTP_SSL("127.0.0.1", port, timeout=20, context=context)
    else:
        c = smtplib.SMTP("127.0.0.1", port, timeout=20)
        if kind == "starttls":
            c.starttls(context=context)
    return c
