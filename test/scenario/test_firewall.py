"""`kurir firewall`: what firewalld's files say of our ports, and writing them.
Every root here is a directory of its own; the system's firewall is not touched."""
import json
import os
import socket
import stat
import subprocess
import time
import xml.etree.ElementTree as xml

from harness import ORDINARY, Kurir, Skip, check, equal

# As firewalld ships them.
OWN = {"ssh": (22,), "http": (80,), "https": (443,), "smtp": (25,), "smtps": (465,),
       "smtp-submission": (587,), "pop3": (110,), "pop3s": (995,), "imap": (143,), "imaps": (993,)}

# A zone of an installation with iRedMail, and the service that its admin wrote by hand.
IREDMAIL = """<?xml version="1.0" encoding="utf-8"?>
<zone>
    <short>Mail services</short>
    <description>Allow access to mail services from external network.</description>
    <service name="http"/>
    <service name="https"/>
    <service name="smtp"/>
    <service name="smtps"/>
    <service name="smtp-submission"/>
    <service name="pop3"/>
    <service name="pop3s"/>
    <service name="imap"/>
    <service name="imaps"/>
    <service name="ssh"/>
</zone>
"""
SMTPS = """<?xml version="1.0" encoding="utf-8"?>
<service>
  <short>Enable SMTPS</short>
  <description>Enable SMTPS.</description>
  <port protocol="tcp" port="465"/>
</service>
"""
PUBLIC = """<?xml version="1.0" encoding="utf-8"?>
<zone>
  <short>Public</short>
  <service name="ssh"/>
  <forward/>
</zone>
"""
MAIL = ('listen "mx" { address = {"0.0.0.0:25", "[::]:25"}  role = "mx" }\n'
        'listen "submission" { address = {"0.0.0.0:587"}  role = "submission" }\n'
        'listen "submissions" { address = {"0.0.0.0:465"}  role = "submission"  tls = "implicit" }\n'
        'listen "inside" { address = {"127.0.0.1:2500", "[::1]:2500"}  role = "mx" }\n')


class Firewalld:
    """firewalld's files below a directory."""

    def __init__(self, t, name="root", default="public", zones=(("public", PUBLIC),), services=()):
        self.t, self.name, self.dir = t, name, t.mkdir(name, own=False)
        for service, ports in OWN.items():
            self.put("usr/lib/firewalld/services/%s.xml" % service,
                     "<service>\n%s</service>\n" % "".join(
                         '  <port protocol="tcp" port="%d"/>\n' % p for p in ports))
        self.put("usr/lib/firewalld/zones/public.xml", PUBLIC)
        self.put("etc/firewalld/firewalld.conf", "# default zone\nDefaultZone=%s\n" % default)
        for zone, text in zones:
            self.put("etc/firewalld/zones/%s.xml" % zone, text)
        for service, text in services:
            self.put("etc/firewalld/services/%s.xml" % service, text)

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, text, mode=0o644):
        self.t.write(os.path.join(self.name, name), text, mode)
        return self.path(name)

    def get(self, name):
        with open(self.path(name), "rb") as f:
            return f.read().decode()

    def everything(self):
        out = {}
        for d, _, files in os.walk(self.dir):
            for f in files:
                with open(os.path.join(d, f), "rb") as g:
                    out[os.path.relpath(os.path.join(d, f), self.dir)] = g.read()
        return out

    def firewall_cmd(self, reload=0, state=0):
        """A firewall-cmd that notes how it was called."""
        self.put("usr/bin/firewall-cmd",
                 '#!/bin/sh\ncase "$*" in --state) exit %d;; esac\necho "$@" >>%s\nenv >%s\nexit %d\n'
                 % (state, self.path("called"), self.path("env"), reload), 0o755)


def mail_server(t, listeners=MAIL, **more):
    return Kurir(t, listeners=listeners, users=(), server="127.0.0.1:53", **more)


def somebody_listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def ask(k, code, *argv, **more):
    r = k.cmd("firewall", *argv, **more)
    equal(r.returncode, code, "kurir firewall %s: %s%s" % (" ".join(argv), r.out, r.err))
    return r


def look(k, code, root, *argv):
    return json.loads(ask(k, code, "check", "--root", root, "--json", *argv).out)


