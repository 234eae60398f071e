"""Bounces to senders of our own domain: to mailboxes and aliases, never to mere names."""
import os
import re

from harness import check, equal, session_id, until


def bouncing(t, aliases="", **more):
    """A kurir whose mail to tolak.test fails at once."""
    path = t.write("aliases", aliases)
    return t.kurir(extra='aliases = "%s"\nroute "tolak.test" { via = "relay:[127.0.0.1]:%d" }\n'
                   % (path, t.peer(replies={"rcpt": "550 5.7.1 no"}).port), **more)


def test_notice_to_nobody(t):
    """The bounce to a sender that does not exist makes no Maildir and leaves the queue"""
    k = bouncing(t)
    ident = session_id(k.send("a@tolak.test", sender="karangan@contoh.id"))
    until(lambda: "notice-dropped" in k.log_text(), 15, "notice-dropped")
    k.wait_empty()
    equal(k.ok("queue", "count").strip(), "0")
    names = [n for _, dirs, _ in os.walk(k.maildirs) for n in dirs]
    check("karangan" not in names, names)
    equal(k.log_text().count("notice-dropped"), 1)
    until(lambda: "dropped: 550 5.1.1" in k.ok("why", ident), 8, "the story tells it")


def test_notice_to_an_alias(t):
    """The bounce to an alias reaches all it stands for, here and elsewhere, once each"""
    far = t.peer()
    more = 'route "jauh.test" { via = "relay:[127.0.0.1]:%d" }\n' % far.port
    path = t.write("aliases", "tim@contoh.id: budi, siti, tim@contoh.id, c@jauh.test\n"
                   "satu@contoh.id: siti@contoh.id\n")
    k = t.kurir(extra='aliases = "%s"\n%sroute "tolak.test" { via = "relay:[127.0.0.1]:%d" }\n' % (
        path, more, t.peer(replies={"rcpt": "550 5.7.1 no"}).port))
    k.send("a@tolak.test", sender="tim@contoh.id")
    check(b"a@tolak.test" in k.mail("budi")[0])
    check(b"a@tolak.test" in k.mail("siti")[0])
    equal([m.rcpts for m in far.wait(1)], [["c@jauh.test"]])
    k.wait_empty()
    k.send("b@tolak.test", sender="satu@contoh.id")
    check(any(b"b@tolak.test" in m for m in k.mail("siti", 2)))
    k.send("c@tolak.test", sender="Budi@contoh.id")
    check(any(b"c@tolak.test" in m for m in k.mail("budi", 2)))
    k.wait_empty()
    names = [n for _, dirs, _ in os.walk(k.maildirs) for n in dirs]
    check(not {"tim", "satu"} & set(names), names)


def test_notice_status(t):
    """Where the reason is our own the bounce still has its status"""
    k = t.kurir()
    k.send("a@tiada.test", sender="siti@contoh.id")
    [bounce] = k.mail("siti")
    status = re.search(rb"^Status: (\S+)", bounce, re.M).group(1)
    equal(status, b"5.1.2")


def test_notice_waits_for_the_tables(t):
    """What lookup cannot say now is asked again: a bounce waits for its alias to be mended"""
    k = bouncing(t, "antara@contoh.id: belum@contoh.id\n")
    k.send("a@tolak.test", sender="antara@contoh.id")
    until(lambda: [r for q in k.queue() for r in q["recipients"] if r["state"] == "deferred"
                   and r["address"] == "antara@contoh.id"], 15, "deferred: %s" % k.queue())
    k.add_user("belum")
    check(b"a@tolak.test" in k.mail("belum", 1, 20)[0])
    k.wait_empty()
