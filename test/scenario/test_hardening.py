"""Hostile and unlucky clients, and roles that die or stall under sessions."""
from harness import check


def test_pipelining_waits_for_verdicts(t):
    """What is pipelined behind a command that waits for an answer is not forgotten"""
    k = t.kurir()
    for rcpt in ("budi", "siti", "budi"):
        s = k.smtp(timeout=10)
        s.read()
        s.send("EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<%s@contoh.id>\r\nDATA\r\n" % rcpt)
        codes = [s.read()[:3] for _ in range(4)]
        check(codes == ["250", "250", "250", "354"], codes)
        s.send("Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
        check(s.read().startswith("250"))
        check(s.read().startswith("221"))
        s.close()
    k.mail("budi", 2)
