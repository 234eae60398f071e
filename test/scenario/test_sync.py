"""The nightly sync of exempt lists: whatever the web server sends, only a list
that is whole, signed and sane takes the place of the one in force."""
import os
import signal
import socket
import time

from harness import check, equal, program, until
from web import Page, Web

GOOD = "; senders who are known\n192.0.2.10 ; reason=old fax gateway\n" + "".join(
    "198.51.100.%d\n" % n for n in range(1, 10)) + "*.mitra.example\n"
MORE = GOOD + "203.0.113.0/24\nmail.lain.example\n"


def web(t, **more):
    w = Web(**more)
    t.closing.append(w.close)
    return w


def start(t, sections, **more):
    """kurir whose lists are synced as sections say: {"ptr": "sync = ..."}"""
    extra = "".join('exempt "%s" { %s }\n' % kv for kv in sections.items())
    dns = t.dns({("mail.contoh.id", "A"): ["127.0.0.1"]})
    k = t.kurir(extra=extra, server=dns.server, users=(),
                outbound={"ca": '"%s"' % t.cert("ca")}, **more)
    until(lambda: "name=fetch" in k.log_text(), 10, "role fetch")
    return k


def synced(k, name="ptr"):
    path = os.path.join(k.data, "exempt", name + ".list")
    return open(path).read() if os.path.exists(path) else None


def status(k, name="ptr"):
    return [s for s in k.json("exempt", "status") if s["list"] == name][0]


def sync(k, code, *words, name="ptr"):
    r = k.cmd("exempt", "sync", *([name] if name else []))
    told = r.out + r.err
    check(r.returncode == code, "exempt sync ended", r.returncode, told)
    for w in words:
        check(w in told, repr(w), "is not in", told)
    return told


def refused(k, *words, name="ptr", code=1):
    """It is refused for that reason, and the list in force stays."""
    before = synced(k, name)
    sync(k, code, *words, name=name)
    equal(synced(k, name), before, "the list in force")
    error = status(k, name)["last_error"] or ""
    for w in words:
        check(w in error, repr(w), "is not the last error:", error)


def test_sync_taken(t):
    """Taken, unchanged by a tag or by its bytes, taken anew; https and unsigned http"""
    w, plain = web(t, cert=t.pair()), web(t)
    w.pages["/ptr"] = Page(GOOD, tags=True)
    plain.pages["/helo.list"] = Page(GOOD)
    plain.pages["/mail.list"] = Page(GOOD, Last_Modified="Sat, 22 Nov 2025 02:00:00 GMT")
    k = start(t, {"ptr": 'sync = "%s"' % w.url("/ptr"),
                  "helo": 'sync = "%s"  unsigned = true' % plain.url("/helo.list", "127.0.0.1"),
                  "mail": 'sync = "%s"  unsigned = true' % plain.url("/mail.list", "localhost")})
    sync(k, 0, "ptr")
    equal(synced(k), GOOD)
    equal(w.requests[0][1].get("user-agent"), "kurir")
    check("if-none-match" not in w.requests[0][1], "conditional from the first")
    sync(k, 0, name=None)
    equal([synced(k, n) for n in ("ptr", "helo", "mail")], [GOOD] * 3)
    equal(w.requests[1][1].get("if-none-match"), w.pages["/ptr"].etag())
    sync(k, 0, "unchanged", name="mail")
    check("if-modified-since" in plain.requests[-1][1], "Last-Modified was not sent back")
    w.pages["/ptr"] = Page(MORE, tags=True)
    sync(k, 0)
    equal(synced(k), MORE)
    until(lambda: "exempt-added list=ptr n=2 lines=\"203.0.113.0/24, mail.lain.example\""
          in k.log_text(), 5, "the difference in the log")
    until(lambda: [e for e in k.json("exempt", "list", "ptr") if e["source"] == "synced"
                   and e["entry"] == "203.0.113.0/24"], 5, "the new list in force")
    s = status(k)
    check(s["last_sync"] and not s["last_error"], s)
    # What somebody did to the copy is mended, whatever the tags say.
    with open(os.path.join(k.data, "exempt", "ptr.list"), "w") as f:
        f.write("192.0.2.1\n" * 7)
    sync(k, 0)
    equal(synced(k), MORE)
    log = [line for line in k.log_text().splitlines() if "name=fetch" in line]
    check("root=\"1 path\"" in log[0] and "seccomp=on" in log[0], log)


