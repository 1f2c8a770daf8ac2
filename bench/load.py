"""The full load: schema, rows and indexes from 5.6 to 9.7, in several variants."""

import os
import re
import shutil
import statistics
import time

import data
import load_data
import report
from tools import DATABASE, ROOT_PASSWORD, BenchError, call, call_together, client, queries, query

PEER_THREADS = 4
FLYOVER, PEER, FLOOR = "flyover run", "mydumper + myloader", "LOAD DATA of ready files"
# The same with the binary log on everywhere; elsewhere nobody writes it (myloader's default).
LOGGED = "4 tables, binary log on"
# The same with InnoDB's redo log off, for flyover and for the limit; the peer can not do that.
NO_REDO = "4 tables, redo log off"
SPECIAL = (LOGGED, NO_REDO)


class Variant:
    """One database on the source, and what is known about it."""

    def __init__(self, bench, name, number):
        self.name = name
        self.logged = name == LOGGED
        self.redo = name != NO_REDO
        self.database = f"load{number}"
        query(bench.source, f"CREATE DATABASE {self.database} DEFAULT CHARACTER SET utf8mb4")
        load_data.VARIANTS["4 tables" if name in SPECIAL else name](
            bench.source, self.database, bench.options.rows)
        self.tables = data.tables(bench.source, self.database)
        for _ in queries(bench.source, (
                f"ANALYZE TABLE {self.database}.{table}" for table in self.tables)):
            pass
        self.expected = data.checksums(bench.source, self.database)
        self.totals = data.totals(bench.source, self.database)
        self.files = bench.dir / "files" / self.database
        creates = queries(bench.source, (
            f"SHOW CREATE TABLE {self.database}.{table}" for table in self.tables))
        self.creates = {table: create[0][1] for table, create in zip(self.tables, creates)}
        self.parts = self.write_files(bench)

    def write_files(self, bench):
        """What the floor loads; made once and not timed. A table alone is cut in two."""
        self.files.mkdir(parents=True)
        parts, statements = [], []
        for table in self.tables:
            wheres = [""]
            if len(self.tables) == 1:
                key = query(bench.source, f"SHOW INDEX FROM {self.database}.{table}")[0][4]
                middle = self.expected[table][0] // 2
                bound = (f"(SELECT {key} FROM {self.database}.{table} ORDER BY {key} "
                         f"LIMIT {middle}, 1)")
                wheres = [f"WHERE {key} < {bound}", f"WHERE {key} >= {bound}"]
            for number, where in enumerate(wheres):
                file = self.files / f"{table}.{number}"
                statements.append(f"SELECT * FROM {self.database}.{table} {where} ORDER BY 1 "
                                  f"INTO OUTFILE '{file}' CHARACTER SET binary")
                parts.append((table, file))
        for _ in queries(bench.source, statements):
            pass
        return parts


