"""Really signed zones behind a real validating resolver: NSD serves them, unbound stands in front and says by the AD bit
what DNSSEC proved."""
import os
import re
import socket
import time

from harness import check, program, until
from peers_real import Nsd

HEAD = "$ORIGIN %s.\n$TTL 30\n@ SOA ns a 1 60 60 600 5\n@ NS ns\nns A 127.0.0.1\n"
ROOT = (". 30 IN SOA ns.test. a.test. 1 60 60 600 5\n. 30 NS ns.test.\n"
        "test. 30 NS ns.test.\nns.test. 30 A 127.0.0.1\n")


class Forged(Nsd):
    """forged: {zone: (pattern, text)}: what is changed in it after it was signed."""

    def __init__(self, t, zones, forged=None, **more):
        super().__init__(t, zones, **more)
        self.forged = forged or {}

    def sign(self, zone, text):
        path, ds = super().sign(zone, text)
        if zone in self.forged:
            with open(path) as f:
                body = f.read()
            pattern, text = self.forged[zone]
            body, n = re.subn(pattern, text, body, flags=re.M)
            check(n > 0, pattern, "is not in", path)
            with open(path, "w") as f:
                f.write(body)
        return path, ds


class Unbound:
    """A validating resolver that asks server and trusts the anchor of that file."""

    def __init__(self, t, server, anchor, name="unbound"):
        self.t, self.name, self.port = t, name, t.port()
        self.server = "127.0.0.1:%d" % self.port
        t.mkdir(name, own=False)
        options = {
            "interface": "127.0.0.1@%d" % self.port, "do-ip6": "no", "do-daemonize": "no", "username": '""',
            "chroot": '""', "directory": t.path(name), "pidfile": '""', "use-syslog": "no", "logfile": '""',
            "trust-anchor-file": anchor, "do-not-query-localhost": "no", "local-zone": '"test." nodefault',
            "trust-anchor-signaling": "no", "num-threads": "1"}
        self.conf = t.write(name + "/unbound.conf", "server:\n" + "".join(
            " %s: %s\n" % kv for kv in options.items()) + 'remote-control:\n control-enable: no\n'
            'forward-zone:\n name: "."\n forward-addr: %s\n' % server.replace(":", "@"))

    def start(self):
        self.proc = self.t.spawn([program("unbound"), "-c", self.conf], self.name + ".out")

        def up():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.5)
                try:
                    s.sendto(b"\x12\x34\x01\x00\x00\x01" + b"\0" * 6 + b"\x04test\0\0\x06\0\x01",
                             ("127.0.0.1", self.port))
                    return s.recv(512)[3] & 15 == 0
                except OSError:
                    time.sleep(0.05)
                    return False
        until(up, 15, "unbound to start: " + self.log())
        return self

    def log(self):
        path = self.t.path(self.name + ".out")
        with open(path, errors="replace") as f:
            return f.read()[-800:] if os.path.exists(path) else ""


def signed(t, zones, unsigned=(), forged=None, name=""):
    """A resolver for {zone below "test": text}, each signed but those unsigned."""
    top = HEAD % "test" + "".join("%s NS ns.%s\nns.%s A 127.0.0.1\n" % (3 * (z.split(".")[0],)) for z in zones)
    texts = {z: HEAD % z + text for z, text in zones.items()}
    nsd = Forged(t, dict(texts, **{".": ROOT, "test": top}), forged, name=name + "nsd",
                 signed=[z for z in (".", "test", *zones) if z not in unsigned]).start()
    return Unbound(t, nsd.server, nsd.anchor, name + "unbound").start()
