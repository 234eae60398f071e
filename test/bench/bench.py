#!/usr/bin/env python3
"""Postfix and kurir side by side: the same load, the same machine, in turns.

  bench.py [--build DIR] [--rounds 3] [--quick] [--only TEXT] [--out FILE] [--no-postfix]

Prints a table in Markdown: median of the rounds, the ratio, CPU a message over
all processes of the server, flushes a message. How fair it is to Postfix:
default_process_limit is raised to 500, so that no session waits for a process
where Postfix could make one, and its client limits are off; its queue is on the
same file system; each acknowledges only what is on disk (Postfix: one fsync a
message; kurir: one sync a group). Both write no log to disk but their own.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "scenario"))
import check_rows  # noqa: E402
import harness  # noqa: E402
import peers_real  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def stat_cpu(pid):
    """Seconds of a process and of its children that have ended."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            s = f.read()
    except OSError:
        return 0.0
    v = s[s.rindex(")") + 2:].split()
    return sum(int(x) for x in v[11:15]) / TICK


def tree(t, pid):
    return [pid, *t.descendants(pid)]


def pss_kb(t, pid):
    total = 0
    for p in tree(t, pid):
        try:
            with open("/proc/%d/smaps_rollup" % p) as f:
                for line in f:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        except OSError:
            pass
    return total


def flushes(path):
    """Flush requests of the block device under path (field 16 of diskstats),
    or None where the kernel does not count them."""
    dev = os.stat(path).st_dev
    want = (os.major(dev), os.minor(dev))
    with open("/proc/diskstats") as f:
        for line in f:
            v = line.split()
            if (int(v[0]), int(v[1])) == want and len(v) >= 19:
                return int(v[18])
    return None


class Server:
    """What is measured: ports, the parent's pid, how to start and stop."""

    def __init__(self, t, name, cert="rsa", to_sink=None):
        self.t, self.name, self.cert, self.sink = t, name, cert, to_sink

    def load(self, **options):
        argv = [os.path.join(self.t.shared, "bin", "load"), "--to", "127.0.0.1:%d" % self.port]
        if "from" not in options:
            argv += ["--from", "kirim@example.org"]
        if not ({"rcpt"} & set(options)):
            argv += ["--rcpt", "orang%@mitra.test", "--spread", "100"]
        for k, v in options.items():
            argv += ["--" + k.replace("_", "-"), str(v)]
        r = self.t.run(argv, timeout=300)
        got = json.loads(r.out.strip().splitlines()[-1] if r.out.strip() else "{}")
        got["exit"] = r.returncode
        return got

    def cpu(self):
        return sum(stat_cpu(p) for p in tree(self.t, self.pid))


class KurirServer(Server):
    def start(self):
        via = '"relay:[127.0.0.1]:%d"' % self.sink if self.sink else '"hold"'
        self.k = harness.Kurir(self.t, name="kurir-%d" % time.monotonic_ns(), cert=self.cert,
                               outbound={"via": via, "tls": '"none"'}, server="127.0.0.1:9",
                               limits="sessions = 20000  sessions-per-ip = 20000  recipients = 1000")
        self.k.start()
        self.port, self.pid = self.k.mx, self.k.proc.pid
        return self

    def stop(self):
        self.k.stop()
        shutil.rmtree(self.k.dir, ignore_errors=True)


class StrangerServer(Server):
    """kurir as a stranger meets it on port 25: mail to a mailbox here. lookups:
    every reverse lookup is made and judged by the preset, on a warm cache."""

    def __init__(self, t, lookups):
        super().__init__(t, "kurir")
        self.lookups = lookups

    def start(self):
        name = "kurir-%d" % time.monotonic_ns()
        self.nsd = peers_real.Nsd(self.t, name="nsd-" + name, zones={
            "mitra.example": ". 300 IN SOA ns a 1 60 60 600 300\n".replace(". 300", "@ 300")
                             + "@ NS ns\n@ MX 10 bench\nns A 127.0.0.1\nbench A 127.0.0.2\n",
            "127.in-addr.arpa": "@ 300 IN SOA ns a 1 60 60 600 300\n@ NS ns.mitra.example.\n"
                                "2.0.0 PTR bench.mitra.example.\n"}).start()
        self.k = harness.Kurir(self.t, name=name, cert="rsa", server=self.nsd.server,
                               trusted=["127.0.0.99"],
                               limits="sessions = 20000  sessions-per-ip = 20000")
        if self.lookups:
            self.k.extra = 'reverse-lookup { preset = "legitimate-sender" }\n'
        self.k.start()
        self.port, self.pid = self.k.mx, self.k.proc.pid
        return self

    def load(self, **options):
        return super().load(source="127.0.0.2:0", helo="bench.mitra.example",
                            rcpt="budi@contoh.id", **{"from": "kirim@mitra.example", **options})

    def stop(self):
        self.k.stop()
        self.t.stop(self.nsd.proc)
        shutil.rmtree(self.k.dir, ignore_errors=True)


