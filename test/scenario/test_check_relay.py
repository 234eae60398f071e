"""`kurir check relay` against relays that are open, closed, half open, slow to
trust, or take mail and lose it; nmap's script beside it on the same servers."""
import json
import os
import pty
import re
import socket
import subprocess
import threading
import time

from harness import CLOSE, STALL, check, equal, program, until
from peers_real import Dovecot, Postfix

MAILBOX = "uji@luar.test"


def ask(t, port, *argv, wait="3s", code=None, at=None, **more):
    """The report of check relay of 127.0.0.1."""
    target = at(port) if at else ("127.0.0.1:%d" % port,)
    r = t.run([t.bin, "check", "relay", *target, "--mine", "--json", "--wait", "0",
               "--greylist-wait", "1s", "--timeout", wait, "--resolver", t.dns().server,
               "--ca", t.cert("ca"), *argv],
              timeout=100, **more)
    check(r.out.startswith("{"), r.out[-500:], r.err[-500:])
    got = json.loads(r.out)
    equal(r.returncode, {"good": 0, "bad": 1, "unknown": 3}[got["answer"]], r.err)
    got["codes"] = {f["code"] for f in got["findings"]}
    got["taken"] = {p["name"] for s in got.get("servers", []) for p in s.get("taken", [])}
    got["pairs"] = [p for s in got.get("servers", []) for p in s.get("pairs", [])]
    if code is not None and got["verdict"] != code:
        print([p for p in got["pairs"] if p["name"] in got["taken"]])
    if code is not None:
        equal(got["verdict"], code, json.dumps(got["findings"])[:900])
    return got


class Mailbox:
    """What arrives at a server of the outside, as a Maildir."""

    def __init__(self, t, **more):
        self.peer = t.peer(**more)
        self.path = t.path("luar")
        os.makedirs(self.path + "/new", exist_ok=True)
        self.option = ("--probe-mailbox", "%s:%s" % (MAILBOX, self.path))
        threading.Thread(target=self.move, daemon=True).start()

    def move(self):
        n = 0
        while True:
            for m in self.peer.messages[n:]:
                n += 1
                with open("%s/new/%d" % (self.path, n), "wb") as f:
                    f.write(m.data)
            time.sleep(0.05)


def postfix(t, box, name, **extra):
    return Postfix(t, relayhost="[127.0.0.1]:%d" % box.peer.port, name=name, extra=extra).start()


def nmap(t, port):
    """How many of its sixteen pairs were taken."""
    r = t.run([program("nmap"), "-Pn", "-n", "-p", port, "--script", "+smtp-open-relay",
               "--script-args", "smtp-open-relay.domain=luar.test,smtp-open-relay.to=uji", "127.0.0.1"],
              timeout=90)
    m = re.search(r"open relay \((\d+)/16 tests\)", r.out)
    return int(m.group(1)) if m else 0


def agrees_with_nmap(t, got, port):
    """One says no pair was taken exactly when the other does."""
    ours = {p["name"] for p in got["pairs"][:16] if p["way"] == "plain"} & got["taken"]
    equal(nmap(t, port) > 0, len(ours) > 0, "nmap of %s" % sorted(ours))


def test_own_servers_alone(t):
    """Without --mine nothing is tried; a mailbox without an address is none"""
    p = t.peer()
    r = t.run([t.bin, "check", "relay", "127.0.0.1:%d" % p.port])
    equal((r.returncode, p.sessions), (2, []), r.err)
    check("--mine" in r.err, r.err)
    got = ask(t, p.port, "--probe-mailbox", "/tiada", code="inconclusive")
    check("relay.mailbox-unclear" in got["codes"], got["codes"])
    equal(p.sessions, [])


def test_open_postfix(t):
    """mynetworks = 0.0.0.0/0: open by delivery; without a mailbox it may be"""
    box = Mailbox(t)
    p = postfix(t, box, "terbuka", mynetworks="0.0.0.0/0")
    got = ask(t, p.port, *box.option, code="open")
    check("relay.open" in got["codes"] and "plain" in got["taken"], got["codes"], got["taken"])
    check("mynetworks" in json.dumps(got["findings"]), "no cure")
    n = len(box.peer.messages)
    got = ask(t, p.port, code="may-be-open")
    check("relay.may-be-open" in got["codes"], got["codes"])
    equal(len(box.peer.messages), n, "messages without a mailbox")
    got = ask(t, p.port, "--probe-mailbox", MAILBOX, code="may-be-open")
    check("relay.look-for" in got["codes"], got["codes"])
    agrees_with_nmap(t, got, p.port)


