"""kurir why for what our own policy refuses: each code of doc/causes.md that a rule of kurir.conf, a lookup or a full
mailbox of ours brings about, met by real clients."""
import re

from causes import brings, golden
from harness import check, program, session_id, until
from peers_real import Dovecot
from senders import Lab, section, settings

OUTSIDE, SHARED, COPIER = "127.61.0.1", "127.61.0.9", "127.61.0.11"


def swaks(t, port, source, helo="pc.example", sender="a@surat.example", to="budi@contoh.id", more=()):
    """(reply, id) of the last thing swaks was told that was no success."""
    r = t.run([program("swaks"), "--server", "127.0.0.1:%d" % port, "--local-interface", source, "--helo", helo,
               "--from", sender, "--to", to, "--suppress-data", "--timeout", "20", *more])
    refused = re.findall(r"(?m)^<(?:~\*|\*\*) +([45]\d\d[ -].*)$", r.out)
    check(refused, "swaks was not refused:", r.out)
    return refused[-1], session_id(refused[-1])


def login(k, user="budi"):
    return ("--tls", "--auth", "PLAIN", "--auth-user", user, "--auth-password", k.passwords[user])


@brings("auth.required", "relay.denied", "recipient.unknown", "sender.unknown", "sender.shielded", "sender.not-yours")
def test_who_may_send_what(t):
    """Strangers and accounts that claim what is not theirs, each told by its rule and with the line that holds it"""
    k = t.kurir(mx_extra='auth = "offer"', trusted=[SHARED], extra=(
        'relay-control {\n sender {\n unknown = "reject"\n }\n identity {\n envelope = "reject"\n }\n'
        ' postmaster = "reject"\n}\nshield "lain.example" {\n address = {"10.0.0.0/8"}\n}\n'))
    for code, want, port, more in (
            ("auth.required", "530 5.7.0", k.submission, {}),
            ("relay.denied", "550 5.7.1", k.mx, {"to": "tujuan@luar.example"}),
            ("recipient.unknown", "550 5.1.1", k.mx, {"to": "tiada@contoh.id"}),
            ("sender.unknown", "550 5.", k.mx, {"sender": "tiada@contoh.id"}),
            ("sender.shielded", "550 5.7.1", k.mx, {"sender": "a@lain.example"}),
            ("sender.not-yours", "553 5.7.1", k.submission, {"sender": "siti@contoh.id", "more": login(k)})):
        reply, ident = swaks(t, port, OUTSIDE, **more)
        check(reply.startswith(want), code, "was refused with", reply)
        golden(k, ident, code)
        check(code in k.ok("why", OUTSIDE), "the address does not bring up", code)


@brings("device.not-allowed", "device.stopped")
def test_a_copier_that_strays(t):
    """A copier that sends where it may not, until it is stopped"""
    port = t.port()
    k = t.kurir(extra=(
        'listen "copiers" { address = {"127.0.0.1:%d"}  role = "device" }\n'
        'device "copier" {\n address = {"%s"}\n auth = "off"\n from = {"budi@contoh.id"}\n to = {"@contoh.id"}\n}\n'
        % (port, COPIER)))
    strayed = None
    for _ in range(8):
        reply, ident = swaks(t, port, COPIER, "COPIER", "budi@contoh.id", "orang@luar.example")
        if reply.startswith("451 4.7.1"):
            break
        check(reply.startswith("550 5.7.1"), reply)
        strayed = strayed or ident
    else:
        check(False, "the copier was never stopped")
    golden(k, strayed, "device.not-allowed")
    golden(k, ident, "device.stopped")


@brings("relay.masquerade")
def test_a_trusted_address_that_many_share(t):
    """Many machines behind one trusted address, whose trust is then withdrawn"""
    k = t.kurir(trusted=[SHARED], extra='masquerade = "withdraw"\n')
    for i in range(12):
        s = k.smtp(source=SHARED)
        s.read()
        s.must("EHLO pc.kantor%d.example" % i)
        s.must("MAIL FROM:<x@surat%d.example>" % i)
        s.must("QUIT")
        s.close()

    def refused():
        r = t.run([program("swaks"), "--server", "127.0.0.1:%d" % k.mx, "--local-interface", SHARED, "--helo",
                   "pc.kantor.example", "--from", "x@surat.example", "--to", "tujuan@luar.example", "--quit-after", "RCPT"])
        got = re.findall(r"(?m)^<\*\* +(550 5\.7\.1 .*)$", r.out)
        return session_id(got[0]) if got else None
    golden(k, until(refused, 20, "trust to be withdrawn"), "relay.masquerade")


@brings("lookup.ptr-missing", "lookup.ptr-mismatch", "lookup.helo-forged", "lookup.helo-not-found",
        "lookup.mail-forged", "lookup.mail-not-found", "lookup.mail-no-mx")
def test_lookups_that_refuse(t):
    """Servers without PTR, with another's HELO, with senders that do not exist: refused by what NSD says about them"""
    lab = Lab(t, extra=section(settings(ptr="close", helo="reject", mail="reject"), False)).start()
    for lookup, words, code in (
            ("ptr", "no such name (NXDOMAIN)", "lookup.ptr-missing"),
            ("ptr", "a name with another address", "lookup.ptr-mismatch"),
            ("helo", "another address", "lookup.helo-forged"),
            ("helo", "no such name (NXDOMAIN)", "lookup.helo-not-found"),
            ("mail", "MX and address of others", "lookup.mail-forged"),
            ("mail", "no such domain (NXDOMAIN)", "lookup.mail-not-found"),
            ("mail", "its address, null MX", "lookup.mail-no-mx")):
        case = lab.case(lookup, words)
        reply, ident = swaks(t, lab.k.mx, case.ip(), case.helo(), case.sender())
        check(reply.startswith("501 5.7.1"), words, "was refused with", reply)
        cause = golden(lab.k, ident, code)
        check(case.fill(case.evidence) in "\n".join(cause["evidence"]), code, cause["evidence"])
        check("kurir.conf:" in cause["rule"] or "kurir.conf:" in (cause["config"] or ""), code, cause)


@brings("mailbox.full")
def test_a_mailbox_of_ours_that_is_full(t):
    """A mailbox on our own Dovecot that is over its quota: refused to the client before it sends anything"""
    for sub in ("", "/budi@pabrik.id", "/budi@pabrik.id/cur", "/budi@pabrik.id/tmp", "/budi@pabrik.id/new"):
        t.mkdir("pabrik" + sub)
    t.write("pabrik/budi@pabrik.id/new/1.M1.lama", "Subject: besar\n\n" + "isi\n" * 8000, own=True)
    d = Dovecot(t, t.path("pabrik", "%u"))
    with open(d.conf, "a", encoding="ascii") as f:
        f.write("mail_plugins = quota\nlmtp_rcpt_check_quota = yes\n"
                "plugin {\n  quota = maildir:penuh\n  quota_rule = *:storage=20K\n}\n")
    d.start()
    k = t.kurir(trusted=[SHARED], extra='domain "pabrik.id" { deliver = "lmtp:[127.0.0.1]:%d" }\n' % d.lmtp)
    reply, ident = swaks(t, k.mx, OUTSIDE, to="budi@pabrik.id")
    check("5.2.2" in reply or "4.2.2" in reply, reply)
    golden(k, ident, "mailbox.full")
