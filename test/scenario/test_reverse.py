"""Reverse lookups: what each kind of sender hears, under each setting."""
import ctypes
import importlib.machinery
import importlib.util
import ipaddress
import os
import re
import shutil
import signal
import subprocess
import time

from harness import ROOT, Kurir, Skip, Smtp, check, equal, until
from peers_real import Nsd
from senders import (ANYONE, HEAD, LISTED, LISTED_NET, OPTIONS, REFUSING, STRANGER, TRUSTED, Lab,
                     expected, section, settings, talk)

LETTER = b"From: <siapa@mitra.example>\r\nSubject: uji\r\n\r\nisi\r\n"
PROFILE = settings(ptr="close", helo={"forged": "note", "not-found": "close"},
                   mail={"forged": "note", "not-found": "close", "no-mx": "reject"})


def stages(case, want, exempt):
    """Where that refusal may come: after MAIL where AUTH may still exempt."""
    if exempt or case.lookup == "mail":
        return ("mail",)
    if case.lookup == "helo":
        return ("helo",)
    # A greeting can only refuse for good; what goes on is said later.
    return ("connect",) if want.closed else ("connect", "helo", "mail")


def heard(case, want, got, exempt, what):
    if want.code is None:
        equal(got.reply, None, what)
        return
    check(got.reply, what, "was accepted, not", want.code)
    equal(got.reply[:len(want.enhanced) + 4], "%d %s" % (want.code, want.enhanced), what)
    equal(got.closed, want.closed, "%s: closed after %r" % (what, got.reply))
    check(got.stage in stages(case, want, exempt), what, "refused at", got.stage)


def explained(lab, case, want, story, what):
    """kurir why: cause, evidence, rule and the line it stands in."""
    equal(story["verdict"], "refused" if want.code else "accepted", what)
    cause = next((c for c in story["causes"] if c["code"] == want.causes[-1]), None)
    check(cause, what, "why does not say", want.causes[-1], story)
    evidence = "\n".join(cause["evidence"])
    check(case.fill(case.evidence) in evidence, what, "evidence lacks",
          case.fill(case.evidence), ":", evidence)
    check((cause["rule"] or "").split(" ")[0].rstrip(",") == want.rule, what, "rule", cause["rule"],
          "not", want.rule)
    lines = lab.lines(want.rule.split(".", 1)[1])
    line = re.search(r"kurir\.conf:(\d+)", cause["rule"])
    check(line and int(line.group(1)) in lines, what, cause["rule"], "is not at", lines)
    check(cause["cure"] and cause["text"], what, "no cure", cause)


def every_case(lab, actions, exempt, extra=None):
    """All strangers under one configuration."""
    lab.set(extra or section(actions, exempt))
    jobs = [(c, STRANGER, {}) for c in lab.cases]
    talks = lab.talks(jobs)
    wants = [expected(c, actions) for c in lab.cases]
    whats = ["%r under %s, exempt-authenticated %s" % (c, actions, exempt) for c in lab.cases]
    for c, want, got, what in zip(lab.cases, wants, talks, whats):
        heard(c, want, got, exempt[c.lookup] if isinstance(exempt, dict) else exempt, what)
    records = lab.records([c.ip() for c in lab.cases])
    told = []
    for c, want, got, what in zip(lab.cases, wants, talks, whats):
        record = records[c.ip()]
        equal(sorted(set(record["causes"])), sorted(want.causes), what + ": causes in the log")
        equal(record["verdict"], "accepted" if want.code is None else "refused", what)
        if want.code:
            equal(got.ident, record["id"], what + ": the [ID] of the refusal")
        if want.causes:
            told.append((c, want, record["id"], what))
    for (c, want, _, what), story in zip(told, lab.whys([r[2] for r in told])):
        explained(lab, c, want, story, what)
    return talks


def test_each_answer_and_action(t):
    """Every DNS answer x off note defer reject close x exempt-authenticated: reply, end, why, log"""
    lab = Lab(t).start()
    for action in ("off", "note", "defer", "reject", "close"):
        for exempt in (True, False):
            if action != "off" or exempt:
                every_case(lab, settings(ptr=action, helo=action, mail=action), exempt)
    # Each option is its own: one that is off is neither refused for nor noted.
    for mixed in (settings(ptr={"missing": "close"}, helo={"forged": "reject"}, mail={"no-mx": "note"}),
                  settings(ptr={"mismatch": "defer"}, helo={"not-found": "note"},
                           mail={"forged": "close", "not-found": "defer"})):
        every_case(lab, mixed, True)
    many = next(c for c in lab.cases if c.words.startswith("thirty"))
    asked = [a for a in lab.front.asked if a[1].startswith("banyak")]
    check(asked, "no name of", many, "was looked up")
    check(len({a[1] for a in asked}) <= 20, "more than 20 names tried:", len({a[1] for a in asked}))


