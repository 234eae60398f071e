"""kurir why: each refusal with its cause, rule, place, list, DNS, and the cures
of both sides, in both languages."""
import json
import re
import time

from harness import check, equal, session_id, until
from senders import section, settings, talk

STRANGER, LISTED, SHARED, COPIER = "127.60.0.1", "127.60.0.2", "127.60.0.9", "127.60.0.11"


def server(t, **lookups):
    """Everything that may refuse, each on a line of its own."""
    t.mkdir("exempt")
    entries = t.path("exempt", "ptr.list")
    t.write("exempt/ptr.list", "; known\n%s ; reason=faks lama\n" % LISTED, own=True)
    port = t.port()
    k = t.kurir(trusted=[SHARED], mx_extra='auth = "offer"', extra=(
        section(settings(**lookups), True) +
        'exempt "ptr" { file = "%s" }\n'
        'relay-control {\n sender {\n unknown = "reject"\n }\n'
        ' identity {\n envelope = "reject"\n }\n postmaster = "reject"\n}\n'
        'shield "lain.example" {\n address = {"10.0.0.0/8"}\n}\n'
        'listen "copiers" { address = {"127.0.0.1:%d"}  role = "device" }\n'
        'device "copier" {\n address = {"%s"}\n auth = "off"\n from = {"budi@contoh.id"}\n}\n'
        % (entries, port, COPIER)))
    k.device, k.entries = port, entries
    return k


def line_of(k, text):
    with open(k.conf_path) as f:
        return [n for n, line in enumerate(f, 1) if text in line]


def explained(k, ident, code, rule, text, verdict, stage="mail"):
    """The one cause of that session, whole; its text for people names the same."""
    k.has_cause(ident, code)
    cause, = [c for c in k.why(ident)["causes"] if c["code"] == code]
    equal((cause["verdict"], cause["stage"]), (verdict, stage), code)
    check(cause["rule"].startswith(rule), code, cause["rule"])
    if text is not None:
        line = re.search(r"kurir\.conf:(\d+)$", cause["config"])
        check(line and int(line.group(1)) in line_of(k, text), code, cause["config"])
    equal(cause["cure"], cause["cure_receiver"], code)
    for lang, words in (("en", ("rule", "cure", "sender")), ("id", ("aturan", "solusi", "pengirim"))):
        shown = k.ok("why", ident, "--lang", lang)
        for part in (code, rule, cause["config"] or "", *cause["evidence"]):
            check(part in shown, code, "does not show", part, ":", shown)
        for word in words:
            check(re.search(r"(?m)^    %s +\S" % word, shown), code, "has no", word, ":", shown)
        if lang == "en":
            check(cause["cure_sender"] in shown and cause["cure_receiver"] in shown, code, shown)
    check(len(cause["cure_sender"]) > 20 and cause["cure_sender"] != cause["cure_receiver"], cause)
    return cause


def test_lookups(t):
    """Each lookup's refusal: DNS questions and answers, and the command for this very client"""
    k = server(t, ptr="close", helo="reject", mail="defer")
    k.stop()
    cases = (
        (dict(ptr="close"), "close", "lookup.ptr-missing", "ptr.missing", "pc.example",
         "a@surat.example", "PTR 1.0.60.127.in-addr.arpa: NXDOMAIN", "exempt add ptr " + STRANGER),
        (dict(helo="reject"), "reject", "lookup.helo-not-found", "helo.not-found", "pc.example",
         "a@surat.example", "A pc.example: NXDOMAIN", "exempt add helo " + STRANGER),
        (dict(mail="defer"), "defer", "lookup.mail-not-found", "mail.not-found", "pc.example",
         "a@surat.example", "MX surat.example: NXDOMAIN", "exempt add mail surat.example"))
    for lookups, action, code, rule, helo, sender, evidence, command in cases:
        k.extra = section(settings(**lookups), True)
        k.write_conf()
        k.start()
        got = talk(k.mx, STRANGER, helo, sender)
        check(got.reply, code, "was accepted")
        cause = explained(k, got.ident, code, "reverse-lookup." + rule, '%s = "%s"' % (
            rule.split(".")[1], action), action, got.stage)
        check(evidence in cause["evidence"], cause["evidence"])
        check(command in cause["cure_receiver"], cause["cure_receiver"])
        k.stop()


def test_list_line(t):
    """Who is spared is told by which entry, its line and reason"""
    k = server(t, ptr="close")
    got = talk(k.mx, LISTED, "pc.example", "a@surat.example")
    equal(got.reply, None)
    ident = until(lambda: k.log(ip=LISTED), 8, "the record")[0]["id"]
    story = k.why(ident)
    equal(story["causes"], [])
    spared, = story["spared"]
    equal((spared["rule"], spared["verdict"], spared["list"]),
          ("reverse-lookup.ptr.missing", "exempt", "%s:2: %s (faks lama)" % (k.entries, LISTED)))
    equal(spared["evidence"], ["PTR 2.0.60.127.in-addr.arpa: NXDOMAIN"])
    check(spared["list"] in k.ok("why", ident), "the text does not show the entry")


