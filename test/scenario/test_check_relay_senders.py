"""check relay against servers that refuse some senders for what they are, before they think of relaying."""
from harness import check, equal
from test_check_relay import ask

DENIED = "550 5.7.1 Relay access denied"


def replies(*refused, open_to=(), code="450 4.1.8 <x@localhost>: Sender address rejected: Domain not found"):
    """Senders with one of these in them are refused with that; recipients elsewhere too, but for some."""
    return {"mail": lambda a: code if any(r in a for r in refused) else None,
            "rcpt": lambda a: None if any(o in a for o in open_to) else DENIED}


def test_sender_domains_are_looked_up(t):
    """@localhost is no sender: the recipient forms are tried from <> instead, and closed is called closed"""
    for how in (replies("@localhost", "@[127.0.0.1]"),
                replies("@localhost", code="451 4.7.1 the domain localhost was not found")):
        got = ask(t, t.peer(replies=how).port, "--from", "budi@mitra.test", code="closed")
        equal(got["answer"], "good")
        stood_in = [p for p in got["pairs"] if p["name"] == "percent-localhost"]
        equal([p["from"] for p in stood_in], ["<>"] * len(stood_in))
        check("remote.greylisted" not in got["codes"], got["codes"])


def test_open_behind_a_refused_sender(t):
    """A form that only @localhost senders were to try is found open all the same"""
    got = ask(t, t.peer(replies=replies("@localhost", open_to=("%",))).port, "--from", "budi@mitra.test")
    check(got["verdict"] != "closed" and "percent-localhost" in got["taken"], got["verdict"], got["taken"])


def test_the_default_sender_is_refused(t):
    """A sender of elsewhere that is refused for itself leaves open who may send from there: say so, not closed"""
    code = "550 5.7.27 null MX: example.com takes no mail"
    got = ask(t, t.peer(replies=replies("@example.com", code=code)).port, code="inconclusive")
    findings = [f for f in got["findings"] if f["code"] == "relay.sender-refused"]
    check(findings and all("--from" in f["cure"] for f in findings), got["findings"])
    ask(t, t.peer(replies=replies("@example.com", code=code)).port, "--from", "budi@mitra.test", code="closed")
