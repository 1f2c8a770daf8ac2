#!/usr/bin/python3
"""Many seeds, some side by side, to the end: a failing seed keeps its evidence and stops nothing.

    series.py --start 1000 --seeds 150 --jobs 2

The program and the tests are copied first, so builds and edits meanwhile do not matter. Every
verdict is a line of DIR/results.tsv; a table of them is printed at the end. Exits with 0 when every
seed passed.
"""

import argparse
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from plan import GROUP  # noqa: E402
from sandbox import cache_dir  # noqa: E402

REPOSITORY = HERE.parents[1]
# No seed is waited for longer; it is told as one without a verdict.
SEED_PATIENCE_S = 600


class Series:
    """Runs groups of seeds, each by a process of its own."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.directory = pathlib.Path(arguments.dir).resolve()
        self.directory.mkdir(parents=True)
        self.results = self.directory / "results.tsv"
        self.results.touch()
        self.frozen = self.directory / "frozen"
        self.program = self.frozen / "flyover"
        self.groups = queue.Queue()
        self.running = set()
        self.stopped = False

    def freeze(self):
        for folder in ("soak", "support", "scenarios/harness"):
            shutil.copytree(HERE.parent / folder, self.frozen / "tests" / folder,
                            ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(self.arguments.flyover, self.program)

    def go(self):
        self.freeze()
        at, end = self.arguments.start, self.arguments.start + self.arguments.seeds
        while at < end:
            following = min(end, (at // GROUP + 1) * GROUP)
            self.groups.put((at, following - at))
            at = following
        jobs = [threading.Thread(target=self.work) for _ in range(self.arguments.jobs)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()

    def work(self):
        while not self.stopped:
            try:
                first, count = self.groups.get_nowait()
            except queue.Empty:
                return
            self.run_group(first, count)

    def run_group(self, first, count):
        folder = self.directory / f"seeds-{first}"
        folder.mkdir()
        command = [sys.executable, str(self.frozen / "tests/soak/soak.py"), "--seed", str(first),
                   "--seeds", str(count), "--dir", str(folder), "--results", str(self.results),
                   "--flyover", str(self.program)]
        for name in ("pair", "features"):
            if getattr(self.arguments, name) is not None:
                command += [f"--{name}", getattr(self.arguments, name)]
        environment = dict(os.environ, FLYOVER_SERVERS_DIR=str(cache_dir()))
        with open(folder / "soak.log", "wb") as log:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
            self.running.add(process)
            try:
                code = process.wait(SEED_PATIENCE_S * count)
            except subprocess.TimeoutExpired:
                process.terminate()
                code = process.wait()
            self.running.discard(process)
        print(f"seeds {first} to {first + count - 1}: " + (
            "all passed" if code == 0 else f"see {folder}"), flush=True)
        if code == 0:
            shutil.rmtree(folder)

    def stop(self):
        self.stopped = True
        for process in list(self.running):
            process.terminate()

    def tell(self):
        """Prints the table; True when every seed passed."""
        found = {}
        for line in self.results.read_text(encoding="utf-8").splitlines():
            _, seed, *rest = line.split("\t")
            found[int(seed)] = rest
        print(f"{'seed':>6} {'pair':<4} {'verdict':<10} {'s':>4}  features, problem")
        good = 0
        for seed in range(self.arguments.start, self.arguments.start + self.arguments.seeds):
            pair, verdict, seconds, features, problem = found.get(
                seed, ["?", "no verdict", "?", "", "its process ended before"])
            good += verdict == "ok"
            print(f"{seed:>6} {pair:<4} {verdict:<10} {seconds:>4}  {features}" +
                  (f"\n         {problem}" if problem else ""))
        print(f"{good} of {self.arguments.seeds} seeds passed; {self.directory}")
        return good == self.arguments.seeds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", type=int, default=1000, help="the first seed")
    parser.add_argument("--seeds", type=int, default=150, help="how many")
    parser.add_argument("--jobs", type=int, default=2, help="so many side by side")
    parser.add_argument("--pair", choices=["5.6", "9.7"], help="as for soak.py")
    parser.add_argument("--features", help="as for soak.py")
    parser.add_argument("--flyover", default=REPOSITORY / "build/dev/apps/flyover/flyover")
    parser.add_argument("--dir", default=REPOSITORY / "build/soak-series" /
                        time.strftime("%Y%m%d-%H%M%S"), help="a folder that does not exist yet")
    series = Series(parser.parse_args())
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: series.stop())
    series.go()
    return 0 if series.tell() else 1


if __name__ == "__main__":
    sys.exit(main())
