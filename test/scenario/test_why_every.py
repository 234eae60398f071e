"""Every cause of doc/causes.md is brought about for real by a scenario that asks "kurir why" about it."""
from causes import brought, texts
from harness import check, equal


def test_cause(t):
    """No code of doc/causes.md is without such a scenario, and no scenario names a code that is not there"""
    known, met = set(texts()), brought()
    check(len(known) > 60, len(known), "codes in doc/causes.md")
    equal(sorted(known - set(met)), [], "causes that no scenario brings about")
    equal(sorted(set(met) - known), [], "codes that doc/causes.md does not have")
