"""Exim, private to a scenario, in the foreground; unpacked where it is not installed.

It insists on an account of its own, which nobody made: it sees one in a view of /etc/passwd that
is its alone.
"""
import glob
import os
import shutil
import socket
import subprocess

from harness import Missing, Skip, until
from peers_real import need_root

USER = 64999
PACKAGES = "/var/cache/apt/archives/exim4-daemon-light_*.deb"


def binary(t):
    path = shutil.which("exim4", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path:
        return path
    found = sorted(glob.glob(PACKAGES))
    if not found:
        raise Missing("exim4 is missing: apt-get install -y --download-only "
                      "--no-install-recommends exim4-daemon-light")
    root = t.mkdir("exim-root", own=False)
    subprocess.run(["dpkg", "-x", found[-1], root], check=True)
    return os.path.join(root, "usr/sbin/exim4")


class Exim:
    """Takes mail for contoh.id into files in .boxes; relays for nobody. main: further lines of
    its main section; rcpt: of its RCPT rules, before the last; routers: before the last."""

    def __init__(self, t, main="", rcpt="", routers="", port=None, name="exim", host="mail.contoh.id"):
        need_root("Exim")
        self.t, self.port, self.name, self.exe = t, port or t.port(), name, binary(t)
        for d in ("spool", "log", "boxes"):
            os.chown(t.mkdir(name + "/" + d, 0o700, own=False), USER, USER)
        self.boxes = t.path(name, "boxes")
        self.conf = t.write(name + "/exim.conf", """
primary_hostname = %(host)s
exim_user = %(user)d
exim_group = %(user)d
spool_directory = %(dir)s/spool
log_file_path = %(dir)s/log/%%slog
pid_file_path = %(dir)s/spool/pid
daemon_smtp_ports = %(port)d
local_interfaces = 127.0.0.1
keep_environment =
tls_certificate = %(cert)s
tls_privatekey = %(key)s
tls_advertise_hosts = *
acl_smtp_rcpt = rcpt
domainlist ours = contoh.id : %(host)s
%(main)s
begin acl
rcpt:
%(rcpt)s
  accept domains = +ours
  deny message = relay not permitted
begin routers
%(routers)s
box:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = %(dir)s/boxes
  maildir_format
  user = %(user)d
  group = %(user)d
""" % {"host": host, "user": USER, "dir": t.path(name), "port": self.port, "cert": t.cert("rsa"),
            "key": t.cert("rsa", "key"), "main": main, "rcpt": rcpt, "routers": routers})
        for kind in ("passwd", "group"):
            with open("/etc/" + kind) as f:
                text = f.read()
            row = "Debian-exim:x:%d:%s\n" % (USER, "%d::/nonexistent:/bin/false" % USER
                                             if kind == "passwd" else "")
            t.write(name + "/" + kind, text + row)

    def start(self):
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
            raise Skip("this machine does not let us have mounts of our own")
        mounts = " && ".join("mount --bind %s /etc/%s" % (self.t.path(self.name, k), k)
                             for k in ("passwd", "group"))
        self.proc = self.t.spawn(["unshare", "-m", "sh", "-c", mounts + " && exec %s -C %s -bdf"
                                  % (self.exe, self.conf)], self.name + ".out")

        def up():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    return s.recv(3) == b"220"
            except OSError:
                return False
        until(up, 20, "Exim to start")
        return self

    def log(self):
        try:
            with open(self.t.path(self.name, "log", "mainlog"), errors="replace") as f:
                return f.read()
        except OSError:
            return ""