test_each_answer_and_action.heavy = 3


def test_authenticated(t):
    """AUTH spares a lookup that is ticked so, and only that one"""
    lab = Lab(t).start()
    chosen = [c for c in lab.cases if c.words.startswith((
        "no such", "a name with another", "another address", "SERVFAIL", "its address"))]
    for ticked in ("ptr", "helo", "mail", None):
        exempt = {lookup: lookup == ticked for lookup in OPTIONS}
        actions = settings(ptr="close", helo="close", mail="close")
        lab.set(section(actions, exempt))
        for c, got in zip(chosen, lab.talks([(c, STRANGER, {"auth": lab.auth}) for c in chosen])):
            what = "%r, authenticated, %s ticked" % (c, ticked)
            want = expected(c, {k: "off" for k in actions} if c.lookup == ticked else actions)
            heard(c, want, got, exempt[c.lookup], what)
    # A session may fail without AUTH and go on with it.
    lab.set(section(settings(ptr="reject"), True))
    c = lab.case("ptr", "no such name (NXDOMAIN)")
    s = Smtp(lab.k.mx, c.ip())
    equal(s.read()[:3], "220")
    s.must("EHLO " + c.helo())
    s.must("MAIL FROM:<%s>" % c.sender(), "501 5.7.1")
    s.starttls()
    s.must("EHLO " + c.helo())
    check(s.auth(*lab.auth).startswith("235"), "AUTH")
    s.must("MAIL FROM:<%s>" % c.sender())
    s.must("RCPT TO:<budi@contoh.id>")
    s.close()


def test_preset(t):
    """legitimate-sender gives the results of the profile it is named for; explicit settings win"""
    lab = Lab(t).start()
    profile = 'reverse-lookup { preset = "legitimate-sender" }\n'
    lab.set(profile)
    exempt = {"ptr": True, "helo": True, "mail": False}
    by_hand = []
    for c, got in zip(lab.cases, lab.talks([(c, STRANGER, {}) for c in lab.cases])):
        heard(c, expected(c, PROFILE), got, exempt[c.lookup], "%r under the preset" % c)
        by_hand.append((got.stage, got.reply and got.reply[:9], got.closed))
    records = lab.records([c.ip() for c in lab.cases])
    for c in lab.cases:
        equal(sorted(set(records[c.ip()]["causes"])), sorted(expected(c, PROFILE).causes), repr(c))
    for c, got in zip(lab.cases, lab.talks([(c, STRANGER, {"auth": lab.auth}) for c in lab.cases])):
        spared = {k: "off" if exempt[c.lookup] else v for k, v in PROFILE.items()}
        heard(c, expected(c, spared), got, exempt[c.lookup], "%r, authenticated, preset" % c)
    c = lab.case("ptr", "no such name (NXDOMAIN)")
    rule = lab.k.why(records[c.ip()]["id"])["causes"][0]["rule"]
    check(rule.startswith("reverse-lookup.ptr.missing"), rule)
    with open(lab.k.conf_path) as f:
        line = next(n for n, text in enumerate(f, 1) if "legitimate-sender" in text)
    check("kurir.conf:%d" % line in rule, rule, "does not name the preset's line", line)
    # The same written out is the same.
    lab.set(section(PROFILE, exempt))
    for c, got, want in zip(lab.cases, lab.talks([(c, STRANGER, {}) for c in lab.cases]), by_hand):
        equal((got.stage, got.reply and got.reply[:9], got.closed), want, "%r written out" % c)
    # And what is set beside the preset wins.
    some = {"ptr.missing": "defer", "helo.forged": "reject", "mail.no-mx": "off"}
    lab.set('reverse-lookup {\n\tpreset = "legitimate-sender"\n'
            '\tptr { missing = "defer" exempt-authenticated = false }\n'
            '\thelo { forged = "reject" }\n\tmail { no-mx = "off" }\n}\n')
    for c, got in zip(lab.cases, lab.talks([(c, STRANGER, {}) for c in lab.cases])):
        heard(c, expected(c, dict(PROFILE, **some)), got, c.lookup == "helo",
              "%r, explicit beside the preset" % c)
    shown = lab.k.ok("config", "show")
    check("legitimate-sender" in shown, "config show", shown)


