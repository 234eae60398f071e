"""Who may send: every known form of relaying, by every kind of client, on every
port, proved by what arrives; then relay-control, shields and the alarm for
shared trust, each with what kurir why makes of it.

All mail for elsewhere goes to one capturing server, whatever its domain says.
"""
import glob
import os
import re
import socket
import threading

from harness import Smtp, check, equal, program, session_id, until

T, D = "relaytest", "luar.test"                 # whom a relay would reach
OURS, HOST, I = "contoh.id", "mail.contoh.id", "[127.0.0.1]"
GATEWAY, LMTP = "cabang.test", "pabrik.test"
STRANGER, TRUSTED = "127.0.0.2", "127.0.0.3"
WHERE = [I, "[192.0.2.9]", "[IPv6:2001:db8::9]", OURS, HOST, "localhost", GATEWAY, LMTP]

# What stands in RCPT TO:<...>, and the address it means; None: no address.
RCPTS = [
    ("%s@%s" % (T, D), "%s@%s" % (T, D)),
    ('"%s@%s"' % (T, D), None),
    ('"%s%%%s"' % (T, D), None),
    ("%s%%%s" % (T, D), None),
    ("%s!%s" % (D, T), None),
    (T, None),
    ("@" + D, None),
    ("%s@" % T, None),
    ("%s@%s." % (T, D), None),
    ("%s@@%s" % (T, D), None),
    ("%s@%s@%s" % (T, OURS, D), None),
    ("%s@.%s" % (T, D), None),
    ("%s@[%s]" % (T, D), None),
    (".%s@%s" % (T, D), None),
    ("%s(%s)@%s" % (T, OURS, D), None),
    ("%s@%s:%s" % (T, D, OURS), None),
    ("%s@%s,%s" % (T, D, OURS), None),
    ("%s@%s %s" % (T, D, OURS), None),
    ("@%s@%s:%s" % (OURS, D, T), None),
    ("@:%s@%s" % (T, D), None),
    ('""@' + D, None),
    ("@", None),
    ("", None),
    ("%s@sub.%s" % (T, OURS), "%s@sub.%s" % (T, OURS)),
    ("%s@%s.%s" % (T, OURS, D), "%s@%s.%s" % (T, OURS, D)),
    ("%s@3325256711" % T, "%s@3325256711" % T),
    ("|%s@%s" % (T, D), "|%s@%s" % (T, D)),
    ("budi", None),
    ("postmaster", "postmaster@" + HOST),
    ("Postmaster@" + HOST, "postmaster@" + HOST),
    ("postmaster@" + I, "postmaster@" + I),
    ("postmaster@" + OURS, "postmaster@" + OURS),
    ("postmaster@" + D, "postmaster@" + D),
    ("budi@" + OURS, "budi@" + OURS),
    ("BUDI@Contoh.ID", "budi@" + OURS),
    ('"budi"@' + OURS, "budi@" + OURS),
    ("@%s:budi@%s" % (D, OURS), "budi@" + OURS),
    ("budi@" + I, "budi@" + I),
    ("budi@" + HOST, "budi@" + HOST),
    ("tim@" + OURS, "tim@" + OURS),          # an alias, one target elsewhere
    ("jauh@" + OURS, "jauh@" + OURS),        # an alias, all elsewhere
    ("tim%%%s@%s" % (D, OURS), "tim%%%s@%s" % (D, OURS)),
    ("orang@" + GATEWAY, "orang@" + GATEWAY),
    ("orang@" + LMTP, "orang@" + LMTP),
    ("@%s:orang@%s" % (D, GATEWAY), "orang@" + GATEWAY),
]
for w in WHERE:
    route = None if w.startswith("[") else "%s@%s" % (T, D)
    RCPTS += [
        ("%s%%%s@%s" % (T, D, w), "%s%%%s@%s" % (T, D, w)),
        ('"%s%%%s"@%s' % (T, D, w), "%s%%%s@%s" % (T, D, w)),
        ('"%s@%s"@%s' % (T, D, w), '"%s@%s"@%s' % (T, D, w)),
        ("%s@%s@%s" % (T, D, w), None),
        ("@%s:%s@%s" % (w, T, D), route),
        ("@%s,@x.example:%s@%s" % (w, T, D), route),
        ("@%s:%s%%%s@%s" % (w, T, D, D), route and "%s%%%s@%s" % (T, D, D)),
        ("%s!%s@%s" % (D, T, w), "%s!%s@%s" % (D, T, w)),
        ("%s!%s!%s@%s" % (w, D, T, w), None if w.startswith("[") else
         "%s!%s!%s@%s" % (w, D, T, w)),
        ("%s%%%s%%%s@%s" % (T, D, OURS, w), "%s%%%s%%%s@%s" % (T, D, OURS, w)),
        ('"%s:%s"@%s' % (D, T, w), '"%s:%s"@%s' % (D, T, w)),
        ("%s/%s@%s" % (T, D, w), "%s/%s@%s" % (T, D, w)),
        ("%s|%s@%s" % (T, D, w), "%s|%s@%s" % (T, D, w)),
        ("%s=%s@%s" % (T, D, w), "%s=%s@%s" % (T, D, w)),
    ]
