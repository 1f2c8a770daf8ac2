"""The full load: schema, rows and indexes from 5.6 to 9.7."""

import re
import shutil
import time

import data
from tools import DATABASE, ROOT_PASSWORD, BenchError, call, call_together, client, query

PEER_THREADS = 4


class Load:
    """Each contender starts from an empty target; rows are checked outside the clock."""

    flyover_name = "flyover run"
    peer_name = "mydumper + myloader"
    floor_name = "LOAD DATA of ready files"

    def __init__(self, bench):
        self.bench = bench
        self.files = bench.dir / "files"
        self.dump = bench.dir / "dump"
        self.expected = data.checksums(bench.source)
        self.details = {self.flyover_name: [], self.peer_name: [], self.floor_name: []}
        self.write_files()

    def contenders(self):
        return {self.flyover_name: self.flyover, self.peer_name: self.mydumper,
                self.floor_name: self.floor}

    def flyover(self):
        run = self.bench.start_fresh_run()
        seconds = run.wait_for("phase catch_up")
        cpu_s, memory_mib = run.cpu_seconds(), run.peak_mib()
        run.wait_for("phase replicating")
        data.check_equal(self.expected, self.bench.target, self.flyover_name)
        self.details[self.flyover_name].append({
            "seconds": seconds, "assessed_after_s": run.said("phase schema"),
            "schema_after_s": run.said("phase load"),
            "first_index_after_s": run.said("doing building the indexes"),
            "compared_schemas_after_s": run.said("doing comparing the schemas"),
            "cpu_s": cpu_s, "peak_mib": memory_mib})
        return seconds

    def mydumper(self):
        self.bench.empty_target()
        shutil.rmtree(self.dump, ignore_errors=True)
        begin = time.monotonic()
        call(["mydumper", "--host", "127.0.0.1", "--port", self.bench.source.port, "--user",
              "root", "--password", ROOT_PASSWORD, "--database", DATABASE, "--outputdir",
              self.dump, "--threads", PEER_THREADS, "--trx-consistency-only", "--verbose", 1])
        dumped = time.monotonic()
        call(["myloader", "--host", "127.0.0.1", "--port", self.bench.target.port, "--user",
              "root", "--password", ROOT_PASSWORD, "--directory", self.dump, "--threads",
              PEER_THREADS, "--enable-binlog", "--verbose", 1])
        seconds = time.monotonic() - begin
        shutil.rmtree(self.dump)
        data.check_equal(self.expected, self.bench.target, self.peer_name)
        self.details[self.peer_name].append(
            {"seconds": seconds, "mydumper_s": dumped - begin,
             "myloader_s": seconds - (dumped - begin)})
        return seconds

    def write_files(self):
        """What the floor loads; made once and not timed."""
        self.files.mkdir(parents=True)
        for table in data.tables(self.bench.source):
            query(self.bench.source,
                  f"SELECT * FROM {DATABASE}.{table} INTO OUTFILE '{self.files / table}' "
                  "CHARACTER SET binary")

    def floor(self):
        self.bench.empty_target()
        names = data.tables(self.bench.source)
        creates = {name: without_indexes(query(
            self.bench.source, f"SHOW CREATE TABLE {DATABASE}.{name}")[0][1]) for name in names}
        sessions = []
        for share in data.shares(names):
            statements = [f"USE {DATABASE}", "SET unique_checks = 0, foreign_key_checks = 0"]
            for name in share:
                create, indexes = creates[name]
                statements += [create, f"LOAD DATA LOCAL INFILE '{self.files / name}' INTO "
                                       f"TABLE {name} CHARACTER SET binary"]
                if indexes:
                    statements.append(
                        f"ALTER TABLE {name} " + ", ".join(f"ADD {index}" for index in indexes))
            sessions.append(client(self.bench.target, "; ".join(statements)))
        query(self.bench.target, f"CREATE DATABASE {DATABASE} DEFAULT CHARACTER SET utf8mb4")
        seconds = call_together(sessions, self.bench.dir / "floor.log")
        data.check_equal(self.expected, self.bench.target, self.floor_name)
        self.details[self.floor_name].append({"seconds": seconds})
        return seconds

    def measures(self, values):
        flyover = self.details[self.flyover_name]
        return [{"name": "full load", "unit": "s", "first": self.flyover_name, "runs": values},
                {"name": "full load: flyover's steps", "unit": "s", "parts": True,
                 "first": "assessment", "runs": steps(flyover)},
                {"name": "full load: CPU time of flyover", "unit": "s",
                 "first": self.flyover_name,
                 "runs": {self.flyover_name: [run["cpu_s"] for run in flyover]}},
                {"name": "full load: peak memory", "unit": "MiB", "first": self.flyover_name,
                 "runs": {self.flyover_name: [run["peak_mib"] for run in flyover]}}]


def steps(runs):
    """How long flyover's steps took, by step."""
    marks = (("assessment", "assessed_after_s"), ("schema", "schema_after_s"),
             ("rows", "first_index_after_s"), ("indexes", "compared_schemas_after_s"),
             ("comparison of the schemas", "seconds"))
    result, begin = {}, None
    for name, mark in marks:
        result[name] = [run[mark] - (run[begin] if begin else 0) for run in runs]
        begin = mark
    return result


def without_indexes(create):
    """A CREATE TABLE without its secondary indexes, and these."""
    indexes, lines = [], []
    for line in create.splitlines():
        if re.match(r"  (UNIQUE )?KEY ", line):
            indexes.append(line.strip().rstrip(","))
        else:
            lines.append(line)
    if len(lines) < 3:
        raise BenchError(f"this is not a table: {create}")
    lines[-2] = lines[-2].rstrip(",")
    return "\n".join(lines), indexes