def test_one_session(t):
    """Within a session each HELO and MAIL is judged anew; pipelined, or gone before DNS answers"""
    lab = Lab(t).start()
    k = lab.k
    lab.set(section(settings(ptr="close", helo="reject", mail="reject"), False))
    c = lab.case("ptr", "its name has the address")
    good = "MAIL FROM:<%s>" % c.sender()
    s = Smtp(k.mx, c.ip())
    equal(s.read()[:3], "220")
    for line, want in (("EHLO tiada.mitra.example", "501 5.7.1"), (good, "503"), ("EHLO " + c.host, "250"),
                       ("MAIL FROM:<a@tiada.mitra.example>", "501 5.7.1"),
                       ("RCPT TO:<budi@contoh.id>", "503"), (good, "250"),
                       ("HELO lain.mitra.example", "501 5.7.1"), ("RSET", "250"), (good, "250"),
                       ("RCPT TO:<budi@contoh.id>", "250"), ("RSET", "250"),
                       ("MAIL FROM:<a@lain.mitra.example>", "501 5.7.1"), ("MAIL FROM:<>", "250"),
                       ("RCPT TO:<budi@contoh.id>", "250"), ("RSET", "250"),
                       ("MAIL FROM:<a@h%d.mitra.example>" % lab.case("helo", "lame delegation").number,
                        "451 4.4.3"), (good, "250"), ("QUIT", "221")):
        got = s.cmd(line)
        equal(got[:len(want)], want, "%s: %r" % (line, got))
    s.close()
    # All of it in one go, each answer in its place.
    c = lab.case("ptr", "several names, the last has it")
    s = Smtp(k.mx, c.ip())
    equal(s.read()[:3], "220")
    s.must("EHLO " + c.host)
    s.send("MAIL FROM:<a@tiada.mitra.example>\r\nMAIL FROM:<%s>\r\nRCPT TO:<budi@contoh.id>\r\n"
           "DATA\r\n" % c.sender())
    equal([s.read()[:3] for _ in range(4)], ["501", "250", "250", "354"], "pipelined")
    s.send(LETTER + b".\r\nQUIT\r\n")
    equal([s.read()[:3] for _ in range(2)], ["250", "221"], "pipelined")
    s.close()
    equal(len(k.mail("budi")), 1, "messages")
    # Clients that leave, and settings that change, while DNS is silent.
    workers = sorted(k.roles()["smtpd"])
    slow = lab.case("ptr", "no answer in time")
    for sends in (b"", b"EHLO x.mitra.example\r\n", b"EHLO x.mitra.example\r\nMAIL FROM:<a@b.example>\r\n"):
        for _ in range(5):
            one = Smtp(k.mx, slow.ip())
            one.send(sends)
            one.close()
    last = Smtp(k.mx, slow.ip())
    lab.set(section(settings(), True))
    check(last.read().startswith("220"), "a greeting after the silence")
    last.close()
    equal(talk(k.mx, c.ip(), c.helo(), c.sender()).reply, None, "afterwards")
    equal(sorted(k.roles()["smtpd"]), workers, "the same workers")


