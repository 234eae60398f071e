"""The pages of `kurir check` in Chromium: light, dark, at the width of a
telephone, and with all that an examined server may put into them."""
import json
import os
import re
import struct
import zlib

from harness import check, equal, program
from s_server import SServer
from test_check_tls import authority, issue

HOSTILE = ('<script>document.title="taken"</script><img src=x onerror=alert(1)>"><svg/onload=alert(1)>',
           '<style>*{display:none}</style></pre></span></main>&lt;b&gt;\x1b[31m\x07',
           '<iframe src="https://peer.test/"></iframe><meta http-equiv=refresh content="0;url=//peer.test/">')
LONG = "x" * 300


def chromium(t, *argv):
    t.mkdir("profile")
    r = t.run([program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
               "--user-data-dir=" + t.path("profile"), *argv], timeout=60, env={"HOME": t.dir})
    equal(r.returncode, 0, r.err)
    return r.out


def page(t):
    """A report on a server that says whatever would hurt a page."""
    peer = t.peer(replies={"banner": "220 mail.contoh.id " + HOSTILE[0], "mail": "250 " + HOSTILE[1],
                           "rcpt": ["550 " + HOSTILE[2], "550 " + LONG]},
                  extensions=["SIZE " + HOSTILE[0], LONG, "8BITMIME"])
    d = t.dns({("mail.contoh.id", "A"): ["127.0.0.1"]})
    path = t.path("page.html")
    r = t.run([t.bin, "check", "smtp", "mail.contoh.id", "--resolver", d.server, "--level", "full", "--html", path,
               "--connect", "mail.contoh.id:25=127.0.0.1:%d" % peer.port, "--ca", t.cert("ca")], timeout=60)
    check(os.path.exists(path), r.out + r.err)
    check("\x1b" not in r.out and "\x07" not in r.out, "escapes on the terminal")
    text = open(path).read().split("<main>")[1]
    for part in ("&lt;script&gt;", "&lt;style&gt;", "&lt;iframe", "\\x1B[31m", LONG):
        check(part in text, part, "is not in the page", text)
    return path


