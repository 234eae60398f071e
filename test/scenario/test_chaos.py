"""Clients that say anything in any order, while names are slow and roles die: no worker falls over,
and afterwards all is well. CHAOS=SEED and CHAOS_S=SECONDS choose another run, and a longer one."""
import os
import random
import signal
import socket
import ssl
import struct
import threading
import time

from harness import check, equal, until
from test_hardening import delivers, sound

FAULTS = ("delay:0.05", "delay:0.4", "silent", "servfail", "truncate", "garbage", None, None, None)
PLAIN = b"AGJ1ZGkAa2F0YS1zYW5kaSBidWRp\r\n"  # budi and his password
# %n becomes a name.
GOOD = (b"EHLO %n\r\n", b"MAIL FROM:<a@%n>\r\n", b"RCPT TO:<budi@contoh.id>\r\n", b"DATA\r\n",
        b"From: <a@%n>\r\nSubject: x\r\n\r\nisi\r\n.\r\n")
ODD = GOOD + (
    b"HELO %n\r\n", b"EHLO [127.0.0.1]\r\n", b"MAIL FROM:<>\r\n", b"MAIL FROM:<budi@contoh.id> SIZE=100\r\n",
    b"RCPT TO:<tiada@contoh.id>\r\n", b"RCPT TO:<x@luar.example>\r\n", b"RCPT TO:<check@contoh.id>\r\n",
    b"RSET\r\n", b"NOOP x\r\n", b"VRFY budi\r\n", b"QUIT\r\n", b"STARTTLS\r\n", b"AUTH LOGIN\r\n",
    b"AUTH PLAIN\r\n", b"AUTH PLAIN " + PLAIN, b"AUTH SCRAM-SHA-256\r\n", b"*\r\n", PLAIN, b"BDAT 4 LAST\r\n",
    b"XXXX\r\n", b"From: x\r\n\r\n.\r\n", b".\r\n", b"\r\n", b"A\0B\r\n", b"A\nB\r\n", b"\x16\x03\x01\r\n",
    b"X" * 3000 + b"\r\n", b"Subject: besar\r\n\r\n" + (b"y" * 70 + b"\r\n") * 5000 + b".\r\n")
CONF = """
reverse-lookup { ptr { missing = "%s"  mismatch = "defer" }
                 helo { forged = "reject"  not-found = "note"  exempt-authenticated = false }
                 mail { not-found = "reject"  forged = "note" } }
exempt "ptr" { file = "%s" }
exempt "helo" { file = "%s" }
test-mailbox { address = "check@contoh.id"  open-to = {"*"} }
listen "copiers" { address = {"127.0.0.1:%d"}  role = "device" }
device "a" { address = {"127.0.7.11", "127.0.7.12"}  from = {"copier@contoh.id"} }
device "b" { address = {"127.0.7.13"}  auth = "login-plain" }
"""


def names_of(rnd):
    """Names that hold some clients and not others, half of them out of order."""
    names, zones, faults = ["n%d.kacau.example" % i for i in range(120)], {}, {}
    for i, name in enumerate(names):
        zones[(name, "A")] = ["127.0.7.%d" % (i % 20 + 1)]
        if i % 3:
            zones[(name, "MX")] = ["10 " + name]
    for i in range(1, 30):
        if i % 4:
            zones[("%d.7.0.127.in-addr.arpa" % i, "PTR")] = [names[i - 1]]
    for name in names + ["%d.7.0.127.in-addr.arpa" % i for i in range(1, 30)]:
        fault = rnd.choice(FAULTS)
        if fault:
            faults[name] = fault
    return names, zones, faults


def loose_tls():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


def listen_to(s, all_of_it=False):
    got = b""
    try:
        got = s.recv(65536)
        while all_of_it and s.recv(65536):
            pass
    except TimeoutError:
        pass
    return got


