"""Senders of every kind, for the reverse lookups: addresses with their PTR
records, HELO names and domains, served by NSD through a name server that
breaks some answers; what MDaemon's options ask of them; and how a session
with each of them went.

Of each case there are three clients with the same DNS behind them: a stranger,
one whose address is trusted, and one to be put on an exempt list. A case of one
lookup is sound in the two others.
"""
import concurrent.futures
import re
import socket
import time

from dns_front import Front
from harness import Kurir, Smtp, check, equal, session_id, until
from peers_real import Nsd

STRANGER, TRUSTED, LISTED = 20, 21, 22
TRUSTED_NETS = ["127.21.0.0/16"]
LISTED_NET = "127.22.0.0/16"
# Who is let in says who he is by AUTH, and sends as somebody else.
ANYONE = 'relay-control { identity { envelope = "off" } }\n'
FAULTS = (("servfail", "SERVFAIL"), ("silent", "no answer in time"),
          ("cut", "truncated, and no TCP"), ("lame", "lame delegation"), ("loop", "CNAME loop"))
CAUSES = {("ptr", "missing"): "lookup.ptr-missing", ("ptr", "mismatch"): "lookup.ptr-mismatch",
          ("helo", "forged"): "lookup.helo-forged", ("helo", "not-found"): "lookup.helo-not-found",
          ("mail", "forged"): "lookup.mail-forged", ("mail", "not-found"): "lookup.mail-not-found",
          ("mail", "no-mx"): "lookup.mail-no-mx"}
OPTIONS = {"ptr": ("missing", "mismatch"), "helo": ("forged", "not-found"),
           "mail": ("forged", "not-found", "no-mx")}
REFUSING = ("defer", "reject", "close")


class Case:
    """What the DNS says about one kind of client. findings: in the order in
    which they are judged; "fault" when it cannot be known now."""

    def __init__(self, lookup, words, *findings, ptr=None, helo=None, sender=None, records=(),
                 faults=None, evidence=""):
        self.lookup, self.words, self.findings = lookup, words, findings
        self.ptr, self._helo, self._sender = ptr, helo, sender
        self.records, self.faults, self.evidence = list(records), dict(faults or {}), evidence
        self.number = 0

    @property
    def host(self):
        return "c%d.mitra.example" % self.number

    def ip(self, kind=STRANGER):
        return "127.%d.%d.1" % (kind, self.number)

    def arpa(self, kind=STRANGER):
        return ".".join(self.ip(kind).split(".")[::-1]) + ".in-addr.arpa"

    def fill(self, text, kind=STRANGER):
        return text.replace("{n}", str(self.number)).replace("{ip}", self.ip(kind))

    def helo(self, kind=STRANGER):
        return self.fill(self._helo or self.host, kind)

    def sender(self, kind=STRANGER):
        return self.fill("siapa@" + self.host if self._sender is None else self._sender, kind)

    def __repr__(self):
        return "%s: %s" % (self.lookup, self.words)


