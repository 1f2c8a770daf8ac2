"""Keeping up: how far the target is behind while the source writes, seen by rows of our own."""

import statistics
import threading
import time

import data
import report
import workloads
from tools import DATABASE, STOP_TIMEOUT_S, BenchError, query, sysbench, sysbench_numbers

BEAT_PAUSE_S = 0.02
LOOK_PAUSE_S = 0.01
SHARE = 0.7
ZERO_S = 0.1


class Beat:
    """Writes the time into a row of the source, and looks for it on the target."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.ending = threading.Event()
        self.ages = []
        self.problems = []
        self.threads = [threading.Thread(target=self.guarded, args=(work,))
                        for work in (self.write, self.look)]

    def guarded(self, work):
        try:
            work()
        except Exception as error:  # Reported by the thread that waits.
            self.problems.append(error)

    def write(self):
        with self.source.connect(database=DATABASE) as connection, connection.cursor() as cursor:
            while not self.ending.wait(BEAT_PAUSE_S):
                cursor.execute(f"UPDATE beat SET at = {time.time():.6f}")

    def look(self):
        with self.target.connect(database=DATABASE) as connection, connection.cursor() as cursor:
            while not self.ending.wait(LOOK_PAUSE_S):
                cursor.execute("SELECT at FROM beat")
                self.ages.append(max(0.0, time.time() - float(cursor.fetchone()[0])))

    def start(self):
        for thread in self.threads:
            thread.start()

    def wait_until_near(self):
        """Seconds until the target shows the present again."""
        begin = time.monotonic()
        while not self.ages or self.ages[-1] > ZERO_S:
            if self.problems or time.monotonic() - begin > 60 * STOP_TIMEOUT_S:
                raise BenchError(f"the target does not come near the source: {self.problems}")
            time.sleep(LOOK_PAUSE_S)
        return time.monotonic() - begin

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
        if self.problems:
            raise BenchError(f"the lag could not be seen: {self.problems[0]}")


class KeepingUp:
    """oltp_write_only while flyover follows: at a share of the source's top speed, and at all."""

    def __init__(self, bench):
        self.bench = bench
        self.details = []
        query(bench.source, f"CREATE TABLE IF NOT EXISTS {DATABASE}.beat (id INT NOT NULL PRIMARY "
                            "KEY, at DOUBLE NOT NULL) ENGINE=InnoDB")
        query(bench.source, f"REPLACE INTO {DATABASE}.beat VALUES (1, {time.time()})")
        bench.stop_run()
        self.top = self.write(0)["transactions"] / bench.options.seconds
        bench.start_fresh_run().wait_for("phase replicating")

    def write(self, rate):
        return sysbench_numbers(sysbench(
            "oltp_write_only", "run", self.bench.source.port, data.SYSBENCH_TABLES,
            self.bench.options.rows, workloads.THREADS, self.bench.options.seconds, rate=rate))

    def contenders(self):
        return {f"at {SHARE:.0%} of the top speed": lambda: self.measure(int(self.top * SHARE)),
                "at top speed": lambda: self.measure(0)}

    def measure(self, rate):
        beat = Beat(self.bench.source, self.bench.target)
        beat.start()
        try:
            beat.wait_until_near()
            first = len(beat.ages)
            numbers = self.write(rate)
            last = len(beat.ages)
            to_zero = beat.wait_until_near()
        finally:
            beat.end()
        ages = sorted(beat.ages[first:last])
        self.details.append({
            "rate": rate, "transactions_per_second": numbers["transactions"] / numbers["seconds"],
            "p50_ms": 1000 * ages[len(ages) // 2], "p99_ms": 1000 * ages[len(ages) * 99 // 100],
            "max_ms": 1000 * ages[-1], "seconds_to_zero": to_zero})
        return self.details[-1]["p99_ms"]

    def runs_of(self, label):
        return [run for run in self.details if (run["rate"] > 0) == ("%" in label)]

    def measures(self, values):
        result = []
        for label, runs in values.items():
            mine = self.runs_of(label)
            result.append({"name": f"lag {label}: p99", "unit": "ms", "first": "flyover run",
                           "runs": {"flyover run": runs}})
            result += [{"name": f"lag {label}: {what}", "unit": unit, "first": "flyover run",
                        "runs": {"flyover run": [run[field] for run in mine]}}
                       for what, unit, field in (("p50", "ms", "p50_ms"), ("max", "ms", "max_ms"),
                                                 ("until near", "s", "seconds_to_zero"))]
        self.bench.stop_run()
        return result

    def section(self, _):
        """The section of docs/benchmarks.md."""
        lines = [
            f"sysbench's `oltp_write_only` on the source, {workloads.THREADS} threads, for "
            f"{self.bench.options.seconds} s, while flyover follows. The lag is the age of a row "
            f"that is written every {1000 * BEAT_PAUSE_S:.0f} ms and looked for on the target "
            f"every {1000 * LOOK_PAUSE_S:.0f} ms. Source, target, sysbench and flyover share the "
            "machine's cores; the source's top speed was measured without flyover.", "",
            "| | transactions/s | lag p50 | p99 | longest | until it is near again |",
            "|---|--:|--:|--:|--:|--:|"]
        for label in self.contenders():
            cells = {field: statistics.median(run[field] for run in self.runs_of(label))
                     for field in ("transactions_per_second", "p50_ms", "p99_ms", "max_ms",
                                   "seconds_to_zero")}
            lines.append(
                f"| {label} | {report.number(cells['transactions_per_second'])} | "
                f"{cells['p50_ms']:.0f} ms | **{cells['p99_ms']:.0f} ms** | "
                f"{cells['max_ms']:.0f} ms | {cells['seconds_to_zero']:.1f} s |")
        return "\n".join(lines)