def talk(s, rnd, names, tls):
    """One session's worth of lines, at once or one by one; gives the socket, perhaps another."""
    script = list(GOOD) if rnd.random() < 0.6 else []
    for _ in range(rnd.randint(0, 8)):
        script.insert(rnd.randint(0, len(script)), rnd.choice(ODD))
    name = rnd.choice(names).encode()
    if rnd.random() < 0.3:
        whole = b"".join(script).replace(b"%n", name)
        s.sendall(whole[:rnd.randint(0, len(whole)) if rnd.random() < 0.3 else len(whole)])
        listen_to(s, all_of_it=rnd.random() < 0.5)
        return s
    for line in script:
        if rnd.random() < 0.2:
            name = rnd.choice(names).encode()
        s.sendall(line.replace(b"%n", name))
        got = listen_to(s) if rnd.random() < 0.8 else b""
        if line == b"STARTTLS\r\n" and got.startswith(b"220"):
            if rnd.random() < 0.1:
                s.sendall(b"EHLO plain\r\n")
            s = tls.wrap_socket(s)
        if rnd.random() < 0.05:
            s.shutdown(socket.SHUT_WR)
    return s


def client(k, ports, rnd, names, tls):
    port, s = rnd.choice(ports), None
    try:
        s = socket.create_connection(("127.0.0.1", port), 5,
                                     source_address=("127.0.7.%d" % rnd.randint(1, 25), 0))
        s.settimeout(rnd.choice([0.01, 0.05, 0.3, 2]))
        if port == k.submissions or rnd.random() < 0.05:
            s = tls.wrap_socket(s)
        if rnd.random() < 0.8:
            listen_to(s)
        s = talk(s, rnd, names, tls)
        if rnd.random() < 0.3:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    finally:
        if s is not None:
            s.close()


def trouble(k, rnd):
    """A role is killed, or stands still for a moment; or the configuration is read again."""
    what = rnd.choice(["lookup", "resolver", "queue", "auth", "ledger", "reload"])
    if what == "reload":
        k.cmd("reload")
        return
    signals = (rnd.choice([signal.SIGKILL, signal.SIGSTOP]), signal.SIGCONT)
    for sig in signals:
        for pid in k.roles().get(what, []):
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        time.sleep(0.3)


def test_anything_in_any_order(t):
    """Thousands of sessions without sense, with names and roles that fail: the workers live"""
    seed, seconds = int(os.environ.get("CHAOS", "1")), float(os.environ.get("CHAOS_S", "12"))
    rnd = random.Random(seed)
    names, zones, faults = names_of(rnd)
    device, dns = t.port(), t.dns(zones, faults)
    k = t.kurir(server=dns.server, trusted=["10.0.0.0/8"], users=("budi", "siti"),
                dns={"timeout": '"1s"', "dnssec": '"validate"' if seed % 2 == 0 else '"off"'},
                limits='sessions-per-ip = 1000  command-timeout = "5s"',
                extra=CONF % ("close" if seed % 3 == 0 else "note",
                              t.write("ptr.list", "127.0.7.1\nn3.kacau.example\n"),
                              t.write("helo.list", "127.0.7.2\n"), device))
    workers, end, count = k.roles()["smtpd"], time.time() + seconds, [0] * 16
    ports = [k.mx, k.mx, k.mx, k.submission, k.submissions, device]

    def clients(number):
        mine, tls = random.Random(seed * 1000 + number), loose_tls()
        while time.time() < end:
            client(k, ports, mine, names, tls)
            count[number] += 1
    threads = [threading.Thread(target=clients, args=(i,), daemon=True) for i in range(len(count))]
    for thread in threads:
        thread.start()
    while time.time() < end:
        time.sleep(2)
        trouble(k, rnd)
    for thread in threads:
        thread.join()
    sound(k)
    equal(sorted(k.roles().get("smtpd", [])), sorted(workers), "the workers")
    until(lambda: delivers(k, "budi@contoh.id"), 20, "afterwards")
    check(sum(count) > 100, "only %d sessions" % sum(count))
    equal(k.stop(), 0, "exit code")
    sound(k)
    print("%d sessions" % sum(count))
