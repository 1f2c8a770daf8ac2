"""The comparison of every row, against a peer and against what it costs only to read them all."""

import time

import data
import report
from native import NativeReplica, status_statement
from tools import (DATABASE, ROOT_PASSWORD, BenchError, Writing, call, call_together, client,
                   query, sysbench, sysbench_numbers)

FLYOVER, PEER = "flyover verify", "pt-table-checksum"
ONE, TWO = "one session", "two sessions"
QUIET, BUSY = "nobody writes", "under load"
# Of the source's top speed, so that flyover and the native replica can both follow.
SHARE = 0.3
WRITERS = 4
TOP_SECONDS = 3
CHECKSUMS = "percona"


class Compare:
    """The pair replicates while it is measured; who is not measured does not work.

    pt-table-checksum needs a native replica, which is a copy of the target. It can not ask a 9.7
    whether it is a replica (SHOW SLAVE STATUS is gone), so it is told not to look for replicas and
    does not wait for them between its chunks; its clock ends when the replica has computed its last
    checksum and the differences were asked for.
    """

    def __init__(self, bench):
        self.bench = bench
        self.details = []
        self.peaks = []
        bench.start_fresh_run().wait_for("phase replicating")
        bench.stop_run()
        self.rows = data.totals(bench.source)["rows"]
        self.native = NativeReplica(bench.sandbox, bench.source, bench.target)
        query(bench.source, f"DROP DATABASE IF EXISTS {CHECKSUMS}")
        self.top = self.top_speed()

    def top_speed(self):
        """Transactions per second that the source writes when it is alone."""
        numbers = sysbench_numbers(sysbench(
            "oltp_write_only", "run", self.bench.source.port, data.SYSBENCH_TABLES,
            self.bench.options.rows, WRITERS, TOP_SECONDS))
        return numbers["transactions"] / numbers["seconds"]

    def contenders(self):
        result = {}
        for when in (QUIET, BUSY):
            result[when, FLYOVER] = lambda when=when: self.beside(when, self.flyover)
            result[when, PEER] = lambda when=when: self.beside(when, self.peer)
            for server in (self.bench.source, self.bench.target):
                for sessions, count in ((ONE, 1), (TWO, 2)):
                    result[when, reader(server, sessions)] = (
                        lambda when=when, server=server, count=count: self.beside(
                            when, lambda when: self.read(server, count)))
        return result

    def may_fail(self, who):
        return who[1] == PEER

    def beside(self, when, action):
        """One measurement, with or without somebody who writes to the source."""
        if action == self.flyover:
            self.follow()
        elif action == self.peer:
            self.bench.stop_run()
            self.native.catch_up(self.end())
        else:
            self.bench.stop_run()
        self.bench.settle()
        try:
            if when == QUIET:
                return action(when)
            with Writing(self.bench, "oltp_write_only", data.SYSBENCH_TABLES, WRITERS,
                         rate=max(1, int(SHARE * self.top))):
                return action(when)
        finally:
            self.native.stop()

    def end(self):
        file, offset = query(self.bench.source, status_statement(self.bench.source))[0][:2]
        return file, int(offset)

    def follow(self):
        """flyover replicates and has applied what was written while it was away."""
        if self.bench.run is None:
            self.bench.start_run()
        self.bench.run.wait_for("link.start")
        self.bench.run.wait_until_applied(self.end())

    def flyover(self, when):
        run = self.bench.run
        answer, seconds = run.verify()
        compared = answer["rows_compared"]
        if not answer["equal"] or (when == QUIET and compared != self.rows):
            raise BenchError(f"flyover verify compared {compared} of {self.rows} rows and found "
                             f"{answer['rows_different']} different")
        self.peaks.append(run.peak_mib())
        self.details.append({"who": FLYOVER, "when": when, "seconds": seconds,
                             "own_s": answer["elapsed_ms"] / 1000, "rounds": answer["rounds"],
                             "rows_compared": compared})
        return seconds

    def peer(self, when):
        source = self.bench.source
        begin = time.monotonic()
        table_checksum(source)
        ended = time.monotonic() - begin
        self.native.wait_for(self.end())
        different, chunks, rows = query(
            self.native.server,
            "SELECT COALESCE(SUM(master_cnt <> this_cnt OR master_crc <> this_crc OR "
            "ISNULL(master_crc) <> ISNULL(this_crc)), 0), COUNT(*), SUM(this_cnt) "
            f"FROM {CHECKSUMS}.checksums WHERE db = '{DATABASE}'")[0]
        seconds = time.monotonic() - begin
        query(source, f"DROP DATABASE {CHECKSUMS}")
        if different or (when == QUIET and rows != self.rows):
            raise BenchError(f"pt-table-checksum compared {rows} of {self.rows} rows and found "
                             f"{different} of {chunks} chunks different")
        self.details.append({"who": PEER, "when": when, "seconds": seconds, "source_s": ended,
                             "chunks": int(chunks), "rows_compared": int(rows)})
        return seconds

    def read(self, server, sessions):
        commands = [client(server, "; ".join(f"SELECT * FROM {DATABASE}.{name}"
                                             for name in share))
                    for share in data.shares(data.tables(server), sessions)]
        return call_together(commands, self.bench.dir / "select.log")

    def measures(self, values):
        self.bench.stop_run()
        result = [{"name": f"comparison, {when}", "unit": "s", "first": FLYOVER,
                   "runs": {who: runs for (at, who), runs in values.items() if at == when}}
                  for when in (QUIET, BUSY)]
        return result + [{"name": "comparison: peak memory", "unit": "MiB", "first": "flyover run",
                          "runs": {"flyover run": self.peaks}}]

    def section(self, measures):
        """The section of docs/benchmarks.md."""
        lines = [
            "`flyover verify` compares every row of both servers at one point of the log. Beside "
            "it pt-table-checksum, whose statements a native replica on 9.7 repeats (until the "
            "replica is done and the differences are known), and a client that reads every row "
            "of one server and drops it; the slower server counts. Under load sysbench's "
            f"`oltp_write_only` writes to the source at {SHARE:.0%} of its top speed. The last "
            "columns are what any tool has to do that reads every row of both: both servers' rows "
            "read by two sessions each, one server after the other.", "",
            "| | flyover | pt-table-checksum | ratio | slower server, one session | ratio | two "
            "sessions | ratio | both servers | ratio |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
        servers = (self.bench.source, self.bench.target)
        for when, measure in zip((QUIET, BUSY), measures):
            medians = measure["medians"]
            others = [PEER, *(max((reader(server, sessions) for server in servers),
                                  key=lambda who, medians=medians: medians[who])
                              for sessions in (ONE, TWO))]
            cells = [when, report.number(medians[FLYOVER]) + " s"]
            for who in others:
                cells += ([report.number(medians[who]) + " s", f"**{measure['ratios'][who]:.2f}**"]
                          if who in medians else ["not able", ""])
            both = sum(medians[reader(server, TWO)] for server in servers)
            cells += [report.number(both) + " s", f"**{medians[FLYOVER] / both:.2f}**"]
            lines.append("| " + " | ".join(cells) + " |")
        peak = max(measures[2]["runs"]["flyover run"])
        return "\n".join([*lines, "", f"Peak memory of `flyover run`: {report.number(peak)} MiB."])


def table_checksum(source):
    """pt-table-checksum on the source; the table it fills is the source's and its replicas'."""
    call(["pt-table-checksum", f"h={source.host},P={source.port},u=root,p={ROOT_PASSWORD}",
          "--no-version-check", "--databases", DATABASE, "--recursion-method", "none",
          "--no-check-binlog-format", "--no-check-replication-filters", "--quiet"])


def reader(server, sessions):
    return f"SELECT * of {server.version}, {sessions}"