# The same command in wrong clothes; a device may leave the brackets off.
RAW = [
    ("RCPT TO:%s@%s" % (T, D), None),
    ("RCPT TO: %s@%s" % (T, D), None),
    ("RCPT TO: <%s@%s>" % (T, D), "%s@%s" % (T, D)),
    ("RCPT TO:<%s@%s" % (T, D), None),
    ("RCPT TO:%s@%s>" % (T, D), None),
    ("RCPT TO:<<%s@%s>>" % (T, D), None),
    ("RCPT TO:<%s@%s>, <budi@%s>" % (T, D, OURS), None),
    ("RCPT TO:<budi@%s>, <%s@%s>" % (OURS, T, D), None),
    ("RCPT TO:<budi@%s> <%s@%s>" % (OURS, T, D), None),
    ("RCPT TO:<budi@%s> ORCPT=rfc822;%s@%s" % (OURS, T, D), None),
    ("RCPT TO:%s!%s" % (D, T), None),
    ("RCPT TO:<budi@%s\0@%s>" % (OURS, D), None),
    ("RCPT TO:<budi@%s\r@%s>" % (OURS, D), None),
]
# What stands in MAIL FROM:<...>, and what it claims.
SENDERS = [
    ("", "null"),
    ("antispam@" + D, "foreign"),
    ("antispam@[192.0.2.9]", "foreign"),
    ("spamtest@localhost", "foreign"),
    ("@%s:antispam@%s" % (OURS, D), "foreign"),
    ("budi@" + OURS, "ours"),
    ("siti@" + OURS, "siti"),
    ("tim@" + OURS, "ours"),
    ("orang@" + GATEWAY, "ours"),
    ("karangan@" + OURS, "unknown"),
    ("%s!sender@%s" % (D, OURS), "unknown"),
    ('"antispam@%s"@%s' % (D, OURS), "unknown"),
    ("antispam@" + HOST, "unknown"),
    ("antispam@" + I, "unknown"),
    ("postmaster@" + OURS, "keeper"),
    ("spamtest", "bad"),
    (D + "!sender", "bad"),
    ('"antispam@%s"' % D, "bad"),
    ("antispam@%s@%s" % (D, OURS), "bad"),
]
FEW = [RCPTS[0], RCPTS[4], ("%s%%%s@%s" % (T, D, GATEWAY), "%s%%%s@%s" % (T, D, GATEWAY)),
       ("budi@" + OURS, "budi@" + OURS), ("orang@" + GATEWAY, "orang@" + GATEWAY)]


