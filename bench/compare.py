"""The comparison of every row, against what it costs only to read them all."""

import json
import time

import data
from tools import DATABASE, BenchError, call, call_together, client


class Compare:
    """The pair replicates while it is measured; nobody writes but flyover's heartbeat."""

    flyover_name = "flyover verify"

    def __init__(self, bench):
        self.bench = bench
        self.run = bench.start_fresh_run()
        self.run.wait_for("phase replicating")
        self.rows = data.totals(bench.source)["rows"]
        self.details = []

    def contenders(self):
        return {self.flyover_name: self.flyover,
                "SELECT * of 5.6, two sessions": lambda: self.read(self.bench.source),
                "SELECT * of 9.7, two sessions": lambda: self.read(self.bench.target)}

    def flyover(self):
        begin = time.monotonic()
        answer = json.loads(call([self.bench.binary, "verify", self.run.configuration, "--json"]))
        seconds = time.monotonic() - begin
        if not answer["equal"] or answer["rows_compared"] != self.rows:
            raise BenchError(f"flyover verify compared {answer['rows_compared']} of {self.rows} "
                             f"rows and found {answer['rows_different']} different")
        self.details.append({"seconds": seconds, "own_s": answer["elapsed_ms"] / 1000,
                             "rounds": answer["rounds"]})
        return seconds

    def read(self, server):
        sessions = [client(server, "; ".join(f"SELECT * FROM {DATABASE}.{name}"
                                             for name in share))
                    for share in data.shares(data.tables(server))]
        return call_together(sessions, self.bench.dir / "select.log")

    def measures(self, values):
        peak_mib = self.run.peak_mib()
        self.bench.stop_run()
        return [{"name": "comparison", "unit": "s", "first": self.flyover_name, "runs": values},
                {"name": "comparison: peak memory", "unit": "MiB", "first": "flyover run",
                 "runs": {"flyover run": [peak_mib]}}]