def _cases():
    own = ["A {all}"]
    yield Case("ptr", "its name has the address", evidence="c{n}.mitra.example")
    yield Case("ptr", "several names, the last has it",
               ptr=["PTR tiada", "PTR lain", "PTR jauh", "PTR c{n}"], evidence="c{n}.mitra.example")
    yield Case("ptr", "through a CNAME (RFC 2317)", ptr=["CNAME"], evidence="c{n}.mitra.example")
    yield Case("ptr", "truncated, whole over TCP", faults={"PTR": "truncate"},
               evidence="c{n}.mitra.example")
    yield Case("ptr", "no such name (NXDOMAIN)", "missing", ptr=[], evidence="NXDOMAIN")
    yield Case("ptr", "no PTR record (NODATA)", "missing", ptr=['TXT "x"'], evidence="NODATA")
    yield Case("ptr", "a name with another address", "mismatch", ptr=["PTR lain"],
               evidence="192.0.2.9")
    yield Case("ptr", "a name without address", "mismatch", ptr=["PTR tiada"],
               evidence="tiada.mitra.example")
    yield Case("ptr", "thirty names, none has it", "mismatch",
               ptr=["PTR banyak%02d" % i for i in range(30)], evidence="banyak")
    for fault, words in FAULTS:
        yield Case("ptr", words, "fault", faults={"PTR": fault}, evidence="PTR")
    yield Case("ptr", "a name that cannot be looked up", "fault", ptr=["PTR p{n}"],
               records=["p{n} A {all}"], faults={"p{n}.mitra.example": "servfail"},
               evidence="p{n}.mitra.example")

    yield Case("helo", "its address", evidence="c{n}.mitra.example")
    yield Case("helo", "the address of its MX", helo="h{n}.mitra.example",
               records=["h{n} MX 10 c{n}"])
    yield Case("helo", "through a CNAME", helo="h{n}.mitra.example", records=["h{n} CNAME c{n}"])
    yield Case("helo", "truncated, whole over TCP", helo="h{n}.mitra.example",
               records=["h{n} " + own[0]], faults={"h{n}.mitra.example": "truncate"})
    yield Case("helo", "a literal, its own", helo="[{ip}]")
    yield Case("helo", "another address", "forged", helo="lain.mitra.example", evidence="192.0.2.9")
    yield Case("helo", "a literal of another", "forged", helo="[192.0.2.9]", evidence="192.0.2.9")
    yield Case("helo", "no such name (NXDOMAIN)", "not-found", helo="tiada.mitra.example",
               evidence="NXDOMAIN")
    yield Case("helo", "no MX, no address (NODATA)", "not-found", helo="teks.mitra.example",
               evidence="NODATA")
    yield Case("helo", "a name without a dot", "not-found", helo="kantor-pc", evidence="kantor-pc")
    for fault, words in FAULTS:
        yield Case("helo", words, "fault", helo="h{n}.mitra.example", records=["h{n} " + own[0]],
                   faults={"h{n}.mitra.example": fault}, evidence="h{n}.mitra.example")

    yield Case("mail", "its address, and it has an MX")
    yield Case("mail", "the address of its MX", sender="a@m{n}.mitra.example",
               records=["m{n} MX 10 lain", "m{n} MX 20 c{n}"])
    yield Case("mail", "the null reverse-path <>", sender="")
    yield Case("mail", "a literal, its own", sender="a@[{ip}]")
    yield Case("mail", "its address, no MX", "no-mx", sender="a@m{n}.mitra.example",
               records=["m{n} " + own[0]], evidence="MX m{n}.mitra.example: NODATA")
    yield Case("mail", "another address, no MX", "no-mx", "forged", sender="a@lain.mitra.example",
               evidence="MX lain.mitra.example: NODATA")
    yield Case("mail", "its address, null MX", "no-mx", sender="a@m{n}.mitra.example",
               records=["m{n} " + own[0], "m{n} MX 0 ."], evidence="MX m{n}.mitra.example")
    yield Case("mail", "MX and address of others", "forged", sender="a@m{n}.mitra.example",
               records=["m{n} MX 10 lain", "m{n} A 192.0.2.8"], evidence="192.0.2.9")
    yield Case("mail", "an MX without address", "forged", sender="a@m{n}.mitra.example",
               records=["m{n} MX 10 tiada"], evidence="tiada.mitra.example")
    yield Case("mail", "no such domain (NXDOMAIN)", "not-found", sender="a@tiada.mitra.example",
               evidence="NXDOMAIN")
    yield Case("mail", "no MX, no address (NODATA)", "not-found", sender="a@teks.mitra.example",
               evidence="NODATA")
    for fault, words in FAULTS:
        yield Case("mail", words, "fault", sender="a@m{n}.mitra.example",
                   records=["m{n} " + own[0], "m{n} MX 10 m{n}"],
                   faults={"m{n}.mitra.example": fault}, evidence="m{n}.mitra.example")


def cases():
    out = list(_cases())
    for i, case in enumerate(out):
        case.number = i + 1
    return out


HEAD = """$ORIGIN %s.
$TTL 300
@ SOA ns.mitra.example. a.mitra.example. 1 60 60 600 300
@ NS ns.mitra.example.
"""