def states(answer):
    return {p["port"]: p["state"] for p in answer["ports"]}


def test_zone_by_hand(t):
    """The zone and the service that an admin of iRedMail wrote open what we need"""
    k = mail_server(t)
    f = Firewalld(t, default="iredmail", zones=(("iredmail", IREDMAIL),), services=(("smtps", SMTPS),))
    a = look(k, 0, f.dir)
    equal(a["result"], "good")
    equal(a["default_zone"], "iredmail")
    equal(states(a), {25: "open", 465: "open", 587: "open"})
    smtps = a["ports"][1]
    equal(smtps["listeners"], ["submissions"])
    equal(smtps["zones"], [{"zone": "iredmail", "state": "open", "by": "service smtps", "line": 8,
                            "file": f.path("etc/firewalld/zones/iredmail.xml")}])
    unused = {u["port"]: u["by"] for u in a["unused"]}
    equal(unused, {p: "service " + s for s, p in (("pop3", 110), ("imap", 143), ("imaps", 993), ("pop3s", 995))
                   if not somebody_listens(p)})
    check(any(x["file"] == f.path("etc/firewalld/services/smtps.xml") and "firewalld's own" in x["text"]
              for x in a["findings"]), a["findings"])
    said = ask(k, 0, "check", "--root", f.dir).out
    for part in ("Zone iredmail, the default", "465/tcp  open     in zone iredmail: service smtps (",
                 "iredmail.xml:8)", "Open for mail, and nobody listens:" if unused else "", "Result: good",
                 "only be tested from\noutside"):
        check(part in said, part, "in", said)
    # Nothing is written where all is open.
    before = f.everything()
    r = ask(k, 0, "apply", "--root", f.dir, "--yes")
    check("right already" in r.err, r.err)
    equal(f.everything(), before)


def test_apply(t):
    """Before 465 stood there: closed, shown, asked, written once, and nothing of others is lost"""
    k = mail_server(t)
    zone = IREDMAIL.replace('    <service name="smtps"/>\n', "").replace(
        "<zone>", "<!-- by the admin -->\n<zone>")
    f = Firewalld(t, default="iredmail", zones=(("iredmail", zone),))
    f.firewall_cmd()
    a = look(k, 1, f.dir)
    equal(states(a), {25: "open", 465: "closed", 587: "open"})
    before = f.everything()
    for answer in ("n\n", "", "\n"):
        r = ask(k, 1, "apply", "--root", f.dir, input=answer)
        check("nothing was changed" in r.err, r.err)
        check('+   <port port="465" protocol="tcp"/>' in r.err and "one line" in r.err, r.err)
        equal(f.everything(), before)
    r = ask(k, 0, "apply", "--root", f.dir, input="y\n")
    check("Result: good" in r.out, r.out)
    equal(f.get("called"), "--reload\n")
    service = xml.fromstring(f.get("etc/firewalld/services/kurir.xml").encode())
    equal([(p.get("port"), p.get("protocol")) for p in service.findall("port")],
          [("25", "tcp"), ("465", "tcp"), ("587", "tcp")])
    new = f.get("etc/firewalld/zones/iredmail.xml")
    equal(new.replace('    <service name="kurir"/>\n', ""), zone)
    equal(new.count("kurir"), 1)
    equal(f.get("etc/firewalld/zones/iredmail.xml.old"), zone)
    check(not os.path.exists(f.path("etc/firewalld/services/kurir.xml.old")), "no old service")
    equal(stat.S_IMODE(os.stat(f.path("etc/firewalld/services/kurir.xml")).st_mode), 0o644)
    # Again: nothing.
    before = f.everything()
    r = ask(k, 0, "apply", "--root", f.dir, "--yes")
    equal(f.everything(), before)
    # A port more: the service alone is written anew.
    k.listeners = MAIL + 'listen "old" { address = {"192.0.2.2:2526"}  role = "submission" }\n'
    k.write_conf()
    a = json.loads(ask(k, 0, "apply", "--root", f.dir, "--yes", "--json").out)
    equal(a["changed"], [f.path("etc/firewalld/services/kurir.xml")])
    equal(states(a)[2526], "open")
    check("2526" not in f.get("etc/firewalld/services/kurir.xml.old"), "the old one is kept")
    equal(f.get("etc/firewalld/zones/iredmail.xml"), new)
    left = {n for n in f.everything() if "firewalld" in n and n.endswith((".new", ".tmp"))}
    equal(left, set())


