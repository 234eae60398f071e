"""What `kurir check` says of a dozen differently broken servers: exactly what
is wrong; and "good" of the one that is right."""
import importlib.machinery
import importlib.util
import os

import broken_servers
from harness import ROOT, check


def tool():
    path = os.path.join(ROOT, "tools", "check-examples")
    loader = importlib.machinery.SourceFileLoader("check_examples", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_each_fault_is_named(t):
    """Each of them, by the check that is for it; and the page in the manual"""
    wrong, got = [], broken_servers.measure(t)
    for case, report in got:
        found = {f["code"] for f in report["findings"]}
        if report["answer"] != case.answer or (case.code and not any(c.startswith(case.code) for c in found)):
            wrong.append((case.wrong, case.kind, report["answer"], sorted(found)))
        if case.code is None and broken_servers.codes(report):
            wrong.append((case.wrong, case.kind, broken_servers.codes(report)))
    check(not wrong, wrong)
    made, told = tool().table(got), tool().page_part(tool().PAGE.read_text())
    check(made == told, "kurir-check-examples(7) says otherwise; run tools/check-examples BUILD")


test_each_fault_is_named.heavy = 1