def zones(all_cases):
    """{zone: text} for NSD, and the faults for what stands in front of it."""
    names = HEAD % "mitra.example" + (
        "ns A 127.0.0.1\nlain A 192.0.2.9\njauh A 192.0.2.7\nteks TXT \"x\"\n")
    names += "".join("banyak%02d A 192.0.2.%d\n" % (i, 100 + i) for i in range(30))
    arpa, faults = HEAD % "127.in-addr.arpa", {}
    for c in all_cases:
        ips = [c.ip(kind) for kind in (STRANGER, TRUSTED, LISTED)]
        for line in ["c{n} A {all}", "c{n} MX 10 c{n}"] + c.records:
            line = c.fill(line)
            many = [line.replace("{all}", ip) for ip in ips] if "{all}" in line else [line]
            names += "\n".join(many) + "\n"
        for kind in (STRANGER, TRUSTED, LISTED):
            owner = c.arpa(kind) + "."
            for record in ["PTR c{n}"] if c.ptr is None else c.ptr:
                if record == "CNAME":
                    there = "k%d-%d.dialihkan.127.in-addr.arpa." % (c.number, kind)
                    arpa += "%s CNAME %s\n%s PTR %s.\n" % (owner, there, there, c.host)
                    continue
                record = c.fill(record)
                arpa += "%s %s%s\n" % (owner, record, ".mitra.example." if "PTR" in record else "")
            if "PTR" in c.faults:
                faults[c.arpa(kind)] = c.faults["PTR"]
        faults.update((c.fill(k), v) for k, v in c.faults.items() if k != "PTR")
    root = (". 300 IN SOA ns.mitra.example. a.mitra.example. 1 60 60 600 300\n"
            ". 300 NS ns.mitra.example.\n")
    return {".": root, "mitra.example": names, "127.in-addr.arpa": arpa}, faults


def settings(**lookups):
    """{"ptr.missing": action}: settings(ptr="close", mail={"no-mx": "reject"});
    what is not named is off."""
    out = {}
    for lookup, options in OPTIONS.items():
        given = lookups.get(lookup, "off")
        for option in options:
            out[lookup + "." + option] = given if isinstance(given, str) else given.get(option, "off")
    return out


def section(actions=None, exempt=True, preset="", more=""):
    """reverse-lookup { } as text, each option on a line of its own. exempt:
    for all lookups, or by lookup."""
    out = "reverse-lookup {\n"
    if preset:
        out += '\tpreset = "%s"\n' % preset
    for lookup, options in OPTIONS.items():
        lines = ["\t\t%s = \"%s\"" % (o, actions[lookup + "." + o]) for o in options
                 if lookup + "." + o in (actions or {})]
        spare = exempt.get(lookup) if isinstance(exempt, dict) else exempt
        if spare is not None:
            lines.append("\t\texempt-authenticated = %s" % str(spare).lower())
        if lines:
            out += "\t%s {\n%s\n\t}\n" % (lookup, "\n".join(lines))
    return out + more + "}\n"


class Verdict:
    """What a client hears: code None when it is accepted."""

    def __init__(self, code=None, enhanced=None, closed=False, causes=(), rule=None):
        self.code, self.enhanced, self.closed = code, enhanced, closed
        self.causes, self.rule = list(causes), rule


def expected(case, actions):
    """By the documents: what becomes of a stranger under these actions."""
    mine = {o: actions[case.lookup + "." + o] for o in OPTIONS[case.lookup]}
    if "fault" in case.findings:
        rule = "reverse-lookup." + case.lookup
        if set(mine.values()) & set(REFUSING):
            return Verdict(451, "4.4.3", False, ["dns.tempfail"], rule)
        return Verdict(causes=["dns.tempfail"] if "note" in mine.values() else [], rule=rule)
    causes, rule = [], None
    for finding in case.findings:
        action = mine[finding]
        if action == "off":
            continue
        causes.append(CAUSES[case.lookup, finding])
        rule = "reverse-lookup.%s.%s" % (case.lookup, finding)
        if action in REFUSING:
            return Verdict(451 if action == "defer" else 501, "4.7.1" if action == "defer" else "5.7.1",
                           action == "close", causes, rule)
    return Verdict(causes=causes, rule=rule)


class Talk:
    """How a session went: stage and reply of the refusal, or None; closed: did
    it end with that; ident for kurir why; replies by stage."""

    def __init__(self):
        self.stage = self.reply = self.ident = None
        self.closed = False
        self.replies = {}


class Smtp6(Smtp):
    def __init__(self, port, source, timeout=20):
        self.sock = socket.create_connection(("::1", port), timeout, source_address=(source, 0))
        self.buffer = b""