class Lmtp:
    """An LMTP server that takes everything."""

    def __init__(self):
        self.messages = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.session, args=(conn,), daemon=True).start()

    def session(self, conn):
        rcpts = []
        with conn, conn.makefile("rwb") as f:
            def say(text):
                f.write(text.encode() + b"\r\n")
                f.flush()
            say("220 lmtp.test")
            for line in f:
                text = line.decode("latin1").strip()
                verb = text[:4].upper()
                if verb == "RCPT":
                    rcpts.append(text.split("<", 1)[1].rsplit(">", 1)[0])
                if verb == "DATA":
                    say("354 go")
                    data = b""
                    while not data.endswith(b"\r\n.\r\n"):
                        data += f.readline()
                    self.messages.append((list(rcpts), data))
                    for _ in rcpts:
                        say("250 2.0.0 ok")
                    rcpts = []
                    continue
                if verb in ("MAIL", "RSET"):
                    rcpts = []
                say("221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    return


class Site:
    """A kurir with every kind of domain and listener, and all that is behind."""

    def __init__(self, t, extra="", **more):
        self.t, self.n, self.expected, self.wrong = t, 0, {}, []
        self.sink, self.gateway, self.lmtp = t.peer(), t.peer(), Lmtp()
        t.closing.append(self.lmtp.sock.close)
        self.device = t.port()
        aliases = t.write("aliases", "tim@contoh.id: budi, luar@mitra.test\n"
                          "jauh@contoh.id: luar@mitra.test\n")
        self.k = t.kurir(
            trusted=more.pop("trusted", [TRUSTED]), users=("budi", "siti", "copier"),
            limits="errors = 1000  sessions-per-ip = 100",
            outbound={"via": '"relay:[127.0.0.1]:%d"' % self.sink.port},
            mx_extra='auth = "offer"',
            extra='aliases = "%s"\n'
            'domain "cabang.test" { deliver = "relay:[127.0.0.1]:%d" }\n'
            'domain "pabrik.test" { deliver = "lmtp:[127.0.0.1]:%d" }\n'
            'listen "devices" { address = {"127.0.0.1:%d"}  role = "device" }\n%s'
            % (aliases, self.gateway.port, self.lmtp.port, self.device, extra), **more)

    def ports(self):
        k = self.k
        return {"mx": k.mx, "submission": k.submission, "submissions": k.submissions,
                "device": self.device}

    def session(self, port, source, user=None):
        """(dialogue, greeting) behind EHLO, TLS and AUTH as wanted."""
        s = Smtp(self.ports()[port], source)
        if port == "submissions":
            s.tls()
        greeting = s.read()
        if not greeting.startswith("220"):
            return s, greeting
        s.must("EHLO tester.example")
        if user is not None:
            if port != "submissions" and port != "device":
                s.starttls()
                s.must("EHLO tester.example")
            got = s.auth(user, self.k.passwords[user])
            check(got.startswith("235"), port, "AUTH", got)
        return s, greeting

    # ---- what policy allows ----

    def goes_to(self, address, may_relay, device=False):
        """Where the mail for that address must arrive; [] if it may not be sent."""
        local, domain = address.rsplit("@", 1)
        routes = re.search(r"[%!@:]", local) is not None
        if domain == OURS:
            return {"budi": [("maildir", "budi")], "siti": [("maildir", "siti")],
                    "postmaster": [("maildir", "budi")],
                    "tim": [("maildir", "budi"), ("sink", "luar@mitra.test")],
                    "jauh": [("sink", "luar@mitra.test")]}.get(local, [])
        if domain in (HOST, I):
            return [("maildir", "budi")] if local == "postmaster" else []
        if domain in (GATEWAY, LMTP):
            behind = "gateway" if domain == GATEWAY else "lmtp"
            return [(behind, address)] if may_relay or not routes else []
        return [("sink", address)] if may_relay and not device else []

    # ---- one try ----

    def attempt(self, s, mail, rcpt, where):
        """RSET, MAIL, RCPT, and DATA if it is taken. None: the session ended."""
        got = s.cmd("RSET")
        if got == "" or got.startswith("421"):
            return None
        got = s.cmd(mail)
        if got.startswith("2"):
            got = s.cmd(rcpt)
        if got == "" or got.startswith("421"):
            return None
        taken = got.startswith("2")
        if not taken and got[:1] != "5":
            self.wrong.append("neither yes nor no: %s %s: %s" % (mail, rcpt, got))
        if taken != bool(where):
            self.wrong.append("%s: %s %s: %s" % (
                "taken" if taken else "not taken", mail, rcpt, got))
        if taken:
            self.n += 1
            self.expected[self.n] = sorted(where)
            s.must("DATA", "354")
            s.send("From: <copier@contoh.id>\r\nTo: <y@example.org>\r\n"
                   "Subject: battery-%d\r\n\r\nlewat\r\n.\r\n" % self.n)
            got = s.read()
            if not got.startswith("250"):
                self.wrong.append("DATA: %s %s: %s" % (mail, rcpt, got))
        return got

    def battery(self, port, source, user=None, senders=(), main=(), relay=False,
                may_send=True):
        """Every main sender to every recipient, every other one to a few.

        relay: may this client send elsewhere? senders: which classes of sender
        it may use. may_send: may it send at all on this port?"""
        s, _ = self.session(port, source, user)
        tried = 0
        for sender, kind in SENDERS:
            lines = [("RCPT TO:<%s>" % r, m) for r, m in (
                RCPTS if sender in main else FEW)] + (RAW if sender in main else [])
            for rcpt, means in lines:
                ok = may_send and kind in senders and means is not None
                where = self.goes_to(means, relay) if ok else []
                mail = "MAIL FROM:<%s>" % sender
                if self.attempt(s, mail, rcpt, where) is None:
                    s.close()
                    s, _ = self.session(port, source, user)
                    if self.attempt(s, mail, rcpt, where) is None:
                        self.wrong.append("no answer: %s %s" % (mail, rcpt))
                        s, _ = self.session(port, source, user)
                tried += 1
        mail = "MAIL FROM:antispam@" + D  # without its brackets
        self.attempt(s, mail, "RCPT TO:<budi@%s>" % OURS, [])
        s.close()
        return tried

    # ---- what arrived ----

    def arrived(self):
        got = {}

        def note(data, where):
            m = re.search(rb"^Subject: battery-(\d+)\r?$", data, re.M)
            got.setdefault(int(m.group(1)) if m else 0, []).append(where)
        for name, peer in (("sink", self.sink), ("gateway", self.gateway)):
            for m in list(peer.messages):
                for r in m.rcpts:
                    note(m.data, (name, r))
        for rcpts, data in list(self.lmtp.messages):
            for r in rcpts:
                note(data, ("lmtp", r))
        for path in glob.glob(os.path.join(self.k.maildirs, "*", "*", "new", "*")):
            with open(path, "rb") as f:
                note(f.read(), ("maildir", path.split("/")[-3]))
        return {n: sorted(v) for n, v in got.items()}

    def prove(self):
        """Everything that was taken is where policy says, and nothing else is."""
        equal(self.wrong[:8], [], "%d replies are wrong" % len(self.wrong))
        self.k.wait_empty(60)
        got = self.arrived()
        for n in sorted(set(got) | set(self.expected)):
            equal(got.get(n, []), self.expected.get(n, []), "battery-%d" % n)
        boxes = {p.split("/")[-1] for p in glob.glob(os.path.join(self.k.maildirs, "*", "*"))}
        check(boxes <= {"budi", "siti", "copier"}, "Maildirs:", boxes)
        equal(self.k.ok("queue", "count").strip(), "0")


ANYBODY = ("null", "foreign", "ours", "siti")


# ---- the batteries ----

def test_battery_stranger(t):
    """A stranger on every port: only our own mailboxes, none elsewhere, shown by what arrives"""
    site = Site(t)
    n = site.battery("mx", STRANGER, senders=ANYBODY, main=("", "antispam@" + D, "budi@" + OURS))
    check(n > 400, n)
    for port in ("submission", "submissions"):
        site.battery(port, STRANGER, main=("antispam@" + D,), may_send=False)
    s, greeting = site.session("device", STRANGER)
    check(greeting.startswith("5"), "a stranger at the device listener:", greeting)
    equal(s.read(), "", "the session goes on")
    site.prove()
    equal([m.rcpts for m in site.sink.messages if m.rcpts != ["luar@mitra.test"]], [])
    s, got = dialogue(site.k, STRANGER, mail_from("a@luar.test"),
                      "RCPT TO:<%s%%%s@%s>" % (T, D, GATEWAY))
    check(got.startswith("550 5.7.1"), got)
    s.close()
    explained(site.k, got, "relay.denied", "recipient names a route")


def test_battery_no_trust(t):
    """With trusted = {} the former trusted address is a stranger too"""
    site = Site(t, trusted=[])
    site.battery("mx", TRUSTED, senders=ANYBODY, main=("antispam@" + D,))
    site.prove()
    check(all(m.rcpts == ["luar@mitra.test"] for m in site.sink.messages))


def test_battery_trusted(t):
    """A trusted address: everything that is an address on 25, nothing on the other ports"""
    site = Site(t)
    site.battery("mx", TRUSTED, senders=ANYBODY + ("unknown", "keeper"),
                 main=("antispam@" + D,), relay=True)
    for port in ("submission", "submissions"):
        site.battery(port, TRUSTED, main=("antispam@" + D,), may_send=False)
    s, greeting = site.session("device", TRUSTED)
    check(greeting.startswith("5"), "a trusted address at the device listener:", greeting)
    s.close()
    site.prove()
    check(len(site.sink.messages) > 60, len(site.sink.messages))


def test_battery_authenticated(t):
    """Who is authenticated sends anywhere, as nobody else, on 25, 587 and 465"""
    site = Site(t)
    for port, main in (("submission", ("siti@" + OURS,)), ("submissions", ("",)),
                       ("mx", ("siti@" + OURS,))):
        site.battery(port, STRANGER, "siti", senders=("null", "siti"), main=main, relay=True)
    site.prove()
    check(len(site.sink.messages) > 150, len(site.sink.messages))


def devices(first, count, more=""):
    return "".join('device "d%d" { address = {"127.0.%d.%d"}  from = {"copier@contoh.id"} %s}\n'
                   % (i, first + i // 200, i % 200 + 1, more) for i in range(count))


def test_battery_device(t):
    """A device by its address: our domains from its listener, a stranger anywhere else"""
    forms = [("RCPT TO:<%s>" % r, m) for r, m in RCPTS] + RAW
    site = Site(t, devices(4, len(forms) + len(SENDERS)))
    for i, (rcpt, means) in enumerate(forms):  # one each: five tries stop a device
        s, _ = site.session("device", "127.0.%d.%d" % (4 + i // 200, i % 200 + 1))
        where = site.goes_to(means, False, True) if means else []
        site.attempt(s, "MAIL FROM:<copier@%s>" % OURS, rcpt, where)
        s.close()
    for i, (sender, _) in enumerate(SENDERS, len(forms)):
        s, _ = site.session("device", "127.0.%d.%d" % (4 + i // 200, i % 200 + 1))
        site.attempt(s, "MAIL FROM:<%s>" % sender, "RCPT TO:<budi@%s>" % OURS, [])
        s.close()
    site.battery("mx", "127.0.4.1", senders=ANYBODY, main=("antispam@" + D,))
    for port in ("submission", "submissions"):
        site.battery(port, "127.0.4.1", may_send=False)
    site.prove()
    check(all(m.rcpts == ["luar@mitra.test"] for m in site.sink.messages))


def test_battery_device_login(t):
    """A device that logs in relays no more than one that does not, and nobody logs in for it"""
    forms = [("RCPT TO:<%s>" % r, m) for r, m in RCPTS]
    site = Site(t, devices(4, len(forms) + 3, 'auth = "login-plain"  user = "copier" '))
    address = iter("127.0.%d.%d" % (4 + i // 200, i % 200 + 1) for i in range(1000))
    for rcpt, means in forms:
        s, _ = site.session("device", next(address), "copier")
        site.attempt(s, "MAIL FROM:<copier@%s>" % OURS, rcpt,
                     site.goes_to(means, False, True) if means else [])
        s.close()
    for user in (None, "siti"):  # not logged in, and as somebody else
        s, _ = site.session("device", next(address), user)
        site.attempt(s, "MAIL FROM:<copier@%s>" % OURS, "RCPT TO:<budi@%s>" % OURS, [])
        s.close()
    s, greeting = site.session("device", STRANGER)  # with the password of the device
    check(greeting.startswith("5"), greeting)
    s.close()
    # Its account is no more than an account on the other ports.
    site.battery("submission", "127.0.4.1", "copier", senders=("null",), main=("",), relay=True)
    site.prove()


def test_nmap_on_every_port(t):
    """nmap's smtp-open-relay from an untrusted address on every port"""
    site = Site(t, trusted=[])
    ports = site.ports()
    r = t.run([program("nmap"), "-Pn", "-n", "-sT", "--unprivileged", "-p",
               ",".join(str(p) for p in ports.values()), "-sV", "--version-intensity", "0",
               "--script", "+smtp-open-relay", "--script-args",
               "smtp-open-relay.domain=luar.test", "127.0.0.1"], timeout=140)
    said = dict(re.findall(r"^(\d+)/tcp (?:(?!^\d+/tcp).)*?smtp-open-relay: *([^\n]*)", r.out,
                           re.M | re.S))
    for name in ("mx", "submission"):
        line = said.get(str(ports[name]), "")
        check("doesn't seem to be an open relay" in line or "isn't an open relay" in line,
              name, line, r.out[-1500:], r.err)
    check("is an open relay" not in r.out, r.out)  # the device listener hangs up
    site.prove()
    equal(site.sink.messages, [])


# ---- relay-control ----

def explained(k, reply, cause, rule, line=None):
    """kurir why tells cause and rule of that refusal, and the line if it was written."""
    ident = session_id(reply)
    k.has_cause(ident, cause)
    causes = [c for c in k.why(ident)["causes"] if c["code"] == cause]
    check(any(rule in (c["rule"] or "") for c in causes), "rule", rule, "in", causes)
    check(all(c["cure"] for c in causes), "cure of", causes)
    if line is not None:
        with open(k.conf_path) as f:
            at = [n for n, text in enumerate(f, 1) if line in text]
        equal(len(at), 1, "lines with " + line)
        check(any(re.search(r"kurir\.conf:%d\b" % at[0], c["rule"]) for c in causes),
              "line", at[0], "in", causes)
    return causes


def dialogue(k, source, *lines, port=None, user=None):
    """The reply to the last line; those before must be taken."""
    s = k.smtp(port or k.mx, source)
    s.read()
    s.must("EHLO tester.example")
    if user is not None:
        s.starttls()
        s.must("EHLO tester.example")
        check(s.auth(user, k.passwords[user]).startswith("235"))
    for line in lines[:-1]:
        s.must(line)
    got = s.cmd(lines[-1])
    return s, got


def mail_from(sender):
    return "MAIL FROM:<%s>" % sender


def post(s, rcpt, header_from, subject="isi"):
    """RCPT, DATA and a message; the last reply."""
    s.must("RCPT TO:<%s>" % rcpt)
    s.must("DATA", "354")
    s.send("From: %s\r\nTo: <%s>\r\nSubject: %s\r\n\r\nisi\r\n.\r\n"
           % (header_from, rcpt, subject))
    return s.read()


def test_sender_unknown(t):
    """A sender of ours without mailbox: reject, defer, close, note and the exemptions"""
    for action, code in (("reject", "550 5.1.0"), ("defer", "451 4.7.1"), ("close", "550 5.1.0")):
        k = t.kurir(name=action, trusted=[TRUSTED], extra=(
            'relay-control {\n sender {\n  unknown = "%s"\n } }\n' % action))
        s, got = dialogue(k, STRANGER, mail_from("karangan@contoh.id"))
        check(got.startswith(code), action, got)
        if action == "close":
            equal(s.read(), "", "the session goes on")
        else:
            s.must(mail_from("budi@contoh.id"))
        s.close()
        explained(k, got, "sender.unknown", "relay-control.sender.unknown", "unknown =")
        for good in ("", "budi@contoh.id", "x@example.org"):
            check(dialogue(k, STRANGER, mail_from(good))[1].startswith("250"), action, good)
        check(dialogue(k, TRUSTED, mail_from("karangan@contoh.id"))[1].startswith("250"))
        k.stop()
    k = t.kurir(name="note", trusted=[TRUSTED], extra=(
        'relay-control {\n sender {\n  unknown = "note"\n exempt-trusted = false } }\n'))
    for source in (STRANGER, TRUSTED):
        s, got = dialogue(k, source, mail_from("karangan@contoh.id"))
        check(got.startswith("250"), got)
        got = post(s, "budi@contoh.id", "<karangan@contoh.id>")
        check(got.startswith("250"), got)
        s.close()
        explained(k, got, "sender.unknown", "relay-control.sender.unknown", "unknown =")
    k.mail("budi", 2)


def test_identity(t):
    """Who is authenticated sends as itself or as an alias that leads to it, and as nobody else"""
    aliases = t.write("aliases", "toko@contoh.id: siti\ntim@contoh.id: budi, siti\n"
                      "bos@contoh.id: budi\n")
    k = t.kurir(extra='aliases = "%s"\nrecipient-delimiter = "+"\nrelay-control {\n identity {\n'
                '  envelope = "reject"\n  header = "reject"\n } }\n' % aliases)
    for sender in ("siti@contoh.id", "SITI@Contoh.ID", "siti+toko@contoh.id", "toko@contoh.id",
                   "tim@contoh.id", ""):
        s, got = dialogue(k, STRANGER, mail_from(sender), port=k.submission, user="siti")
        check(got.startswith("250"), sender, got)
        s.close()
    for sender in ("budi@contoh.id", "bos@contoh.id", "x@example.org", "karangan@contoh.id"):
        s, got = dialogue(k, STRANGER, mail_from(sender), port=k.submission, user="siti")
        check(got.startswith("553 5.7.1"), sender, got)
        s.must(mail_from("siti@contoh.id"))
        s.close()
        explained(k, got, "sender.not-yours", "relay-control.identity.envelope", "envelope =")
    for author, good in (("<siti@contoh.id>", True), ("Siti <toko@contoh.id>", True),
                         ('"budi@contoh.id" <tim@contoh.id>', True),
                         ("<budi@contoh.id>", False), ("siti@contoh.id, budi@contoh.id", False),
                         ("<x@example.org>", False), ("tidak ada alamat", False),
                         ("<siti@contoh.id>\r\nFrom: <budi@contoh.id>", False)):
        s, _ = dialogue(k, STRANGER, mail_from("siti@contoh.id"), port=k.submission, user="siti")
        got = post(s, "budi@contoh.id", author)
        check(got.startswith("250" if good else "550 5.7.1"), author, got)
        s.close()
        if not good:
            explained(k, got, "sender.not-yours", "relay-control.identity.header", "header =")
    k.mail("budi", 3)
    k.wait_empty()
    equal(len(k.mail("budi", 3)), 3)


def test_postmaster_from_outside(t):
    """Mail as postmaster, abuse or webmaster of ours is taken from inside only"""
    k = t.kurir(trusted=[TRUSTED], extra='relay-control {\n postmaster = "reject"\n'
                'sender { unknown = "off" } }\n')
    for who in ("postmaster", "Abuse", "WebMaster"):
        s, got = dialogue(k, STRANGER, mail_from(who + "@contoh.id"))
        check(got.startswith("550 5.7.1"), got)
        s.close()
        explained(k, got, "auth.required", "relay-control.postmaster", "postmaster = \"reject\"")
        check(dialogue(k, STRANGER, mail_from(who + "@example.org"))[1].startswith("250"))
        check(dialogue(k, TRUSTED, mail_from(who + "@contoh.id"))[1].startswith("250"))
    # It is Budi's, by the configuration.
    _, got = dialogue(k, STRANGER, mail_from("postmaster@contoh.id"), port=k.submission,
                      user="budi")
    check(got.startswith("250"), got)


def test_shield(t):
    """A shield keeps our name from strangers, in MAIL and if it says so in From:"""
    aliases = t.write("aliases", "info@contoh.id: siti@lain.test\n")
    k = t.kurir(trusted=[TRUSTED], extra=(
        'aliases = "%s"\ndomain "lain.test" { deliver = "maildir:%s/%%d/%%u" }\n'
        'shield "$LOCALDOMAIN$" {\n address = {"127.0.0.6"}\n }\n'
        'shield "lain.test" {\n address = {"127.0.0.7/32"}\n header = true }\n'
        'shield "*.mitra.example" {\n address = {"127.0.0.8"}\n action = "close" '
        'exempt-trusted = false }\n' % (aliases, t.path("kurir", "mail"))))
    s, got = dialogue(k, STRANGER, mail_from("budi@contoh.id"))
    check(got.startswith("550 5.7.1 Authentication required"), got)
    s.must(mail_from("x@example.org"))
    s.close()
    explained(k, got, "sender.shielded", "shield", 'address = {"127.0.0.6"}')
    for source, sender, good in (
            ("127.0.0.6", "budi@contoh.id", True), (TRUSTED, "budi@contoh.id", True),
            (STRANGER, "", True), ("127.0.0.6", "siti@lain.test", False),
            ("127.0.0.7", "siti@lain.test", True), ("127.0.0.7", "budi@contoh.id", False),
            ("127.0.0.6", "info@contoh.id", False),  # it stands for somebody at lain.test
            ("127.0.0.8", "x@a.mitra.example", True), (TRUSTED, "x@a.mitra.example", False),
            (STRANGER, "x@mitra.example", True)):
        s, got = dialogue(k, source, mail_from(sender))
        check(got.startswith("250" if good else "550"), source, sender, got)
        closing = sender.endswith("a.mitra.example") and not good
        if closing:
            equal(s.read(), "", "the session goes on")
        s.close()
        if closing:
            explained(k, got, "sender.shielded", "shield", 'address = {"127.0.0.8"}')
    _, got = dialogue(k, STRANGER, mail_from("siti@contoh.id"), port=k.submission, user="siti")
    check(got.startswith("250"), got)
    for source, author, good in ((STRANGER, "Siti <siti@lain.test>", False),
                                 ("127.0.0.7", "Siti <siti@lain.test>", True),
                                 (STRANGER, "Budi <budi@contoh.id>", True),
                                 (STRANGER, "<x@example.org>, <siti@Lain.TEST>", False),
                                 (STRANGER, "siti@lain.test (, <", False)):
        s, _ = dialogue(k, source, mail_from("x@example.org"))
        got = post(s, "budi@contoh.id", author)
        check(got.startswith("250" if good else "550 5.7.1"), source, author, got)
        s.close()
        if not good:
            explained(k, got, "sender.shielded", "shield", 'address = {"127.0.0.7/32"}')


def test_recipient_unknown(t):
    """A mailbox that is none: refused as configured, or taken from whom that spares and returned"""
    for action, code in (("defer", "450 4.1.1"), ("close", "550 5.1.1")):
        k = t.kurir(name=action, extra=(
            'relay-control { recipient {\n unknown = "%s"\n } }\n' % action))
        s, got = dialogue(k, STRANGER, mail_from(""), "RCPT TO:<karangan@contoh.id>")
        check(got.startswith(code), got)
        if action == "close":
            equal(s.read(), "", "the session goes on")
        s.close()
        explained(k, got, "recipient.unknown", "relay-control.recipient.unknown",
                  "unknown =")
        k.stop()
    k = t.kurir(trusted=[TRUSTED], extra='relay-control { recipient {\n unknown = "reject"\n'
                'exempt-trusted = true } }\n')
    s, got = dialogue(k, STRANGER, mail_from(""), "RCPT TO:<karangan@contoh.id>")
    check(got.startswith("550 5.1.1"), got)
    s, _ = dialogue(k, TRUSTED, mail_from("siti@contoh.id"))
    got = post(s, "karangan@contoh.id", "<siti@contoh.id>")
    check(got.startswith("250"), got)
    s.close()
    [bounce] = k.mail("siti")
    check(re.search(rb"^Status: 5\.1\.1", bounce, re.M), bounce[-1500:])
    check(b"karangan@contoh.id" in bounce)
    s, _ = dialogue(k, TRUSTED, mail_from("siti@contoh.id"))
    check(post(s, "budi@contoh.id", "<siti@contoh.id>").startswith("250"))
    k.mail("budi")
    k.wait_empty()
    boxes = {p.split("/")[-1] for p in glob.glob(os.path.join(k.maildirs, "*", "*"))}
    equal(boxes, {"budi", "siti"})
    k.has_cause(session_id(got), "recipient.unknown")


# ---- the alarm for shared trust ----

def strangers(k, source, count, first=0):
    """So many machines behind one address, each with a message for elsewhere."""
    for i in range(first, first + count):
        s = k.smtp(k.mx, source)
        s.read()
        s.must("EHLO pc.kantor%d.example" % i)
        s.must("MAIL FROM:<x@surat%d.example>" % i)
        s.cmd("RCPT TO:<a@luar.test>")
        s.cmd("QUIT")
        s.close()


def alarmed(k, source):
    return [c for c in sum([w["causes"] for w in k.json("why", source)], [])
            if c["code"] == "relay.masquerade"]


def test_masquerade(t):
    """One trusted address that many use raises the alarm, is recorded, and relays on"""
    site = Site(t, trusted=["127.0.0.9", "127.0.0.10"])
    k = site.k
    for _ in range(12):  # one machine, however busy, is none
        strangers(k, "127.0.0.10", 1)
    strangers(k, "127.0.0.9", 4)
    check("masquerade" not in k.log_text(), k.log_text()[-500:])
    strangers(k, "127.0.0.9", 8, 4)
    until(lambda: "relay.masquerade" in k.log_text(), 10, "the alarm in the log")
    check("client=127.0.0.9" in k.log_text())

    def told():
        strangers(k, "127.0.0.9", 1)
        return alarmed(k, "127.0.0.9")
    cause = until(told, 15, "relay.masquerade in kurir why 127.0.0.9")[0]
    check(any("kantor" in e or "surat" in e for e in cause["evidence"]), cause)
    check(cause["cure"], cause)
    equal(alarmed(k, "127.0.0.10"), [])
    s, got = dialogue(k, "127.0.0.9", mail_from("x@example.org"), "RCPT TO:<b@luar.test>")
    check(got.startswith("250"), "only noted:", got)


def test_masquerade_withdraw(t):
    """With masquerade = "withdraw" that address is a stranger while the alarm stands"""
    site = Site(t, 'masquerade = "withdraw"\n', trusted=["127.0.0.9", "127.0.0.10"])
    k = site.k
    strangers(k, "127.0.0.9", 12)

    def refused():
        s, got = dialogue(k, "127.0.0.9", mail_from("x@example.org"), "RCPT TO:<b@luar.test>")
        s.close()
        return got.startswith("550 5.7.1") and got
    got = until(refused, 10, "trust to be withdrawn")
    k.has_cause(session_id(got), "relay.denied")
    explained(k, got, "relay.masquerade", "masquerade", 'masquerade = "withdraw"')
    until(lambda: alarmed(k, "127.0.0.9"), 10, "relay.masquerade in kurir why 127.0.0.9")
    # Our own mailboxes stay within reach, and others are trusted as before.
    s, got = dialogue(k, "127.0.0.9", mail_from("x@example.org"), "RCPT TO:<budi@contoh.id>")
    check(got.startswith("250"), got)
    s, got = dialogue(k, "127.0.0.10", mail_from("x@example.org"), "RCPT TO:<b@luar.test>")
    check(got.startswith("250"), got)
    # Whoever has a name of its own there still sends.
    s, got = dialogue(k, "127.0.0.9", mail_from("siti@contoh.id"), "RCPT TO:<b@luar.test>",
                      port=k.submission, user="siti")
    check(got.startswith("250"), got)


for f in (test_battery_stranger, test_battery_trusted, test_battery_authenticated,
          test_battery_device, test_battery_device_login, test_nmap_on_every_port):
    f.heavy = 2
