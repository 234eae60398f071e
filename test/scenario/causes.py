"""What the scenarios of causes share. Each test names with @brings the causes that it brings about for real, and asks
"kurir why" about each by golden() or golden_text(); test_every_cause_is_met holds the names to doc/causes.md."""
import functools
import importlib
import inspect
import json
import os
import re

from harness import ROOT, check, equal, until

HERE = os.path.dirname(os.path.abspath(__file__))
_asked = set()


def texts():
    """{code: (English, Indonesian)} as the manual has them."""
    with open(os.path.join(ROOT, "doc", "causes.md"), encoding="utf-8") as f:
        parts = re.findall(r"^### (\S+)\n- en: (.*)\n(?:.*\n){2}- id: (.*)$", f.read(), re.M)
    return {code: (en, ind) for code, en, ind in parts}


def brings(*codes):
    """The test brings these causes about, and fails unless "kurir why" was asked about each."""
    def outer(test):
        @functools.wraps(test)
        def inner(t):
            _asked.clear()
            test(t)
            equal(sorted(_asked), sorted(codes), "the causes that were asked about")
        inner.brings = codes
        return inner
    return outer


def brought():
    """{code: [tests]} of all test files."""
    found = {}
    for f in sorted(os.listdir(HERE)):
        if re.match(r"test_why_\w+\.py$", f):
            for name, test in inspect.getmembers(importlib.import_module(f[:-3]), inspect.isfunction):
                for code in getattr(test, "brings", ()):
                    found.setdefault(code, []).append("%s.%s" % (f[5:-3], name[5:]))
    return found


def golden(k, ident, code):
    """The story of ident has that cause, in both languages, with a cure; and there is a letter about it."""
    k.has_cause(ident, code)
    cause = [c for c in k.why(ident)["causes"] if c["code"] == code][0]
    equal(cause["text"], texts()[code][0])
    check(cause["cure"] and cause["evidence"] is not None, cause)
    words = " ".join(k.ok("why", ident, "--lang", "id").split())
    check(" ".join(texts()[code][1].split()) in words, code, words)
    check("Subject: " in k.ok("why", ident, "--letter"), "a letter")
    _asked.add(code)
    return cause


def golden_text(t, text, code):
    """The same for a pasted text, on a machine that has no kurir.conf: the surest cause of it is code."""
    ask = [t.bin, "why", "-c", "/nonexistent/kurir.conf"]
    r = t.run(ask + ["--json"], input=text)
    causes = json.loads(r.out)["causes"] if r.returncode == 0 else []
    check(causes and causes[0]["code"] == code, code, "is not the cause of", text, ":", r.out, r.err)
    equal(causes[0]["text"], texts()[code][0])
    check(causes[0]["cure"], causes[0])
    words = " ".join(t.run(ask + ["--lang", "id"], input=text).out.split())
    check(" ".join(texts()[code][1].split()) in words, code, words)
    check("Subject: " in t.run(ask + ["--letter"], input=text).out, "a letter")
    _asked.add(code)
    return causes[0]


def session_with(k, code):
    """The id of a session that has that cause."""
    def found():
        return [r["id"] for r in k.log() if code in r["causes"]]
    return until(found, 10, "a session with " + code)[0]
