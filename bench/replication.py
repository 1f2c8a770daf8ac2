"""Catching up: what the source wrote while nobody followed, and how fast it is applied."""

import statistics
import time

import data
import report
import workloads
from native import WORKERS, NativeReplica, status_statement
from tools import query


class Replication:
    """Every run: write on the source while nobody follows, then each contender catches up."""

    flyover_name = "flyover run"
    native_name = "native replication"
    source_name = "the source itself"
    peer_name = None

    def __init__(self, bench):
        self.bench = bench
        self.written = {}
        self.details = []
        self.mode = bench.options.apply_mode
        self.section_name = ("replication" + ("-97" if bench.options.source == "9.7" else "")
                             + ("-transactional" if self.mode == "transactional" else ""))
        workloads.prepare(bench.source, bench.options.rows)
        run = bench.start_fresh_run()
        # Only the copy is done with flyover running; both stand at the same rows afterwards.
        run.wait_for("phase replicating")
        bench.stop_run()
        self.native = NativeReplica(bench.sandbox, bench.source, bench.target)

    def contenders(self):
        result = {}
        for name in self.bench.options.workloads:
            result[name, self.source_name] = lambda name=name: self.write(name)
            result[name, self.flyover_name] = lambda name=name: self.catch_up(name)
            result[name, self.native_name] = lambda name=name: self.catch_up_natively(name)
        return result

    def write(self, name):
        transactions, seconds = workloads.WORKLOADS[name](self.bench.source, self.bench.options)
        file, offset = query(self.bench.source, status_statement(self.bench.source))[0][:2]
        self.written[name] = {"workload": name, "transactions": transactions,
                              "written_s": seconds, "end": (file, int(offset))}
        return transactions / seconds

    def catch_up(self, name):
        written = self.written[name]
        self.bench.settle()
        begin = time.monotonic()
        run = self.bench.start_run()
        connected = run.wait_for("link.start")
        status = run.wait_until_applied(written["end"])
        seconds = time.monotonic() - begin
        self.details.append(dict(
            written, who=self.flyover_name, seconds=seconds, link_started_after_s=connected,
            cpu_s=run.cpu_seconds(), peak_mib=run.peak_mib(),
            batch_changes=status["batch_changes"], batch_rows=status["batch_rows"]))
        self.bench.stop_run()
        self.check(self.bench.target, self.flyover_name)
        return written["transactions"] / (seconds - connected)

    def catch_up_natively(self, name):
        written = self.written[name]
        self.bench.settle()
        begin = time.monotonic()
        self.native.catch_up(written["end"])
        seconds = time.monotonic() - begin
        self.native.stop()
        self.details.append(dict(written, who=self.native_name, seconds=seconds))
        return written["transactions"] / seconds

    def check(self, server, who):
        for database in workloads.DATABASES:
            data.check_equal(data.checksums(self.bench.source, database), server, who, database)

    def measures(self, values):
        self.check(self.native.server, self.native_name)
        result = [{"name": f"catching up, {name}", "unit": "transactions/s",
                   "first": self.flyover_name,
                   "runs": {who: values[name, who]
                            for who in (self.flyover_name, self.native_name, self.source_name)}}
                  for name in self.bench.options.workloads]
        flyover = [run for run in self.details if run["who"] == self.flyover_name]
        result += [{"name": f"catching up: {what}", "unit": unit, "first": self.flyover_name,
                    "runs": {self.flyover_name: [run[field] for run in flyover]}}
                   for what, unit, field in (("peak memory", "MiB", "peak_mib"),
                                             ("CPU time", "s", "cpu_s"))]
        return result

    def section(self, measures):
        """The section of docs/benchmarks.md."""
        lines = [
            "What was written while nobody followed, and how fast it is applied: "
            f"`flyover run` with `apply.mode = \"{self.mode}\"` from its link's start, and MySQL's "
            f"own replication with {WORKERS} workers. Transactions per second of the source; here "
            "more is better. A ratio above 1 in the last column means that a target that is behind "
            "comes nearer while the source writes as fast as it can.", "",
            "| written | transactions | native | flyover | **flyover / native** | the source "
            "itself | flyover / source |", "|---|--:|--:|--:|--:|--:|--:|"]
        for name, measure in zip(self.bench.options.workloads, measures):
            medians, ratios = measure["medians"], measure["ratios"]
            written = [run["transactions"] for run in self.details
                       if run["workload"] == name and run["who"] == self.flyover_name]
            lines.append("| " + " | ".join([
                name, f"{statistics.median(written):,.0f}",
                report.number(medians[self.native_name]), report.number(medians[self.flyover_name]),
                f"**{ratios[self.native_name]:.1f}**", report.number(medians[self.source_name]),
                f"{ratios[self.source_name]:.1f}"]) + " |")
        memory = max(run["peak_mib"] for run in self.details if run["who"] == self.flyover_name)
        peak = f"Peak memory of `flyover run`: {report.number(memory)} MiB."
        return "\n".join([*lines, "", peak])