def test_exemptions(t):
    """This host, trusted addresses, then the lists one by one; none of them relays by being listed"""
    lab = Lab(t)
    spared = {"ptr": "%s ; reason=faks kantor lama\n" % LISTED_NET,
              "helo": "lain.mitra.example\nh-terdaftar.example\n%s\n" % LISTED_NET,
              "mail": "; nama domain\nteks.mitra.example\n"}
    lists = "".join('exempt "%s" { file = "%s" }\n' % (
        name, lab.t.write("exempt/%s.list" % name, text)) for name, text in spared.items())
    lab.start()
    actions = settings(ptr="close", helo="close", mail="close")
    lab.set(section(actions, True) + lists)
    bad = [c for c in lab.cases if c.findings and c.words != "no answer in time"]
    for c, got in zip(bad, lab.talks([(c, TRUSTED, {}) for c in bad])):
        equal(got.reply, None, "%r, trusted" % c)
    for lookup, sender in (("helo", "budi@contoh.id"), ("mail", "a@tiada.mitra.example")):
        got = talk(lab.k.mx, "127.0.0.1", "tiada.mitra.example", sender)
        equal(got.reply, None, "127.0.0.1, which nobody made trusted")
    for c, got in zip(bad, lab.talks([(c, LISTED, {}) for c in bad])):
        on_list = c.lookup in ("ptr", "helo")  # by address
        on_list |= c.lookup == "mail" and c.sender().endswith("@teks.mitra.example")
        want = expected(c, {k: "off" for k in actions} if on_list else actions)
        heard(c, want, got, True, "%r, on the lists" % c)
    # A name on a list spares nobody who only says it.
    forged = lab.case("helo", "another address")
    heard(forged, expected(forged, actions), talk(
        lab.k.mx, forged.ip(), forged.helo(), forged.sender()), True, "a listed name, claimed")
    # Which entry it was stands in the record.
    c = lab.case("ptr", "no such name (NXDOMAIN)")
    got = talk(lab.k.mx, c.ip(LISTED), c.helo(LISTED), c.sender(LISTED), data=LETTER)
    equal(got.reply, None, "listed")
    story = [""]

    def told():
        story[0] = "".join(lab.k.cmd(*argv).out for argv in (
            ["why", c.ip(LISTED), "--json"], ["log", "--ip", c.ip(LISTED), "--format", "json"]))
        return "ptr.list:1" in story[0]
    until(told, 8, "the list line in the record: " + story[0][-1500:])
    # Exempt from a lookup never means allowed to relay; trusted does.
    got = talk(lab.k.mx, c.ip(LISTED), c.helo(LISTED), c.sender(LISTED), to="orang@luar.test")
    check(got.reply and got.reply.startswith("550 5.7.1"), "a listed client relays:", got.replies)
    got = talk(lab.k.mx, c.ip(TRUSTED), c.helo(TRUSTED), c.sender(TRUSTED), to="orang@luar.test")
    equal(got.reply, None, "a trusted client may relay")


def test_listeners(t):
    """Looked up on mx alone; listen reverse-lookup turns it on or off"""
    lab = Lab(t)
    k = lab.k
    spared_mx, strict_submission = t.port(), t.port()
    k.listeners = (
        'listen "mx" { address = {"127.0.0.1:%d"} role = "mx" }\n'
        'listen "mx2" { address = {"127.0.0.1:%d"} role = "mx" reverse-lookup = false }\n'
        'listen "submission" { address = {"127.0.0.1:%d"} role = "submission" }\n'
        'listen "submissions" { address = {"127.0.0.1:%d"} role = "submission" tls = "implicit" }\n'
        'listen "strict" { address = {"127.0.0.1:%d"} role = "submission" reverse-lookup = true }\n'
        % (k.mx, spared_mx, k.submission, k.submissions, strict_submission))
    actions = settings(ptr="close", helo="close", mail="close")
    k.extra = section(actions, False) + ANYONE
    k.write_conf()
    lab.start()
    bad = [lab.case("ptr", "no such name (NXDOMAIN)"), lab.case("helo", "no such name (NXDOMAIN)"),
           lab.case("helo", "another address"), lab.case("mail", "no such domain (NXDOMAIN)")]
    for c in bad:
        def at(port, **more):
            return talk(port, c.ip(), c.helo(), c.sender(), **more)
        heard(c, expected(c, actions), at(k.mx), False, "%r on mx" % c)
        equal(at(spared_mx).reply, None, "%r where reverse-lookup = false" % c)
        equal(at(k.submission, auth=lab.auth).reply, None, "%r on submission" % c)
        equal(at(k.submissions, auth=lab.auth, implicit=True).reply, None, "%r on submissions" % c)
        heard(c, expected(c, actions), at(strict_submission, auth=lab.auth), False,
              "%r on submission with reverse-lookup = true" % c)


