"""kurir why: each refusal with its cause, rule, place, list, DNS, and the cures
of both sides, in both languages."""
import re

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