def talk(port, source, helo, sender, auth=None, to="budi@contoh.id", data=None, implicit=False):
    """One session up to RCPT, or to the end of data. auth: (user, password),
    after STARTTLS."""
    out = Talk()
    s = (Smtp6 if ":" in source else Smtp)(port, source, 30)
    if implicit:
        s.tls()

    def step(stage, reply, good="2"):
        out.replies[stage] = reply
        if reply.startswith(good):
            return True
        check(reply, stage, "was not answered:", source, helo, sender)
        out.stage, out.reply, out.ident = stage, reply, session_id(reply)
        return False

    def whole():
        if not step("connect", s.read()) or not step("helo", s.cmd("EHLO " + helo)):
            return
        if auth:
            if not implicit:
                s.starttls()
                if not step("helo", s.cmd("EHLO " + helo)):
                    return
            if not step("auth", s.auth(*auth)):
                return
        if not step("mail", s.cmd("MAIL FROM:<%s>" % sender)) or \
           not step("rcpt", s.cmd("RCPT TO:<%s>" % to)):
            return
        if data is not None and step("data", s.cmd("DATA"), "354"):
            s.send(data + b".\r\n")
            if step("end", s.read()):
                out.ident = session_id(out.replies["end"])

    whole()
    if out.reply:
        out.closed = s.cmd("NOOP") == ""
        if not out.closed:
            equal(s.cmd("NOOP")[:3], "250", "after %r" % out.reply)
    if not out.closed:
        equal(s.cmd("QUIT")[:3], "221", "QUIT")
    s.close()
    return out


class Lab:
    """NSD, what stands in front of it, and a kurir that asks it."""

    def __init__(self, t, delay=0.0, extra="", dns=None, **more):
        self.t = t
        self.cases = cases()
        text, faults = zones(self.cases)
        self.nsd = Nsd(t, text).start()
        self.front = Front(self.nsd.server, faults, delay)
        t.closing.append(self.front.close)
        more.setdefault("mx_extra", 'auth = "offer"')
        more.setdefault("trusted", TRUSTED_NETS)
        self.k = Kurir(t, server=self.front.server, extra=extra,
                       dns=dict({"timeout": '"1s"'}, **(dns or {})), **more)
        self.auth = ("budi", self.k.passwords["budi"])
        self.seen = {}
        self.reloads = 0

    def start(self):
        self.k.start()
        return self

    def case(self, lookup, words):
        return next(c for c in self.cases if (c.lookup, c.words) == (lookup, words))

    def set(self, extra):
        """Another configuration, in force when this returns."""
        self.k.extra = extra + ANYONE
        self.k.write_conf()
        self.reloads += 1
        self.k.reload()
        until(lambda: len(re.findall(r"\breloaded\b", self.k.log_text())) >= self.reloads, 15,
              "the reload: " + self.k.log_text()[-600:])
        time.sleep(0.3)  # workers take it over a moment later than master says so

    def lines(self, option):
        """The lines of the configuration where "ptr.missing" is; of "ptr", all
        of its section."""
        lookup, _, name = option.partition(".")
        inside, out = False, []
        with open(self.k.conf_path) as f:
            for number, text in enumerate(f, 1):
                inside = inside or text.startswith("\t%s {" % lookup)
                if inside and (not name or text.startswith("\t\t%s =" % name)):
                    out.append(number)
                if text.startswith("\t}"):
                    inside = False
        return out

    def talks(self, jobs):
        """[Talk] for [(case, kind, talk's other arguments)], many at a time."""
        def one(job):
            case, kind, more = job
            port = more.pop("port", self.k.mx)
            return talk(port, case.ip(kind), case.helo(kind), case.sender(kind), **more)
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            return list(pool.map(one, [(c, kind, dict(m)) for c, kind, m in jobs]))

    def whys(self, idents):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.k.why, idents))

    def records(self, ips, timeout=10):
        """{ip: the record of the session since the last such call}; one each."""
        new = {}

        def come():
            for record in self.k.log():
                ip = record["peer"]["ip"]
                if ip in ips and record["id"] not in self.seen:
                    new[ip] = record
            return len(new) == len(set(ips))
        until(come, timeout, "a record of each of %s" % (set(ips) - set(new)))
        for record in self.k.log():
            self.seen[record["id"]] = True
        return new