def test_resolver_faults(t):
    """A name server that fails, or is gone, refuses nobody for good; noted, it refuses nobody"""
    lab = Lab(t).start()
    chosen = [c for c in lab.cases if "fault" not in c.findings and "literal" not in c.words][::3]

    def all_of(actions, what):
        for c, got in zip(chosen, lab.talks([(c, STRANGER, {}) for c in chosen])):
            if set(actions.values()) & set(REFUSING):
                check(got.reply, what, c, "was accepted")
                equal(got.reply[:9], "451 4.4.3", "%s: %r" % (what, c))
                equal(got.closed, False, "%s: %r" % (what, c))
                causes = lab.k.causes(got.ident)
                check("dns.tempfail" in causes, what, c, causes)
            else:
                equal(got.reply, None, "%s: %r" % (what, c))
        if not set(actions.values()) & set(REFUSING):
            for ip, record in lab.records([c.ip() for c in chosen]).items():
                equal(set(record["causes"]), {"dns.tempfail"}, "%s: %s" % (what, ip))
        else:
            lab.records([c.ip() for c in chosen])

    close, note = (settings(ptr=a, helo=a, mail=a) for a in ("close", "note"))
    lab.front.faults = {"*": "servfail"}
    for actions, what in ((close, "SERVFAIL for all"), (note, "SERVFAIL for all, noted")):
        lab.set(section(actions, True))
        all_of(actions, what)
    # The resolver dies with questions under way; the next one is asked again.
    lab.front.faults = {"*": "silent"}
    lab.set(section(close, True))
    c = lab.case("ptr", "through a CNAME (RFC 2317)")
    s = Smtp(lab.k.mx, c.ip())
    equal(s.read()[:3], "220")
    s.must("EHLO " + c.host)
    s.send("MAIL FROM:<%s>\r\n" % c.sender())
    time.sleep(0.3)
    os.kill(lab.k.roles()["resolver"][0], signal.SIGKILL)
    equal(s.read()[:9], "451 4.4.3", "when the resolver dies")
    lab.front.faults = {}
    s.close()
    until(lambda: talk(lab.k.mx, c.ip(), c.helo(), c.sender()).reply is None, 15, "a resolver again")
    lab.front.close()
    for actions, what in ((note, "no name server, noted"), (close, "no name server")):
        lab.set(section(actions, True))
        all_of(actions, what)
    lab.set('reverse-lookup { preset = "legitimate-sender" }\n')
    all_of(PROFILE, "no name server, preset")


def fields(message):
    """[(name, value)] of the header, unfolded."""
    head = message.decode().replace("\r\n", "\n").split("\n\n")[0]
    return [tuple(line.split(":", 1)) for line in re.sub(r"\n[ \t]+", " ", head).split("\n")]


