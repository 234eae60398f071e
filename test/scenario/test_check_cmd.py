"""`kurir check` as a command: usage, batches, what changed, and the timer's
mail. The question is the one that needs nobody: is it an address."""
import ctypes
import json
import os
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness import ROOT, STALL, Dns, Skip, check, equal, program
from peers_real import need_root
from s_server import both_ways, serve


def ask(t, *argv, **more):
    return t.run([t.bin, "check", *argv], **more)


def test_wrong_usage(t):
    """What cannot be asked ends with 2 and says why"""
    for argv, part in ((["dkim", "-"], "authentication of messages"),
                       (["arc", "-"], "authentication of messages"),
                       (["dmarc"], "authentication of messages"),
                       (["tsl", "contoh.id"], 'no check "tsl"'),
                       ([], "usage: kurir check"),
                       (["address"], "usage: kurir check address"),
                       (["address", "a@b.id", "c@d.id"], "usage"),
                       (["address", "x", "--mine"], "--mine"),
                       (["address", "x", "--level", "most"], "score, matrix"),
                       (["address", "x", "--lang", "jv"], "en or id"),
                       (["address", "x", "--resolver", "ns.contoh.id"], "--resolver"),
                       (["address", "x", "--connect", "a:25"], "HOST:PORT=IP:PORT"),
                       (["address", "x", "--connect"], "needs a value"),
                       (["address", "x", "--timeout", "soon"], "--timeout"),
                       (["address", "x", "--now", "-1"], "--now"),
                       (["address", "x", "--from", "nobody"], "--from"),
                       (["address", "x", "--ca", "/tiada.pem"], "/tiada.pem"),
                       (["address", "x", "--json", "--csv"], "not both"),
                       (["address", "x", "--jobs", "3"], "--file"),
                       (["tls", ""], "DOMAIN|ADDRESS|HOST[:PORT]"),
                       (["tls", "surat masuk"], 'check tls: "surat masuk" is none of'),
                       (["tls", "@contoh.id"], "@contoh.id"),
                       (["tls", "budi@"], "budi@"),
                       (["smtp", "mail.contoh.id:99999"], "HOST[:PORT]"),
                       (["smtp", "mail..contoh.id"], "mail..contoh.id"),
                       (["dane", "[192.0.2.1:25"], "[192.0.2.1:25"),
                       (["relay", "mail.contoh.id:smtp", "--mine"], "HOST[:PORT]"),
                       (["sender", "contoh.id:25"], "is none of DOMAIN"),
                       (["mta-sts", "https://contoh.id/"], "is none of DOMAIN"),
                       (["blocklist", "contoh.id:25"], "IP|DOMAIN|HOST"),
                       (["address", "--file", "/tiada"], "/tiada"),
                       (["address", "--file", "/dev/null"], "--file"),
                       (["address", "x", "--html", "/tiada/x.html"], "/tiada")):
        r = ask(t, *argv)
        equal(r.returncode, 2, (argv, r.err))
        check(part in r.err, argv, "says", r.err)