def test_claims(t):
    """Shields, identities, senders that do not exist, postmaster from outside, relaying, devices"""
    k = server(t)
    budi = ("budi", k.passwords["budi"])
    for sender, more, code, rule, text, action in (
            ("a@lain.example", {}, "sender.shielded", "shield", 'address = {"10.0.0.0/8"}', "reject"),
            ("tiada@contoh.id", {}, "sender.unknown", "relay-control.sender.unknown",
             'unknown = "reject"', "reject"),
            ("siti@contoh.id", {"auth": budi}, "sender.not-yours", "relay-control.identity.envelope",
             'envelope = "reject"', "reject"),
            ("postmaster@contoh.id", {}, "auth.required", "relay-control.postmaster",
             'postmaster = "reject"', "reject")):
        got = talk(k.mx, STRANGER, "pc.example", sender, **more)
        check(got.reply, code, "was accepted")
        explained(k, got.ident, code, rule, text, action)
    for to, code in (("a@luar.example", "relay.denied"), ("tiada@contoh.id", "recipient.unknown")):
        got = talk(k.mx, STRANGER, "pc.example", "a@surat.example", to=to)
        equal(got.stage, "rcpt", code)
        explained(k, got.ident, code, "", None, "reject", "rcpt")
    got = talk(k.device, COPIER, "copier", "siti@contoh.id")
    check(got.reply, "the device was allowed")
    explained(k, got.ident, "device.not-allowed", "device.from", 'from = {"budi@contoh.id"}', "reject")


def test_alarm_of_an_address(t):
    """why IP says first that the address stands in a masquerade alarm"""
    k = server(t)

    def told():
        for i in range(12):
            s = k.smtp(source=SHARED)
            s.read()
            s.must("EHLO pc.kantor%d.example" % i)
            s.must("MAIL FROM:<x@surat%d.example>" % i)
            s.must("QUIT")
            s.close()
        return "stands in a masquerade alarm" in k.cmd("why", SHARED).out
    until(told, 15, "the alarm")
    shown = k.ok("why", SHARED)
    check(shown.startswith(SHARED + " stands in a masquerade alarm, last seen "), shown[:200])
    check(re.search(r"kantor|surat", shown.splitlines()[1]), shown[:300])
    check("kurir log --ip " + SHARED in shown, shown)
    check("alarm masquerade sedang berlaku" in k.ok("why", SHARED, "--lang", "id"))
    check("masquerade" not in k.cmd("why", STRANGER).out)


def texts(t):
    """A server whose next hop knows nobody whose name begins with x, with a delivery, a failure and a refusal of a peer."""
    peer = t.peer(replies={"rcpt": lambda a: "550 5.1.1 no such user" if "x@" in a else None})
    k = t.kurir(trusted=["127.0.0.1"], extra='route "luar.test" { via = "relay:[127.0.0.1]:%d" }\n' % peer.port)
    k.good, k.bad = session_id(k.send("ani@luar.test")), session_id(k.send("x@luar.test"))
    got = talk(k.mx, STRANGER, "pc.example", "a@surat.example", to="orang@luar.example")
    k.refused = got.ident
    k.has_cause(k.bad, "recipient.unknown")
    k.has_cause(k.refused, "relay.denied")
    until(lambda: k.why(k.good)["verdict"] == "delivered", 20, "the delivery")
    return k


def named(k, text, *more):
    """{name: [(id, verdict, of that time?)]} of our own records, and the whole answer."""
    r = k.cmd("why", "--json", *more, input=text)
    check(r.returncode == 0, text, r.returncode, r.out, r.err)
    answer, out = json.loads(r.out), {}
    for one in answer.get("records", []):
        out.setdefault(one["named"], []).append((one["story"]["id"], one["story"]["verdict"], one["of_then"]))
    return out, answer