def test_sync_refused(t):
    """Web pages, errors, redirects, empty, shrunken, giant, bad and over-broad files"""
    w = web(t, cert=t.pair())
    w.pages["/ptr"] = Page("", status=304)
    k = start(t, {"ptr": 'sync = "%s"' % w.url("/ptr")})
    refused(k, "304")
    w.pages["/ptr"] = Page(GOOD, tags=True)
    sync(k, 0)
    big = GOOD + ("; " + 900 * "x" + "\n") * 9500
    for page, *words in (
            (Page(GOOD, status=404), "404"),
            (Page(GOOD, status=500), "500"),
            (Page("", status=301, Location=w.url("/other")), "301", "/other", "redirect"),
            (Page("<html><body>192.0.2.1</body></html>"), "web page"),
            (Page(GOOD, Content_Type="text/html; charset=utf-8"), "web page"),
            (Page(""), "no entries"),
            (Page("; nobody\n\n"), "no entries"),
            (Page("\n".join(GOOD.splitlines()[:6])), "less than half"),
            (Page(GOOD + "192.0.2\n"), "line 13"),
            (Page(GOOD.replace("198.51.100.3", "198.51.100.300")), "line 5"),
            (Page(GOOD + "*\n"), "line 13", "over-broad"),
            (Page(GOOD + "10.0.0.0/8\n"), "line 13", "over-broad"),
            (Page(GOOD + "2001::/16\n"), "line 13", "over-broad"),
            (Page(GOOD + "\x00\n"), "line 13"),
            (Page(GOOD, mode="giant"), "8 MB"),
            (Page(GOOD, mode="endless"), "8 MB"),
            (Page(big), "8 MB")):
        w.pages["/ptr"] = page
        refused(k, *words)
    equal([p for p, _ in w.requests if p != "/ptr"], [], "the redirect was followed")
    w.pages["/ptr"] = Page(MORE)
    sync(k, 0)
    equal(status(k)["last_error"], None)


def keys(t, name):
    """(public key line, sign(text, *options) -> signature file)"""
    pub, sec = t.path(name + ".pub"), t.path(name + ".sec")
    run = t.run([program("minisign"), "-G", "-W", "-f", "-p", pub, "-s", sec])
    check(run.returncode == 0, "minisign", run.err)

    def sign(text, *options, stamp=None):
        if stamp:
            options += ("-t", "timestamp:%d\tfile:ptr.list" % stamp)
        data = t.write(name + ".data", text)
        r = t.run([program("minisign"), "-S", "-W", "-s", sec, "-m", data, "-x", data + ".sig",
                   *options])
        check(r.returncode == 0, "minisign", r.err)
        with open(data + ".sig") as f:
            return f.read()
    with open(pub) as f:
        return f.read().splitlines()[1], sign


def test_sync_signed(t):
    """Signatures: tampered, missing, another's, of another file, replayed"""
    key, sign = keys(t, "ours")
    _, forge = keys(t, "theirs")
    w = web(t)

    def offer(text, signature):
        w.pages["/ptr"] = Page(text, tags=True)
        w.pages.pop("/ptr.minisig", None)
        if signature is not None:
            w.pages["/ptr.minisig"] = signature if isinstance(signature, Page) else Page(signature)
    k = start(t, {"ptr": 'sync = "%s"  key = "%s"' % (w.url("/ptr"), key)})
    now = int(time.time())
    offer(GOOD, sign(GOOD, stamp=now))
    sync(k, 0)
    equal(synced(k), GOOD)
    sync(k, 0)
    equal(w.requests[-1][0], "/ptr", "a list that did not change needs no signature")
    good = sign(MORE, stamp=now)
    lines = good.splitlines()
    other = lines[:2] + [lines[2].replace("ptr.list", "all.list")] + lines[3:]
    for text, signature, *words in (
            (MORE.replace("203.0.113.0", "203.0.112.0"), good, "not that of this file"),
            (MORE + "\n", good, "not that of this file"),
            (MORE, forge(MORE, stamp=now), "signed with the key"),
            (MORE, None, "signature", "404"),
            (MORE, "", "not a minisign signature"),
            (MORE, "\n".join(lines[:3]), "not a minisign signature"),
            (MORE, Page(good, mode="endless"), "larger"),
            (MORE, "\n".join(other), "trusted comment"),
            (MORE, sign(MORE, stamp=now - 86400), "older"),
            (MORE + "*\n", sign(MORE + "*\n", stamp=now), "over-broad")):
        offer(text, signature)
        refused(k, *words)
    offer(MORE, good)
    sync(k, 0)
    equal(synced(k), MORE)
    offer(GOOD, sign(GOOD, "-l", stamp=now + 1))
    sync(k, 0)
    equal(synced(k), GOOD, "the older kind of signature")