def test_zone_of_the_package(t):
    """A zone that is only firewalld's own is copied, not written over"""
    k = mail_server(t)
    f = Firewalld(t, zones=())
    check(not os.path.exists(f.path("etc/firewalld/zones")), "there is no zone in etc")
    ask(k, 0, "apply", "--root", f.dir, "--yes")
    equal(f.get("usr/lib/firewalld/zones/public.xml"), PUBLIC)
    check('<service name="kurir"/>' in f.get("etc/firewalld/zones/public.xml"), "copied")
    check(not os.path.exists(f.path("etc/firewalld/zones/public.xml.old")), "there was no old one")


def test_link(t):
    """A zone that is a link is left to whoever made it"""
    k = mail_server(t)
    f = Firewalld(t, zones=())
    f.put("elsewhere.xml", PUBLIC)
    os.makedirs(f.path("etc/firewalld/zones"))
    os.symlink("../../../elsewhere.xml", f.path("etc/firewalld/zones/public.xml"))
    equal(states(look(k, 1, f.dir))[25], "closed")
    r = ask(k, 3, "apply", "--root", f.dir, "--yes")
    check("is a link" in r.err, r.err)
    equal(f.get("elsewhere.xml"), PUBLIC)
    check(os.path.islink(f.path("etc/firewalld/zones/public.xml")), "still one")


def test_reload_fails(t):
    """What firewall-cmd says of the reload is told, and it gets a clean environment"""
    k = mail_server(t)
    for code, part in ((252, "firewalld does not run"), (13, "exited with code 13")):
        f = Firewalld(t, "root%d" % code)
        f.firewall_cmd(code)
        r = ask(k, 3, "apply", "--root", f.dir, "--yes")
        check(part in r.err and "written" in r.err, r.err)
        env = f.get("env")
        check("HOME=" not in env and "KURIR" not in env, env)
    f = Firewalld(t, "none")
    r = ask(k, 0, "apply", "--root", f.dir, "--yes")
    check("no firewall-cmd" in r.err, r.err)
    look(k, 0, f.dir)
    f.firewall_cmd(state=252)
    a = look(k, 3, f.dir)
    check(any("firewalld does not run" in x["text"] for x in a["findings"]), a["findings"])
    equal(states(a)[25], "open")


def test_broken(t):
    """Wrong XML is named by file and line, nothing is called open, and nothing is written"""
    k = mail_server(t)
    for n, (line, zone) in enumerate((
            (9, IREDMAIL.replace('"smtps"/>', '"smtps">')),
            (8, IREDMAIL.replace('name="smtps"', 'nama="smtps"')),
            (2, IREDMAIL.replace("<zone>", '<zone target="OPEN">')),
            (6, IREDMAIL.replace('<service name="https"/>', '<port port="465x" protocol="tcp"/>')),
            (2, '<?xml version="1.0"?>\n<service/>\n'),
            (1, ""))):
        f = Firewalld(t, "root%d" % n, default="iredmail", zones=(("iredmail", zone),))
        path = f.path("etc/firewalld/zones/iredmail.xml")
        a = look(k, 1, f.dir)
        equal(set(states(a).values()), {"unknown"}, zone)
        bad = [x for x in a["findings"] if x["severity"] == "bad"]
        equal([x["file"] for x in bad], [path])
        check(line - 1 <= bad[0]["line"] <= 16 and bad[0]["text"], n, bad)
        if n in (1, 2, 3, 4, 5):
            equal(bad[0]["line"], line)
        check("%s:%d: bad: " % (path, bad[0]["line"]) in ask(k, 1, "check", "--root", f.dir).out)
        before = f.everything()
        r = ask(k, 1, "apply", "--root", f.dir, "--yes")
        check("mend it first" in r.err, r.err)
        equal(f.everything(), before)
    # One broken file, and firewalld is without all of them.
    f = Firewalld(t, "other", default="iredmail", zones=(("iredmail", IREDMAIL), ("lain", "<zone>\n</zona>")))
    a = look(k, 1, f.dir)
    equal(set(states(a).values()), {"unknown"})
    equal([p["zones"][0]["line"] for p in a["ports"]], [2, 2, 2])
    check(all(p["zones"][0]["file"].endswith("zones/lain.xml") for p in a["ports"]), a["ports"])
    check("lain.xml:2: " in ask(k, 1, "apply", "--root", f.dir, "--yes").err)
    # What firewalld ignores is ignored, and told.
    f = Firewalld(t, "ignored", default="iredmail", zones=(("iredmail", IREDMAIL.replace(
        "</zone>", "<rule><accept/><drop/></rule>\n</zone>")),))
    a = look(k, 0, f.dir)
    check(any(x["line"] == 15 and "ignores it" in x["text"] for x in a["findings"]), a["findings"])
    # A service that is not there, and one that is broken.
    f = Firewalld(t, "without", zones=(("public", PUBLIC.replace('"ssh"', '"surat"')),))
    a = look(k, 1, f.dir)
    check(any("service surat does not exist" in x["text"] and x["line"] == 4 for x in a["findings"]), a)
    f = Firewalld(t, "half", zones=(("public", PUBLIC.replace('"ssh"', '"smtp"')),),
                  services=(("smtp", '<service>\n<port port="25"/>\n</service>'),))
    a = look(k, 1, f.dir)
    equal(states(a)[25], "unknown")
    check(any(x["file"].endswith("services/smtp.xml") and x["line"] == 2 for x in a["findings"] if x["file"]), a)