def test_closed_postfix(t):
    """One that holds by its networks is closed, and so says nmap"""
    box = Mailbox(t)
    p = postfix(t, box, "tertutup", mynetworks="192.0.2.0/24", mydestination="mx.mitra.test",
                local_recipient_maps="inline:{postmaster=x}", virtual_mailbox_domains="",
                smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    got = ask(t, p.port, *box.option, code="closed")
    equal((got["taken"], box.peer.messages), (set(), []))
    check(len(got["pairs"]) > 40, len(got["pairs"]))
    agrees_with_nmap(t, got, p.port)


def test_percent_hack(t):
    """The percent hack: a server in front passes routed addresses on to one
    behind that trusts it; plain is refused, percent arrives"""
    box = Mailbox(t)
    names = "mitra.test, mx.mitra.test"
    inner = postfix(t, box, "dalam", mydestination=names, allow_percent_hack="yes",
                    virtual_mailbox_domains="")
    outer = Postfix(t, relayhost="[127.0.0.1]:%d" % inner.port, name="depan", extra=dict(
        mynetworks="192.0.2.0/24", relay_domains=names, virtual_mailbox_domains="",
        allow_untrusted_routing="yes",
        smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")).start()
    got = ask(t, outer.port, *box.option, code="open")
    check("plain" not in got["taken"] and "percent-server" in got["taken"], got["taken"])
    arrived = {p["name"] for p in got["pairs"] if p["result"] == "arrived"}
    check("percent-server" in arrived, arrived)
    agrees_with_nmap(t, got, outer.port)


def test_greylisting(t):
    """Not now is inconclusive; what says no after the wait is closed"""
    p = t.peer(replies={"rcpt": "450 4.2.0 greylisted"})
    got = ask(t, p.port, code="inconclusive")
    check("remote.greylisted" in got["codes"], got["codes"])
    begun = time.time()
    grey = t.peer(replies={"rcpt": lambda _: "450 4.2.0 greylisted" if time.time() - begun < 1.5
                           else "554 5.7.1 no relaying"})
    until(lambda: time.time() - begun < 1.4, what="the beginning")
    got = ask(t, grey.port, "--greylist-wait", "3s", code="closed")
    equal(got["taken"], set())
    yields = t.peer(replies={"rcpt": lambda _: "450 4.2.0 later" if yields.counts.get("rcpt", 0) < 80
                             else "250 ok"})
    got = ask(t, yields.port)
    check(got["verdict"] != "closed", got["verdict"])


def test_taken_and_lost(t):
    """A sink that takes all and delivers nothing may be open; a no at the end is a no"""
    box = Mailbox(t)
    sink = t.peer()
    got = ask(t, sink.port, *box.option, wait="500ms", code="may-be-open")
    check("relay.accepted-lost" in got["codes"], got["codes"])
    check(0 < len(sink.messages) <= 12, len(sink.messages))
    late = t.peer(replies={"data": "554 5.7.1 no relaying"})
    got = ask(t, late.port, *box.option)
    check(got["verdict"] in ("closed", "may-be-open") and not late.messages, got["verdict"])


def test_never_a_false_good(t):
    """Servers that hang up, refuse every sender, want a login or TLS, or say no
    for another reason"""
    for replies, want in ((dict(banner="554 5.7.1 go away"), "inconclusive"),
                          (dict(banner=CLOSE), "inconclusive"),
                          (dict(mail="550 5.7.1 bad sender"), "inconclusive"),
                          (dict(rcpt=CLOSE), "inconclusive"),
                          (dict(rcpt="550 5.1.2 Domain not found"), "inconclusive"),
                          (dict(rcpt="999 what\x1b[2J<b>"), "inconclusive"),
                          (dict(mail="530 5.7.0 Authentication required"), "closed"),
                          (dict(rcpt="554 5.7.1 no relaying"), "closed")):
        p = t.peer(replies=replies)
        got = ask(t, p.port, wait="1s", code=want)
        equal(got["answer"], "good" if want == "closed" else "unknown", replies)
        equal("relay.sender-refused" in got["codes"], replies.get("mail", "").startswith("550"), replies)
        p.close()
    for tls, want in (("ok", "closed"), ("close", "inconclusive")):
        p = t.peer(tls=tls)
        p.replies["mail"] = lambda _, p=p: ("530 5.7.0 Must issue a STARTTLS command first"
                                            if tls == "close" else "554 5.7.1 no")
        ask(t, p.port, wait="1s", code="inconclusive")
        p.close()


def test_own_listeners(t):
    """kurir's own ports are closed, to strangers and from every address"""
    k = t.kurir(trusted=["127.0.0.9"])
    for port in (k.mx, k.submission):
        got = ask(t, port, "--source", "127.0.0.2", code="closed")
        equal(got["taken"], set())
    agrees_with_nmap(t, ask(t, k.mx, code="closed"), k.mx)
    got = ask(t, k.mx, "--source", "127.0.0.9")
    check(got["verdict"] == "may-be-open" and {p["way"] for s in got["servers"] for p in s["taken"]}
          == {"from 127.0.0.9"}, got["verdict"])


def test_slow_server(t):
    """A second a reply: four sessions at a time; half a battery is never closed,
    and what was not tried is said to be so"""
    p = t.peer(delay=0.5, replies={"rcpt": "554 5.7.1 no relaying"}, tls="absent")
    begun = time.time()
    got = ask(t, p.port, "--deadline", "8s", wait="5s", code="inconclusive")
    check(time.time() - begun < 12, "took %d s" % (time.time() - begun))
    late = [x for x in got["pairs"] if x["result"] == "not tried"]
    s = got["servers"][0]
    equal((len(late), s["tried"] + s["not_tried"], got["answer"]), (s["not_tried"], 54, "unknown"))
    check("relay.not-tried" in got["codes"] and 0 < s["tried"] < 54, got["codes"], s["tried"])
    begun = time.time()
    quicker = t.peer(delay=0.2, replies={"rcpt": "554 5.7.1 no relaying"}, tls="absent")
    equal(ask(t, quicker.port, wait="5s", code="closed")["servers"][0]["not_tried"], 0)
    check(time.time() - begun < 18, "took %d s" % (time.time() - begun))


def test_late_but_open(t):
    """What was found before the end counts: messages are sent, and arrive"""
    box = Mailbox(t)
    p = postfix(t, box, "lambat", mynetworks="0.0.0.0/0", smtpd_client_restrictions="sleep 1",
                smtpd_delay_reject="no")
    got = ask(t, p.port, *box.option, "--deadline", "10s", wait="5s", code="open")
    check(got["servers"][0]["not_tried"] >= 0, got["servers"][0])


def test_one_session_at_a_time(t):
    """A server that turns a second session away is asked in one"""
    busy = threading.Semaphore(1)

    def banner(_):
        return "220 peer.test" if busy.acquire(blocking=False) else ("421 4.7.0 too many connections", CLOSE)

    def bye(_):
        busy.release()
        return "221 bye"
    p = t.peer(replies={"banner": banner, "quit": bye, "rcpt": "554 5.7.1 no relaying"}, tls="absent", delay=0.03)
    got = ask(t, p.port, code="closed")
    equal((got["servers"][0]["tried"], got["servers"][0]["not_tried"]), (54, 0))


def test_enough_is_not_closed(t):
    """After three refusals a server says no to all, "too many": that is asked
    again in a session of its own, and the pair it lets through is found"""
    counts = threading.local()

    def rcpt(argument):
        counts.n = getattr(counts, "n", 0) + 1
        if counts.n > 3:
            return "550 5.7.1 too many bad recipients"
        return "250 ok" if argument.startswith("TO:<relaytest%example.com@peer.test>") else "554 5.7.1 no relaying"
    p = t.peer(replies={"rcpt": rcpt}, tls="absent")
    got = ask(t, p.port, code="may-be-open")
    check("percent-server" in got["taken"], got["taken"])


def test_login_for_some(t):
    """530 to its own senders alone, and the last form of all for everybody: the
    first 530 is not the end"""
    p = t.peer(tls="absent", replies={
        "mail": lambda a: "530 5.7.0 Authentication required" if "peer.test" in a else "250 ok",
        "rcpt": lambda a: "250 ok" if a.startswith('TO:<"example.com:relaytest"@') else "550 5.7.1 no relaying"})
    got = ask(t, p.port, code="may-be-open")
    check("colon-domain" in got["taken"] and "relay.needs-auth" in got["codes"], got["taken"], got["codes"])


def test_refused_for_other_reasons(t):
    """A blocklist, a missing PTR, a filter that dislikes the message: none says
    that the server does not relay"""
    for text in ("554 5.7.1 Client host [127.0.0.1] blocked using zen.test", "550 5.7.25 no PTR"):
        ask(t, t.peer(replies={"mail": text}).port, code="inconclusive")
        ask(t, t.peer(replies={"rcpt": text}).port, code="inconclusive")
    box = Mailbox(t)
    for end, want in (("554 5.7.1 message looks like spam", "inconclusive"),
                      ("554 5.7.1 no relaying for you", "closed")):
        p = t.peer(tls="absent", replies={"dot": end, "rcpt": lambda a: "250 ok" if a.startswith(
            "TO:<uji%luar.test>") else "554 no relaying"})
        got = ask(t, p.port, *box.option, wait="500ms", code=want)
        check(p.counts["dot"] == 1, p.counts)


def implicit(port):
    """Port 465, where TLS comes first, is at that port."""
    return ("127.0.0.1:465", "--connect", "127.0.0.1:465=127.0.0.1:%d" % port)


def submission_postfix(t, box, name, relay="permit_sasl_authenticated,reject", **extra):
    """A Postfix whose users Dovecot knows, with ports for 587 and 465."""
    d = Dovecot(t, t.mkdir(name + "/mail"), name=name + "-dovecot")
    sasl = t.path(name + "-auth")
    with open(d.conf, "a") as f:
        f.write("service auth {\n  unix_listener %s {\n    mode = 0666\n  }\n}\n" % sasl)
    d.start()
    p = Postfix(t, relayhost="[127.0.0.1]:%d" % box.peer.port, name=name, extra=dict(
        mynetworks="192.0.2.0/24", smtpd_sasl_type="dovecot", smtpd_sasl_path=sasl, **extra))
    p.p587, p.p465 = t.port(), t.port()
    own = "".join(" -o { %s }" % o for o in ("smtpd_sasl_auth_enable=yes", "smtpd_sasl_security_options=noanonymous",
                                       "smtpd_relay_restrictions = " + relay))
    with open(p.etc + "/master.cf", "a") as f:
        f.write("127.0.0.1:%d inet n - n - - smtpd -o smtpd_tls_security_level=encrypt%s\n" % (p.p587, own))
        f.write("127.0.0.1:%d inet n - n - - smtpd -o smtpd_tls_wrappermode=yes%s\n" % (p.p465, own))
    return p.start()


def test_submission_postfix(t):
    """587 and 465 that only users may send by: closed; a user under a foreign
    name is told, by delivery, and is no open relay; a wrong password is told"""
    box = Mailbox(t)
    p = submission_postfix(t, box, "kirim")
    got = ask(t, p.p587, *box.option, code="closed")
    equal({x["way"] for x in got["pairs"]}, {"starttls"})
    check(len(got["pairs"]) > 50 and not box.peer.messages, len(got["pairs"]))
    got = ask(t, p.p465, "--user", "budi", *box.option, at=implicit, input=b"rahasia\n", code="closed")
    equal({x["way"] for x in got["pairs"]}, {"tls", "user"})
    check({"relay.forged-sender", "relay.forged-arrived"} <= got["codes"], got["codes"])
    equal(got["answer"], "good")
    for port, at in ((p.p465, implicit), (p.p587, None)):
        got = ask(t, port, "--user", "budi", at=at, input=b"salah\n", wait="10s", code="closed")
        check("auth.failed" in got["codes"] and "relay.forged-sender" not in got["codes"], got["codes"])


def test_submission_postfix_held(t):
    """Where senders must be those of the login, no user sends under another name"""
    box = Mailbox(t)
    p = submission_postfix(t, box, "tepat", smtpd_sender_login_maps="inline:{budi@mitra.test=budi}",
                           relay="reject_sender_login_mismatch,permit_sasl_authenticated,reject")
    got = ask(t, p.p587, "--user", "budi", *box.option, input=b"rahasia\n", code="closed")
    check("relay.forged-sender" not in got["codes"] and not box.peer.messages, got["codes"])
    check({x["way"] for x in got["pairs"]} == {"starttls", "user"}, got["pairs"])


def test_submissions_open(t):
    """465 that forgot to ask who it is: open, by a message that went through TLS"""
    box = Mailbox(t)
    p = submission_postfix(t, box, "lupa", relay="check_client_access static:OK, reject")
    got = ask(t, p.p465, *box.option, at=implicit, code="open")
    check({x["way"] for s in got["servers"] for x in s["taken"]} == {"tls"}, got["servers"][0]["taken"])
    check({x["result"] for x in got["pairs"]} >= {"arrived"}, "nothing arrived")


def test_implicit_tls_classes(t):
    """Each class on a port where TLS comes first; and one that speaks no TLS there"""
    for rcpt, want in (("554 5.7.1 no relaying", "closed"), ("450 4.2.0 later", "inconclusive"),
                       ("530 5.7.0 Authentication required", "closed"), (CLOSE, "inconclusive"),
                       ("250 ok", "may-be-open")):
        got = ask(t, t.peer(tls="implicit", replies={"rcpt": rcpt}).port, at=implicit, code=want)
        equal({x["way"] for x in got["pairs"]}, {"tls"})
    box = Mailbox(t, tls="implicit")
    ask(t, box.peer.port, *box.option, at=implicit, code="open")
    sink = t.peer(tls="implicit")
    got = ask(t, sink.port, *box.option, at=implicit, wait="500ms", code="may-be-open")
    check("relay.accepted-lost" in got["codes"] and sink.messages[0].tls, got["codes"])
    for replies in ({}, {"banner": STALL}):
        got = ask(t, t.peer(tls="absent", replies=replies).port, at=implicit, wait="1s", code="inconclusive")
        check("relay.no-session" in got["codes"], got["codes"])


def test_auth_double(t):
    """A user's password goes through TLS alone; servers that take no AUTH, or
    hang up at it, are told and are no reason to call them closed or open"""
    no = {"rcpt": "554 5.7.1 no relaying"}
    p = t.peer(auth="PLAIN LOGIN", replies=dict(no, rcpt=lambda _: "250 ok" if p.logins else "554 5.7.1 no relaying"))
    p2 = t.peer(auth="PLAIN", replies=dict(no, auth=CLOSE))
    p3 = t.peer(replies=no)
    p4 = t.peer(auth="PLAIN", tls="absent", replies=no)
    got = ask(t, p.port, "--user", "budi", input=b"rahasia\n", code="closed")
    check("relay.forged-sender" in got["codes"], got["codes"])
    p5 = t.peer(auth="PLAIN", replies=dict(no, auth="535 5.7.8 no such user"))
    got = ask(t, p5.port, "--user", "budi", input=b"salah\n", code="closed")
    equal((len(p5.logins), "auth.failed" in got["codes"]), (1, True), "a login that fails is not said again")
    for peer, code in ((p2, "net."), (p3, "auth.not-offered"), (p4, "")):
        got = ask(t, peer.port, "--user", "budi", input=b"rahasia\n", wait="1s", code="closed")
        check(any(c.startswith(code) for c in got["codes"]), got["codes"])
        equal(got["servers"][0]["not_tried"], 2, "what no session came to was not tried")
        check("relay.forged-sender" not in got["codes"], got["codes"])
    equal(p4.logins, [])
    for peer in (p, p2):
        for d in peer.sessions:
            if any(l.startswith("C: AUTH") for l in d):
                check(any(l.startswith("*: TLS") for l in d), d)


def test_kurir_as_submission(t):
    """kurir's 465 and 587: closed to strangers, and users keep to their names"""
    k = t.kurir()
    for port, at in ((k.submission, None), (k.submissions, implicit)):
        got = ask(t, port, "--user", "siti@contoh.id", at=at, input=k.passwords["siti"].encode() + b"\n",
                  code="closed")
        check("user" in {x["way"] for x in got["pairs"]}, got["findings"])
        equal((got["taken"], "relay.forged-sender" in got["codes"]), (set(), False))


def test_open_relay_domains(t):
    """relay_domains that holds every domain: open"""
    box = Mailbox(t)
    p = postfix(t, box, "semua", mynetworks="192.0.2.0/24", relay_domains="static:all",
                relay_recipient_maps="", smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    got = ask(t, p.port, *box.option, code="open")
    check("plain" in got["taken"], got["taken"])


def test_open_by_trusted_peer(t):
    """permit_mynetworks for a peer that strangers come through: closed from
    elsewhere, open from there; also where TLS must come first"""
    box = Mailbox(t)
    p = postfix(t, box, "percaya", virtual_mailbox_domains="", mynetworks="127.0.0.9/32",
                smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    ask(t, p.port, "--source", "127.0.0.2", *box.option, code="closed")
    equal(box.peer.messages, [])
    got = ask(t, p.port, "--source", "127.0.0.2", "--source", "127.0.0.9", *box.option, code="open")
    equal({x["way"] for s in got["servers"] for x in s["taken"]}, {"from 127.0.0.9"})
    tls = postfix(t, box, "percayatls", virtual_mailbox_domains="", mynetworks="127.0.0.9/32",
                  smtpd_tls_security_level="encrypt",
                  smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    got = ask(t, tls.port, "--source", "127.0.0.9", *box.option, code="open")
    equal({x["way"] for s in got["servers"] for x in s["taken"]}, {"from 127.0.0.9, starttls"})
    got = ask(t, p.port, "--source", "::1", code="inconclusive")
    check("relay.source-unused" in got["codes"], got["codes"])
    got = ask(t, p.port, "--source", "192.0.2.99", code="inconclusive")
    check(any("192.0.2.99" in f["text"] for f in got["findings"]), got["findings"])


class Raw:
    """A server that does as it likes with each connection."""

    def __init__(self, t, what):
        self.sock, self.what = socket.create_server(("127.0.0.1", t.port())), what
        self.port = self.sock.getsockname()[1]
        t.closing.append(self.sock.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        try:
            with c:
                self.what(c)
        except OSError:
            pass


class Greylist(Raw):
    """A policy service of Postfix: not now, until a triplet is old enough."""

    def __init__(self, t, age):
        self.seen, self.age = {}, age
        super().__init__(t, self.answer)
        self.at = "check_policy_service inet:127.0.0.1:%d" % self.port

    def answer(self, c):
        with c.makefile("rwb") as f:
            fact = {}
            for line in f:
                name, _, value = line.decode("latin1").strip().partition("=")
                if name:
                    fact[name] = value
                    continue
                key = tuple(fact.get(k) for k in ("client_address", "sender", "recipient"))
                young = time.time() - self.seen.setdefault(key, time.time()) < self.age
                f.write(b"action=450 4.2.0 Greylisted\n\n" if young else b"action=DUNNO\n\n")
                f.flush()
                fact = {}


def test_greylisting_postfix(t):
    """A greylisting Postfix: inconclusive while the wait is too short, then
    closed by one retry; an open one behind it is open"""
    box = Mailbox(t)
    g = Greylist(t, 8)
    p = postfix(t, box, "kelabu", virtual_mailbox_domains="", mynetworks="192.0.2.0/24",
                smtpd_relay_restrictions=g.at + ", permit_mynetworks, reject_unauth_destination")
    got = ask(t, p.port, *box.option, code="inconclusive")
    check("remote.greylisted" in got["codes"], got["codes"])
    g.seen.clear()
    ask(t, p.port, *box.option, "--greylist-wait", "9s", "--deadline", "9s", code="closed")
    equal(box.peer.messages, [])
    g.age = 3
    p = postfix(t, box, "kelabubuka", mynetworks="0.0.0.0/0",
                smtpd_relay_restrictions=g.at + ", permit_mynetworks, reject")
    ask(t, p.port, *box.option, "--greylist-wait", "4s", code="open")


def test_catch_all(t):
    """A server that takes any name at its own domain: not called closed, but
    said to be one, and no message of it goes out"""
    box = Mailbox(t)
    p = postfix(t, box, "semuanama", mynetworks="192.0.2.0/24",
                smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    got = ask(t, p.port, *box.option, wait="500ms", code="may-be-open")
    check("relay.catch-all" in got["codes"] and not box.peer.messages, got["codes"], got["taken"])
    picky = t.peer(tls="absent", replies={"rcpt": lambda a: "250 ok" if a.startswith("TO:<relaytest%example.com@")
                                          else "550 5.7.1 no relaying"})
    check("relay.catch-all" not in ask(t, picky.port, code="may-be-open")["codes"], "it is none")


def test_hostile_servers(t):
    """Drips, endless replies, silence, words before their time, escapes, a
    reply of 64 KB: each ends by its deadline, none is called closed"""
    drip = Raw(t, lambda c: [c.sendall(b"2") or time.sleep(0.2) for _ in range(100)])
    endless = Raw(t, lambda c: [c.sendall(b"250-more\r\n" * 100) for _ in range(100000)])
    silent = Raw(t, lambda c: time.sleep(30))
    early = Raw(t, lambda c: c.sendall(b"220 a ESMTP\r\n250 b\r\n250 c\r\n250 d\r\n" * 50) or time.sleep(30))
    for server in (drip, endless, silent, early):
        begun = time.time()
        got = ask(t, server.port, "--deadline", "4s", code="inconclusive")
        check(time.time() - begun < 8, server.port, time.time() - begun)
        equal(got["answer"], "unknown")
    liar = t.peer(tls="absent", replies={"rcpt": "554 5.7.1 \x1b[2J<script>alert(1)</script> no relaying"})
    r = t.run([t.bin, "check", "relay", "127.0.0.1:%d" % liar.port, "--mine", "--wait", "0",
               "--resolver", t.dns().server], timeout=60)
    check("\x1b[2J" not in r.out and r.returncode == 0, r.out[:300])
    long = t.peer(tls="absent", replies={"rcpt": "\r\n".join(["554-%s" % ("x" * 900)] * 70 + ["554 no relaying"])})
    ask(t, long.port, "--deadline", "30s", code="inconclusive")


def test_progress_on_a_terminal(t):
    """Who waits at a terminal sees how far it is; nobody else does"""
    p = t.peer(tls="absent", delay=0.15, replies={"rcpt": "554 5.7.1 no relaying"})
    argv = [t.bin, "check", "relay", "127.0.0.1:%d" % p.port, "--mine", "--wait", "0",
            "--resolver", t.dns().server, "--deadline", "5s"]
    master, slave = pty.openpty()
    child = subprocess.Popen(argv, stdout=slave, stdin=slave, stderr=slave, start_new_session=True)
    t.children.append(child)
    os.close(slave)
    seen = b""
    try:
        while True:
            seen += os.read(master, 4096)
    except OSError:
        pass
    equal(child.wait(20), 3)
    check(re.search(rb"\d+ of 54 pairs tried", seen), seen[-600:])
    check("pairs tried" not in t.run(argv, timeout=30).err, "progress without a terminal")


def test_addresses_side_by_side(t):
    """Each address of a host is asked, all at once: one wait for greylisting
    serves both, and the worst is the verdict"""
    begun = time.time()
    grey = t.peer(tls="absent", replies={"rcpt": lambda _: "450 4.2.0 greylisted" if time.time() - begun < 4
                                         else "554 5.7.1 no relaying"})
    other = t.peer(tls="absent", address="127.0.0.2", port=grey.port, replies=dict(grey.replies))
    d = t.dns({("mx.contoh.id", "A"): ["127.0.0.1", "127.0.0.2"]})
    here = ("mx.contoh.id:%d" % grey.port,)
    got = ask(t, 0, "--resolver", d.server, "--greylist-wait", "5s", at=lambda _: here, code="closed")
    equal(sorted(s["address"] for s in got["servers"]), ["127.0.0.1", "127.0.0.2"])
    check(time.time() - begun < 12, "waited twice: %d s" % (time.time() - begun))
    other.replies["rcpt"] = "250 ok"
    got = ask(t, 0, "--resolver", d.server, at=lambda _: here, code="may-be-open")
    equal({s["address"]: s["verdict"] for s in got["servers"]},
          {"127.0.0.1": "closed", "127.0.0.2": "may-be-open"})