def test_headers(t):
    """Results in the header, exactly; what others wrote under those names is taken out"""
    lab = Lab(t).start()
    noted = settings(ptr="note", helo="note", mail="note")
    outside = (b"Authentication-Results: mail.contoh.id; iprev=pass policy.iprev=127.20.5.1\r\n"
               b"Authentication-Results: other.example; spf=pass smtp.mailfrom=mitra.example\r\n"
               b"Authentication-Results:\r\n\tMAIL.Contoh.ID 1;\r\n\tdkim=pass\r\n"
               b"Authentication-Results: mail.contoh.id.example; spf=fail\r\n"
               b"X-MDPtrLookup-Result: pass dns.ptr=palsu (ip=127.20.5.1) (mail.contoh.id)\r\n"
               b"x-mdhelolookup-result: pass smtp.helo=palsu\r\n"
               b"X-MDMailLookup-Result: pass\r\n\tsmtp.mail=palsu\r\n"
               b"X-MDPtrLookup-Results: tetap\r\n")
    lab.set(section(noted, True, more='\theaders = {"authentication-results", "x-md"}\n'))
    ours, pass_, hard = " (mail.contoh.id)", "pass", "hardfail"

    def md(which, value, ip, good):
        return ("X-MD%sLookup-Result" % which, " %s %s %s%s" % (
            pass_ if good else hard, value,
            "(ip=%s)" % ip if good else "(does not match %s)" % ip, ours))

    def auth(result, ip, name=""):
        return ("Authentication-Results", " mail.contoh.id; iprev=%s policy.iprev=%s%s" % (
            result, ip, " (%s)" % name if name else ""))

    def three(c, ptr=True, helo=True, mail=True, name=None):
        return [md("Ptr", "dns.ptr=" + (c.host if name is None else name), c.ip(), ptr),
                md("Helo", "smtp.helo=" + c.helo(), c.ip(), helo),
                md("Mail", "smtp.mail=" + c.sender().split("@")[1], c.ip(), mail)]
    good = lab.case("ptr", "its name has the address")
    several = lab.case("ptr", "several names, the last has it")
    other = lab.case("ptr", "a name with another address")
    none = lab.case("ptr", "no such name (NXDOMAIN)")
    forged = lab.case("helo", "another address")
    unknown = lab.case("helo", "no such name (NXDOMAIN)")
    no_mx = lab.case("mail", "its address, no MX")
    strange = lab.case("mail", "MX and address of others")
    failing = lab.case("ptr", "SERVFAIL")
    wanted = {good: [auth("pass", good.ip(), good.host)] + three(good),
              several: [auth("pass", several.ip(), several.host)] + three(several),
              other: [auth("fail", other.ip(), "lain.mitra.example")] + three(
                  other, ptr=False, name="lain.mitra.example"),
              none: [auth("permerror", none.ip())] + three(none, ptr=False, name="none"),
              forged: [auth("pass", forged.ip(), forged.host)] + three(forged, helo=False),
              unknown: [auth("pass", unknown.ip(), unknown.host)] + three(unknown, helo=False),
              no_mx: [auth("pass", no_mx.ip(), no_mx.host)] + three(no_mx),
              strange: [auth("pass", strange.ip(), strange.host)] + three(strange, mail=False),
              failing: [auth("temperror", failing.ip())]}
    box = t.path("kurir", "mail", "contoh.id", "budi", "new")

    def arrives(c, letter):
        before = set(os.listdir(box)) if os.path.isdir(box) else set()
        got = talk(lab.k.mx, c.ip(), c.helo(), c.sender(), data=letter)
        equal(got.reply, None, repr(c))
        until(lambda: os.path.isdir(box) and set(os.listdir(box)) - before, 15, "the mail")
        new, = set(os.listdir(box)) - before
        with open(os.path.join(box, new), "rb") as f:
            return fields(f.read())

    for c, want in wanted.items():
        got = arrives(c, outside + LETTER)
        mine = [f for f in got if f[0].lower() in (
            "authentication-results", "x-mdptrlookup-result", "x-mdhelolookup-result",
            "x-mdmaillookup-result")]
        theirs = [("Authentication-Results", " other.example; spf=pass smtp.mailfrom=mitra.example"),
                  ("Authentication-Results", " mail.contoh.id.example; spf=fail")]
        if c is failing:
            equal(mine[0], want[0], repr(c))
            check(not [f for f in mine[1:] if "palsu" in f[1]], "left from outside:", mine)
            continue
        equal(mine, want + theirs, repr(c))
        check(("X-MDPtrLookup-Results", " tetap") in got, "a field that only looks alike went:", got)
        names = [f[0] for f in got]
        check(names.index("Subject") > names.index("Authentication-Results"), names)
    # Without the switch only the standard one; without any, none of ours, and none as if ours.
    lab.set(section(noted, True))
    got = arrives(good, outside + LETTER)
    equal(got.count(wanted[good][0]), 1, "by default: %s" % got)
    check(not [f for f in got if ours in f[1]], "X-MD without its switch:", got)
    lab.set(section(noted, True, more="\theaders = {}\n"))
    got = arrives(good, LETTER)
    check(not [f for f in got if f[0] == "Authentication-Results"], "headers = {}:", got)


def lookup_rounds(front, n):
    """How many dependent rounds the questions since the n-th took: each is
    answered after front.delay, so what follows from an answer comes later."""
    at = sorted(a[0] for a in front.since(n))
    check(at, "nothing was asked")
    return 1 + int((at[-1] - at[0] + 0.02) / front.delay)