class PostfixServer(Server):
    def start(self):
        extra = {
            "default_process_limit": "500", "smtpd_client_connection_count_limit": "0",
            "smtpd_client_connection_rate_limit": "0", "smtpd_peername_lookup": "no",
            "smtpd_recipient_limit": "1000", "qmgr_message_active_limit": "20000",
            "virtual_mailbox_domains": "", "smtp_tls_security_level": "none",
            "smtpd_tls_cert_file": self.t.cert(self.cert),
            "smtpd_tls_key_file": self.t.cert(self.cert, "key"),
            "smtpd_tls_session_cache_database": "", "in_flow_delay": "0",
            "initial_destination_concurrency": "20", "default_destination_concurrency_limit": "50",
        }
        if self.sink:
            extra["relayhost"] = "[127.0.0.1]:%d" % self.sink
        else:
            extra["defer_transports"] = "smtp"
            extra["relayhost"] = "[127.0.0.1]:9"
        self.dir_name = "postfix-%d" % time.monotonic_ns()
        self.p = peers_real.Postfix(self.t, extra=extra, name=self.dir_name).start()
        self.port, self.pid = self.p.port, self.p.proc.pid
        return self

    def stop(self):
        self.t.stop(self.p.proc)
        shutil.rmtree(self.t.path(self.dir_name), ignore_errors=True)


class Sink:
    def __init__(self, t):
        self.t, self.port = t, t.port()
        self.p = t.spawn([os.path.join(t.shared, "bin", "sink"), "--listen",
                          "127.0.0.1:%d" % self.port], "sink.log", stdout=subprocess.PIPE)
        harness.until(self.listens, 5, "the sink")

    def listens(self):
        try:
            harness.socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def count(self):
        import signal
        self.p.send_signal(signal.SIGUSR1)
        return json.loads(self.p.stdout.readline())["messages"]


def accept(server, **options):
    """Into the queue: messages/s, CPU ms and flushes a message."""
    n = options["messages"]
    cpu, disk = server.cpu(), flushes(server.t.dir)
    got = server.load(**options)
    out = {"rate": got.get("rate", 0), "p50_ms": got.get("p50_ms"), "p99_ms": got.get("p99_ms"),
           "cpu_ms": (server.cpu() - cpu) * 1000 / n,
           "flushes": None if disk is None else (flushes(server.t.dir) - disk) / n}
    if got.get("failed") or got["exit"]:
        out["error"] = "%s failed: %s" % (got.get("failed"), got.get("first_error"))
    return out


def through(server, sink, **options):
    """Through to the sink: from the first byte in to the last message out."""
    n, before = options["messages"], sink.count()
    cpu, began = server.cpu(), time.monotonic()
    got = server.load(**options)
    end = time.monotonic() + 120
    while sink.count() - before < n and time.monotonic() < end:
        time.sleep(0.01)
    seconds = time.monotonic() - began
    arrived = sink.count() - before
    out = {"rate": arrived / seconds, "cpu_ms": (server.cpu() - cpu) * 1000 / max(1, arrived)}
    if arrived != n or got["exit"]:
        out["error"] = "%d of %d arrived, %s" % (arrived, n, got.get("first_error"))
    return out