def test_hostile(t):
    """Files that are made to hurt are refused at once, and reach no terminal"""
    k = mail_server(t)
    laughs = ('<?xml version="1.0"?>\n<!DOCTYPE zone [\n<!ENTITY a "ha">\n'
              + "".join('<!ENTITY %s "%s">\n' % (b, ("&%s;" % a) * 10)
                        for a, b in zip("abcdefghi", "bcdefghij"))
              + "]>\n<zone><short>&j;</short></zone>")
    for n, (part, zone) in enumerate((
            ("document type", laughs),
            ("document type", '<!DOCTYPE zone SYSTEM "file:///etc/passwd"><zone/>'),
            ("octets", "<zone>" + " " * 300000 + "</zone>"),
            ("deep", "<zone>" + "<rule>" * 40000),
            ("elements", "<zone>" + '<interface name="x"/>' * 5000 + "</zone>"),
            ("name", '<zone><service name="\u009b31m\u202esmtp"/></zone>'),
            ("name", '<zone><service name="%s"/></zone>' % ("x" * 5000)),
            ("invalid", "<zone><short>\x1b[31m</short></zone>"),
            ("token", b"\xff\xfe\x00\x01" * 100))):
        f = Firewalld(t, "root%d" % n)
        f.put("etc/firewalld/zones/public.xml", zone)
        began = time.time()
        r = ask(k, 1, "check", "--root", f.dir)
        check(time.time() - began < 5, "took", time.time() - began)
        check("bad: " in r.out and part in r.out, part, "in", r.out)
        check(not set(r.out) & set("\x1b\u009b\u202e"), repr(r.out))
    # Strange names of files, and a directory that is none.
    f = Firewalld(t, "names")
    f.put("etc/firewalld/services/\x1b[31m.xml", "<service/>")
    f.put("etc/firewalld/services/.xml", "x")
    os.mkdir(f.path("etc/firewalld/zones/leer"))
    os.symlink("loop", f.path("etc/firewalld/zones/loop"))
    check("\x1b" not in ask(k, 1, "check", "--root", f.dir).out)
    os.mkfifo(f.path("etc/firewalld/services/pipa.xml"))
    r = ask(k, 3, "check", "--root", f.dir)
    check("pipa.xml" in r.out, r.out)