def test_targets(t):
    """Whatever names a server is asked, in every way to write it"""
    d = t.dns({("contoh.id", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["127.0.0.1"]})
    p = t.peer()
    for target in ("contoh.id", "budi@contoh.id", "mail.contoh.id:25", "mail.contoh.id.", "CONTOH.ID", "_a-b.contoh.id",
                   "127.0.0.1:%d" % p.port, "[127.0.0.1]:%d" % p.port, "budi@[127.0.0.1]", "::1", "[::1]:25", "[IPv6:::1]"):
        r = ask(t, "smtp", target, "--resolver", d.server, "--json", "--connect", "mail.contoh.id:25=127.0.0.1:%d" % p.port,
                "--connect", "127.0.0.1:25=127.0.0.1:%d" % p.port, "--connect", "::1:25=127.0.0.1:%d" % p.port,
                timeout=60)
        got = json.loads(r.out)
        equal((got["question"], r.err), ("check smtp " + target, ""), target)
        equal(r.returncode, {"good": 0, "bad": 1, "unknown": 3}[got["answer"]], target)


def test_forms_of_one_answer(t):
    """Text, JSON, CSV, a page; English and Indonesian; the exit code"""
    r = ask(t, "address", "budi@contoh.id", "--html", t.path("a.html"))
    equal((r.returncode, r.out.splitlines()[0].rsplit(":")[-1]), (0, " good"), r.out)
    page = open(t.path("a.html")).read()
    check(page.startswith("<!doctype html>") and "default-src 'none'" in page, page)
    r = ask(t, "address", "budi@@", "--lang", "id")
    equal(r.returncode, 1)
    check("buruk" in r.out and "kesalahan protocol.syntax" in r.out, r.out)
    got = json.loads(ask(t, "--json", "address", "budi@contoh.id").out)
    equal((got["question"], got["answer"], got["local"], got["findings"]),
          ("check address budi@contoh.id", "good", "budi", []))
    check(ask(t, "address", "budi@contoh.id", "--csv").out.startswith("part,value\n"))
    r = ask(t, "address", "\x1b]0;x\x07@contoh.id")
    check("\x1b" not in r.out and "\\x1B" in r.out, repr(r.out))


def test_spf_for_scripts(t):
    """The result alone on the first line, then why; exit 0 whatever it is, within 20 s"""
    d = t.dns({("contoh.id", "TXT"): ["v=spf1 ip4:192.0.2.0/24 exp=kenapa.contoh.id -all"],
               ("kenapa.contoh.id", "TXT"): ["%{i} is not one of ours"]},
              {"mati.example": "silent"})
    for ip, sender, first, more in (("192.0.2.7", "budi@contoh.id", "pass", "mechanism: ip4:192.0.2.0/24"),
                                    ("203.0.113.7", "budi@contoh.id", "fail",
                                     "explanation: 203.0.113.7 is not one of ours"),
                                    ("203.0.113.7", "a@tiada.example", "none", "spf.none"),
                                    ("203.0.113.7", "a@mati.example", "temperror", "spf.temperror")):
        started = time.monotonic()
        r = ask(t, "spf", "--ip", ip, "--helo", "h.example", "--mail-from", sender, "--resolver", d.server, timeout=40)
        equal((r.returncode, r.out.splitlines()[0]), (0, first), r.out + r.err)
        check(more in r.out, r.out)
        check(time.monotonic() - started < 21, "it took too long")
    for argv in (["--ip", "192.0.2.7"], ["--helo", "x.example"], ["--ip", "x", "--helo", "x.example"]):
        equal(ask(t, "spf", *argv).returncode, 2, argv)


def test_a_message_from_anywhere(t):
    """The header of a message from a file and from standard input; nothing there is unknown"""
    header = ("Received: from mail.mitra.example (mail.mitra.example [192.0.2.9]) by mail.contoh.id (kurir) with ESMTPS\r\n"
              " id X (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Sun, 22 Nov 2026 03:00:00 +0000\r\n\r\n")
    t.write("surat", header)
    for argv, more in ((["headers", t.path("surat")], {}), (["headers", "-"], {"input": header})):
        r = ask(t, *argv, **more)
        equal(r.returncode, 0, r.out + r.err)
        check("TLS_AES_256_GCM_SHA384" in r.out, r.out)
    equal(ask(t, "headers", "-", input="Subject: x\r\n\r\n").returncode, 3)
    equal(ask(t, "headers", "/tiada").returncode, 3)


def test_a_file_of_targets(t):
    """A line an answer, pages with an index, each target once, the worst counts"""
    t.write("targets", "a@contoh.id\n# nobody\n\n  b@@  # wrong\nA@contoh.id\r\na@contoh.id\n<i>@contoh.id")
    r = ask(t, "address", "--file", t.path("targets"), "--jobs", "2", "--html-dir", t.path("pages/deep"))
    equal(r.returncode, 1, r.err)
    equal(len(r.out.splitlines()), 4, r.out)
    check("b@@  protocol.syntax" in r.out, r.out)
    pages = set(os.listdir(t.path("pages/deep")))
    equal(len(pages), 5, pages)
    index = open(t.path("pages/deep/index.html")).read()
    for name in pages - {"index.html"}:
        check('href="%s"' % name in index, name, "is not in the index")
    check("<i>" not in index and "&lt;i&gt;@contoh.id" in index, index)
    lines = [json.loads(x) for x in ask(t, "address", "--json", "--file", t.path("targets")).out.splitlines()]
    equal(sorted(x["answer"] for x in lines), ["bad", "bad", "good", "good"])
    r = ask(t, "address", "--csv", "--file", t.path("targets"))
    check('"b@@",bad,"protocol.syntax"' in r.out or '"b@@",bad,protocol.syntax' in r.out, r.out)


def test_a_file_with_mistakes(t):
    """A line that names no server is told so, beside the others; from standard input too"""
    d = t.dns({("contoh.id", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["127.0.0.1"]})
    more = ["--resolver", d.server, "--connect", "mail.contoh.id:25=127.0.0.1:%d" % t.port(), "--timeout", "2s"]
    text = "contoh.id\nbudi@\nsurat masuk\ncontoh.id:99999\n"
    t.write("targets", text)
    for kind in ("tls", "smtp", "dane", "mta-sts", "sender"):
        r = ask(t, kind, "--file", t.path("targets"), "--json", *more, timeout=60)
        got = [json.loads(line) for line in r.out.splitlines()]
        wrong = {g["question"] for g in got if [f["code"] for f in g["findings"]] == ["check.no-target"]}
        equal(wrong, {"check %s %s" % (kind, w) for w in ("budi@", "surat masuk", "contoh.id:99999")}, kind)
        equal((len(got), r.returncode), (4, 1), kind)
    r = ask(t, "mta-sts", "--file", "-", "--lang", "id", *more, input=text)
    check("buruk           budi@  check.no-target\n" in r.out and len(r.out.splitlines()) == 4, r.out)


def test_only_what_changed(t):
    """The first time all, then nothing, then the difference alone; by file too"""
    last = t.path("last.json")
    r = ask(t, "address", "a@contoh.id", "--on-change", last)
    check("Local part" in r.out, r.out)
    equal(json.load(open(last))["local"], "a")
    r = ask(t, "address", "a@contoh.id", "--on-change", last)
    equal((r.returncode, r.out), (0, ""))
    r = ask(t, "address", "a@", "--on-change", last)
    equal(r.returncode, 1)
    check('! answer: "good" -> "bad"' in r.out and "+ protocol.syntax: " in r.out
          and '- local: "a"' in r.out, r.out)
    r = ask(t, "address", "a@contoh.id", "--on-change", last, "--json")
    parts = {c["part"]: c for c in json.loads(r.out)}
    equal((parts["answer"]["before"], parts["answer"]["now"]), ("bad", "good"))
    t.write("broken", "{")
    r = ask(t, "address", "a@contoh.id", "--on-change", t.path("broken"))
    equal((r.returncode, r.out), (2, ""), r.err)
    check("remove it" in r.err, r.err)
    t.write("targets", "a@contoh.id\nb@contoh.id\n")
    batch = ["address", "--file", t.path("targets"), "--on-change", t.path("all.json")]
    equal(len(ask(t, *batch).out.splitlines()), 2)
    equal(ask(t, *batch).out, "")
    t.write("targets", "a@contoh.id\nc@@\n")
    equal(sorted(ask(t, *batch).out.splitlines()), ['+ c@@: "bad"', '- b@contoh.id: "good"'])


def test_what_changed_comes_by_mail(t):
    """The timer's program: a mail when something differs, none when nothing does"""
    k = t.kurir()
    t.mkdir("state")
    t.write("checks/alamat", "# of whom we think\naddress --lang id 'budi@contoh.id'\n")
    env = {"KURIR": t.bin, "CHECKS": t.path("checks"), "MAILTO": "budi@contoh.id",
           "STATE_DIRECTORY": t.path("state"), "KURIR_CONF": k.conf_path}

    def run(code=0, **more):
        r = t.run([os.path.join(ROOT, "pkg/check-mail"), "alamat"], env=dict(env, **more))
        equal(r.returncode, code, r.out + r.err)

    run()
    first = k.mail("budi")[0]
    check(b"Subject: kurir check, alamat" in first and b"baik" in first, first)
    run()
    equal(os.listdir(t.path("state")), ["alamat.json"], "what is left there")
    # What could not be mailed is mailed the next time.
    t.write("checks/alamat", "address 'budi@'\n")
    run(code=2, KURIR_CONF="/tiada/kurir.conf")
    run()
    mails = k.mail("budi", count=2)
    equal(len(mails), 2, "mails")
    check(any(b"protocol.syntax" in m for m in mails), mails)
    t.write("checks/alamat", "address --tiada x\n")
    run(code=2)


def test_asked_twice_nothing_differs(t):
    """Of a server that did not change no check says that it did"""
    k = t.kurir()
    d = t.dns({("contoh.id", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["127.0.0.1"],
               ("contoh.id", "TXT"): ["v=spf1 mx -all"]})
    common = ["--resolver", d.server, "--ca", t.cert("ca"), "--on-change", t.path("last.json"),
              "--connect", "mail.contoh.id:25=127.0.0.1:%d" % k.mx]
    for question in (["tls", "contoh.id"], ["smtp", "mail.contoh.id"], ["sender", "contoh.id", "--ip", "127.0.0.1"],
                     ["relay", "mail.contoh.id", "--mine"], ["dane", "contoh.id"], ["mta-sts", "contoh.id"],
                     ["blocklist", "127.0.0.1", "--zone", "list.example"], ["self", "-c", k.conf_path]):
        if os.path.exists(t.path("last.json")):
            os.unlink(t.path("last.json"))
        first = ask(t, *question, *common, timeout=60)
        check(len(first.out.splitlines()) > 3, question, first.out + first.err)
        time.sleep(1.1)  # so that whatever tells the second tells another
        again = ask(t, *question, *common, timeout=60)
        equal((again.returncode, again.out), (first.returncode, ""), question)


# ---- in a network of its own, where every address is here ----

def all_is_here():
    """From now on this process and its children see a network where all addresses are of this host."""
    need_root("A network of its own")
    if ctypes.CDLL(None).unshare(0x40000000):  # CLONE_NEWNET
        raise Skip("this machine does not let us have a network of our own")
    for words in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo",
                  "-6 addr add 2001:db8::6/128 dev lo nodad"):
        subprocess.run([program("ip"), *words.split()], check=True)


class Elsewhere(Dns):
    """Whatever is asked of port 53 of any address but the one that was named."""

    def __init__(self):
        self.zones, self.faults, self.ttl, self.asked = {}, {}, 5, []
        self.udp, self.tcp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM), socket.socket(socket.AF_INET6)
        for s in (self.udp, self.tcp):
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            s.bind(("::", 53))
        self.tcp.listen(16)
        for target in (self._udp, self._tcp):
            threading.Thread(target=target, daemon=True).start()


def test_no_lookup_goes_elsewhere(t):
    """With --resolver every question goes there, whatever is asked; without, none does"""
    all_is_here()
    elsewhere, k = Elsewhere(), t.kurir(server="192.0.2.53:53")
    d = Dns({("contoh.id", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["192.0.2.1"],
             ("contoh.id", "TXT"): ["v=spf1 include:lain.example -all"], ("lain.example", "TXT"): ["v=spf1 mx -all"],
             ("lain.example", "MX"): ["10 mx.lain.example"], ("mx.lain.example", "A"): ["192.0.2.2"],
             ("_mta-sts.contoh.id", "TXT"): ["v=STSv1; id=1;"], ("mta-sts.contoh.id", "A"): ["192.0.2.3"]})
    t.write("surat", "Received: from mail.mitra.example (mail.mitra.example [192.0.2.9]) by mail.contoh.id with ESMTPS id X;"
            " Sun, 22 Nov 2026 03:00:00 +0000\r\n\r\n")
    t.write("targets", "contoh.id\nlain.example\n")
    for argv in (["tls", "contoh.id"], ["tls", "--file", t.path("targets")], ["smtp", "contoh.id"],
                 ["sender", "contoh.id", "--ip", "192.0.2.2"], ["relay", "mail.contoh.id", "--mine"], ["dane", "contoh.id"],
                 ["mta-sts", "contoh.id"], ["spf", "--ip", "192.0.2.2", "--mail-from", "budi@contoh.id"],
                 ["blocklist", "contoh.id"], ["headers", t.path("surat")], ["address", "budi@contoh.id"],
                 ["self", "-c", k.conf_path]):
        before = len(d.asked)
        r = ask(t, *argv, "--resolver", d.server, "--timeout", "1s", timeout=60)
        check(r.returncode in (0, 1, 3), argv, r.returncode, r.err)
        equal(elsewhere.asked, [], argv)
        check((len(d.asked) > before) == (argv[0] not in ("headers", "address")), argv, d.asked[before:])
    r = ask(t, "spf", "--ip", "192.0.2.2", "--mail-from", "budi@contoh.id", timeout=60)
    check(elsewhere.asked, "the trap does not hear what it should", r.out)


def test_both_families(t):
    """A server at IPv4 alone, at IPv6 alone, at both, at both and dead at one; --ipv4 and --ipv6"""
    all_is_here()
    p = t.peer()
    for family, ip in ((socket.AF_INET, "192.0.2.4"), (socket.AF_INET6, "2001:db8::6")):
        def session(conn):
            with socket.create_connection(("127.0.0.1", p.port), 60) as other:
                both_ways(conn, other)
        serve(socket.create_server((ip, 25), family=family, backlog=64), session)
    d = Dns({("empat.test", "A"): ["192.0.2.4"], ("enam.test", "AAAA"): ["2001:db8::6"],
             ("dua.test", "A"): ["192.0.2.4"], ("dua.test", "AAAA"): ["2001:db8::6"],
             ("mati.test", "A"): ["192.0.2.4"], ("mati.test", "AAAA"): ["2001:db8::dead"]})
    four, six, dead = "192.0.2.4", "2001:db8::6", "2001:db8::dead"
    for target, more, seen, answers in (
            ("empat.test", [], {four}, {four}), ("enam.test", [], {six}, {six}), ("dua.test", [], {four, six}, {four, six}),
            ("dua.test", ["--ipv4"], {four}, {four}), ("dua.test", ["--ipv6"], {six}, {six}),
            ("mati.test", [], {four, dead}, {four}), ("enam.test", ["--ipv4"], set(), set()),
            ("[2001:db8::6]:25", [], {six}, {six}), ("2001:db8::6", [], {six}, {six})):
        for kind in ("tls", "smtp"):
            r = ask(t, kind, target, "--json", "--level", "cert", "--resolver", d.server, "--ca", t.cert("ca"), "--timeout",
                    "3s", *more, timeout=60)
            got, name = json.loads(r.out), (kind, target, more)
            rows = {x["address" if kind == "tls" else "ip"]: x for x in got.get("mx" if kind == "tls" else "servers", [])}
            equal(set(rows), seen, name)
            up = {ip for ip, x in rows.items() if x.get("version" if kind == "tls" else "banner")}
            equal(up, answers, name)
            if seen != answers or not seen:
                check(got["answer"] != "good" or seen, name, got["answer"], got["findings"])


def test_nobody_answers(t):
    """DNS that is silent, a server that greets nobody: unknown within the time that --timeout gives"""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    p = t.peer(replies={"banner": STALL})
    d = t.dns({("mail.contoh.id", "A"): ["127.0.0.1"]})
    dead = ["--resolver", "127.0.0.1:%d" % silent.getsockname()[1]]
    mute = ["--resolver", d.server, "--connect", "mail.contoh.id:25=127.0.0.1:%d" % p.port]
    t.write("targets", "contoh.id\nlain.example\n")
    todo = [(["tls", "contoh.id"], dead), (["smtp", "contoh.id"], dead), (["sender", "contoh.id"], dead),
            (["relay", "mail.contoh.id", "--mine"], dead), (["dane", "contoh.id"], dead), (["mta-sts", "contoh.id"], dead),
            (["blocklist", "192.0.2.1"], dead), (["tls", "--file", t.path("targets")], dead),
            (["tls", "mail.contoh.id:25"], mute), (["tls", "mail.contoh.id:25", "--assure"], mute),
            (["smtp", "mail.contoh.id:25"], mute), (["relay", "mail.contoh.id:25", "--mine"], mute)]

    def one(case):
        began = time.monotonic()
        r = ask(t, *case[0], *case[1], "--timeout", "1s", timeout=100)
        return case[0], r, time.monotonic() - began
    with ThreadPoolExecutor(4) as pool:
        for argv, r, took in pool.map(one, todo):
            equal(r.returncode, 3, (argv, r.out, r.err))
            check("unknown" in r.out.splitlines()[0], argv, r.out)
            check(took < 20, argv, "took", took)


def test_programs_read_one_language(t):
    """Names and words in JSON are the same with --lang id; people read them in theirs"""
    d = t.dns({("mail.contoh.id", "A"): ["127.0.0.1"]})
    p = t.peer()
    argv = ["smtp", "mail.contoh.id:25", "--resolver", d.server, "--connect", "mail.contoh.id:25=127.0.0.1:%d" % p.port]
    tables = []
    for lang in ("en", "id"):
        got = json.loads(ask(t, *argv, "--lang", lang, "--json", timeout=60).out)["servers"][0]
        tables.append([(row["test"], row["result"]) for row in got["tests"]])
    equal(tables[0], tables[1])
    check(("Connection", "ok") in tables[0], tables[0])
    text = ask(t, *argv, "--lang", "id", "--level", "score", timeout=60).out
    check("Sambungan " in text and "Connection" not in text and "  mungkin\n" in text, text)


def test_from(t):
    """--from is the reverse-path of probes, and no check sends DATA"""
    d = t.dns({("mail.contoh.id", "A"): ["127.0.0.1"]})
    for kind in ("tls", "smtp"):
        p = t.peer()
        ask(t, kind, "mail.contoh.id:25", "--level", "cert", "--resolver", d.server, "--from", "budi@mitra.example",
            "--connect", "mail.contoh.id:25=127.0.0.1:%d" % p.port, timeout=60)
        said = [line for s in p.sessions for line in s]
        check("C: MAIL FROM:<budi@mitra.example>" in said, kind, said)
        check(not any(line.startswith("C: DATA") for line in said), kind, said)
