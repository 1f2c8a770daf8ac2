#!/usr/bin/python3
"""The random workload as the judge: whole migrations of random schemas under a random application.

    soak.py --seed 7                   one seed
    soak.py --seed 100 --seeds 20      seeds 100 to 119
    soak.py --minutes 30               as many as begin within half an hour

A seed makes the same schema and, for each session, the same sequence of statements every time.
Exits with 0 when every seed passed. A failure prints its seed, and leaves statements, logs,
configuration, binary logs and the first difference in --dir.
"""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "scenarios", HERE.parent / "support"):
    sys.path.insert(0, str(folder))
from harness.processes import ScenarioError, tail  # noqa: E402
from plan import FEATURES, Plan  # noqa: E402
from sandbox import Sandbox  # noqa: E402
from walk import SoakError, Walk, clean  # noqa: E402

REPOSITORY = HERE.parents[1]


class Servers:
    """The pair that runs; another one when a seed needs other options."""

    def __init__(self, directory):
        self.directory = directory
        self.sandbox = None
        self.options = None
        self.count = 0

    def get(self, plan):
        options = (plan.source_version, plan.source_options, plan.target_options)
        running = self.sandbox is not None and \
            all(server.process.poll() is None for server in self.sandbox.servers)
        if options != self.options or not running:
            self.end()
            self.count += 1
            self.sandbox = Sandbox(self.directory / f"servers-{self.count}")
            make = self.sandbox.mysql56 if plan.source_version == "5.6" else self.sandbox.mysql97
            make(extra_args=plan.source_options, name="source")
            self.sandbox.mysql97(extra_args=plan.target_options, name="target")
            self.options = options
        return self.sandbox.servers

    def end(self):
        if self.sandbox is not None:
            self.sandbox.stop()
            for data in self.sandbox.directory.glob("*/data"):
                shutil.rmtree(data, ignore_errors=True)
            self.sandbox = None


def run_seed(plan, program, directory, servers):
    """What went wrong, or None when the seed passed; and its seconds."""
    began = time.monotonic()

    def say(text):
        print(f"  seed {plan.seed}: {text}", flush=True)

    walk = None
    problem = None
    try:
        source, target = servers.get(plan)
        clean(source, plan.source_globals)
        clean(target, plan.target_globals)
        walk = Walk(plan, program, directory, source, target, say)
        walk.go()
    except (SoakError, ScenarioError) as error:
        problem = str(error)
        if problem.startswith("the migration failed: "):
            # The status is kept in failure.txt; what matters is its reason.
            problem = f"the migration failed: {walk.flyover.latest.get('reason', problem)}"
        if walk is not None and walk.flyover.run is not None and not walk.flyover.run.running:
            problem += f"\nlast words of run: {tail(walk.flyover.run.log)}"
    except Exception:  # A defect of this program fails the seed, too.
        problem = traceback.format_exc()
    if walk is not None:
        if problem is not None:
            problem = walk.keep(problem)
        walk.end()
    seconds = time.monotonic() - began
    told = walk.summary() if walk is not None else ""
    pair = f"{plan.source_version} to 9.7"
    if problem is None:
        print(f"ok      seed {plan.seed} ({pair}) {seconds:.0f} s: {told}", flush=True)
    else:
        print(f"FAILED  seed {plan.seed} ({pair}) {seconds:.0f} s: {told}; everything in "
              f"{directory}\n{problem}\nrepeat: make soak SEED={plan.seed}", flush=True)
    return problem, seconds


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, help="how many; default: 1, or until --minutes")
    parser.add_argument("--minutes", type=float, help="begins no seed after this time")
    parser.add_argument("--pair", choices=["5.6", "9.7"], help="the source's version; default: "
                        "what the seed says")
    parser.add_argument("--apply-mode", choices=["batch", "transactional"], help="apply.mode; "
                        "default: what the seed says")
    parser.add_argument("--features", help=f"some of {','.join(sorted(FEATURES))}; default: what "
                        "the seed says")
    parser.add_argument("--flyover", default=REPOSITORY / "build/dev/apps/flyover/flyover")
    parser.add_argument("--dir", help="folder for servers and logs; default: a temporary one")
    parser.add_argument("--results", help="appends a line for every seed to this file")
    arguments = parser.parse_args()
    if arguments.features is not None:
        arguments.features = {one for one in arguments.features.split(",") if one}
    if (arguments.features or set()) - FEATURES:
        parser.error(f"no such feature: {', '.join(arguments.features - FEATURES)}")
    if arguments.seeds is None:
        arguments.seeds = 10 ** 9 if arguments.minutes else 1
    return arguments


def note(path, plan, problem, seconds):
    """One line: when, seed, pair, verdict, seconds, features, what went wrong."""
    if path:
        first = " ".join(problem.split())[:400] if problem else ""
        if first.startswith("Traceback"):
            first = problem.strip().splitlines()[-1][:400]
        with open(path, "a", encoding="utf-8") as file:
            file.write("\t".join([
                time.strftime("%H:%M:%S"), str(plan.seed), plan.source_version,
                "FAILED" if problem else "ok", f"{seconds:.0f}",
                ",".join(sorted(plan.features)), first]) + "\n")


def main():
    arguments = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    program = pathlib.Path(arguments.flyover).resolve()
    directory = pathlib.Path(arguments.dir or tempfile.mkdtemp(prefix="flyover-soak-")).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    servers = Servers(directory)
    failed = []
    deadline = time.monotonic() + (arguments.minutes or 10 ** 6) * 60
    try:
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            if time.monotonic() > deadline:
                break
            plan = Plan(seed, arguments.features, arguments.pair, arguments.apply_mode)
            folder = directory / f"seed-{seed}"
            shutil.rmtree(folder, ignore_errors=True)
            problem, seconds = run_seed(plan, program, folder, servers)
            note(arguments.results, plan, problem, seconds)
            if problem is not None:
                failed.append(seed)
            else:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        servers.end()
    if failed:
        print(f"{len(failed)} seeds failed: {' '.join(map(str, failed))}; everything in {directory}")
        return 1
    if not arguments.dir:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