def test_not_known(t):
    """Rich rules, direct rules and two zones: what may decide is never called open"""
    k = mail_server(t)
    smtp = "".join('  <service name="%s"/>\n' % s for s in ("smtp", "smtps", "smtp-submission"))
    rule = '  <rule family="ipv4">\n    <source address="192.0.2.9"/>\n    <service name="smtp"/>\n    <drop/>\n  </rule>\n'
    f = Firewalld(t, "rich", zones=(("public", "<zone>\n" + smtp + rule + "</zone>"),))
    a = look(k, 3, f.dir)
    equal(states(a), {25: "unknown", 465: "open", 587: "open"})
    equal((a["ports"][0]["zones"][0]["by"], a["ports"][0]["zones"][0]["line"]), ("a rich rule may refuse it", 5))
    f = Firewalld(t, "direct", zones=(("public", "<zone>\n" + smtp + "</zone>"),))
    f.put("etc/firewalld/direct.xml", '<direct>\n<rule priority="0" table="filter" ipv="ipv4" '
          'chain="INPUT">-p tcp --dport 25 -j DROP</rule>\n</direct>')
    equal(set(states(look(k, 3, f.dir)).values()), {"unknown"})
    f.put("etc/firewalld/direct.xml", "<direct/>")
    look(k, 0, f.dir)
    # A second zone that an interface is in.
    f.put("etc/firewalld/zones/luar.xml", '<zone><interface name="eth1"/></zone>')
    equal(set(states(look(k, 3, f.dir)).values()), {"unknown"})
    look(k, 0, f.dir, "--zone", "public")
    equal(states(look(k, 1, f.dir, "--zone", "luar"))[25], "closed")
    r = ask(k, 2, "apply", "--root", f.dir, "--yes")
    check("--zone" in r.err and "zones/luar.xml" in r.err, r.err)
    ask(k, 0, "apply", "--root", f.dir, "--yes", "--zone", "luar")
    look(k, 0, f.dir)
    # A zone of several files.
    os.unlink(f.path("etc/firewalld/zones/luar.xml"))
    f.put("etc/firewalld/zones/luar/a.xml", '<zone><interface name="eth1"/></zone>')
    f.put("etc/firewalld/zones/luar/b.xml", '<zone target="ACCEPT"/>')
    look(k, 0, f.dir)
    f.put("etc/firewalld/zones/luar/b.xml", "<zone/>")
    r = ask(k, 3, "apply", "--root", f.dir, "--yes", "--zone", "luar")
    check("several files" in r.err, r.err)


def test_interfaces(t):
    """The zone that NetworkManager or an ifcfg file puts an interface in counts, too"""
    k = mail_server(t)
    smtp = "".join('<service name="%s"/>' % s for s in ("smtp", "smtps", "smtp-submission"))
    for n, (path, text) in enumerate((
            ("etc/NetworkManager/system-connections/eth0.nmconnection",
             "[connection]\nid=eth0\ntype=ethernet\nzone=luar\n\n[ipv4]\nmethod=auto\n"),
            ("etc/sysconfig/network-scripts/ifcfg-eth0", 'DEVICE=eth0\nZONE="luar"\n'),
            ("etc/firewalld/zones/dunia.xml", '<zone><source address="0.0.0.0/0"/></zone>'))):
        f = Firewalld(t, "root%d" % n, zones=(("public", "<zone>%s</zone>" % smtp), ("luar", "<zone/>")))
        look(k, 0, f.dir)
        f.put(path, text)
        a = look(k, 3, f.dir)
        equal([z["zone"] for z in a["zones"]], ["public", "dunia" if n == 2 else "luar"])
        equal(set(states(a).values()), {"unknown"})
        r = ask(k, 2, "apply", "--root", f.dir, "--yes")
        check(f.path(path) in r.err, r.err)
        ask(k, 0, "apply", "--root", f.dir, "--yes", "--zone", "dunia" if n == 2 else "luar")
        look(k, 0, f.dir)
    f = Firewalld(t, "quiet", zones=(("public", "<zone>%s</zone>" % smtp),))
    f.put("etc/NetworkManager/system-connections/eth0.nmconnection", "[connection]\nzone=\n#zone=luar\n")
    f.put("etc/NetworkManager/system-connections/eth1.txt", "zone=luar\n")
    f.put("etc/firewalld/zones/kantor.xml", '<zone>\n<source address="192.0.2.0/24"/></zone>')
    a = look(k, 0, f.dir)
    check(any(x["line"] == 2 and "192.0.2.0/24" in x["text"] for x in a["findings"]), a["findings"])


