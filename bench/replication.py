"""Catching up: what the source wrote while flyover was stopped, and how fast it is applied."""

import time

import data
from tools import query, sysbench, sysbench_numbers

THREADS = 4


class Replication:
    """Every run: stop, write on the source, start again, wait until the last of it is applied."""

    flyover_name = "flyover run"
    source_name = "sysbench on 5.6 itself"

    def __init__(self, bench):
        self.bench = bench
        self.written = []
        self.details = []
        bench.start_fresh_run().wait_for("phase replicating")

    def contenders(self):
        return {self.source_name: self.write, self.flyover_name: self.catch_up}

    def position(self):
        file, offset = query(self.bench.source, "SHOW MASTER STATUS")[0][:2]
        return file, int(offset)

    def write(self):
        self.bench.stop_run()
        options = self.bench.options
        begin = self.position()
        numbers = sysbench_numbers(sysbench(
            "oltp_write_only", "run", self.bench.source.port, data.SYSBENCH_TABLES, options.rows,
            THREADS, options.seconds))
        end = self.position()
        self.written.append({
            "transactions": numbers["transactions"], "seconds": numbers["seconds"],
            "end": end, "binlog_bytes": end[1] - begin[1] if end[0] == begin[0] else None})
        return numbers["transactions"] / numbers["seconds"]

    def catch_up(self):
        written = self.written[-1]
        self.bench.settle()
        begin = time.monotonic()
        run = self.bench.start_run()
        connected = run.wait_for("link.start")
        run.wait_until_applied(written["end"])
        seconds = time.monotonic() - begin
        self.details.append(dict(
            written, seconds=seconds, written_s=written["seconds"], link_started_after_s=connected,
            transactions_per_second_since_link=written["transactions"] / (seconds - connected),
            cpu_s=run.cpu_seconds(), peak_mib=run.peak_mib()))
        data.check_equal(data.checksums(self.bench.source), self.bench.target, "catching up")
        return written["transactions"] / seconds

    def measures(self, values):
        self.bench.stop_run()
        return [{"name": "catching up, oltp_write_only", "unit": "transactions/s",
                 "first": self.flyover_name,
                 "runs": {name: values[name] for name in (self.flyover_name, self.source_name)}},
                {"name": "catching up: peak memory", "unit": "MiB", "first": self.flyover_name,
                 "runs": {self.flyover_name: [run["peak_mib"] for run in self.details]}}]