def test_two_rounds(t):
    """At most two dependent DNS rounds a lookup, in parallel within; PTR from accept on; none cached"""
    delay = 0.15
    lab = Lab(t, delay=delay, dns={"timeout": '"3s"'}).start()
    front, port = lab.front, lab.k.mx

    def settled():
        time.sleep(delay * 3)

    def session(c, helo=None, sender=None):
        """Seconds until the greeting, the answers to EHLO and MAIL."""
        began = time.monotonic()
        s = Smtp(port, c.ip())
        times, replies = [], []
        for line in (None, "EHLO " + (helo or c.helo()), "MAIL FROM:<%s>" % (sender or c.sender())):
            replies.append(s.read() if line is None else s.cmd(line))
            times.append(time.monotonic() - began)
            if replies[-1][:1] != "2":
                break
        s.close()
        return times, replies

    lab.set('reverse-lookup { preset = "legitimate-sender" }\n')
    slack = 0.12
    many = lab.case("ptr", "thirty names, none has it")
    few = lab.case("ptr", "several names, the last has it")
    by_mx = lab.case("helo", "the address of its MX")
    mail = lab.case("mail", "the address of its MX")
    plain = lab.case("ptr", "its name has the address")
    for c in (plain, few, many, by_mx, mail):
        n = len(front.asked)
        times, replies = session(c)
        settled()
        asked = front.since(n)
        # The questions of PTR begin at once; those of MAIL last, all at most one round on.
        check(times[0] < delay, c, "the greeting waited for DNS:", times)
        check(times[2] < 2 * delay + slack, c, "MAIL was answered after", times, asked)
        rounds = lookup_rounds(front, n)
        check(rounds <= 2, c, "took", rounds, "rounds:", asked)
        names = {}
        for when, name, kind, _ in asked:
            names.setdefault((name, kind), []).append(when)
        check(all(len(v) == 1 for v in names.values()), c, "asked twice:", asked)
        if replies[-1][:1] == "2":
            n = len(front.asked)
            again, _ = session(c)
            settled()
            equal(front.since(n), [], "%r: asked again" % c)
            check(again[2] < delay, c, "from the cache:", again)
    # PTR is asked while the client has said nothing yet.
    quiet = lab.case("ptr", "through a CNAME (RFC 2317)")
    n = len(front.asked)
    s = Smtp(port, quiet.ip())
    until(lambda: front.since(n), 1, "the question for PTR at accept")
    equal(front.since(n)[0][1:3], (quiet.arpa(), "PTR"), "the first question")
    s.close()
    # Where nobody may be exempt, greeting and EHLO wait, each for its own two rounds at most.
    lab.set(section(PROFILE, False))
    for c in (lab.case("ptr", "a name with another address"), lab.case("helo", "through a CNAME")):
        n = len(front.asked)
        times, _ = session(c)
        check(times[0] < 2 * delay + slack, c, "the greeting came after", times)
        check(len(times) < 2 or times[1] - times[0] < 2 * delay + slack, c, "EHLO", times)
        check(len(times) < 3 or times[2] - times[1] < 2 * delay + slack, c, "MAIL", times)
        settled()


def own_network(*addresses):
    """This process alone in a network of its own, with these addresses."""
    ip = shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if ip is None or os.geteuid() != 0:
        raise Skip("IPv6 strangers need root and iproute2; the unit tests have them too")
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        raise Skip("no network namespace: %s" % os.strerror(ctypes.get_errno()))
    for argv in (["link", "set", "lo", "up"],
                 *[["-6", "addr", "add", a + "/128", "dev", "lo", "nodad"] for a in addresses]):
        if subprocess.run([ip, *argv], stderr=subprocess.DEVNULL).returncode != 0:
            raise Skip("no IPv6 on a loopback device here")


def arpa6(ip):
    return ipaddress.ip_address(ip).reverse_pointer


