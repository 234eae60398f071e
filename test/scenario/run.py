#!/usr/bin/env python3
"""Run the scenarios: ok/FAIL/skip a line each, and a last line of counts.

  run.py [--build DIR] [--filter TEXT] [--list] [--jobs N] [--keep] [--rounds N]
"""
import argparse
import importlib
import inspect
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import harness  # noqa: E402

LIMIT_S = 150


def scenarios():
    found = []
    for f in sorted(os.listdir(HERE)):
        if f.startswith("test_") and f.endswith(".py"):
            module = importlib.import_module(f[:-3])
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if name.startswith("test_") and function.__module__ == module.__name__:
                    found.append(("%s.%s" % (f[5:-3], name[5:]), function))
    found.sort(key=lambda x: getattr(x[1], "heavy", 0), reverse=True)
    return found


def run_one(name, shared, keep):
    """In a process of its own: 0 ok, 1 failed, 3 skipped; the why on stdout."""
    function = dict(scenarios())[name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    t = harness.World(shared, name, keep)
    try:
        function(t)
        return 0
    except harness.Skip as e:
        print(e)
        return 3
    except harness.Missing as e:
        print(e)
        return 1
    except SystemExit:
        print("took longer than %d s" % LIMIT_S)
        return 1
    except BaseException as e:
        where = traceback.extract_tb(e.__traceback__)
        mine = [f for f in where if os.path.basename(f.filename).startswith("test_")]
        at = mine[-1] if mine else where[-1]
        text = " ".join(str(e).split())[:1500]
        print("%s:%d: %s: %s" % (os.path.basename(at.filename), at.lineno,
                                 type(e).__name__, text))
        return 1
    finally:
        if keep:
            print("kept: " + t.dir)
        t.close()


class Job:
    def __init__(self, name, args, shared):
        argv = [sys.executable, os.path.abspath(__file__), "--one", name, "--shared", shared]
        if args.keep:
            argv.append("--keep")
        self.name, self.began = name, time.time()
        self.limit = LIMIT_S * (10 if args.rounds else 1)
        self.p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  start_new_session=True)

    def over(self):
        if self.p.poll() is None:
            spent = time.time() - self.began
            if spent > self.limit + 20:
                os.killpg(self.p.pid, signal.SIGKILL)
            elif spent > self.limit:
                self.p.terminate()
            return False
        return True


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
    ap.add_argument("--filter", default="")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--jobs", type=int, default=3)
    ap.add_argument("--rounds", type=int, default=0, help="rounds of each crash test")
    ap.add_argument("--keep", action="store_true", help="leave the directories")
    ap.add_argument("--one")
    ap.add_argument("--shared")
    args = ap.parse_args()
    if args.one:
        return run_one(args.one, args.shared, args.keep)
    chosen = [(n, f) for n, f in scenarios() if args.filter in n]
    if args.list:
        for name, function in chosen:
            print("%-40s %s" % (name, (function.__doc__ or "").strip().split("\n")[0]))
        return 0
    if args.rounds:
        os.environ["CRASH_ROUNDS"] = str(args.rounds)
    shared = tempfile.mkdtemp(prefix="kurir-scenarios-", dir="/var/tmp")
    passed = failed = skipped = 0
    try:
        harness.prepare(os.path.abspath(args.build), shared)
        waiting, running = chosen[:], []
        while waiting or running:
            while waiting and len(running) < args.jobs:
                running.append(Job(waiting.pop(0)[0], args, shared))
            time.sleep(0.05)
            for job in [j for j in running if j.over()]:
                running.remove(job)
                text = job.p.stdout.read().decode("utf-8", "replace").strip()
                seconds = "(%.1f s)" % (time.time() - job.began)
                if job.p.returncode == 0:
                    passed += 1
                    print("ok %s %s %s" % (job.name, seconds, " ".join(text.split("\n"))))
                elif job.p.returncode == 3:
                    skipped += 1
                    print("skip %s: %s" % (job.name, text))
                else:
                    failed += 1
                    print("FAIL %s: %s %s" % (job.name, text or "ended %d" % job.p.returncode, seconds))
                sys.stdout.flush()
    except KeyboardInterrupt:
        failed += 1
    finally:
        shutil.rmtree(shared, ignore_errors=True)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
