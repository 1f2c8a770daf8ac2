#!/usr/bin/python3
"""Scenarios: whole migrations between real servers, each a directory of data.

    run.py --list
    run.py                      all of them
    run.py keys temporal        these

Scenarios of one call that ask for the same versions and server options share a pair of servers;
each has its own schemas, migration, state folder and ports. Exits with 0 when every one passed. The
logs of those that failed are kept.
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
sys.path.insert(0, str(HERE))
from harness.processes import ScenarioError  # noqa: E402
from harness.scenario import Scenario, all_scenarios  # noqa: E402
from harness.walk import Walk  # noqa: E402
from sandbox import Sandbox  # noqa: E402

REPOSITORY = HERE.parents[1]
# The servers do not have to survive a power failure.
FAST = ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"]
OPTIONS = {"5.6": FAST + ["--innodb-log-file-size=128M"], "9.7": FAST}


def pair_of(name):
    """What decides which scenarios may share their servers: for each side version and options."""
    expect = Scenario(HERE / name).expect
    return tuple((expect[side], tuple(expect[f"{side}_options"])) for side in ("source", "target"))


def start(sandbox, name, version, options):
    """A server of the pair `name`; it knows its side for messages."""
    side = name.split("-")[0]
    begin = {"5.6": sandbox.mysql56, "9.7": sandbox.mysql97}[version]
    server = begin(extra_args=OPTIONS[version] + list(options), name=name)
    server.side = f"the {side} ({version})"
    return server


def run_pairs(names, program, directory):
    """Runs the scenarios pair by pair; the names of those that failed."""
    pairs = {}
    for name in names:
        pairs.setdefault(pair_of(name), []).append(name)
    failed = []
    for number, (pair, together) in enumerate(pairs.items()):
        with Sandbox(directory / "servers") as sandbox:
            source = start(sandbox, f"source-{number}", *pair[0])
            target = start(sandbox, f"target-{number}", *pair[1])
            failed += [name for name in together
                       if run_one(name, program, directory, source, target) is not None]
    return failed


def run_one(name, program, directory, source, target):
    """None when the scenario passed, else what went wrong."""
    began = time.monotonic()

    def say(text):
        print(f"  {name}: {text}", flush=True)

    walk = None
    problem = None
    try:
        walk = Walk(Scenario(HERE / name), program, directory / name, source, target, say)
        walk.go()
    except ScenarioError as error:
        problem = str(error)
    except Exception:  # A defect of the harness fails the scenario, too.
        problem = traceback.format_exc()
    if walk is not None:
        secrets = walk.flyover.check_secrets()
        walk.end()
        walk.clean_servers()
        if secrets and problem is None:
            problem = "; ".join(secrets)
    seconds = time.monotonic() - began
    if problem is None:
        pauses = ", ".join(f"{pause:.0f}" for pause in walk.pauses)
        print(f"ok      {name:20} {seconds:5.1f} s, {walk.rows_compared:,} rows compared, "
              f"pauses {pauses or 'none'} ms", flush=True)
    else:
        print(f"FAILED  {name:20} {seconds:5.1f} s; logs in {directory / name}\n{problem}",
              flush=True)
    return problem


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="scenarios; default: all")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--flyover", default=REPOSITORY / "build/dev/apps/flyover/flyover",
                        help="the program to test")
    parser.add_argument("--dir", help="folder for servers and logs; default: a temporary one")
    parser.add_argument("--keep", action="store_true", help="keep the logs of all scenarios")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.list:
        for name in all_scenarios(HERE):
            text = (HERE / name / "README.md").read_text(encoding="utf-8")
            print(f"{name:20} {' '.join(text.split()[2:])[:100]}…")
        return 0
    unknown = set(arguments.names) - set(all_scenarios(HERE))
    if unknown:
        print(f"no such scenario: {', '.join(sorted(unknown))}; see --list", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    program = pathlib.Path(arguments.flyover).resolve()
    directory = pathlib.Path(arguments.dir or tempfile.mkdtemp(prefix="flyover-scenarios-"))
    directory.mkdir(parents=True, exist_ok=True)
    failed = run_pairs(arguments.names or all_scenarios(HERE), program, directory)
    for data in directory.glob("servers/*/data"):
        shutil.rmtree(data, ignore_errors=True)
    if failed:
        print(f"{len(failed)} failed: {' '.join(failed)}; logs and servers' logs in {directory}")
        return 1
    if not arguments.keep and not arguments.dir:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