class Load:
    """Each contender starts from an empty target; rows are checked outside the clock."""

    def __init__(self, bench):
        self.bench = bench
        self.dump = bench.dir / "dump"
        self.details = {}
        self.variants = []
        names = bench.options.load_variants or [*load_data.VARIANTS, *SPECIAL]
        for number, name in enumerate(names):
            bench.say(f"load: making the data of: {name}")
            self.variants.append(Variant(bench, name, number))

    def contenders(self):
        result = {}
        for variant in self.variants:
            for who, action in ((FLYOVER, self.flyover), (PEER, self.mydumper),
                                (FLOOR, self.floor)):
                result[variant.name, who] = lambda action=action, variant=variant: action(variant)
        return result

    def may_fail(self, who):
        return who[1] == PEER

    def begin(self, variant):
        self.bench.empty_target()
        for other in self.variants:
            query(self.bench.target, f"DROP DATABASE IF EXISTS {other.database}")
        self.bench.settle()
        return variant.database

    def end(self, variant, who, **detail):
        data.check_equal(variant.expected, self.bench.target, who, variant.database)
        self.details.setdefault(variant.name, {}).setdefault(who, []).append(detail)
        return detail["seconds"]

    def flyover(self, variant):
        self.begin(variant)
        if not variant.redo:
            query(self.bench.target, "GRANT INNODB_REDO_LOG_ENABLE ON *.* TO 'flyover'@'%'")
        self.bench.write_configuration(
            databases=(variant.database,), disable_binlog="off" if variant.logged else "auto",
            disable_redo="auto" if variant.redo else "on")
        before = self.bench.server_cpu()
        run = self.bench.start_run()
        seconds = run.wait_for("phase catch_up")
        cpu_s, memory_mib, servers = run.cpu_seconds(), run.peak_mib(), self.bench.server_cpu()
        run.wait_for("phase replicating")
        return self.end(
            variant, FLYOVER, seconds=seconds, assessed_after_s=run.said("phase schema"),
            schema_after_s=run.said("phase load"),
            compared_schemas_after_s=run.said("doing comparing the schemas"), cpu_s=cpu_s,
            peak_mib=memory_mib, source_cpu_s=servers[0] - before[0],
            target_cpu_s=servers[1] - before[1])

    def mydumper(self, variant):
        self.begin(variant)
        shutil.rmtree(self.dump, ignore_errors=True)
        before = self.bench.server_cpu()
        begin = time.monotonic()
        dump(self.bench, self.dump, variant.database)
        dumped = time.monotonic()
        restore(self.bench, self.dump, ["--enable-binlog"] if variant.logged else [])
        seconds = time.monotonic() - begin
        after = self.bench.server_cpu()
        shutil.rmtree(self.dump)
        return self.end(variant, PEER, seconds=seconds, mydumper_s=dumped - begin,
                        myloader_s=seconds - (dumped - begin), source_cpu_s=after[0] - before[0],
                        target_cpu_s=after[1] - before[1])

    def floor(self, variant):
        """Tables bare, rows from files, indexes behind them: nothing is read from the source."""
        database = self.begin(variant)
        session = (f"USE {database}; SET unique_checks = 0, foreign_key_checks = 0, "
                   f"sql_log_bin = {1 if variant.logged else 0};\n")
        bare = {table: without_indexes(create) for table, create in variant.creates.items()}
        alone = len(variant.tables) == 1
        scripts = []
        for number, share in enumerate(data.shares(variant.parts, 4 if len(bare) > 8 else 2)):
            text = session
            for table, file in share:
                create, indexes = bare[table]
                if not alone:
                    text += create + ";\n"
                text += (f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {table} CHARACTER SET "
                         "binary;\n")
                if indexes and not alone:
                    text += adding(table, indexes)
            scripts.append(variant.files / f"session{number}.sql")
            scripts[-1].write_text(text, encoding="utf-8")
        last = variant.files / "last.sql"
        first = variant.files / "first.sql"
        first.write_text(session + bare[variant.tables[0]][0] + ";\n", encoding="utf-8")
        last.write_text(session + adding(variant.tables[0], bare[variant.tables[0]][1]),
                        encoding="utf-8")
        query(self.bench.target, f"CREATE DATABASE {database} DEFAULT CHARACTER SET utf8mb4")
        before, begin = self.bench.server_cpu(), time.monotonic()
        log = self.bench.dir / "floor.log"
        if not variant.redo:
            query(self.bench.target, "ALTER INSTANCE DISABLE INNODB REDO_LOG")
        for step in ([[first], scripts, [last]] if alone else [scripts]):
            call_together([client(self.bench.target, f"source {script}") for script in step], log)
        if not variant.redo:
            query(self.bench.target, "ALTER INSTANCE ENABLE INNODB REDO_LOG")
        seconds, after = time.monotonic() - begin, self.bench.server_cpu()
        return self.end(variant, FLOOR, seconds=seconds, target_cpu_s=after[1] - before[1])

    def measures(self, values):
        result = []
        for variant in self.variants:
            runs = {who: times for (name, who), times in values.items() if name == variant.name}
            result.append({"name": f"full load: {variant.name}", "unit": "s", "first": FLYOVER,
                           "runs": runs})
        for variant in self.variants:
            flyover = self.details[variant.name][FLYOVER]
            size = variant.totals["text_bytes"] / 2**30
            result.append({"name": f"full load: {variant.name}: CPU time of flyover",
                           "unit": "s/GiB", "first": FLYOVER,
                           "runs": {FLYOVER: [run["cpu_s"] / size for run in flyover]}})
            result.append({"name": f"full load: {variant.name}: peak memory", "unit": "MiB",
                           "first": FLYOVER,
                           "runs": {FLYOVER: [run["peak_mib"] for run in flyover]}})
            for server in (self.bench.source, self.bench.target):
                query(server, f"DROP DATABASE IF EXISTS {variant.database}")
        return result

    def section(self, measures):
        """The section of docs/benchmarks.md."""
        lines = [
            "`flyover run` from its start until its phase leaves `load`: assessment, schema, rows, "
            "indexes, comparison of the schemas.",
            f"Beside it mydumper and myloader with {PEER_THREADS} threads each, and the limit: "
            "ready files, `LOAD DATA LOCAL` in two sessions (four for many tables), indexes "
            "afterwards, nothing read from the source. Durability is the servers' default. Nobody "
            "writes the target's binary log (`load.disable_binlog = \"auto\"`, myloader's default) "
            "but where the table says so. With the redo log off (`load.disable_redo = \"on\"`, the "
            "user's word) flyover and the limit leave InnoDB's redo log out, too; myloader can't.",
            "",
            "| data | MiB | flyover | mydumper + myloader | ratio | limit | ratio | CPU s/GiB | "
            "peak MiB |", "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
        by_name = {measure["name"]: measure for measure in measures}
        for variant in self.variants:
            name = f"full load: {variant.name}"
            medians, ratios = by_name[name]["medians"], by_name[name]["ratios"]
            cells = [f"{variant.name} ({variant.totals['tables']} tables, "
                     f"{variant.totals['rows']:,} rows)",
                     f"{variant.totals['text_bytes'] / 2**20:.0f}",
                     report.number(medians[FLYOVER]) + " s"]
            for who in (PEER, FLOOR):
                cells += ([report.number(medians[who]) + " s", f"**{ratios[who]:.2f}**"]
                          if who in medians else ["not able", ""])
            for what in ("CPU time of flyover", "peak memory"):
                cells.append(report.number(by_name[f"{name}: {what}"]["medians"][FLYOVER]))
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines + self.processor_time())

    def processor_time(self):
        """What bounds a load: the processor time of the servers, which any tool makes them burn."""
        lines = ["", "Where the time goes: seconds of processor time in the same runs (medians), "
                 "the share of all cores' time that they are, what the run would take if no core "
                 "were ever idle, and that as a part of the peer's time. Less can only be reached "
                 "by making the servers burn less; nearly all of it is the target's.", "",
                 "| data | who | source | target | flyover | cores in use | no core idle | "
                 "of the peer |", "|---|---|--:|--:|--:|--:|--:|--:|"]
        for variant in self.variants:
            details = self.details[variant.name]
            peer_seconds = [run["seconds"] for run in details.get(PEER, [])]
            peer = statistics.median(peer_seconds) if peer_seconds else None
            for who in (FLYOVER, PEER, FLOOR):
                runs = details.get(who)
                if not runs:
                    continue
                spent = [statistics.median(run.get(part, 0) for run in runs)
                         for part in ("source_cpu_s", "target_cpu_s", "cpu_s")]
                seconds = statistics.median(run["seconds"] for run in runs)
                cells = [report.number(value) if value else "" for value in spent]
                least = sum(spent) / os.cpu_count()
                cells += [f"{least / seconds:.0%}", report.number(least) + " s",
                          f"{least / peer:.2f}" if peer and who == FLYOVER else ""]
                lines.append("| " + " | ".join([variant.name, who, *cells]) + " |")
        return lines


def dump(bench, folder, database=DATABASE):
    """mydumper: a database of the source into files."""
    call(["mydumper", "--host", "127.0.0.1", "--port", bench.source.port, "--user", "root",
          "--password", ROOT_PASSWORD, "--database", database, "--outputdir", folder, "--threads",
          PEER_THREADS, "--trx-consistency-only", "--verbose", 1])


def restore(bench, folder, more=()):
    """myloader: these files into the target."""
    call(["myloader", "--host", "127.0.0.1", "--port", bench.target.port, "--user", "root",
          "--password", ROOT_PASSWORD, "--directory", folder, "--threads", PEER_THREADS,
          "--verbose", 1, *more])


def adding(table, indexes):
    if not indexes:
        return ""
    return f"ALTER TABLE {table} " + ", ".join(f"ADD {index}" for index in indexes) + ";\n"


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