def test_ipv6(t):
    """The same for clients of IPv6: names, mismatches, literals, networks on a list"""
    clients = {"good": "2001:db8:20::1", "other": "2001:db8:20::2", "none": "2001:db8:20::3",
               "four": "2001:db8:20::4", "listed": "2001:db8:21::5"}
    own_network(*clients.values())
    names = HEAD % "mitra.example" + "ns A 127.0.0.1\n"
    arpa = HEAD % "8.b.d.0.1.0.0.2.ip6.arpa"
    for name, ip in clients.items():
        names += "%s MX 10 %s\n" % (name, name)
        names += "%s %s\n" % (name, "A 127.0.0.4" if name == "four" else "AAAA " + (
            "2001:db8:99::1" if name == "other" else ip))
        if name not in ("none", "listed"):
            arpa += "%s. PTR %s.mitra.example.\n" % (arpa6(ip), name)
    root = (". 300 IN SOA ns.mitra.example. a.mitra.example. 1 60 60 600 300\n"
            ". 300 NS ns.mitra.example.\n")
    nsd = Nsd(t, {".": root, "mitra.example": names, "8.b.d.0.1.0.0.2.ip6.arpa": arpa}).start()
    k = Kurir(t, server=nsd.server, trusted=["127.0.0.99"])
    k.listeners = 'listen "mx" { address = {"127.0.0.1:%d", "[::1]:%d"} role = "mx" }\n' % (k.mx, k.mx)
    k.extra = section(settings(ptr="close", helo="close", mail="close"), False) + (
        'exempt "ptr" { file = "%s" }\n' % t.write("ptr.list", "2001:db8:21::/48\n"))
    k.write_conf()
    k.start()

    def go(name, helo=None, sender=None):
        return talk(k.mx, clients[name], helo or name + ".mitra.example",
                    "a@%s.mitra.example" % name if sender is None else sender)
    equal(go("good").reply, None, "all its own")
    equal(go("good", helo="[IPv6:2001:db8:20:0::1]").reply, None, "its literal, in other words")
    equal(go("listed").reply, None, "a network on the list")
    equal(talk(k.mx, "::1", "tiada.mitra.example", "a@tiada.mitra.example").reply, None, "::1")
    for name, more, stage, cause in (
            ("none", {}, "connect", "lookup.ptr-missing"),
            ("other", {}, "connect", "lookup.ptr-mismatch"),
            ("four", {}, "connect", "lookup.ptr-mismatch"),
            ("good", {"helo": "four.mitra.example"}, "helo", "lookup.helo-forged"),
            ("good", {"helo": "[IPv6:2001:db8:20::2]"}, "helo", "lookup.helo-forged"),
            ("good", {"helo": "[127.0.0.4]"}, "helo", "lookup.helo-forged"),
            ("good", {"sender": "a@other.mitra.example"}, "mail", "lookup.mail-forged"),
            ("good", {"sender": "a@tiada.mitra.example"}, "mail", "lookup.mail-not-found")):
        got = go(name, **more)
        check(got.reply, name, more, "was accepted")
        equal((got.stage, got.reply[:9], got.closed), (stage, "501 5.7.1", True), "%s %s" % (name, more))
        k.has_cause(got.ident, cause)


def test_bogus_is_a_fault(t):
    """A sender's domain whose DNSSEC is broken is deferred, never refused for good"""
    zone = "$ORIGIN %s.\n$TTL 30\n@ SOA ns a 1 60 60 600 5\n@ NS ns\nns A 127.0.0.1\n"
    own = "@ MX 10 a\na A 127.0.0.9\n"
    top = zone % "test" + ("aman NS ns.aman\nns.aman A 127.0.0.1\n"
                           "palsu NS ns.palsu\nns.palsu A 127.0.0.1\n")
    root = (". 30 IN SOA ns.test. a.test. 1 60 60 600 5\n. 30 NS ns.test.\n"
            "test. 30 NS ns.test.\nns.test. 30 A 127.0.0.1\n")
    nsd = Nsd(t, {".": root, "test": top, "aman.test": zone % "aman.test" + own,
                  "palsu.test": zone % "palsu.test" + own},
              signed=(".", "test", "aman.test", "palsu.test"), spoiled=("palsu.test",)).start()
    lookups = section(settings(mail="close"), False)
    k = t.kurir(dns={"server": '{"%s"}' % nsd.server, "dnssec": '"validate"', "timeout": '"4s"',
                     "trust-anchor": '"%s"' % nsd.anchor}, trusted=["127.0.0.99"], extra=lookups)
    equal(talk(k.mx, "127.0.0.9", "a.aman.test", "a@aman.test").reply, None, "signed and right")
    got = talk(k.mx, "127.0.0.8", "a.palsu.test", "a@palsu.test")
    check(got.reply and got.reply.startswith("451 4.4.3") and not got.closed, got.replies, got.closed)
    k.has_cause(got.ident, "dns.bogus")


def sender_table():
    path = os.path.join(ROOT, "tools", "sender-table")
    loader = importlib.machinery.SourceFileLoader("sender_table", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("sender_table", loader))
    loader.exec_module(module)
    return module


def test_manual_table(t):
    """The tables of kurir-senders(7) are what the server does"""
    tool = sender_table()
    told = tool.page_part(tool.read_page())
    made = tool.tables(t)
    if told != made:
        path = os.path.join(t.dir, "made")
        with open(path, "w") as f:
            f.write(made)
        with open(path + ".told", "w") as f:
            f.write(told)
        r = t.run(["diff", "-U0", path + ".told", path])
        raise AssertionError("kurir-senders(7) says otherwise; run tools/sender-table BUILD: " + r.out)


test_manual_table.heavy = 2