def test_nothing_to_read(t):
    """No firewalld, or one whose files are root's: not known, and said so"""
    k = mail_server(t)
    empty = t.mkdir("empty", own=False)
    a = look(k, 3, empty)
    equal((a["firewalld"], a["result"]), ("none", "unknown"))
    equal(len(a["ports"]), 3)
    check("not installed" in ask(k, 3, "check", "--root", empty).out)
    check("nothing was changed" in ask(k, 3, "apply", "--root", empty, "--yes").err)
    equal(os.listdir(empty), [])
    # As of a package that was removed: no such zone.
    f = Firewalld(t, default="iredmail")
    a = look(k, 1, f.dir)
    check(any("no zone iredmail" in x["text"] for x in a["findings"]), a)
    ask(k, 2, "apply", "--root", f.dir, "--yes")
    if not t.root:
        raise Skip("files that may not be read need root to make them")
    os.chmod(f.path("etc/firewalld"), 0o750)
    r = subprocess.run([t.bin, "firewall", "check", "--root", f.dir, "-c", k.conf_path],
                       capture_output=True, text=True, timeout=30, user=ORDINARY, group="nogroup",
                       extra_groups=[])
    equal(r.returncode, 3, r.stdout + r.stderr)
    check("run this as root" in r.stdout and "tcp  open" not in r.stdout, r.stdout)


def test_ports_are_tried(t):
    """Each port is connected to by the addresses others see"""
    port, closed = t.port(), t.port()
    listen = ('listen "mx" { address = {"0.0.0.0:%d"}  role = "mx" }\n' % port
              + 'listen "inside" { address = {"127.0.0.1:%d"}  role = "mx" }\n' % t.port())
    k = Kurir(t, listeners=listen, users=())
    k.mx = port
    k.start()
    f = Firewalld(t, zones=(("public", PUBLIC.replace(
        "<forward/>", '<port port="%d-%d" protocol="tcp"/>' % (port - 1, port + 1))),))
    a = look(k, 0, f.dir)
    equal([p["port"] for p in a["ports"]], [port])
    equal(a["ports"][0]["zones"][0]["by"], "ports %d-%d/tcp" % (port - 1, port + 1))
    tries = a["ports"][0]["connections"]
    if not tries:
        raise Skip("this machine has no address that others see")
    equal({c["answer"] for c in tries}, {"open"})
    check(not any(c["address"].startswith("127.") for c in tries), tries)
    k.stop()
    k.listeners = listen.replace(str(port), str(closed))
    k.write_conf()
    a = look(k, 1, f.dir)
    equal({c["answer"] for c in a["ports"][0]["connections"]}, {"refused"})
    check(any("does kurir run?" in x["text"] for x in a["findings"]), a["findings"])


def test_show(t):
    """The service and the commands, as text, JSON and XML"""
    k = mail_server(t)
    f = Firewalld(t, default="iredmail", zones=(("iredmail", IREDMAIL),))
    text = ask(k, 0, "show", "--root", f.dir).out
    for part in ("465/tcp  submissions  smtps", "/etc/firewalld/services/kurir.xml",
                 "kurir firewall apply --zone iredmail",
                 "firewall-cmd --permanent --zone=iredmail --add-service=smtp "
                 "--add-service=smtps --add-service=smtp-submission"):
        check(part in text, part, "in", text)
    check("2500" not in text, "loopback is not shown")
    only = ask(k, 0, "show", "--root", f.dir, "--xml").out
    equal([p.get("port") for p in xml.fromstring(only.encode()).findall("port")], ["25", "465", "587"])
    a = json.loads(ask(k, 0, "show", "--root", f.dir, "--json").out)
    equal(a["xml"], only)
    equal([p["service"] for p in a["ports"]], ["smtp", "smtps", "smtp-submission"])
    equal(a["zone"], "iredmail")
    k.listeners = 'listen "mx" { address = {"127.0.0.1:25"}  role = "mx" }\n'
    k.write_conf()
    check("nothing needs to be open" in ask(k, 1, "show", "--root", f.dir).err)
    check("nothing needs to be open" in ask(k, 0, "check", "--root", f.dir).out)


def test_wrong_usage(t):
    """What cannot be asked ends with 2"""
    k = mail_server(t)
    for argv in ((), ("open",), ("show", "check"), ("show", "--yes"), ("check", "--yes"), ("check", "--xml"),
                 ("show", "--xml", "--json"), ("check", "--zone", "../public"), ("check", "--zone", ""),
                 ("check", "--root")):
        ask(k, 2, *argv)
