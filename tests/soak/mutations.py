#!/usr/bin/python3
"""Whether the judges can see: one value of a random table is changed on the target, and both the
checker and `flyover verify` must say so and name the table.

    mutations.py --flyover PROGRAM [--seed N] [--dir D]

Every column of every table is changed in one row by every change its type allows (a byte, a bit, a
trailing blank, NULL against '', a microsecond, a member of a set), and rows are taken away and
doubled. Changes are made in groups, each in a row of its own, while half of the tables stay as they
are; the judges have to find exactly as many rows as were changed. Then they are taken back.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "scenarios", HERE.parent / "support"):
    sys.path.insert(0, str(folder))
from harness.flyover import Flyover  # noqa: E402
from sandbox import ROOT_PASSWORD, Sandbox  # noqa: E402
from workload import values  # noqa: E402
from workload.schema import Column, Key, Table, quote  # noqa: E402

SCHEMA = "soak_mutations"
KEPT = "soak_kept"
ROWS = 16
# Changes in a table before the judges look.
AT_ONCE = 6
LEAST = 200
# Nodes that print alike, or nearly: the first is in the row, the second takes its place.
NODES = [("CAST('1.5' AS DECIMAL(5,1))", "1.5e0"), ("1.5e0", "CAST('1.5' AS DECIMAL(5,1))"),
         ("CAST('2015-01-02' AS DATE)", "'2015-01-02'"), ("1", "CAST(1 AS UNSIGNED)"),
         ("CAST('12:00:01' AS TIME)", "'12:00:01.000000'"),
         ("CAST('1.50' AS DECIMAL(5,2))", "CAST('1.5' AS DECIMAL(5,1))")]
LESS, TWICE = "a row less", "a row twice"


def tables(seed, modern):
    """One table for each family of types, with a key and without. `modern`: only types that the
    older server does not have."""
    rng = random.Random(f"{seed}/mutations")
    charsets = sorted(values.COLLATIONS)
    kinds = {
        "integers": [values.integer(name, bits, unsigned) for name, bits in
                     (("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32),
                      ("BIGINT", 64)) for unsigned in (False, True)],
        "numbers": [values.fixed(65, 30, False), values.fixed(10, 2, True), values.fixed(5, 5, False),
                    values.approximate("FLOAT", True), values.approximate("DOUBLE", False),
                    values.bits(1), values.bits(33), values.bits(64), values.year()],
        "times": [values.date()] + [make(digits) for digits in (0, 3, 6) for make in
                                    (values.datetime, values.time_of_day, values.timestamp)],
        "bytes": [values.binary_type(base, length) for base, length in
                  (("BINARY", 4), ("VARBINARY", 16), ("TINYBLOB", None), ("BLOB", None),
                   ("MEDIUMBLOB", None), ("LONGBLOB", None))],
        "texts": [values.text_type(base, "utf8mb4", "utf8mb4_general_ci", length) for base, length
                  in (("CHAR", 20), ("VARCHAR", 20), ("TEXT", None), ("LONGTEXT", None))],
        "charsets 1": [values.text_type("VARCHAR", charset, values.COLLATIONS[charset][0], 20)
                       for charset in charsets[:8]],
        "charsets 2": [values.text_type("VARCHAR", charset, values.COLLATIONS[charset][0], 20)
                       for charset in charsets[8:]],
        "members": [values.enumeration(rng, False), values.enumeration(rng, True),
                    values.several(rng, False), values.several(rng, True)],
        "shapes": [values.geometry(shape, [shape]) for shape in values.SHAPES],
    }
    if modern:
        kinds = {"documents": [values.json_document(True), values.json_document(False)],
                 "vectors": [values.vector(3), values.vector(40)]}
    for name, columns in kinds.items():
        for keyed in (True, False):
            table = Table(SCHEMA, name + (" keyed" if keyed else " keyless"))
            number = Column("id", values.integer("INT", 32, False), False)
            table.columns.append(number)
            if keyed:
                table.keys.append(Key("PRIMARY KEY", [(number, None)]))
            table.columns += [Column(f"c{number}", kind) for number, kind in enumerate(columns)]
            table.keyed = keyed
            yield table


def rows_of(rng, table):
    """Any values; in the first row NULL, in the second zeros."""
    for number in range(ROWS):
        literals = [str(number)] + [
            "NULL" if number == 0 else "0e0" if number == 1 and column.kind.family == "float" else
            f"JSON_OBJECT('node', {NODES[number % len(NODES)][0]})" if column.kind.family == "json"
            and number % 5 else column.kind.literal(rng) for column in table.columns[1:]]
        yield f"INSERT INTO {table.full} VALUES ({', '.join(literals)})"


def changes(column):
    """Expressions that make another value of the column: (what, SET clause, a condition)."""
    name = quote(column.name)
    family, sql = column.kind.family, column.kind.sql
    null = [("NULL", "NULL", f"{name} IS NOT NULL")]
    if family == "integer":
        return null + [("one bit", f"{name} ^ 1" if "UNSIGNED" in sql else
                        f"IF({name} % 2 = 0, {name} + 1, {name} - 1)", f"{name} IS NOT NULL")]
    if family == "decimal":
        step = {"DECIMAL(65,30)": "0.000000000000000000000000000001", "DECIMAL(5,5)": "0.00001"}
        digit = step.get(sql, "0.01")
        return null + [("the last digit", f"IF({name} > 0, {name} - {digit}, {name} + {digit})",
                        f"{name} IS NOT NULL")]
    if family == "float":
        return null + [("a little", f"{name} * (1 - {'1e-7' if sql == 'FLOAT' else '2.3e-16'})",
                        f"ABS({name}) > 1e-30"), ("the sign of zero", "-0e0",
                                                  f"{name} = 0 AND LEFT({name}, 1) <> '-'")]
    if family == "bit":
        return null + [("one bit", f"{name} ^ 1", f"{name} IS NOT NULL")]
    if family == "year":
        return null + [("another year", f"IF({name} = 2000, 0, 2000)", f"{name} IS NOT NULL")]
    if family in ("temporal", "timestamp"):
        return null + time_changes(name, sql)
    if family == "binary":
        return null + [("another last byte", f"INSERT({name}, LENGTH({name}), 1, "
                        f"CHAR(ORD(RIGHT({name}, 1)) ^ 1))", f"LENGTH({name}) > 0"),
                       ("a trailing zero", f"CONCAT({name}, x'00')", f"LENGTH({name}) < 16"),
                       ("empty for NULL", "''", f"{name} IS NULL")][:2 if "BINARY(4)" == sql else 4]
    if family == "text":
        found = [("another letter", f"CONCAT('q', SUBSTRING({name}, 2))",
                  f"{name} IS NOT NULL AND {name} NOT LIKE 'q%'"),
                 ("only the case", f"IF(BINARY {name} = BINARY UPPER({name}), LOWER({name}), "
                  f"UPPER({name}))", f"BINARY UPPER({name}) <> BINARY LOWER({name})"),
                 ("empty for NULL", "''", f"{name} IS NULL")]
        if not sql.startswith("CHAR"):
            found.append(("a trailing blank", f"CONCAT({name}, ' ')", f"CHAR_LENGTH({name}) < 20"))
        return null + found
    if family == "enum":
        return null + [("another member", f"{name} % 3 + 1", f"{name} > 0")]
    if family == "set":
        return null + [("one member", f"CAST({name} AS UNSIGNED) ^ 1", f"{name} IS NOT NULL")]
    if "POLYGON" in sql:
        shape = "(0 0,61 0,61 61,0 0)"
        text = f"POLYGON({shape})" if sql == "POLYGON" else f"MULTIPOLYGON(({shape}))"
        return null + [("another shape", f"ST_GeomFromText('{text}')", f"{name} IS NOT NULL")]
    if family == "geometry":
        return null + [("a coordinate", "ST_GeomFromWKB(CONCAT(LEFT(ST_AsBinary(" + name + "), "
                        f"LENGTH({name}) - 5), CHAR(ORD(RIGHT({name}, 1)) ^ 1)))",
                        f"ORD(RIGHT({name}, 1)) > 1")]
    if family == "vector":
        return null + [("one value", f"STRING_TO_VECTOR(REPLACE(VECTOR_TO_STRING({name}), '[', "
                        f"'[7,'))", f"VECTOR_DIM({name}) < 3")]
    if family == "json":
        return null + [
            ("another number", f"JSON_ARRAY_APPEND({name}, '$', 1)", f"JSON_TYPE({name}) = 'ARRAY'"),
            ("a key's case", f"JSON_OBJECT('K', {name})", f"{name} IS NOT NULL")] + [
            # The server leaves a document as it is that only compares equal; so NULL comes between.
            (f"{there} for {here}", ["NULL", f"JSON_OBJECT('node', {there})"],
             same_node(f"JSON_EXTRACT({name}, '$.node')", f"JSON_EXTRACT(JSON_ARRAY({here}), '$[0]')"))
            for here, there in NODES]
    raise ValueError(family)


def same_node(one, other):
    """1.5 and 1.50 are of one type and equal to the server, 1.5 and 1.5e0 print alike."""
    return (f"JSON_TYPE({one}) = JSON_TYPE({other}) AND "
            f"BINARY CAST({one} AS CHAR) = BINARY CAST({other} AS CHAR)")


def time_changes(name, sql):
    if sql.startswith("DATE") and not sql.startswith("DATETIME"):
        return [("a day", "'2001-01-01'", f"{name} <> '2001-01-01'")]
    if "(6)" in sql:
        return [("a microsecond", f"IF(MICROSECOND({name}) % 2 = 0, {name} + INTERVAL 1 MICROSECOND, "
                 f"{name} - INTERVAL 1 MICROSECOND)" if not sql.startswith("TIME(") else
                 f"SUBTIME({name}, '00:00:00.000001')",
                 f"{name} > '0000-00-00' AND DAY({name}) > 0" if not sql.startswith("TIME(") else
                 f"{name} > '-838:00:00'")]
    if sql.startswith("TIME") and not sql.startswith("TIMESTAMP"):
        return [("a second", f"SUBTIME({name}, '00:00:01')", f"{name} > '-838:00:00'")]
    return [("a second", f"{name} - INTERVAL 1 SECOND", f"{name} > '0000-00-00' AND DAY({name}) > 0 "
             f"AND {name} > '1000-02-01'")]


class Mutations:
    """`made` counts the changes; `missed` says which a judge did not see."""

    def __init__(self, seed, program, directory, source, target):
        modern = source.version != "5.6"
        self.rng = random.Random(f"{seed}/changes")
        self.source = source
        self.target = target
        self.tables = list(tables(seed, modern))
        self.plans = {table.name: plan_of(table) for table in self.tables}
        self.flyover = Flyover(program, directory, "mutations", source, target)
        self.made = 0
        self.missed = []
        self.impossible = []

    def go(self):
        self.prepare()
        self.flyover.start_run()
        self.flyover.wait_status(lambda status: status["validation"]["complete"], "the comparison")
        self.judge("before the first change", {})
        with self.target.connect() as connection:
            for statement in ("sql_log_bin = 0", "sql_mode = ''", "time_zone = '+00:00'"):
                connection.query(f"SET SESSION {statement}")
            self.keep(connection)
            group = 0
            while any(self.plans.values()):
                # Half of the tables stay as they are, the other half the next time.
                changed = {table.name: self.change(connection, table)
                           for number, table in enumerate(self.tables) if (number + group) % 2}
                group += 1
                changed = {name: made for name, made in changed.items() if made}
                if changed:
                    self.judge(f"group {group}", changed)
                    self.take_back(connection, changed)
        self.judge("after the last change", {})

    def prepare(self):
        with self.source.connect() as connection:
            connection.query("SET SESSION sql_mode = '', time_zone = '+00:00'")
            connection.query(f"CREATE DATABASE {SCHEMA} DEFAULT CHARACTER SET utf8mb4")
            for table in self.tables:
                connection.query(table.create().encode("utf-8"))
                for sql in rows_of(self.rng, table):
                    connection.query(sql.encode("utf-8"))
        self.flyover.write_config([f"{SCHEMA}.*"], {"verify": {"rounds_max": 2, "lanes": 2}})

    def keep(self, connection):
        connection.query(f"CREATE DATABASE {KEPT}")
        for table in self.tables:
            connection.query(f"CREATE TABLE {KEPT}.{quote(table.name)} AS SELECT * FROM {table.full}")

    def take_back(self, connection, changed):
        for table in self.tables:
            if table.name in changed:
                connection.query(f"DELETE FROM {table.full}")
                connection.query(f"INSERT INTO {table.full} SELECT * FROM "
                                 f"{KEPT}.{quote(table.name)}")

    def change(self, connection, table):
        """Makes the next changes, each in a row of its own; answers what was done."""
        plan, free, made = self.plans[table.name], list(range(ROWS)), []
        self.rng.shuffle(free)
        while plan and free and len(made) < AT_ONCE:
            what, column, expression, condition = plan.pop(0)
            row = self.make(connection, table, free, column and [
                f"UPDATE {table.full} SET {quote(column.name)} = {one} WHERE ({condition}) AND id = "
                for one in (expression if isinstance(expression, list) else [expression])], what)
            if row is None:
                self.impossible.append(f"{table.name}: {what}")
                continue
            free.remove(row)
            made.append(what)
        self.made += len(made)
        return made

    @staticmethod
    def make(connection, table, free, updates, what):
        with connection.cursor() as cursor:
            for row in free:
                if updates:
                    sql = f"{updates[0]}{row}"
                elif what == LESS:
                    sql = f"DELETE FROM {table.full} WHERE id = {row}"
                else:
                    names = ", ".join(quote(column.name) for column in table.columns[1:])
                    number = f"{row + 100}" if table.keyed else "id"
                    sql = (f"INSERT INTO {table.full} SELECT {number}, {names} FROM {table.full} "
                           f"WHERE id = {row}")
                if cursor.execute(sql) != 1:
                    continue
                for update in updates[1:] if updates else []:
                    # The condition spoke of the value before.
                    sql = update.split(" WHERE ")[0] + f" WHERE id = {row}"
                    if cursor.execute(sql) != 1:
                        raise AssertionError(f"no row: {sql}")
                return row
        return None

    # The judges. Each answers, per table, how many rows it finds on one side only.

    def judge(self, when, changed):
        for judge, found in (("flyover", self.ask_flyover()), ("checker", self.ask_checker())):
            for name, made in changed.items():
                wanted = sum(1 if what in (LESS, TWICE) else 2 for what in made)
                if found.get(name, 0) != wanted:
                    self.missed.append(f"{when}: {judge} finds {found.get(name, 0)} rows of {name} "
                                       f"on one side only, and {wanted} are: {made}")
            for name in set(found) - set(changed):
                self.missed.append(f"{when}: {judge} sees a difference in {name}; there is none")

    def ask_flyover(self):
        answer = self.flyover.command("verify")
        return {one["table"]: 2 * one["rows_changed"] + one["rows_missing"] + one["rows_extra"] +
                one["rows_doubled"] for one in answer.json["tables"]
                if one["rows_different"] or one["error"]}

    def ask_checker(self):
        result = subprocess.run(
            ["/usr/bin/python3", str(HERE / "checker.py"), "--json", "--user", "root", "--left",
             f"127.0.0.1:{self.source.port}", "--right", f"127.0.0.1:{self.target.port}",
             "--schema", SCHEMA], env=dict(os.environ, CHECKER_PASSWORD=ROOT_PASSWORD),
            stdout=subprocess.PIPE, check=False)
        return {one["table"][1]: one["left_only"] + one["right_only"]
                for one in json.loads(result.stdout)["rows"]}


def plan_of(table):
    plan = [(f"{what} in {column.name} ({column.kind.sql[:40]})", column, expression, condition)
            for column in table.columns[1:] for what, expression, condition in changes(column)]
    return plan + [(LESS, None, None, None), (TWICE, None, None, None)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pair", choices=["5.6", "9.7"], default="5.6", help="the source")
    parser.add_argument("--flyover", default=HERE.parents[1] / "build/dev/apps/flyover/flyover")
    parser.add_argument("--dir", help="folder for servers and logs; default: a temporary one")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    directory = pathlib.Path(arguments.dir or tempfile.mkdtemp(prefix="flyover-mutations-"))
    fast = ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"]
    with Sandbox(directory / "servers") as sandbox:
        make = sandbox.mysql56 if arguments.pair == "5.6" else sandbox.mysql97
        source = make(extra_args=fast, name="source")
        target = sandbox.mysql97(extra_args=fast, name="target")
        mutations = Mutations(arguments.seed, pathlib.Path(arguments.flyover).resolve(),
                              directory / "flyover", source, target)
        try:
            mutations.go()
        finally:
            mutations.flyover.end()
    for one in mutations.impossible:
        print(f"no row allowed: {one}")
    print(f"{mutations.made} changes made, {len(mutations.missed)} times a judge was wrong")
    for one in mutations.missed:
        print(f"  {one}")
    shutil.rmtree(directory / "servers", ignore_errors=True)
    least = LEAST if arguments.pair == "5.6" else 30
    if mutations.missed or mutations.made < least:
        print(f"at least {least} changes are wanted; everything in {directory}")
        return 1
    if not arguments.dir:
        shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
