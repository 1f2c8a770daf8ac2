"""Growth: load, replication and comparison of more and more data, and of more and more tables."""

import math
import pathlib
import statistics
import time

import charts
import data
import load_data
import report
from native import status_statement
from tools import BenchError, call, queries, query, sysbench_command

FACTORS = (1, 2, 4, 8)
TABLES = (100, 1000, 10_000)
QUICK_FACTORS, QUICK_TABLES = (1, 2, 4), (10, 40, 160)
# Of the rows of a sysbench table in the other parts: the step with factor 1.
BASE_SHARE = 0.5
SYSBENCH_TABLES = 4
THREADS = 8
# Transactions to catch up with, for each row of a table: they grow with the data.
TRANSACTIONS_PER_ROW = 0.1
TIMEOUT_S = 7200
# Steps are called steeper than linear above this: medians differ by some percent anyway.
EXPONENT_MAX = 1.1
# Shorter times are mostly the pauses between two looks, and say nothing about growth.
JUDGED_FROM_S = 0.5

DATA, MANY = "data", "tables"
WHAT = (("load", "load_s", "load_mib"), ("start of replication", "start_s", None),
        ("comparison", "compare_s", "compare_mib"), ("replication", "apply_s", "apply_mib"))


class Step:
    """One database: so many times the data, or so many tables.

    It has a source of its own, which only runs while the step is measured: 5.6 opens every table
    of the server to say what tables there are.
    """

    def __init__(self, bench, kind, number):
        self.kind, self.number = kind, number
        self.name = f"x {number}" if kind == DATA else f"{number:,} tables"
        self.database = f"growth_{kind}_{number}"
        self.rows = int(bench.options.rows * BASE_SHARE) * number  # Of each of sysbench's tables.
        start = bench.sandbox.mysql56 if bench.options.source == "5.6" else bench.sandbox.mysql97
        self.source = start(name=self.database)
        # While it is filled only: the restart below brings the default back.
        query(self.source, "SET GLOBAL innodb_flush_log_at_trx_commit = 0")
        query(self.source, f"CREATE DATABASE {self.database} DEFAULT CHARACTER SET utf8mb4")
        if kind == DATA:
            self.sysbench("oltp_read_write", "prepare", threads=2)
        else:
            load_data.small_tables(self.source, self.database, number)
        self.tables = data.tables(self.source, self.database)
        for _ in queries(self.source, (
                f"ANALYZE TABLE {self.database}.{table}" for table in self.tables)):
            pass
        self.totals = data.totals(self.source, self.database)
        query(self.source, "FLUSH LOGS")  # The disk need not hold the data twice.
        query(self.source, f"PURGE BINARY LOGS TO '{self.end()[0]}'")
        self.source.stop()

    def end(self):
        file, offset = query(self.source, status_statement(self.source))[0][:2]
        return file, int(offset)

    def sysbench(self, workload, command, threads, more=()):
        call(sysbench_command(workload, command, self.source.port, SYSBENCH_TABLES, self.rows,
                              threads, database=self.database, more=more), TIMEOUT_S)

    def write(self):
        """What is caught up with: more of it in the larger steps. Returns the changes of rows."""
        if self.kind == MANY:
            for _ in queries(self.source, (
                    f"UPDATE {self.database}.{table} SET name = CONCAT('new ', id, ' at ', "
                    f"{time.time_ns()}) WHERE id <= 5" for table in self.tables)):
                pass
            return 5 * len(self.tables)
        transactions = int(self.rows * TRANSACTIONS_PER_ROW)
        self.sysbench("oltp_write_only", "run", THREADS, [f"--events={transactions}"])
        return 4 * transactions