def idle(server, sessions, tls):
    """KB of PSS that each idle session adds over all processes."""
    before = pss_kb(server.t, server.pid)
    p = subprocess.Popen([os.path.join(server.t.shared, "bin", "load"), "--to",
                          "127.0.0.1:%d" % server.port, "--sessions", str(sessions), "--idle", "60",
                          "--tls", tls], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    server.t.children.append(p)
    got = json.loads(p.stdout.readline())
    time.sleep(1)
    after = pss_kb(server.t, server.pid)
    p.stdin.close()
    p.wait(20)
    server.t.children.remove(p)
    out = {"kb": (after - before) / max(1, got["idle"]), "held": got["idle"]}
    if got["idle"] < sessions:
        out["error"] = "only %d held: %s" % (got["idle"], got["first_error"])
    return out


def cases(quick):
    k = 5 if quick else 1
    return [
        # name, kind, options, messages for Postfix where it is slow, goal
        ("accept 2 KB, 50 sessions, 20 a session", "accept",
         dict(sessions=50, messages=20000 // k, per_session=20), 6000 // k, ("ratio", 6)),
        ("accept 2 KB, 50 sessions, 1 a session", "accept",
         dict(sessions=50, messages=10000 // k), 4000 // k, ("ratio", 4.5)),
        ("accept 2 KB, 200 sessions, 1 a session", "accept",
         dict(sessions=200, messages=10000 // k), 1500 // k, ("own", 0.9)),
        ("accept 100 KB, 50 sessions, 20 a session", "accept",
         dict(sessions=50, messages=4000 // k, per_session=20, size=100000), 2000 // k, ("ratio", 2.5)),
        ("relay 2 KB, 50 sessions, 20 a session", "through",
         dict(sessions=50, messages=10000 // k, per_session=20), 3000 // k, ("ratio", 6)),
        ("relay 100 KB, 50 sessions, 20 a session", "through",
         dict(sessions=50, messages=3000 // k, per_session=20, size=100000), 1500 // k, ("ratio", 4)),
        ("new TLS sessions, 1 message, RSA-2048", "tls-rsa",
         dict(sessions=50, messages=3000 // k, tls="starttls"), 1500 // k, ("ratio", 2)),
        ("new TLS sessions, 1 message, P-256", "tls-good",
         dict(sessions=50, messages=3000 // k, tls="starttls"), 1500 // k, ("ratio", 2)),
        ("KB per idle session, plain, 1,000", "idle", dict(sessions=1000, tls="none"), 200, ("most", 12)),
        ("KB per idle session, TLS, 1,000", "idle", dict(sessions=1000, tls="starttls"), 200, ("most", 48)),
        ("KB per idle session, plain, 10,000", "idle", dict(sessions=10000, tls="none"), None, ("most", 12)),
        ("MB at rest, all processes", "rest", {}, 1, ("most", 40)),
    ]


def one(t, cls, name, kind, options, sink):
    server = cls(t, name, cert="good" if kind == "tls-good" else "rsa",
                 to_sink=sink.port if kind == "through" else None).start()
    try:
        # Whatever is made once, processes above all, is there before we count.
        warm = min(options.get("sessions", 5), 200)
        server.load(sessions=warm, messages=warm * 4, per_session=2)
        time.sleep(1)
        if kind == "through":
            return through(server, sink, **options)
        if kind == "idle":
            time.sleep(1)
            return idle(server, **options)
        if kind == "rest":
            return {"kb": pss_kb(t, server.pid) / 1024, "held": 0}
        return accept(server, **options)
    finally:
        server.stop()


def strangers(t, quick, rounds):
    """Lookups on and off, in turns; rates by name."""
    got = {}
    for _ in range(rounds):
        for lookups in (False, True):
            server = StrangerServer(t, lookups).start()
            try:
                server.load(sessions=20, messages=200, per_session=2)
                for name, more in (("20 a session", {"per_session": 20}), ("1 a session", {})):
                    r = accept(server, sessions=50, messages=4000 if quick else 12000, **more)
                    print("stranger, lookups %s, %s: %s" % (lookups, name, json.dumps(r)),
                          file=sys.stderr)
                    got.setdefault((name, lookups), []).append(r)
            finally:
                server.stop()
    return got


def report_strangers(got, out):
    print("\n| accept 2 KB from a stranger, 50 sessions | lookups off | preset on, warm | ratio | goal | "
          "CPU ms a message: off | on |", file=out)
    print("|---|---|---|---|---|---|---|", file=out)
    for name in sorted({n for n, _ in got}):
        off, on = got[name, False], got[name, True]
        ratio = statistics.median(b["rate"] / a["rate"] for a, b in zip(off, on))
        print("| %s | %s | %s | %s | ≥ 0.85 %s | %s | %s |" % (
            name, show(median(off, "rate")), show(median(on, "rate")), show(ratio),
            "✓" if ratio >= 0.85 else "✗", show(median(off, "cpu_ms")), show(median(on, "cpu_ms"))),
            file=out)


def median(rows, key):
    values = [r[key] for r in rows if r.get(key) is not None]
    return statistics.median(values) if values else None


def show(v, unit=""):
    if v is None:
        return "–"
    return ("%.0f" % v if v >= 100 else "%.1f" % v if v >= 10 else "%.2f" % v) + unit


def report(results, out, argv, seconds):
    def say(*words):
        print(*words, file=out)
    cpu = [l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")]
    say("`%s`, %s, %d × %s, %.0f s\n" % (" ".join(argv), time.strftime("%Y-%m-%d"), len(cpu), cpu[0],
                                        seconds))
    say("| what | Postfix | kurir | ratio | goal | CPU ms a message: Postfix | kurir | "
        "flushes a message: Postfix | kurir | p50 / p99 ms, kurir |")
    say("|---|---|---|---|---|---|---|---|---|---|")
    rates = {}
    for name, kind, goal, rows in results:
        key = "kb" if kind in ("idle", "rest") else "rate"
        p, k = (median(rows[x], key) for x in ("postfix", "kurir"))
        rates[name] = k
        ratio = None
        if p and k:
            ratio = p / k if key == "kb" else k / p
        if goal[0] == "ratio":
            text, met = "≥ %g × Postfix" % goal[1], ratio is not None and ratio >= goal[1]
        elif goal[0] == "own":
            base = rates.get("accept 2 KB, 50 sessions, 1 a session")
            text, met = "≥ 90 % of 50 sessions", bool(base and k and k >= goal[1] * base)
        else:
            text, met = "≤ %g" % goal[1], k is not None and k <= goal[1]
        say("| %s | %s | %s | %s | %s %s | %s | %s | %s | %s | %s |" % (
            name, show(p), show(k), show(ratio), text, "✓" if met else "✗",
            show(median(rows["postfix"], "cpu_ms")), show(median(rows["kurir"], "cpu_ms")),
            show(median(rows["postfix"], "flushes")), show(median(rows["kurir"], "flushes")),
            "%s / %s" % (show(median(rows["kurir"], "p50_ms")), show(median(rows["kurir"], "p99_ms")))))
    for name, _, _, rows in results:
        for who, got in rows.items():
            for r in got:
                if r.get("error"):
                    say("\n%s, %s: %s" % (name, who, r["error"]))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", default=os.path.join(harness.ROOT, "build"))
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--only", default="")
    ap.add_argument("--out")
    ap.add_argument("--quick", action="store_true", help="a fifth of the messages")
    ap.add_argument("--no-postfix", action="store_true")
    args = ap.parse_args()
    subprocess.run(["ninja", "-C", args.build, *("test/bench/bench_" + n for n in ("load", "sink", "delay", "exempt"))],
                   check=True, stdout=subprocess.DEVNULL)
    # On a real disk: a tmpfs syncs nothing.
    shared = tempfile.mkdtemp(prefix="kurir-bench-", dir="/var/tmp")
    began = time.time()
    try:
        harness.prepare(os.path.abspath(args.build), shared)
        t = harness.World(shared, "bench")
        sink, results = Sink(t), []
        for name, kind, options, few, goal in cases(args.quick):
            if args.only not in name:
                continue
            rows = {"postfix": [], "kurir": []}
            for _ in range(args.rounds if kind not in ("idle", "rest") else 1):
                for who, cls in (("postfix", PostfixServer), ("kurir", KurirServer)):
                    mine = dict(options)
                    if who == "postfix":
                        if args.no_postfix or few is None:
                            continue
                        if "messages" in mine:
                            mine["messages"] = few
                        elif "sessions" in mine:
                            mine["sessions"] = few
                    try:
                        got = one(t, cls, who, kind, mine, sink)
                    except Exception as e:
                        got = {"error": "%s: %s" % (type(e).__name__, str(e)[:300])}
                    rows[who].append(got)
                    print("%s: %s: %s" % (name, who, json.dumps(got)), file=sys.stderr)
            results.append((name, kind, goal, rows))
        met = strangers(t, args.quick, args.rounds) if args.only in "strangers" else None
        checked = None
        if args.only in "check tls":
            checked = check_rows.measure(t, args.build, args.quick, args.rounds)
        report(results, sys.stdout, ["test/bench/bench.py", *sys.argv[1:]], time.time() - began)
        if args.out:
            with open(args.out, "w") as f:
                report(results, f, ["test/bench/bench.py", *sys.argv[1:]], time.time() - began)
                if met:
                    report_strangers(met, f)
                if checked:
                    check_rows.report(checked, f)
        if met:
            report_strangers(met, sys.stdout)
        if checked:
            check_rows.report(checked, sys.stdout)
        t.close()
    finally:
        shutil.rmtree(shared, ignore_errors=True)


if __name__ == "__main__":
    main()
