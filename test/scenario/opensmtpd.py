"""OpenSMTPD, private to a scenario, in the foreground; unpacked where it is not installed.

It insists on two accounts of its own, on directories at fixed places and on a name server for the names of
clients: in a view of the machine that is its alone it has the first, and does without the last.

The 6.8.0p2 of Debian 12 cannot end any handshake: it gives OpenSSL a key without the private half and signs in
another process, which OpenSSL 3 does no more (OpenSMTPD 7.0 has it right). That is one of the servers
to be examined, broken=True. The others are given the whole key by a library that is loaded before.
"""
import glob
import os
import shutil
import socket
import subprocess

from harness import Missing, Skip, program, until
from peers_real import need_root

USERS = {"opensmtpd": 64997, "opensmtpq": 64998}
WHOLE_KEY = r"""
#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

/* The key comes by the environment: whoever asks has long been locked into an empty directory. */
int
SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *half)
{
	int (*real)(SSL_CTX *, EVP_PKEY *) = (int (*)(SSL_CTX *, EVP_PKEY *))dlsym(RTLD_NEXT, "SSL_CTX_use_PrivateKey");
	BIO *in = BIO_new_mem_buf(getenv("WHOLE_KEY"), -1);
	EVP_PKEY *whole = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	return real(ctx, whole != NULL ? whole : half);
}
"""
PACKAGES = "/var/cache/apt/archives/opensmtpd_*.deb"


def binary(t):
    path = shutil.which("smtpd", path="/usr/sbin")
    if path:
        return path
    found = sorted(glob.glob(PACKAGES))
    if not found:
        raise Missing("OpenSMTPD is missing: apt-get install -y --download-only --no-install-recommends opensmtpd")
    root = t.mkdir("opensmtpd-root", own=False)
    if not os.path.exists(root + "/usr/sbin/smtpd"):
        subprocess.run(["dpkg", "-x", found[-1], root], check=True)
    return os.path.join(root, "usr/sbin/smtpd")


def whole_key(t):
    """The library; built once a scenario."""
    out = t.path("whole_key.so")
    if not os.path.exists(out):
        source = t.write("whole_key.c", WHOLE_KEY)
        subprocess.run([program("cc"), "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", out + ".new", source, "-lssl",
                        "-lcrypto"], check=True)
        os.rename(out + ".new", out)
    return out


class OpenSmtpd:
    """Takes mail for contoh.id into a Maildir below .boxes; relays for nobody. main: further lines of its
    configuration; match: rules before its own; broken: as Debian 12 has it. With STARTTLS on .port,
    with TLS at once on .smtps."""

    def __init__(self, t, cert="rsa", main="", match="", broken=False, name="opensmtpd", host="mail.contoh.id"):
        need_root("OpenSMTPD")
        self.t, self.name, self.exe = t, name, binary(t)
        self.port, self.smtps = t.port(), t.port()
        pem, key = cert if isinstance(cert, tuple) else t.pair(cert)
        self.boxes = t.mkdir(name + "/boxes", 0o777)
        self.env = dict(os.environ)
        if not broken:
            with open(key) as f:
                self.env.update(LD_PRELOAD=whole_key(t), WHOLE_KEY=f.read())
        # It refuses keys that others may read.
        own = t.path(name, "tls.key")
        shutil.copy(key, own)
        os.chmod(own, 0o600)
        for d, mode in (("spool", 0o711), ("empty", 0o755), ("run", 0o755)):
            t.mkdir(name + "/" + d, mode, own=False)
        listen = "\n".join("listen on 127.0.0.1 port %d hostname %s %s pki mail" % (n, host, how)
                           for n, how in ((self.port, "tls"), (self.smtps, "smtps")))
        self.conf = t.write(name + "/smtpd.conf", """
pki mail cert "%s"
pki mail key "%s"
%s
%s
action "box" maildir "%s/%%{rcpt.user}" virtual { "@" = nobody }
%s
match from any for domain { "contoh.id", "%s" } action "box"
""" % (pem, own, main, listen, self.boxes, match, host))
        for kind in ("passwd", "group"):
            with open("/etc/" + kind) as f:
                rows = f.readlines()
            rows += ["%s:x:%d:%s\n" % (u, n, "%d::/var/lib/opensmtpd/empty:/bin/false" % n if kind == "passwd" else "")
                     for u, n in USERS.items()]
            t.write(name + "/" + kind, "".join(rows))
        t.write(name + "/resolv.conf", "lookup file\n")

    def start(self):
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
            raise Skip("this machine does not let us have mounts of our own")

        def bind(part, at):
            return "mount --bind %s %s" % (self.t.path(self.name, part), at)
        steps = [bind("passwd", "/etc/passwd"), bind("group", "/etc/group"), bind("resolv.conf", "/etc/resolv.conf"),
                 "mount -t tmpfs none /var/spool", "mount -t tmpfs -o mode=755 none /var/lib",
                 "mkdir -p -m 711 /var/spool/smtpd", "mkdir -p -m 755 /var/lib/opensmtpd/empty",
                 bind("run", "/run"), "exec %s -d -f %s" % (self.exe, self.conf)]
        self.proc = self.t.spawn(["unshare", "-m", "sh", "-c", " && ".join(steps)], self.name + ".out",
                                 env=self.env)

        def up():
            if self.proc.poll() is not None:
                raise AssertionError("OpenSMTPD ended: " + self.log()[-600:])
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    return s.recv(3) == b"220"
            except OSError:
                return False
        until(up, 20, "OpenSMTPD to start")
        return self

    def log(self):
        with open(self.t.path(self.name + ".out"), errors="replace") as f:
            return f.read()
