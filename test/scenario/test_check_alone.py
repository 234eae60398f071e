"""`kurir check` where the binary was copied without the programs beside it."""
import json
import os
import shutil

from harness import check, equal

QUESTIONS = (("tls", "contoh.id"), ("smtp", "contoh.id"), ("relay", "contoh.id", "--mine"), ("sender", "contoh.id"),
             ("dane", "contoh.id"), ("mta-sts", "contoh.id"), ("blocklist", "192.0.2.1"),
             ("spf", "--ip", "192.0.2.1", "--mail-from", "a@contoh.id"))


def alone(t):
    """A path to kurir that nothing lies beside."""
    path = os.path.join(t.mkdir("sendiri"), "kurir")
    shutil.copy(t.bin, path)
    return path


def test_json_in_any_case(t):
    """Each check answers: unknown, and the reason with its cure"""
    kurir = alone(t)
    for words in QUESTIONS:
        r = t.run([kurir, "check", *words, "--json", "--timeout", "1s"], timeout=60)
        check(r.out.startswith("{"), words, r.out, r.err)
        got = json.loads(r.out)
        equal((got["answer"], r.returncode), ("unknown", 0 if words[0] == "spf" else 3), words)
        why = [f for f in got["findings"] if f["code"] == "check.no-dns"]
        check(len(why) == 1 and "libexec" in why[0]["text"] and why[0]["cure"], words, got["findings"])


def test_what_needs_no_dns_works(t):
    """An address, a message's header, a server by its address"""
    kurir = alone(t)
    p = t.peer(replies={"rcpt": "554 5.7.1 no relaying"})
    message = t.write("surat", "Received: from a.test by b.test with ESMTPS; Mon, 2 Jan 2023 10:00:00 +0700\n\n")
    for words, want in ((("address", "budi@contoh.id"), "good"), (("headers", message), None),
                        (("relay", "127.0.0.1:%d" % p.port, "--mine", "--wait", "0"), "good")):
        r = t.run([kurir, "check", *words, "--json"], timeout=60)
        got = json.loads(r.out)
        equal(got["answer"], want or got["answer"], words)
        if want == "good":
            equal((got["findings"], r.returncode), ([], 0), words)


def test_a_bad_anchor(t):
    """Nor does an authority that is none end without an answer"""
    nothing = t.write("kosong.pem", "bukan sertifikat\n")
    r = t.run([t.bin, "check", "smtp", "127.0.0.1:9", "--json", "--ca", nothing], timeout=30)
    got = json.loads(r.out)
    equal((got["answer"], [f["code"] for f in got["findings"]]), ("unknown", ["check.not-begun"]), r.err)
    check(r.returncode != 0, r.returncode)