class Growth:
    """Every step: a load into an empty target, a comparison, and a log to catch up with."""

    def __init__(self, bench):
        self.bench = bench
        self.details = []
        bench.stop_run()
        quick = bench.options.quick
        self.numbers = {DATA: QUICK_FACTORS if quick else FACTORS,
                        MANY: QUICK_TABLES if quick else TABLES}
        self.steps = []
        for kind, numbers in self.numbers.items():
            for number in numbers:
                bench.say(f"growth: making the {kind}, {number}")
                self.steps.append(Step(bench, kind, number))

    def contenders(self):
        return {(step.kind, step.name): lambda step=step: self.measure(step)
                for step in self.steps}

    def measure(self, step):
        bench = self.bench
        others_source, bench.source = bench.source, step.source
        step.source.start()
        try:
            return self.measure_step(step)
        finally:
            bench.stop_run()
            step.source.stop()
            bench.source = others_source

    def measure_step(self, step):
        bench = self.bench
        bench.empty_target()
        for other in self.steps:
            query(bench.target, f"DROP DATABASE IF EXISTS {other.database}")
        bench.settle()
        bench.write_configuration(databases=(step.database,))
        run = bench.start_run()
        load_s = run.wait_for("phase catch_up", TIMEOUT_S)
        load_mib, load_cpu_s = run.peak_mib(), run.cpu_seconds()
        start_s = run.wait_for("phase replicating", TIMEOUT_S) - load_s
        run.forget_peak()
        compare_s = self.compare(run, step)
        compare_mib = run.peak_mib()
        bench.stop_run()
        detail = {"kind": step.kind, "number": step.number, **step.totals, "load_s": load_s,
                  "load_mib": load_mib, "load_cpu_s": load_cpu_s, "start_s": start_s,
                  "compare_s": compare_s, "compare_mib": compare_mib, **self.catch_up(step)}
        data.check_equal(data.checksums(step.source, step.database), bench.target, step.name,
                         step.database)
        self.details.append(detail)
        return load_s

    def compare(self, run, step):
        answer, seconds = run.verify(TIMEOUT_S)
        if not answer["equal"] or answer["rows_compared"] != step.totals["rows"]:
            raise BenchError(f"flyover verify compared {answer['rows_compared']} of "
                             f"{step.totals['rows']} rows, {answer['rows_different']} different")
        return seconds

    def catch_up(self, step):
        changes = step.write()
        end = step.end()
        self.bench.settle()
        run = self.bench.start_run()
        connected = run.wait_for("link.start", TIMEOUT_S)
        run.wait_until_applied(end, TIMEOUT_S)
        seconds = time.time() - run.began
        result = {"row_changes": changes, "restart_s": connected,
                  "apply_s": seconds - connected, "apply_mib": run.peak_mib()}
        self.bench.stop_run()
        return result

    def of(self, kind, number, field):
        return [run[field] for run in self.details
                if run["kind"] == kind and run["number"] == number]

    def median(self, kind, number, field):
        return statistics.median(self.of(kind, number, field))

    def measures(self, _):
        result = []
        for kind, numbers in self.numbers.items():
            names = {step.number: step.name for step in self.steps if step.kind == kind}
            for what, *fields in WHAT:
                for field, label, unit in zip(fields, ("", ", peak memory"), ("s", "MiB")):
                    if field:
                        result.append({
                            "name": f"growth with {kind}: {what}{label}", "unit": unit,
                            "parts": True, "first": names[numbers[0]],
                            "runs": {names[number]: self.of(kind, number, field)
                                     for number in numbers}})
        for step in self.steps:
            query(self.bench.target, f"DROP DATABASE IF EXISTS {step.database}")
        return result

    def steepest(self, kind, field):
        """The largest exponent between neighbours, and where: 1 is linear, below it is better.

        Nothing when everything was too short to tell.
        """
        least = JUDGED_FROM_S if field.endswith("_s") else 0
        numbers = self.numbers[kind]
        return max(((math.log(self.median(kind, more, field) / self.median(kind, less, field))
                     / math.log(more / less), less, more)
                    for less, more in zip(numbers, numbers[1:])
                    if self.median(kind, less, field) >= least), default=None)

    def judgement(self, kind):
        """A line for each time and memory: whether it grows faster than what is given."""
        lines = []
        for what, *fields in WHAT:
            for field, label in zip(fields, ("time", "peak memory")):
                if not field:
                    continue
                steepest = self.steepest(kind, field)
                if steepest is None:
                    lines.append(f"- {what}, {label}: too short to tell")
                    continue
                exponent, less, more = steepest
                verdict = "**faster than linearly**" if exponent > EXPONENT_MAX else \
                    "no faster than linearly"
                lines.append(f"- {what}, {label}: {verdict} (steepest exponent {exponent:.2f}, "
                             f"from {less:,} to {more:,})")
        return lines

    def section(self, _):
        """The section of docs/benchmarks.md."""
        folder = pathlib.Path(self.bench.options.docs or "benchmarks.md").stem
        lines = [
            "Each step begins with an empty target: load (from the start of `flyover run` until "
            "its phase leaves `load`), start of replication (from there until it replicates), "
            "`flyover verify`, and catching up with a log that grows with the step. Peak memory "
            "is that of `flyover run` in the step's part.", ""]
        for kind in self.numbers:
            lines += [*self.step_table(kind), ""]
            lines += [f"![{kind}: {what}]({folder}/{chart_name(kind, what)})"
                      for what in ("time", "memory")]
            lines += ["", *self.judgement(kind), ""]
        return "\n".join(lines).rstrip()

    def step_table(self, kind):
        per = "s/GiB" if kind == DATA else "ms/table"
        lines = [f"| {kind} | MiB | load s | {per} | MiB | start s | comparison s | {per} | MiB | "
                 "changes caught up with | s | MiB |", "|---" + "|--:" * 11 + "|"]
        for step in self.steps:
            if step.kind != kind:
                continue
            values = {field: self.median(kind, step.number, field)
                      for _, *fields in WHAT for field in fields if field}
            size = step.totals["text_bytes"] / 2**30 if kind == DATA else step.number / 1000
            cells = [step.name, f"{step.totals['text_bytes'] / 2**20:.0f}",
                     *map(report.number, (
                         values["load_s"], values["load_s"] / size, values["load_mib"],
                         values["start_s"], values["compare_s"], values["compare_s"] / size,
                         values["compare_mib"])),
                     f"{self.median(kind, step.number, 'row_changes'):,.0f}",
                     *map(report.number, (values["apply_s"], values["apply_mib"]))]
            lines.append("| " + " | ".join(cells) + " |")
        return lines

    def charts(self):
        """SVG files by name."""
        result = {}
        for kind, numbers in self.numbers.items():
            label = "times the data" if kind == DATA else "tables"
            for what, place, unit in (("time", 1, "seconds"), ("memory", 2, "MiB")):
                series = {entry[0]: [(number, self.median(kind, number, entry[place]))
                                     for number in numbers]
                          for entry in WHAT if entry[place]}
                result[chart_name(kind, what)] = charts.line_chart(
                    f"{what.capitalize()} with more {kind}", label, unit, series, numbers)
        return result


def chart_name(kind, what):
    return f"growth-{kind}-{what}.svg"
