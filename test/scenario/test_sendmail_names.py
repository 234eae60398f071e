"""kurir sendmail to bare names, as cron and timers write them."""
from harness import check, equal


def hand_in(k, *names, text="Subject: laporan\n\nisi\n"):
    r = k.cmd("sendmail", "-i", *names, input=text)
    check(r.returncode == 0, names, r.err)


def test_bare_names(t):
    """root is the postmaster (here budi), another name lives in the first domain, an address stays what it is"""
    k = t.kurir(trusted=["127.0.0.0/8"])
    hand_in(k, "root")
    equal(len(k.mail("budi", 1)), 1)
    hand_in(k, "siti", "ROOT")
    equal((len(k.mail("budi", 2)), len(k.mail("siti", 1))), (2, 1))
    hand_in(k, "siti@contoh.id")
    equal(len(k.mail("siti", 2)), 2)
    hand_in(k, "-t", text="To: root\nCc: siti\nSubject: x\n\nisi\n")
    equal((len(k.mail("budi", 3)), len(k.mail("siti", 3))), (3, 3))
    r = k.cmd("sendmail", "-i", "tiada", input="Subject: x\n\nisi\n")
    check(r.returncode != 0 and "550 5.1.1" in r.err, "a bare name that nobody has", r.err)