def pixels(path):
    """Width, height, and the rows of an 8-bit PNG as bytes."""
    data = open(path, "rb").read()
    equal(data[:8], b"\x89PNG\r\n\x1a\n")
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    size = {2: 3, 6: 4}[colour]
    equal(depth, 8, "depth")
    at, packed = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += n + 12
    raw, rows, above = zlib.decompress(packed), [], bytearray(width * size)
    for y in range(height):
        start = y * (width * size + 1)
        how, row = raw[start], bytearray(raw[start + 1:start + 1 + width * size])
        for x in range(len(row) if how else 0):
            a = row[x - size] if x >= size else 0
            b, c = above[x], above[x - size] if x >= size else 0
            if how == 4:
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            else:
                near = (0, a, b, (a + b) // 2)[how]
            row[x] = (row[x] + near) & 255
        rows.append(bytes(row))
        above = row
    return width, height, size, rows


def looks(t, path, name, *argv):
    """A screenshot: the brightness of its ground, and how many points differ from it."""
    shot = t.path(name + ".png")
    chromium(t, "--window-size=500,500", "--screenshot=" + shot, *argv, "file://" + path)
    width, height, size, rows = pixels(shot)
    ground = rows[0][:3]
    ink = sum(row[x:x + 3] != ground for row in rows for x in range(0, width * size, size))
    return sum(ground) / 3, ink / (width * height)


def test_light_and_dark(t):
    """There is ink on the ground, which is bright by day and dark by night"""
    path = page(t)
    ground, ink = looks(t, path, "light", "--blink-settings=preferredColorScheme=1")
    check(ground > 230 and 0.02 < ink < 0.9, "light:", ground, ink)
    ground, ink = looks(t, path, "dark", "--blink-settings=preferredColorScheme=0")
    check(ground < 60 and 0.02 < ink < 0.9, "dark:", ground, ink)


MEASURE = """<!doctype html><body><iframe id=f src="page.html" style="width:%dpx;height:2000px;border:0"></iframe>
<pre id=out></pre><script>
f.onload = () => {
  const w = f.contentWindow, d = w.document, names = {}, events = [];
  for (const e of d.querySelectorAll('*')) {
    names[e.localName] = 1;
    for (const a of e.attributes) if (/^on|^src$|^style$/.test(a.name)) events.push(e.localName + ' ' + a.name);
  }
  out.textContent = 'measured ' + JSON.stringify({width: d.documentElement.scrollWidth, height: d.body.scrollHeight,
    body: d.body.getBoundingClientRect().width, names: Object.keys(names), events, title: d.title,
    margin: w.getComputedStyle(d.body).marginTop, asked: w.performance.getEntriesByType('resource').length,
    text: d.body.innerText.length, said: d.body.innerText.includes('<script>'), styles: d.querySelectorAll('style').length});
};</script>"""


def measure(t, width, page="page.html"):
    t.write("measure.html", MEASURE.replace("page.html", page) % width)
    out = chromium(t, "--allow-file-access-from-files", "--virtual-time-budget=3000", "--dump-dom",
                   "file://" + t.path("measure.html"))
    found = re.search(r"measured (\{.*?\})</pre>", out, re.S)
    check(found, out[-2000:])
    return json.loads(found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def test_on_a_telephone(t):
    """At 360 and 320 points nothing is wider than the screen; what a server said is text and does nothing"""
    page(t)
    for width in (320, 360, 1200):
        m = measure(t, width)
        check(m["width"] <= width, "scrolls sideways:", m)
        check(m["height"] > 500 and m["text"] > 2000, "is it shown?", m)
        equal(m["margin"], "0px", "our style does not apply")
        equal((m["events"], m["asked"], m["styles"]), ([], 0, 1), m)
        equal(set(m["names"]) & {"script", "img", "svg", "iframe", "object", "link", "form"}, set(), m)
        check(m["said"], "what the server said is not there as text", m)
        check("taken" not in m["title"], m["title"])


def test_every_report_on_a_telephone(t):
    """Of a certificate that injects, of a relay's 70 pairs, of a sender, of a file of targets: no wider than 320 points"""
    pair = issue(t, "evil", subject="/CN=<script>document.title=1<\\/script>/O=" + LONG[:60], by=authority(t),
                 ext="subjectAltName=DNS:mail.contoh.id," + ",".join("DNS:<img src=x>%02d.%s" % (i, LONG[:50]) for i in range(30))
                 + "\n")
    server = SServer(t, "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", pair=pair)
    d = t.dns({("contoh.id", "MX"): ["10 mail.contoh.id"], ("mail.contoh.id", "A"): ["127.0.0.1"],
               ("contoh.id", "TXT"): ["v=spf1 " + "ip4:192.0.2.0/24 " * 20 + HOSTILE[0].replace(" ", "") + " -all"],
               ("_dmarc.contoh.id", "TXT"): ["v=DMARC1; p=" + HOSTILE[1].replace(";", "")]})
    t.write("targets", "contoh.id\n%s\nmail.%s.contoh.id\n" % (HOSTILE[0], ".".join([LONG[:60]] * 3)))
    more = ["--resolver", d.server, "--ca", t.cert("ca"), "--level", "full", "--timeout", "3s", "--connect",
            "mail.contoh.id:25=127.0.0.1:%d" % server.port]
    for name, argv in (("tls", ["tls", "contoh.id"]), ("relay", ["relay", "mail.contoh.id", "--mine"]),
                       ("sender", ["sender", "contoh.id", "--ip", "127.0.0.1"]), ("dane", ["dane", "contoh.id"])):
        r = t.run([t.bin, "check", *argv, *more, "--lang", "id", "--html", t.path(name + ".html")], timeout=100)
        check(os.path.exists(t.path(name + ".html")), r.out + r.err)
    r = t.run([t.bin, "check", "smtp", "--file", t.path("targets"), "--html-dir", t.dir, *more], timeout=100)
    check(os.path.exists(t.path("index.html")), r.out + r.err)
    for name in ("tls", "relay", "sender", "dane", "index"):
        for width in (320, 1200):
            m = measure(t, width, name + ".html")
            check(m["width"] <= width and m["height"] > 100, name, "at", width, m)
            equal((m["events"], m["asked"]), ([], 0), (name, m))
            equal(set(m["names"]) & {"script", "img", "svg", "iframe", "object", "link", "form"}, set(), (name, m))
            check(name == "index" or m["title"].startswith("check " + name), name, m["title"])


test_every_report_on_a_telephone.heavy = 1
