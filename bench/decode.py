"""Row events to typed rows, on one thread and without servers: logs that a real source wrote."""

import json
import shutil

import data
import report
from native import status_statement
from tools import DATABASE, BenchError, call, query, sysbench

FLYOVER, LIMIT = "flyover", "headers and checksums only"
THREADS = 8
COPIES = "bench_decode"
BLOB_BYTES = 2**20
BLOBS = 64
MEGA = 1e6


class Decode:
    """The source writes a log file for each kind of rows; `decode_benchmark` reads it from memory.

    MB are millions of bytes of the log, with its headers and checksums.
    """

    def __init__(self, bench):
        self.bench = bench
        self.details = []
        self.program = bench.build / "bench/decode_benchmark"
        if not self.program.exists():
            raise BenchError(f"{self.program} is not there: `make bench` builds it")
        self.folder = bench.dir / "logs"
        self.folder.mkdir()
        bench.stop_run()
        query(bench.source, f"CREATE DATABASE {COPIES} DEFAULT CHARACTER SET utf8mb4")
        self.logs = {name: self.capture(name, write) for name, write in (
            ("oltp_write_only", self.write_oltp), ("many rows at once", self.write_many),
            ("rows of 20 KiB", self.write_wide), ("blobs of 1 MiB", self.write_blobs))}
        query(bench.source, f"DROP DATABASE {COPIES}")

    # What the source writes.

    def write_oltp(self):
        """Changes of single rows, as applications make them."""
        sysbench("oltp_write_only", "run", self.bench.source.port, data.SYSBENCH_TABLES,
                 self.bench.options.rows, THREADS, self.bench.options.seconds)

    def write_many(self):
        self.copy("sbtest1")

    def write_wide(self):
        self.copy(data.WIDE_TABLE)

    def write_blobs(self):
        query(self.bench.source, f"CREATE TABLE {COPIES}.blobs (id INT NOT NULL PRIMARY KEY, body "
                                 "LONGBLOB NOT NULL) ENGINE=InnoDB")
        for number in range(BLOBS):
            query(self.bench.source, f"INSERT INTO {COPIES}.blobs VALUES ({number}, "
                                     f"REPEAT(MD5({number}), {BLOB_BYTES // 32}))")

    def copy(self, table):
        query(self.bench.source, f"CREATE TABLE {COPIES}.{table} LIKE {DATABASE}.{table}")
        query(self.bench.source, f"INSERT INTO {COPIES}.{table} SELECT * FROM {DATABASE}.{table}")

    def capture(self, name, write):
        """A copy of the log file that begins with what is written."""
        source = self.bench.source
        query(source, "FLUSH LOGS")
        file = query(source, status_statement(source))[0][0]
        write()
        query(source, "FLUSH LOGS")
        copy = self.folder / (name.replace(" ", "_") + ".log")
        shutil.copyfile(source.data / file, copy)
        return copy

    # What is measured.

    def contenders(self):
        return {name: lambda name=name: self.decode(name) for name in self.logs}

    def decode(self, name):
        text = call([self.program, "--benchmark_format=json", self.logs[name]])
        speeds, rows = {}, 0
        for result in json.loads(text)["benchmarks"]:
            if result.get("error_occurred"):
                raise BenchError(f"{name}: {result['error_message']}")
            kind = result["name"].partition("/")[0]
            speeds[kind] = result["bytes_per_second"] / MEGA
            rows = max(rows, int(result["rows"]))
        self.details.append({"log": name, "bytes": self.logs[name].stat().st_size, "rows": rows,
                             FLYOVER: speeds["rows"], LIMIT: speeds["checksums"]})
        return speeds["rows"]

    def measures(self, values):
        return [{"name": f"decode: {name}", "unit": "MB/s", "first": FLYOVER,
                 "runs": {who: [run[who] for run in self.details if run["log"] == name]
                          for who in (FLYOVER, LIMIT)}}
                for name in values]

    def section(self, measures):
        """The section of docs/benchmarks.md."""
        lines = [
            "Row events to typed rows on one thread (`decode_benchmark`, Google Benchmark): a log "
            "of the source from memory, checksums verified. The limit looks at headers and "
            "checksums and at nothing else. Here more is better.", "",
            "| log | MB | rows | bytes a row | flyover MB/s | limit MB/s | ratio |",
            "|---|--:|--:|--:|--:|--:|--:|"]
        for measure in measures:
            name = measure["name"].partition(": ")[2]
            facts = next(run for run in self.details if run["log"] == name)
            lines.append(
                f"| {name} | {facts['bytes'] / MEGA:.0f} | {facts['rows']:,} | "
                f"{facts['bytes'] / facts['rows']:,.0f} | "
                f"{report.number(measure['medians'][FLYOVER])} | "
                f"{report.number(measure['medians'][LIMIT])} | "
                f"**{measure['ratios'][LIMIT]:.2f}** |")
        return "\n".join(lines)
