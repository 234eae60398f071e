"""kill -9 at random instants under load: every acknowledged message is accounted for."""

import os
import random
import re
import signal

import time
from collections import Counter

from harness import check, until

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "0"))


def tool(t, name):
    path = os.path.join(t.shared, "bin", name)
    check(os.path.exists(path), name, "was not built")
    return path


class Load:
    """Senders that log what was acknowledged, and a sink that logs what came."""

    def __init__(self, t, local=False):
        self.t, self.local = t, local
        self.sink_port = t.port()
        self.ids = t.write("arrived", "")
        self.acks = t.write("acks", "")
        self.runs = 0
        self.sink = t.spawn([tool(t, "sink"), "--listen", "127.0.0.1:%d" % self.sink_port, "--ids",
                             self.ids], "sink.log")
        self.k = t.kurir(extra='route "mitra.test" { via = "relay:[127.0.0.1]:%d" }\n'
                         % self.sink_port, outbound={"tls": '"none"', "retry": '{"1s"}'},
                         limits="errors = 100")

    def burst(self, seconds, sessions=8):
        self.runs += 1
        to = "budi@contoh.id" if self.local else "orang%@mitra.test"
        return self.t.spawn([tool(self.t, "load"), "--to", "127.0.0.1:%d" % self.k.mx, "--sessions",
                             str(sessions), "--messages", "1000000", "--per-session", "5", "--size",
                             "3000", "--rcpt", to, "--spread", "50", "--seconds", str(seconds),
                             "--retry", "--acks", self.acks, "--run",
                             "%s%d" % (self.t.name[-6:].replace(".", ""), self.runs)], "load.log")

    def acked(self):
        with open(self.acks) as f:
            return f.read().split()

    def arrived(self):
        if not self.local:
            with open(self.ids) as f:
                return Counter(f.read().split())
        seen = Counter()
        where = os.path.join(self.k.maildirs, "contoh.id", "budi", "new")
        for name in os.listdir(where) if os.path.isdir(where) else ():
            with open(os.path.join(where, name), "rb") as f:
                m = re.search(rb"^X-Load: (\S+)", f.read(4096), re.M)
                seen[m.group(1).decode()] += 1
        return seen

    def settle(self, timeout=60):
        def empty():
            return self.k.cmd("queue", "count").out.strip() == "0"
        self.k.cmd("queue", "retry", "--all")
        until(empty, timeout, "an empty queue: " + self.k.cmd("queue", "stats").out[-300:])
        time.sleep(0.3)

    def account(self, kills):
        acked, arrived = set(self.acked()), self.arrived()
        lost = [a for a in acked if a not in arrived]
        twice = sum(n - 1 for n in arrived.values())
        line = "%d kills, %d acknowledged, %d arrived, %d lost, %d duplicates" % (
            kills, len(acked), sum(arrived.values()), len(lost), twice)
        check(not lost, line, lost[:5])
        check(len(acked) > 0, "nothing was acknowledged:", line)
        # At most what was on its way, or within the 100 ms of a batch, repeats.
        check(twice <= max(60, 0.02 * len(acked)) * max(1, kills), line)
        print(line)


def rounds(t, victims, few, local=False):
    load = Load(t, local)
    n = ROUNDS if ROUNDS else few
    rng = random.Random(os.urandom(8))
    kills = 0
    for _ in range(n):
        p = load.burst(2)
        time.sleep(rng.uniform(0.1, 1.6))
        if victims == "all":
            load.k.kill()
            kills += 1
            load.k.start()
        else:
            for role in victims:
                for pid in load.k.roles().get(role, []):
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
        p.wait(30)
        check(load.k.proc.poll() is None, "the parent ended:", load.k.log_text()[-600:])
    load.settle()
    load.account(kills)


def test_all(t):
    """Everything killed at once under load, restarted, nothing acknowledged is lost"""
    rounds(t, "all", 5)


def test_queue(t):
    """The queue killed under load"""
    rounds(t, ["queue"], 4)


def test_relay(t):
    """The relays killed under load"""
    rounds(t, ["relay"], 3)


def test_smtpd(t):
    """The smtpds killed under load"""
    rounds(t, ["smtpd"], 3)


def test_helpers(t):
    """resolver, lookup, auth and ledger killed under load"""
    rounds(t, ["resolver", "lookup", "auth", "ledger"], 3)


def test_local_delivery(t):
    """Everything killed while mail is written to a Maildir: none lost, a repeat is recognised"""
    rounds(t, "all", 3, local=True)


for f in (test_all, test_queue, test_relay, test_smtpd, test_helpers, test_local_delivery):
    f.heavy = 3

