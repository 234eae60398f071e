"""The queue as an operator sees it: its verbs, its states, its promise."""
from harness import check, equal, session_id, until


def stuck(t, **more):
    """A kurir whose messages to mati.test wait, and the peer that will take them."""
    port = t.port()
    dns = t.dns().add("mati.test", "A", "127.0.0.1").add("lain.test", "A", "127.0.0.1")
    out = {"port": str(port), "retry": '{"1h"}'}
    out.update(more.pop("outbound", {}))
    return t.kurir(server=dns.server, outbound=out, **more), port


def deferred(k, n):
    return until(lambda: len([q for q in k.queue() if q["state"] == "deferred"]) == n and k.queue(),
                 15, "%d deferred: %s" % (n, k.queue()))


def test_list_and_show(t):
    """queue list, show, count, stats; filters; the JSON keys"""
    k, _ = stuck(t)
    a = session_id(k.send(["satu@mati.test", "dua@lain.test"], sender="siti@contoh.id"))
    b = session_id(k.send("tiga@lain.test"))
    rows = {q["id"]: q for q in deferred(k, 2)}
    equal(set(rows), {a, b})
    row = rows[a]
    for key in ("id", "state", "from", "size", "arrived", "recipients"):
        check(key in row, key, "missing in", row)
    equal(row["from"], "siti@contoh.id")
    for r in row["recipients"]:
        for key in ("address", "state", "attempts", "next_try", "last_reply", "cause"):
            check(key in r, key, "missing in", r)
        equal((r["state"], r["attempts"], r["cause"]), ("deferred", 1, "net.refused"))
    for argv, want in ((["--to", "tiga@lain.test"], {b}), (["--from", "siti@contoh.id"], {a}),
                       (["--domain", "mati.test"], {a}), (["--domain", "lain.test"], {a, b}),
                       (["--state", "deferred"], {a, b}), (["--state", "held"], set())):
        equal({q["id"] for q in k.json("queue", "list", *argv)}, want, argv)
    equal(k.ok("queue", "count").strip(), "2")
    check("satu@mati.test" in k.ok("queue", "show", a))
    check(k.cmd("queue", "show", "0000000000001").returncode == 1)
    k.ok("queue", "stats")
    check(k.cmd("queue", "list", "--nonsense").returncode == 2)


def test_hold_release_retry_delete_bounce(t):
    """hold, release, retry ID/--domain/--all, delete, bounce do what they say"""
    k, port = stuck(t)
    ids = [session_id(k.send("r%d@mati.test" % i, sender="siti@contoh.id")) for i in range(4)]
    deferred(k, 4)
    k.ok("queue", "hold", ids[0])
    equal([q["id"] for q in k.json("queue", "list", "--state", "held")], [ids[0]])
    peer = t.peer(port=port)
    k.ok("queue", "retry", ids[1])
    equal(peer.wait(1)[0].rcpts, ["r1@mati.test"])
    k.ok("queue", "delete", ids[2])
    k.ok("queue", "bounce", ids[3])
    [bounce] = k.mail("siti")
    check(b"r3@mati.test" in bounce)
    k.ok("queue", "retry", "--all")
    until(lambda: [q["id"] for q in k.queue()] == [ids[0]], 10, "only the held one: %s" % k.queue())
    equal(len(peer.messages), 1, "the held one was sent")
    k.ok("queue", "release", ids[0])
    peer.wait(2)
    k.wait_empty()
    equal(sorted(sum([m.rcpts for m in peer.messages], [])), ["r0@mati.test", "r1@mati.test"])


def test_a_dead_destination_holds_nobody_up(t):
    """Hundreds waiting for a stalling destination: others go at once"""
    from harness import STALL
    slow = t.peer(replies={"banner": STALL})
    live = t.peer()
    k = t.kurir(extra='route "mati.test" { via = "relay:[127.0.0.1]:%d" }\n'
                'route "hidup.test" { via = "relay:[127.0.0.1]:%d" }\n' % (slow.port, live.port))
    for i in range(150):
        k.send("r%d@mati.test" % i)
    for i in range(10):
        k.send("r%d@hidup.test" % i)
    equal(len(live.wait(10, 8)), 10, "to the living")


def test_survives_restart(t):
    """What waits is there after a stop and after a kill; count works with the daemon down"""
    k, port = stuck(t)
    ids = {session_id(k.send("r%d@mati.test" % i)) for i in range(5)}
    deferred(k, 5)
    equal(k.stop(), 0, "exit code")
    equal({q["id"] for q in k.queue()}, ids, "with the daemon down")
    check(k.cmd("queue", "delete", sorted(ids)[0]).returncode == 3, "a change with the daemon down")
    k.start()
    k.kill()
    k.start()
    equal({q["id"] for q in k.queue()}, ids)
    peer = t.peer(port=port)
    k.ok("queue", "retry", "--all")
    equal(len(peer.wait(5)), 5)


def test_large_backlog_of_one_domain(t):
    """700 that wait for one domain go out when it is back, also after a restart"""
    k, port = stuck(t, limits="recipients = 100")
    for i in range(7):
        k.send(["r%d-%d@mati.test" % (i, n) for n in range(100)])
    peer = t.peer(port=port)
    k.ok("queue", "retry", "--all")
    until(lambda: sum(len(m.rcpts) for m in peer.messages) == 700, 20, "all of the first 700")
    k.stop()
    out = k.out["port"]
    k.out["port"] = str(t.port())
    k.write_conf()
    k.start()
    for i in range(700):
        k.send("s%d@mati.test" % i)
    k.kill()
    k.out["port"] = out
    k.write_conf()
    k.start()
    k.ok("queue", "retry", "--all")
    until(lambda: sum(len(m.rcpts) for m in peer.messages) == 1400, 30, "all of the second 700: %d" %
          sum(len(m.rcpts) for m in peer.messages))
    k.wait_empty()


def test_control_socket_rights(t):
    """Somebody else may not change the queue, nor read it"""
    import os
    from harness import Skip
    if not t.root:
        raise Skip("needs root, to be somebody else")
    k, _ = stuck(t)
    ident = session_id(k.send("a@mati.test"))
    deferred(k, 1)
    import subprocess

    def demote():
        os.setgroups([])
        os.setgid(1)
        os.setuid(1)
    for verb in (["queue", "delete", ident], ["queue", "list"]):
        r = subprocess.run([t.bin, *verb, "-c", k.conf_path], preexec_fn=demote,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        check(r.returncode != 0, verb, r.stdout)
        check(ident.encode() not in r.stdout, r.stdout)
    equal(len(k.queue()), 1)
