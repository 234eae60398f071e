"""check dane and check mta-sts where a part is right and the rest is not, or was not looked at: never "good"."""
import hashlib

from harness import Peer, check, equal
from test_check_tls import (HOST, POLICY, Secure, ask, authority, codes, der, issue, sts, tlsa, zone)


def two_addresses(t, second):
    """An exchanger with two addresses at one port; the second shows that certificate, or none."""
    first = issue(t, "leaf", by=authority(t))
    one = t.peer(cert=first)
    other = Peer(address="127.0.0.2", port=one.port, cert=second, tls="ok" if second else "absent")
    t.closing.append(other.close)
    dns = Secure()
    t.closing.append(dns.close)
    dns.add(HOST, "A", "127.0.0.1", "127.0.0.2")
    dns.add("_%d._tcp.%s" % (one.port, HOST), "TLSA", tlsa(3, 0, 1, hashlib.sha256(der(first[0])).digest()))
    code, got = ask(t, "dane", "%s:%d" % (HOST, one.port), dns=dns)
    return code, got, got["hosts"][0]["state"]


def test_dane_at_each_address(t):
    """A second address with another certificate does not match; one without TLS was not found out"""
    code, got, state = two_addresses(t, issue(t, "other", by=authority(t)))
    equal((code, state, codes(got, "bad")), (1, "mismatch", ["tls.dane-mismatch"]))
    code, got, state = two_addresses(t, None)
    equal((code, state, codes(got, "warn")[:1]), (3, "match", ["tls.not-offered"]))


def test_more_exchangers_than_looked_at(t):
    """70 MX: the rest was not compared with TLSA records or policy, and that is said"""
    names = ["m%02d.mitra.test" % i for i in range(70)]
    dns, more = sts(t, POLICY.replace("mx: mx.mitra.test", "mx: *.mitra.test"))
    del dns.zones[("mitra.test", "MX")]
    dns.add("mitra.test", "MX", *("%d %s" % (i, n) for i, n in enumerate(names)))
    code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns)
    equal((code, codes(got)), (3, ["dns.too-many-mx", "dns.tempfail"]))
    code, got = ask(t, "dane", "mitra.test", dns=dns)
    check(code != 0 and "dns.too-many-mx" in codes(got), code, codes(got))


def test_policies_that_were_not_read_whole(t):
    """More mx lines than are kept, or a policy that was cut: no exchanger is said not to be in it"""
    names = ["m%02d.mitra.test" % i for i in range(40)]
    policy = POLICY + "".join("mx: %s\r\n" % n for n in names)
    dns, more = sts(t, policy)
    del dns.zones[("mitra.test", "MX")]
    dns.add("mitra.test", "MX", *("10 " + n for n in names[30:]))
    code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns)
    equal((code, codes(got)[:1]), (3, ["mta-sts.many-mx"]))
    dns, more = sts(t, POLICY + "x: y\r\n" * 20000)
    code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns)
    equal((code, codes(got)), (1, ["mta-sts.too-long", "dns.private-mx"]))


def test_policy_host_by_common_name(t):
    """The name of the policy host must stand among the alternative names (RFC 8461 3.3)"""
    cert = issue(t, "web", "/CN=mta-sts.mitra.test", by=authority(t), ext="basicConstraints=CA:FALSE\n")
    dns, more = sts(t, POLICY, cert=cert)
    code, got = ask(t, "mta-sts", "mitra.test", *more, dns=dns)
    equal((code, codes(got, "bad")), (1, ["tls.cert-name-mismatch"]))


def test_policy_that_cannot_be_kept(t):
    """The exchanger is in the policy, but shows no certificate that holds, or offers no TLS, or is not there"""
    dns, more = sts(t, POLICY)
    for peer, code, want in ((t.peer(cert=issue(t, "leaf", by=authority(t))), 0, []),
                             (t.peer(cert=t.pair("selfsigned")), 1, ["tls.sts-mismatch"]),
                             (t.peer(cert=t.pair("wrongname")), 1, ["tls.sts-mismatch"]),
                             (t.peer(tls="absent"), 1, ["tls.sts-mismatch"]),
                             (None, 3, ["net.refused"])):
        port = peer.port if peer else t.port()
        got = ask(t, "mta-sts", "mitra.test", *more, port=port, dns=dns)
        equal((got[0], codes(got[1])), (code, want))
    dns, more = sts(t, POLICY.replace("enforce", "testing"))
    code, got = ask(t, "mta-sts", "mitra.test", *more, port=t.peer(cert=t.pair("selfsigned")).port, dns=dns)
    equal((code, codes(got, "warn")), (0, ["mta-sts.testing", "tls.sts-mismatch"]))