def test_pastes_bring_up_records(t):
    """A pasted text explains itself, and brings up what we recorded of the ids, addresses and IP addresses in it"""
    k = texts(t)
    now, old = time.strftime("%Y-%m-%d %H:%M:%S"), "2018-04-23 20:39:00"
    line = "%s 1rhPqA-0004Xy-1Z ** x@luar.test H=mx.luar.test [%s]: SMTP error after RCPT TO:<x@luar.test>: 452 4.2.2 over quota\n"
    bad, refused = (k.bad, "failed"), (k.refused, "refused")
    for when, of_then in ((now, True), (old, False)):
        got, answer = named(k, line % (when, STRANGER))
        equal(got, {"x@luar.test": [bad + (of_then,)], STRANGER: [refused + (of_then,)]})
        # What the text says and what we know are two matters.
        equal([c["code"] for c in answer["causes"]], ["mailbox.full"])
        shown = k.ok("why", input=line % (when, STRANGER))
        text, ours = shown.split("Our own records of what it names")
        check("mailbox.full" in text and "recipient.unknown" not in text, text)
        check("x@luar.test, %s" % ("at about that time" if of_then else "the newest") in ours, ours)
        check("recipient.unknown" in ours and STRANGER in ours and "mailbox.full" not in ours, ours)
    check("Catatan kita sendiri" in k.ok("why", "--lang", "id", input=line % (now, STRANGER)))
    check("ecords" not in k.ok("why", "--letter", input=line % (now, STRANGER)), "the letter is about the text alone")
    # Other servers log our replies with our ids.
    theirs = "Nov 21 10:04:11 mail postfix/smtp[1]: 4SZ: to=<orang@luar.example>, status=bounced (host said: 550 5.7.1 no [%s])\n"
    got, answer = named(k, theirs % k.refused)
    equal(got, {k.refused: [refused + (True,)]} if time.strftime("%b %d") == "Nov 21" else {k.refused: [refused + (False,)]})
    shown = k.ok("why", input=theirs % k.refused)
    check("Session %s: refused" % k.refused in shown.split("Our own records")[1], shown)
    # Then the cure is that of who refused: ours.
    bounce = "Remote-MTA: dns; %s\nDiagnostic-Code: smtp; 550 5.7.25 PTR lookup of 192.0.2.9 found no name\n"
    for host, code, cure in (("mail.contoh.id", "lookup.ptr-missing", "receiver"), ("mx.luar.test", "remote.ptr-required", "sender")):
        cause = named(k, bounce % host)[1]["causes"][0]
        equal((cause["code"], cause["cure"]), (code, cause["cure_" + cure]))
    # Nothing that is known stands there but a name.
    got, answer = named(k, "tolong cek mail ke ani@luar.test\n")
    equal((got, answer["causes"], answer["verdict"]), ({"ani@luar.test": [(k.good, "delivered", False)]}, [], "unexplained"))
    check("Nothing in the text itself" in k.ok("why", input="tolong cek ani@luar.test\n"))
    r = k.cmd("why", input="tolong cek mail ke tiada@luar.test\n")
    equal((r.returncode, r.out), (1, ""))
    # Few of each, however many there are.
    for i in range(6):
        talk(k.mx, STRANGER, "pc.example", "a@surat.example", to="orang@luar.example")
    until(lambda: len(k.log(ip=STRANGER)) == 7, 10, "the records")
    got, _ = named(k, "550 5.7.1 [%s] dan [127.0.0.1]\n" % STRANGER)
    equal(len(got[STRANGER]), 3)
    newest = [r["id"] for r in k.log(ip=STRANGER)][-1:-4:-1]
    equal([ident for ident, _, _ in got[STRANGER]], newest)
    # From the file, too, when the server is down.
    k.stop()
    equal(len(named(k, "550 5.7.1 [%s]\n" % STRANGER)[0][STRANGER]), 3)


def test_pastes_that_name_many(t):
    """A text of very many names, and of names that are none, asks for few of them"""
    k = texts(t)
    many = "".join("a%d@b%d.example [10.%d.%d.1] 0SA6RBF9JP%03d\n" % (i, i, i // 250, i % 250, i % 1000) for i in range(20000))
    for text in (many + "x@luar.test 550 5.1.1", "x@luar.test\n" + many, "[%s]\n" % k.bad + many,
                 "550 5.1.1 'x@luar.test' \"; drop table [::::] [1.2.3] @ a@ @b %s\n" % ("@" * 5000)):
        began = time.time()
        r = k.cmd("why", "--json", input=text)
        check(time.time() - began < 20 and r.returncode in (0, 1), r.returncode, r.err)
        if r.returncode == 0:
            check(len(json.loads(r.out).get("records", [])) <= 12)
    got, _ = named(k, "x@luar.test\n" + many)
    check("x@luar.test" in got, got)


def test_how_much_there_is(t):
    """why ADDRESS and why IP begin with what happened how often, and end with where the rest is"""
    k = texts(t)
    for i in range(3):
        talk(k.mx, STRANGER, "pc.example", "a@surat.example", to="budi@contoh.id", data=b"Subject: x\r\n\r\n")
    until(lambda: len(k.log(ip=STRANGER)) == 4, 10, "the records")
    shown = k.ok("why", STRANGER, "--lines", "2")
    lines = shown.splitlines()
    check(lines[0].startswith(STRANGER + ": 4 records, from "), lines[0])
    equal(lines[1].strip(), "3 accepted, 1 refused")
    equal(lines[2].split(), ["1", "relay.denied", "newest:", "kurir", "why", k.refused])
    equal(shown.count("\nSession "), 2)
    equal(lines[-1], "All of them, a line each: kurir log --ip %s --reverse" % STRANGER)
    check("catatan" in k.ok("why", STRANGER, "--lang", "id").splitlines()[0])
    answer = k.json("why", STRANGER)
    equal([a["verdict"] for a in answer], ["accepted"] * 3 + ["refused"])
    equal(k.json("why", "127.60.0.0/16"), answer)
    equal(len(k.json("why", "@surat.example")), 4)
    equal(k.json("why", k.refused.lower())["id"], k.refused)
    # The letter is about the newest of which there is one to write.
    check("relay.denied" in k.ok("why", STRANGER, "--letter").splitlines()[0])
    r = k.cmd("why", k.good, "--letter")
    equal((r.returncode, r.out), (1, ""))
    check("there is nothing to write about" in r.err, r.err)