def test_sync_unreachable(t):
    """Nobody there, an unknown name, a wrong certificate, a slow or torn answer: exit 3"""
    w = web(t, cert=t.pair("wrongname"))
    signer = web(t, cert=t.pair("selfsigned"))
    plain = web(t)
    w.pages["/ptr"] = signer.pages["/ptr"] = plain.pages["/ptr"] = Page(GOOD)
    plain.pages["/torn"] = Page(GOOD, mode="torn")
    plain.pages["/drip"] = Page(GOOD, mode="drip")
    plain.pages["/fields"] = Page(GOOD, mode="fields")
    closed = "http://127.0.0.1:%d/" % t.port()
    k = start(t, {"ptr": 'sync = "%s"  unsigned = true' % plain.url("/ptr")},
              limits='fetch-timeout = "2s"')
    sync(k, 0)

    def now_from(url):
        k.extra = 'exempt "ptr" { sync = "%s"%s }\n' % (
            url, "  unsigned = true" if url.startswith("http:") else "")
        k.write_conf()
        before = k.log_text().count(" reloaded ")
        k.reload()
        until(lambda: k.log_text().count(" reloaded ") > before, 10, "the reload")
    for url, *words in ((closed, "connect"),
                        (plain.url("/ptr", "hilang.contoh.id"), "hilang.contoh.id"),
                        (w.url("/ptr"), "certificate"),
                        (signer.url("/ptr"), "certificate"),
                        (w.url("/ptr").replace("https:", "http:"), ""),
                        (plain.url("/torn"), ""),
                        (plain.url("/fields"), "header is larger"),
                        (plain.url("/drip"), "2 s")):
        now_from(url)
        refused(k, *words, code=3)
    began = time.time()
    w.pages["/ptr"] = Page(GOOD)
    now_from(plain.url("/ptr"))
    sync(k, 0)
    check(time.time() - began < 5, "slow")


def test_sync_six(t):
    """An IPv6 address in the URL"""
    try:
        w = web(t, host="::1", family=socket.AF_INET6)
    except OSError as e:
        from harness import Skip
        raise Skip("no IPv6 here: %s" % e)
    w.pages["/ptr"] = Page(GOOD)
    k = start(t, {"ptr": 'sync = "%s"  unsigned = true' % w.url("/ptr", "[::1]")})
    sync(k, 0)
    equal(synced(k), GOOD)


def test_sync_in_nobodys_way(t):
    """Fetch is there only when wanted; stopped or killed it stops nothing else"""
    w = web(t)
    w.pages["/ptr"] = Page(GOOD)
    section = 'exempt "ptr" { sync = "%s"  unsigned = true }\n' % w.url("/ptr", "127.0.0.1")
    k = t.kurir()
    check("fetch" not in k.roles(), k.roles())

    def reload(extra):
        k.extra = extra
        k.write_conf()
        before = k.log_text().count(" reloaded ")
        k.reload()
        until(lambda: k.log_text().count(" reloaded ") > before, 5, "the reload")
    reload(section)
    until(lambda: "name=fetch" in k.log_text(), 10, "role fetch")
    pid = k.roles()["fetch"][0]
    os.kill(pid, signal.SIGSTOP)
    reload(section + 'trusted = {"192.0.2.77"}\n')
    check(k.send("budi@contoh.id").startswith("250"), "mail waits for fetch")
    k.mail("budi")
    os.kill(pid, signal.SIGKILL)
    until(lambda: k.roles().get("fetch", [pid]) != [pid], 10, "a new fetch")
    until(lambda: k.cmd("exempt", "sync").returncode == 0, 10, "a sync by the new one")
    reload("")
    until(lambda: "fetch" not in k.roles(), 5, "the end of fetch")
    equal(k.stop(), 0)


def test_sync_readable(t):
    """Role lookup, another user, can read what fetch wrote, under any umask"""
    w = web(t)
    w.pages["/ptr"] = Page(GOOD)
    section = 'sync = "%s"  unsigned = true' % w.url("/ptr", "127.0.0.1")
    before = os.umask(0o077)
    try:
        k = t.kurir(start=False, extra='exempt "ptr" { %s }\n' % section, users=())
        k.start()
    finally:
        os.umask(before)
    until(lambda: "name=fetch" in k.log_text(), 10, "role fetch")
    sync(k, 0)
    where = os.path.join(k.data, "exempt")
    equal([oct(os.stat(os.path.join(where, f)).st_mode & 0o777) for f in
           ("", "ptr.list", "ptr.state")], ["0o755", "0o644", "0o644"])
