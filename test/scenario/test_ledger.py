"""It can always say why: kurir log and kurir why."""
import re
import subprocess
import time

from harness import check, equal, session_id, smtplib_client, until


def test_dialogue_of_a_session(t):
    """The dialogue format, without secrets and without bodies; the JSON keys"""
    k = t.kurir()
    c = smtplib_client(k, k.submission)
    c.ehlo("klien.example.org")
    c.login("siti", k.passwords["siti"])
    c.sendmail("siti@contoh.id", ["budi@contoh.id"], "Subject: x\r\n\r\nisi yang rahasia\r\n")
    c.quit()
    k.mail("budi")
    row = until(lambda: [r for r in k.log() if r["direction"] == "in" and r["user"]], 10,
                "the record")[0]
    for key in ("id", "direction", "time", "peer", "listener", "from", "to", "user", "tls", "verdict",
                "causes", "message", "bytes_in", "bytes_out", "dialogue"):
        check(key in row, key, "missing in", row)
    equal((row["verdict"], row["listener"], row["peer"]["ip"], row["from"]),
          ("accepted", "submission", "127.0.0.1", "siti@contoh.id"))
    equal(row["tls"]["version"].replace("_", "."), "TLSv1.3" if "v" in row["tls"]["version"]
          else "TLS1.3")
    text = k.ok("log", "--session", row["id"], "--format", "dialogue")
    import base64
    blob = base64.b64encode(("\0siti\0" + k.passwords["siti"]).encode()).decode()
    for secret in (k.passwords["siti"], blob, "isi yang rahasia"):
        check(secret not in text and secret not in str(row), "a secret is shown")
    check(re.search(r"\w\w\w \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}: \[\w+\] Accepting SMTP connection "
                    r"from \[127\.0\.0\.1:\d+\] to \[127\.0\.0\.1:%d\]" % k.submission, text), text)
    for part in ("--> 220 mail.contoh.id ESMTP kurir", "<-- STARTTLS", "--> 235", "SMTP session successful"):
        check(part in text, part, "not in", text)
    check(re.search(r"\(Bytes in/out: \d+/\d+\)", text), text)
    check(k.ok("log", "--format", "summary"))


def test_filters(t):
    """log filters by address, ip, verdict and time"""
    k = t.kurir()
    k.send("budi@contoh.id", sender="satu@example.org")
    k.send("siti@contoh.id", sender="dua@example.org")
    s = k.smtp(source="127.0.0.6")
    s.read()
    s.must("EHLO nama.example")
    s.must("MAIL FROM:<tiga@example.org>")
    s.cmd("RCPT TO:<tiada@contoh.id>")
    s.must("QUIT")
    until(lambda: len([r for r in k.log() if r["direction"] == "in" and r["from"]]) >= 3, 10, "records")

    def froms(**f):
        return {r["from"] for r in k.log(**f) if r["direction"] == "in"} - {None, ""}
    equal(froms(**{"from": "satu@example.org"}), {"satu@example.org"})
    equal(froms(to="siti@contoh.id"), {"dua@example.org"})
    equal(froms(ip="127.0.0.6"), {"tiga@example.org"})
    equal(froms(helo="nama.example"), {"tiga@example.org"})
    equal(froms(verdict="refused"), {"tiga@example.org"})
    check(k.cmd("log", "--since", "2030-01-01").out.strip() == "")
    check(k.cmd("log", "--verdict", "wahwah").returncode == 2)


def test_follow(t):
    """log -f shows new sessions as they end"""
    k = t.kurir()
    p = subprocess.Popen([t.bin, "log", "-f", "--format", "json", "-c", k.conf_path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    t.children.append(p)
    time.sleep(1)
    k.send("budi@contoh.id", sender="langsung@example.org")
    k.mail("budi")
    time.sleep(2)
    p.terminate()
    check(b"langsung@example.org" in p.communicate()[0])


def test_why_of_a_delivered_message(t):
    """why MESSAGE, SESSION, ADDRESS and IP tell the story; nothing found is exit 1"""
    peer = t.peer()
    dns = t.dns().add("mitra.test", "A", peer.address)
    k = t.kurir(server=dns.server, outbound={"port": str(peer.port)})
    ident = session_id(k.send("a@mitra.test"))
    peer.wait(1)
    k.wait_empty()
    until(lambda: (k.why(ident) or {}).get("verdict") == "delivered", 10, "the story: %s" % k.why(ident))
    story = k.why(ident)
    equal((story["kind"], story["id"]), ("message", ident))
    for who in ("a@mitra.test", "127.0.0.1"):
        got = k.json("why", who)
        check(isinstance(got, list) and got, who, got)
    r = k.cmd("why", "tidak@pernah.test")
    equal(r.returncode, 1, r.out + r.err)
    out = [x for x in k.log(message=ident) if x["direction"] == "out"]
    check(out and out[0]["tls"]["version"].endswith("1.3") or out[0]["tls"]["version"].endswith("1_3"),
          out)


def test_every_refusal_names_its_cause(t):
    """Each refusal ends with [ID]; why ID has the code, evidence and a cure"""
    k = t.kurir(trusted=["192.0.2.1/32"], limits='recipients = 2  message-size = "64KB"')
    cases = (
        (["EHLO x", "MAIL FROM:<a@b.test>", "RCPT TO:<x@luar.test>"], "relay.denied"),
        (["EHLO x", "MAIL FROM:<a@b.test>", "RCPT TO:<tiada@contoh.id>"], "recipient.unknown"),
        (["EHLO x", "MAIL FROM:<a@b.test> SIZE=999999999"], "limit.size"),
        (["EHLO x", "MAIL FROM:<a@b.test"], "protocol.syntax"),
        (["EHLO x", "NOOP " + "x" * 3000], "limit.line"),
        (["EHLO x", "AUTH PLAIN AHgAeQ=="], "tls.required-inbound"),
        (["EHLO x", "MAIL FROM:<a@b.test>"] + ["RCPT TO:<budi@contoh.id>"] * 3, "limit.recipients"))
    for lines, cause in cases:
        port = k.submission if lines[1].startswith("AUTH") else k.mx
        s = k.smtp(port, source="127.0.0.8")
        s.read()
        for line in lines:
            got = s.cmd(line)
        check(got[:1] in "45", lines[-1][:60], got)
        ident = session_id(got)
        s.close()
        until(lambda: cause in k.causes(ident), 8, "%s for %s: %s" % (
            cause, lines[-1][:60], (k.cmd("why", ident, "--json").out)))
        mine = [c for c in k.why(ident)["causes"] if c["code"] == cause][0]
        check(len(mine["text"]) > 10 and len(mine["cure"]) > 10, mine)


def test_works_with_the_daemon_down(t):
    """log and why read the records when no daemon runs"""
    k = t.kurir()
    ident = session_id(k.send("budi@contoh.id", sender="mati@example.org"))
    k.mail("budi")
    k.stop()
    check(any(r["from"] == "mati@example.org" for r in k.log()))
    equal(k.why(ident)["id"], ident)
