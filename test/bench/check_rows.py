"""`kurir check tls` of many domains, over a line with a delay and without.

Every domain has a mail exchanger of its own name and loopback address, behind all of which stands one
kurir; NSD knows the names. In between is test/bench/delay.c: 10 ms in each direction for every byte of SMTP
and every question to DNS, so that a round trip takes 20 ms, that of TCP's handshake included. On loopback
there is no wait between connections to one address; with --wait 100ms there is the one that others get.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

import harness

MS = 10


class Names:
    """NSD with one zone, for as many questions a second as come."""

    def __init__(self, t, zone):
        self.server = "127.0.0.1:%d" % t.port()
        t.write("names/test.zone", zone)
        conf = t.write("names/nsd.conf", """
server:
 ip-address: %s
 username: ""
 chroot: ""
 database: ""
 zonesdir: %s
 pidfile: ""
 xfrdfile: xfrd
 zonelistfile: list
 server-count: 1
 rrl-ratelimit: 0
 rrl-whitelist-ratelimit: 0
remote-control:
 control-enable: no
zone:
 name: "test"
 zonefile: test.zone
""" % (self.server.replace(":", "@"), t.path("names")))
        t.spawn([harness.program("nsd"), "-d", "-c", conf], "names.out")
        time.sleep(1)


class Field:
    """n domains d0.test ..., and three.test with three exchangers."""

    def __init__(self, t, n):
        self.t, self.n = t, n
        hosts = ["127.77.%d.%d" % (i // 250, i % 250 + 1) for i in range(n)]
        zone = ["@ 300 IN SOA ns a 1 60 60 600 300", "@ NS ns", "ns A 127.0.0.1"]
        for i, ip in enumerate(hosts):
            zone += ["d%d MX 10 mx.d%d" % (i, i), "mx.d%d A %s" % (i, ip)]
        for i in range(3):
            zone += ["three MX %d mx%d.three" % (i, i), "mx%d.three A 127.78.0.%d" % (i, i + 1)]
        self.names = Names(t, "\n".join(zone) + "\n")
        self.k = harness.Kurir(t, name="examined", cert="rsa", domain="contoh.id",
                               limits="sessions = 20000  sessions-per-ip = 20000").start()
        self.lines = None

    def line(self, ms):
        """The way to it, with that delay; the address of the name server."""
        if self.lines:
            self.t.stop(self.lines, 2)
        port = self.t.port()
        self.lines = self.t.spawn([os.path.join(self.t.shared, "bin", "delay"), str(ms), "25=127.0.0.1:%d" % self.k.mx,
                                   "udp:127.0.0.1:%d=%s" % (port, self.names.server)], "delay.log")
        time.sleep(0.3)
        harness.check(self.lines.poll() is None, "no line with a delay (root only; is port 25 free?)")
        return "127.0.0.1:%d" % port


def memory_kb(t, pid):
    """Resident memory of a process and all below it."""
    total = 0
    for p in [pid, *t.descendants(pid)]:
        try:
            with open("/proc/%d/status" % p) as f:
                total += sum(int(l.split()[1]) for l in f if l.startswith("VmRSS:"))
        except OSError:
            pass
    return total


def ask(t, argv):
    """Seconds, memory as it went, the answers."""
    out = open(t.path("answers"), "wb+")
    began, seen = time.monotonic(), []
    p = subprocess.Popen([t.bin, "check", "tls", *argv], stdout=out, stderr=subprocess.PIPE)
    while p.poll() is None:
        seen.append(memory_kb(t, p.pid))
        time.sleep(0.1)
    seconds = time.monotonic() - began
    out.seek(0)
    return seconds, seen or [0], out.read().decode().splitlines()


def batch(field, resolver, n, level, *more):
    t = field.t
    t.write("domains", "".join("d%d.test\n" % i for i in range(n)))
    seconds, seen, lines = ask(t, ["--file", t.path("domains"), "--level", level, "--resolver", resolver, "--ca",
                                   t.cert("ca"), *more])
    # The certificate is for another name: whoever was not asked to the end does not know that.
    got = {"rate": len(lines) / seconds, "answers": len(lines),
           "half_mb": max(seen[:len(seen) // 2 + 1]) / 1024, "end_mb": max(seen) / 1024}
    if len(lines) != n or any("tls.cert-name-mismatch" not in l for l in lines):
        got["error"] = "not all were asked: %s" % [l for l in lines if "mismatch" not in l][:2]
    return got


def three(field, resolver):
    seconds, seen, lines = ask(field.t, ["three.test", "--level", "full", "--resolver", resolver, "--ca",
                                         field.t.cert("ca")])
    return {"seconds": seconds, "end_mb": max(seen) / 1024, "answers": len(lines)}


def measure(t, build, quick, rounds):
    """[(what, delay, rows)]"""
    shutil.copy2(os.path.join(build, "test/bench/bench_delay"), os.path.join(t.shared, "bin", "delay"))
    n = 250 if quick else 1000
    field, out = Field(t, n), []
    for ms in (MS, 0):
        resolver = field.line(ms)
        todo = [("%d domains, level score" % n, lambda: batch(field, resolver, n, "score")),
                ("%d domains, level cert (the default)" % n, lambda: batch(field, resolver, n, "cert")),
                ("%d domains, level cert, `--wait 100ms`" % n,
                 lambda: batch(field, resolver, n, "cert", "--wait", "100ms")),
                ("%d domains, level full" % n, lambda: batch(field, resolver, n, "full")),
                ("three exchangers, level full", lambda: three(field, resolver))]
        for what, run in todo:
            rows = []
            for _ in range(rounds):
                rows.append(run())
                print("check tls, %s, %d ms: %s" % (what, ms, rows[-1]), file=sys.stderr)
            out.append((what, ms, rows))
    return out


def report(got, out):
    def median(rows, key):
        return statistics.median(r[key] for r in rows)

    print("\n| `check tls` | 10 ms each way | on loopback | goal | MB after half, at most |", file=out)
    print("|---|---|---|---|---|", file=out)
    slow = {what: rows for what, ms, rows in got if ms}
    for what, ms, rows in got:
        if ms:
            continue
        if "rate" in rows[0]:
            a, b = ("%.1f/s" % median(r, "rate") for r in (slow[what], rows))
            met = median(slow[what], "rate") >= 20
            goal = "≥ 20/s %s" % ("✓" if met else "✗") if "score" not in what else "–"
        else:
            a, b = ("%.2f s" % median(r, "seconds") for r in (slow[what], rows))
            goal = "< 2 s on loopback %s" % ("✓" if median(rows, "seconds") < 2 else "✗")
        half = "%.1f, " % median(slow[what], "half_mb") if "half_mb" in rows[0] else ""
        print("| %s | %s | %s | %s | %s%.1f |" % (what, a, b, goal, half, median(slow[what], "end_mb")), file=out)
    for what, ms, rows in got:
        for r in rows:
            if "error" in r:
                print("\n%s, %d ms: %s" % (what, ms, r["error"]), file=out)
