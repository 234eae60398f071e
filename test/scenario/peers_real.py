"""Postfix, Dovecot and NSD, each private to a scenario, in the foreground."""
import os
import re
import shutil
import socket
import subprocess
import time

from harness import Missing, Skip, check, program, until


def need_root(what):
    if os.geteuid() != 0:
        raise Skip("%s can only be started by root" % what)


class Postfix:
    """A Postfix of its own: queue, data and configuration in the scenario's
    directory. Receives for mitra.test into a Maildir-like spool."""

    def __init__(self, t, relayhost="", extra=None, port=None, name="postfix"):
        need_root("Postfix")
        program("postfix")
        self.t, self.port, self.name = t, port or t.port(), name
        self.etc, self.spool = t.mkdir(name + "/etc", own=False), t.mkdir(name + "/spool", own=False)
        self.lib = t.mkdir(name + "/lib", own=False)
        self.boxes = t.mkdir(name + "/boxes", 0o777, own=False)
        shutil.chown(self.lib, "postfix")
        self.main = {
            "compatibility_level": "3.6", "config_directory": self.etc,
            "queue_directory": self.spool, "data_directory": self.lib,
            "myhostname": "mx.mitra.test", "mydestination": "", "alias_maps": "",
            "mynetworks": "127.0.0.0/8", "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4",
            "maillog_file": t.path(name, "log"), "maillog_file_prefixes": t.dir,
            "virtual_mailbox_domains": "mitra.test",
            "virtual_mailbox_base": self.boxes, "virtual_mailbox_maps": "static:box/",
            "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534",
            "relayhost": relayhost, "local_recipient_maps": "", "smtputf8_enable": "no",
            "smtpd_tls_cert_file": t.cert("good"), "smtpd_tls_key_file": t.cert("good", "key"),
            "smtpd_tls_security_level": "may", "smtpd_tls_received_header": "yes",
            "minimal_backoff_time": "2s", "queue_run_delay": "2s", "smtp_host_lookup": "native",
            "disable_dns_lookups": "yes", "import_environment": "MAIL_CONFIG",
        }
        self.main.update(extra or {})
        with open(os.path.join(self.etc, "main.cf"), "w") as f:
            f.writelines("%s = %s\n" % kv for kv in self.main.items())
        with open("/usr/share/postfix/master.cf.dist") as f:
            rows = [l for l in f if re.match(r"(pickup|cleanup|qmgr|tlsmgr|rewrite|bounce|defer|trace|"
                                             r"verify|flush|proxymap|smtp +unix|relay|error|retry|"
                                             r"discard|local|virtual|lmtp|anvil|scache|postlog)\s", l)]
        text = "".join(re.sub(r"^((?:\S+\s+){4})\S+", r"\g<1>n", l) for l in rows)
        text = "127.0.0.1:%d inet n - n - - smtpd\n" % self.port + text
        with open(os.path.join(self.etc, "master.cf"), "w") as f:
            f.write(text)

    def start(self):
        env = dict(os.environ, MAIL_CONFIG=self.etc)
        r = subprocess.run([program("postfix"), "-c", self.etc, "set-permissions"], env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        del r  # it complains about manual pages that Debian does not ship
        r = subprocess.run([program("postfix"), "-c", self.etc, "check"], env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.proc = self.t.spawn(["/usr/lib/postfix/sbin/master", "-c", self.etc, "-d"],
                                 self.name + ".out", env=env)

        def up():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    return s.recv(3) == b"220"
            except OSError:
                return False
        until(up, 20, "Postfix to start: " + r.stdout.decode()[-300:])
        return self

    def log(self):
        try:
            with open(self.t.path(self.name, "log"), errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def sendmail(self, sender, to, message):
        r = self.t.run(["/usr/sbin/sendmail", "-C", self.etc, "-i", "-f", sender, to],
                       input=message.replace(b"\r\n", b"\n"), env={"MAIL_CONFIG": self.etc})
        check(r.returncode == 0, "sendmail", r.err)

    def received(self, count=1, timeout=30):
        where = os.path.join(self.boxes, "box", "new")

        def got():
            names = os.listdir(where) if os.path.isdir(where) else []
            return len(names) >= count and names
        names = until(got, timeout, "%d messages at Postfix; log: %s" % (count, self.log()[-600:]))
        return [open(os.path.join(where, n), "rb").read() for n in names]


class Dovecot:
    """Dovecot: IMAP over a Maildir, LMTP on a unix socket and on TCP."""

    def __init__(self, t, maildir, name="dovecot"):
        need_root("Dovecot")
        program("dovecot")
        for part, package in (("lmtp", "dovecot-lmtpd"), ("imap", "dovecot-imapd")):
            if not os.path.exists("/usr/lib/dovecot/" + part):
                raise Missing("Dovecot's %s is missing: apt-get install -y "
                              "--no-install-recommends %s" % (part, package))
        self.t, self.name, self.imap, self.lmtp = t, name, t.port(), t.port()
        self.base = t.mkdir(name + "/run", own=False)
        self.socket = t.path(name, "lmtp.sock")
        passwd = t.write(name + "/passwd", "".join(
            "%s:{PLAIN}rahasia:65534:65534::/nonexistent::\n" % u
            for u in ("budi", "siti", "budi@pabrik.id", "siti@pabrik.id")))
        self.conf = t.write(name + "/dovecot.conf", """
base_dir = %(base)s
state_dir = %(base)s
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
log_path = %(log)s
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = maildir:%(maildir)s
mail_uid = nobody
mail_gid = nogroup
passdb {
  driver = passwd-file
  args = %(passwd)s
}
userdb {
  driver = passwd-file
  args = %(passwd)s
  override_fields = uid=65534 gid=65534 home=/nonexistent
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %(imap)d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service lmtp {
  inet_listener lmtp {
    port = %(lmtp)d
  }
  unix_listener %(socket)s {
    mode = 0666
  }
}
""" % {"base": self.base, "log": t.path(name, "log"), "maildir": maildir, "passwd": passwd,
            "imap": self.imap, "lmtp": self.lmtp, "socket": self.socket})

    def start(self):
        self.proc = self.t.spawn([program("dovecot"), "-F", "-c", self.conf], self.name + ".out")

        def up():
            try:
                with socket.create_connection(("127.0.0.1", self.imap), 1) as s:
                    return s.recv(4) == b"* OK"
            except OSError:
                return False
        until(up, 20, "Dovecot to start: " + self.log())
        return self

    def log(self):
        try:
            with open(self.t.path(self.name, "log"), errors="replace") as f:
                return f.read()[-800:]
        except OSError:
            return ""


class Nsd:
    """NSD on 127.0.5.3 with zones given as {name: text}; signed when asked."""

    def __init__(self, t, zones, signed=(), spoiled=(), name="nsd"):
        program("nsd")
        self.t, self.name, self.port = t, name, t.port()
        self.dir = t.mkdir(name)
        self.server = "127.0.0.1:%d" % self.port
        self.zones, self.signed, self.spoiled = zones, signed, spoiled
        self.anchor = None

    def sign(self, zone, text):
        keygen, signzone = program("ldns-keygen"), program("ldns-signzone")
        key = subprocess.run([keygen, "-a", "ECDSAP256SHA256", "-k", zone], cwd=self.dir,
                             check=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE).stdout.decode().strip()
        path = os.path.join(self.dir, zone.strip(".") or "root") + ".zone"
        with open(path, "w") as f:
            f.write(text)
        subprocess.run([signzone, path, key], cwd=self.dir, check=True, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
        with open(os.path.join(self.dir, key + ".ds")) as f:
            return path + ".signed", f.read()

    def start(self):
        """Zones are signed children first, so that a parent has their DS."""
        files, ds = {}, {}
        for zone in sorted(self.zones, key=lambda z: -len(z.strip(".").split(".")) if z != "." else 1):
            text = self.zones[zone]
            for child, record in ds.items():
                if child != zone and (zone == "." or child.endswith("." + zone)):
                    text += record
            if zone in self.signed:
                files[zone], ds[zone] = self.sign(zone, text)
                if zone in self.spoiled:
                    with open(files[zone]) as f:
                        body = f.read()
                    with open(files[zone], "w") as f:
                        f.write(body.replace("127.0.0.9", "127.0.0.8"))
                self.anchor = self.t.write("anchor", ds[zone])
            else:
                files[zone] = self.t.write("%s/%s.zone" % (self.name, zone.strip(".") or "root"), text)
        conf = ("server:\n ip-address: 127.0.0.1@%d\n username: \"\"\n chroot: \"\"\n database: \"\"\n"
                " zonesdir: %s\n pidfile: \"\"\n xfrdfile: %s/xfrd\n zonelistfile: %s/list\n"
                " xfrdir: %s\n server-count: 1\nremote-control:\n control-enable: no\n"
                % (self.port, self.dir, self.dir, self.dir, self.dir))
        for zone, path in files.items():
            conf += 'zone:\n name: "%s"\n zonefile: %s\n' % (zone, path)
        path = self.t.write(self.name + "/nsd.conf", conf)
        self.proc = self.t.spawn([program("nsd"), "-d", "-c", path], self.name + ".out")

        def up():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.3)
                try:
                    s.sendto(b"\x12\x34\x00\x00\x00\x01" + b"\0" * 6 + b"\x04test\0\0\x06\0\x01",
                             ("127.0.0.1", self.port))
                    return s.recv(512)
                except OSError:
                    time.sleep(0.05)
                    return None
        until(up, 15, "NSD to start")
        return self
