#!/usr/bin/python3
"""The benchmarks: flyover beside what a user would take instead, and beside the servers' limit.

Two real servers with their default durability, fresh data, every contender in turn within each
round, medians over the rounds. Nothing timed is asserted; that the rows arrived is.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import data  # noqa: E402
import report  # noqa: E402
from compare import Compare  # noqa: E402
from decode import Decode  # noqa: E402
from endpoint import Endpoint  # noqa: E402
from lag import KeepingUp  # noqa: E402
from growth import Growth  # noqa: E402
from load import SPECIAL, Load  # noqa: E402
from load_data import VARIANTS  # noqa: E402
from politeness import Politeness  # noqa: E402
from replication import Replication  # noqa: E402
from sandbox import Sandbox, SandboxError, free_port  # noqa: E402
from tools import (BenchError, FlyoverRun, cpu_seconds, query,  # noqa: E402
                   write_configuration)
from workloads import DATABASES, WORKLOADS  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
MARK = ".flyover-bench"
PARTS = {"load": Load, "compare": Compare, "replication": Replication, "lag": KeepingUp,
         "endpoint": Endpoint, "decode": Decode, "growth": Growth,
         "politeness": Politeness}


class Bench:
    """The servers, the data and at most one `flyover run`, shared by all measurements."""

    def __init__(self, options):
        self.options = options
        self.dir = pathlib.Path(options.dir).resolve()
        self.build = pathlib.Path(options.bin).resolve()
        self.binary = self.build / "apps/flyover/flyover"
        if not os.access(self.binary, os.X_OK):
            raise BenchError(f"{self.binary} is not there: make build")
        self.began = time.monotonic()
        self.sandbox = self.source = self.target = self.run = None
        self.proxy_port = free_port()
        self.sections = {}  # of docs/benchmarks.md, by part
        self.charts = {}  # SVG files beside it, by name
        self.report = {"options": vars(options), "measures": [], "details": {},
                       "not_measured": []}

    def say(self, text):
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", flush=True)

    def prepare_folder(self):
        if self.dir.exists():
            if not (self.dir / MARK).exists() and any(self.dir.iterdir()):
                raise BenchError(f"{self.dir} is not empty and not a benchmark's: choose another")
            shutil.rmtree(self.dir)
        self.dir.mkdir(parents=True)
        (self.dir / MARK).touch()

    # What the measurements use.

    def settle(self):
        """Lets what the last contender left behind reach the disk outside the clock."""
        os.sync()
        time.sleep(1)

    def empty_target(self):
        self.stop_run()
        for database in DATABASES:
            query(self.target, f"DROP DATABASE IF EXISTS {database}")
        for server in (self.source, self.target):
            query(server, "DROP DATABASE IF EXISTS flyover")
        shutil.rmtree(self.dir / "state", ignore_errors=True)
        self.settle()

    def write_configuration(self, databases=DATABASES, **what):
        write_configuration(self.dir, self.source, self.target, self.proxy_port, databases,
                            apply_mode=self.options.apply_mode, **what)

    def server_cpu(self):
        """CPU time that the source and the target have taken so far."""
        return cpu_seconds(self.source.pid), cpu_seconds(self.target.pid)

    def start_run(self):
        self.run = FlyoverRun(self.binary, self.dir)
        return self.run

    def start_fresh_run(self):
        """A migration from its very beginning, into an empty target."""
        self.empty_target()
        self.write_configuration()
        return self.start_run()

    def stop_run(self):
        if self.run is not None:
            run, self.run = self.run, None
            run.stop()

    # The whole.

    def measure(self, name):
        """All contenders of one part, in turn; each round begins with another one."""
        part = PARTS[name](self)
        values = {who: [] for who in part.contenders()}
        ordered = name == "replication"  # What is applied has to be written first.
        for round_number in range(self.options.runs):
            turns = list(part.contenders().items())
            shift = 0 if ordered else round_number % len(turns)
            for who, action in turns[shift:] + turns[:shift]:
                if values[who] is None:
                    continue
                label = who if isinstance(who, str) else ", ".join(map(str, who))
                try:
                    values[who].append(action())
                except BenchError as error:
                    may_fail = getattr(part, "may_fail", lambda who: who == getattr(
                        part, "peer_name", None))
                    if not may_fail(who):
                        raise
                    values[who] = None
                    self.report["not_measured"].append({"what": label, "why": str(error)})
                    self.say(f"{name}: {label} can not do it: {error}")
                    continue
                self.say(f"{name}, round {round_number + 1}: {label}: "
                         f"{report.number(values[who][-1])}")
        measures = part.measures({who: runs for who, runs in values.items() if runs})
        measures = [report.finish(measure) for measure in measures]
        self.report["measures"] += measures
        if hasattr(part, "section"):
            self.sections[getattr(part, "section_name", name)] = part.section(measures)
        if hasattr(part, "charts"):
            self.charts |= part.charts()
        self.report["details"][name] = part.details

    def measure_all(self):
        with Sandbox(self.dir) as sandbox:
            self.sandbox = sandbox
            self.source = sandbox.mysql56() if self.options.source == "5.6" else \
                sandbox.mysql97(name="source97")
            self.target = sandbox.mysql97()
            self.report["versions"] = report.versions(
                self.binary, self.build, query(self.source, "SELECT VERSION()")[0][0],
                query(self.target, "SELECT VERSION()")[0][0])
            self.say("making the data")
            data.make(self.source, self.options.rows)
            self.report["data"] = data.totals(self.source)
            for name in self.options.only:
                self.measure(name)
            self.stop_run()

    def main(self):
        self.report["began"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.prepare_folder()
        self.report["machine"] = report.machine(self.dir)
        self.measure_all()
        self.report["machine"]["load_average_after"] = os.getloadavg()
        self.report["seconds"] = time.monotonic() - self.began
        path = self.dir.parent / "report.json"
        path.write_text(json.dumps(self.report, indent=2, default=str) + "\n", encoding="utf-8")
        shutil.rmtree(self.dir)
        self.print_summary(path)
        if self.options.docs:
            self.write_docs(pathlib.Path(self.options.docs))

    def write_docs(self, path):
        for name, text in self.sections.items():
            report.write_section(path, name, text, self.report)
        for name, svg in self.charts.items():
            path.with_suffix("").mkdir(exist_ok=True)
            (path.with_suffix("") / name).write_text(svg, encoding="utf-8")

    def print_summary(self, path):
        made, facts = self.report["data"], self.report["machine"]
        known = self.report["versions"]
        print(f"\n{made['tables']} tables, {made['rows']:,} rows, "
              f"{made['text_bytes'] / 2**20:.0f} MiB as text, from {known['source']} to "
              f"{known['target']}; {self.options.runs} runs; {facts['cores']} cores, load average "
              f"{facts['load_average_before'][0]:.1f} before; flyover built as "
              f"{known['flyover_build']}\n")
        print(report.table(self.report["measures"]))
        if facts["load_average_before"][0] > facts["cores"] / 2:
            print("The machine was busy with other work: do not trust these figures.")
        for missing in self.report["not_measured"]:
            print(f"not measured: {missing['what']}: {missing['why']}")
        print(f"\nEverything, run by run: {path}")


def positive(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=REPOSITORY / "build/dev", help="the build folder")
    parser.add_argument("--dir", default=REPOSITORY / "build/bench/work",
                        help="folder for servers and logs; report.json is written beside it")
    parser.add_argument("--rows", type=positive, default=100_000,
                        help="rows of each sysbench table")
    parser.add_argument("--runs", type=positive, default=3, help="rounds to take the median of")
    parser.add_argument("--seconds", type=positive, default=10,
                        help="of writing before catching up")
    parser.add_argument("--endpoint-seconds", type=positive, default=3, help="of each sysbench run")
    parser.add_argument("--load-variants", nargs="+", metavar="NAME",
                        choices=[*VARIANTS, *SPECIAL], help="only these variants of the load: "
                        + ", ".join(map(repr, [*VARIANTS, *SPECIAL])))
    parser.add_argument("--quick", action="store_true",
                        help="few rows, one run: whether it works, not how fast it is")
    parser.add_argument("--docs", nargs="?", metavar="FILE",
                        const=REPOSITORY / "docs/benchmarks.md",
                        help="write the sections of what was measured into docs/benchmarks.md")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS),
                        help="measure only these parts")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS),
                        help="what is written before catching up")
    parser.add_argument("--source", choices=("5.6", "9.7"), default="5.6",
                        help="the source's version")
    parser.add_argument("--apply-mode", choices=("batch", "transactional"), default="batch",
                        help="apply.mode of flyover while catching up")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.runs, options.seconds, options.endpoint_seconds = 20_000, 1, 4, 1
    return options


def main():
    # The kernel and the `with` blocks end the servers when this process is asked to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse()
    try:
        bench = Bench(options)
        subprocess.run([REPOSITORY / "bench/install-peers.sh"], check=True)
        bench.main()
    except (BenchError, SandboxError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
