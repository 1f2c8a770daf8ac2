#!/usr/bin/python3
"""Compares two MySQL servers byte by byte: rows, definitions, programs, counters.

A program of its own: it knows nothing of flyover and shares no code with it or with the other
tests. Its means are its own, too: rows come over the binary protocol of prepared statements, so
FLOAT and DOUBLE arrive as the bits that are stored; text, bytes, geometries and vectors as HEX();
numbers and dates as text; JSON as text with the type of every node.

    checker.py --left HOST:PORT --right HOST:PORT --user U --schema S [--schema S …]
               [--patience SECONDS] [--active left|right] [--json]

The password is read from CHECKER_PASSWORD. `--patience`: a table that differs is read again until
it is equal or the time is over (changes may still be on their way). `--active`: the side whose
triggers and events are alive; the other must have neither. Exit code: 0 equal, 1 different, 2 it
could not tell.
"""

import argparse
import collections
import json
import os
import re
import struct
import sys
import time

import pymysql

FLOAT, DOUBLE = 4, 5
STATEMENT_PREPARE, STATEMENT_EXECUTE, STATEMENT_CLOSE = 0x16, 0x17, 0x19
BYTES_TYPES = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "binary",
               "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point",
               "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
               "geometrycollection", "geomcollection", "vector"}
# Rows of one table that a message shows.
SHOWN_ROWS = 3
SHOWN_CHARACTERS = 200


def quote(name):
    return "`" + name.replace("`", "``") + "`"


class Side:
    """One server, in a session that converts nothing."""

    def __init__(self, name, address, user, password):
        self.name = name
        host, port = address.rsplit(":", 1)
        self.connection = pymysql.connect(host=host, port=int(port), user=user, password=password,
                                          charset="utf8mb4", autocommit=True)
        self.modern = not self.connection.get_server_info().startswith("5.")
        self.ask("SET SESSION sql_mode = '', time_zone = '+00:00', group_concat_max_len = 100000000,"
                 " max_sort_length = 1024")
        if self.modern:
            self.ask("SET SESSION information_schema_stats_expiry = 0, "
                     "show_gipk_in_create_table_and_information_schema = ON")

    def ask(self, sql, arguments=None):
        """Rows of a text query, for names and definitions."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return cursor.fetchall()

    # Prepared statements; pymysql has none of its own.

    def exact_rows(self, sql):
        """Every row as a tuple of None, bytes (of text) or bytes (of the stored number)."""
        connection = self.connection
        connection._execute_command(STATEMENT_PREPARE, sql)
        head = connection._read_packet().get_all_data()
        statement, columns, parameters = struct.unpack_from("<IHH", head, 1)
        assert parameters == 0
        for _ in range(columns + 1):
            connection._read_packet()
        connection._execute_command(STATEMENT_EXECUTE, struct.pack("<IBI", statement, 0, 1))
        connection._read_packet()
        types = [connection._read_packet(pymysql.protocol.FieldDescriptorPacket).type_code
                 for _ in range(columns)]
        connection._read_packet()
        rows = []
        while True:
            packet = connection._read_packet()
            if packet.is_eof_packet():
                break
            rows.append(binary_row(packet.get_all_data(), types))
        connection._execute_command(STATEMENT_CLOSE, struct.pack("<I", statement))
        return rows


def binary_row(data, types):
    nulls = data[1:1 + (len(types) + 9) // 8]
    at = 1 + len(nulls)
    row = []
    for number, code in enumerate(types):
        if nulls[(number + 2) // 8] >> ((number + 2) % 8) & 1:
            row.append(None)
        elif code in (FLOAT, DOUBLE):
            size = 4 if code == FLOAT else 8
            row.append(data[at:at + size])
            at += size
        else:
            size, at = length_of(data, at)
            row.append(data[at:at + size])
            at += size
    return tuple(row)


def length_of(data, at):
    first = data[at]
    if first < 0xfb:
        return first, at + 1
    size = {0xfc: 2, 0xfd: 3, 0xfe: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size


def expressions(name, data_type):
    """What is selected for a column: text, or FLOAT and DOUBLE as they are."""
    column = quote(name)
    if data_type in ("float", "double"):
        return [column]
    if data_type in BYTES_TYPES:
        return [f"HEX({column})"]
    if data_type in ("enum", "set"):
        # The number in decimal and the member's bytes: a broken value has number 0 and no text.
        # Arithmetic with a SET is that of doubles and not exact.
        return [f"CAST(CAST({column} AS UNSIGNED) AS CHAR)", f"HEX({column})"]
    if data_type == "bit":
        return [f"HEX(CAST({column} AS UNSIGNED))"]
    if data_type == "json":
        return [f"HEX(CAST({column} AS CHAR))", f"CONCAT(JSON_TYPE({column}), JSON_DEPTH({column}))",
                node_types(column, "$**.*"), node_types(column, "$**[*]")]
    return [f"CAST({column} AS CHAR)"]


def node_types(column, path):
    return (f"(SELECT GROUP_CONCAT(JSON_TYPE(n.v), ' ', IF(JSON_TYPE(n.v) IN ('DOUBLE', 'DECIMAL'), "
            "CAST(n.v AS CHAR), '') ORDER BY n.i SEPARATOR ',') FROM JSON_TABLE(JSON_EXTRACT("
            f"{column}, '{path}'), '$[*]' COLUMNS (i FOR ORDINALITY, v JSON PATH '$')) n)")


def tables_of(side, schemas):
    return {(row[0], row[1]) for row in side.ask(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN %s "
        "AND table_type = 'BASE TABLE'", (schemas,))}


def columns_of(side, table):
    return [(row[0], row[1].lower()) for row in side.ask(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND "
        "table_name = %s ORDER BY ordinal_position", table)]


def rows_of(side, table, columns):
    selected = ", ".join(text for column in columns for text in expressions(*column))
    return collections.Counter(side.exact_rows(
        f"SELECT {selected} FROM {quote(table[0])}.{quote(table[1])}"))


def shown(row):
    text = ", ".join("NULL" if value is None else value.decode("ascii", "backslashreplace")
                     for value in row)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def nearest(row, others, headings):
    """Which columns differ from the most similar row of the other side."""
    best = max(others, key=lambda other: sum(a == b for a, b in zip(row, other)), default=None)
    if best is None:
        return ""
    parts = [f"{heading}: {shown([a])} | {shown([b])}"
             for heading, a, b in zip(headings, row, best) if a != b]
    return " nearest there differs in " + "; ".join(parts)[:600]


def compare_table(left, right, table):
    """None, or what is different."""
    columns, others = columns_of(left, table), columns_of(right, table)
    if [name for name, _ in columns] != [name for name, _ in others]:
        return {"table": list(table), "rows": 0, "text": f"columns {columns} | {others}"}
    here, there = rows_of(left, table, columns), rows_of(right, table, columns)
    if here == there:
        return None
    only_here, only_there = here - there, there - here
    headings = [name for name, data_type in columns for _ in expressions(name, data_type)]
    text = []
    for name, only, others in ((left.name, only_here, only_there),
                               (right.name, only_there, only_here)):
        for row in list(only)[:SHOWN_ROWS]:
            text.append(f"{name} only: ({shown(row)}){nearest(row, others, headings)}")
    return {"table": list(table), "rows": max(sum(only_here.values()), sum(only_there.values())),
            f"{left.name}_only": sum(only_here.values()),
            f"{right.name}_only": sum(only_there.values()), "text": "\n    ".join(text)}


def patiently(deadline, find):
    """What `find` answers when it is nothing, or else at the deadline."""
    found = find()
    while found and time.monotonic() < deadline:
        time.sleep(0.2)
        found = find()
    return found


def compare_rows(left, right, schemas, deadline):
    differences = []
    patiently(deadline, lambda: tables_of(left, schemas) ^ tables_of(right, schemas))
    tables, others = tables_of(left, schemas), tables_of(right, schemas)
    for table in sorted(tables ^ others):
        differences.append({"table": list(table), "rows": 0, "text": "exists on the " +
                            (left.name if table in tables else right.name) + " only"})
    for table in sorted(tables & others):
        difference = patiently(deadline, lambda table=table: compare_table(left, right, table))
        if difference is not None:
            differences.append(difference)
    return differences


# Definitions.

def plain(value):
    """Without what only the version made different."""
    if value is None:
        return "NULL"
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return re.sub(r"\butf8(?=\b|_)", "utf8mb3", text)


def column_type(text):
    """Display widths are gone, but with ZEROFILL."""
    if "zerofill" not in text:
        text = re.sub(r"^(tinyint|smallint|mediumint|int|bigint|year)\(\d+\)", r"\1", text)
    return text.replace("geometrycollection", "geomcollection")


DEFINITIONS = {
    "column": "SELECT table_schema, table_name, ordinal_position, column_name, column_type, "
              "is_nullable, IFNULL(character_set_name, ''), IFNULL(collation_name, ''), "
              "IF(extra LIKE '%%auto_increment%%', 'auto', ''), IF(extra LIKE '%%on update%%', 'on "
              "update', ''), column_comment FROM information_schema.columns "
              "WHERE table_schema IN %s AND table_name NOT IN (SELECT table_name FROM "
              "information_schema.views WHERE table_schema = columns.table_schema)",
    "index": "SELECT table_schema, table_name, index_name, seq_in_index, IFNULL(column_name, ''), "
             "non_unique, IFNULL(sub_part, '') FROM information_schema.statistics "
             "WHERE table_schema IN %s",
    "foreign key": "SELECT k.table_schema, k.table_name, k.constraint_name, k.ordinal_position, "
                   "k.column_name, k.referenced_table_schema, k.referenced_table_name, "
                   "k.referenced_column_name, REPLACE(r.delete_rule, 'RESTRICT', 'NO ACTION'), "
                   "REPLACE(r.update_rule, 'RESTRICT', 'NO ACTION') FROM "
                   "information_schema.key_column_usage k JOIN "
                   "information_schema.referential_constraints r ON r.constraint_schema = "
                   "k.constraint_schema AND r.constraint_name = k.constraint_name AND "
                   "r.table_name = k.table_name WHERE k.table_schema IN %s",
    "partition": "SELECT table_schema, table_name, partition_name, IFNULL(subpartition_name, ''), "
                 "partition_method, REPLACE(partition_description, ' ', '') FROM "
                 "information_schema.partitions WHERE table_schema IN %s AND "
                 "partition_name IS NOT NULL",
    "table": "SELECT table_schema, table_name, table_collation, table_comment FROM "
             "information_schema.tables WHERE table_schema IN %s AND table_type = 'BASE TABLE'",
    "schema": "SELECT schema_name, default_collation_name FROM information_schema.schemata "
              "WHERE schema_name IN %s",
    "view": "SELECT table_schema, table_name, definer, security_type, is_updatable FROM "
            "information_schema.views WHERE table_schema IN %s",
    "routine": "SELECT routine_schema, routine_name, routine_type, definer, sql_data_access, "
               "is_deterministic, routine_definition FROM information_schema.routines "
               "WHERE routine_schema IN %s",
    "event": "SELECT event_schema, event_name, definer, event_type, interval_value, "
             "interval_field, event_definition FROM information_schema.events "
             "WHERE event_schema IN %s",
}
TRIGGERS = ("SELECT trigger_schema, trigger_name, event_manipulation, event_object_schema, "
            "event_object_table, action_timing, action_statement, definer FROM "
            "information_schema.triggers WHERE trigger_schema IN %s")


def definitions_of(side, schemas):
    lines = set()
    for kind, sql in DEFINITIONS.items():
        for row in side.ask(sql, (schemas,)):
            values = [plain(value) for value in row]
            if kind == "column":
                values[4] = column_type(values[4])
            lines.add(f"{kind} {' '.join(values)}")
    return lines


def compare_definitions(left, right, schemas):
    here, there = definitions_of(left, schemas), definitions_of(right, schemas)
    return [f"{left.name} only: {line}" for line in sorted(here - there)] + \
        [f"{right.name} only: {line}" for line in sorted(there - here)]


def check_liveness(sides, active, schemas):
    """Triggers and running events belong to the active side, and to no other."""
    problems = []
    for side in sides:
        triggers = side.ask(TRIGGERS, (schemas,))
        events = [row[1] for row in side.ask(
            "SELECT event_schema, event_name FROM information_schema.events WHERE event_schema "
            "IN %s AND status = 'ENABLED'", (schemas,))]
        if side.name != active and triggers:
            problems.append(f"{side.name} is passive and has triggers: "
                            f"{[row[1] for row in triggers]}")
        if side.name != active and events:
            problems.append(f"{side.name} is passive and has running events: {events}")
    return problems


def live_objects(side, schemas):
    """The triggers and running events of the active side, for a later look at the other one."""
    lines = [" ".join(plain(value) for value in row) for row in side.ask(TRIGGERS, (schemas,))]
    lines += [f"event {row[0]} {row[1]}" for row in side.ask(
        "SELECT event_schema, event_name FROM information_schema.events WHERE event_schema IN %s "
        "AND status = 'ENABLED'", (schemas,))]
    return sorted(lines)


def check_counters(sides, schemas):
    """The next AUTO_INCREMENT value must lie above every value that is there. Not on an old server:
    there an UPDATE to a higher value does not move the counter, whoever makes it."""
    problems = []
    for side in sides:
        if not side.modern:
            continue
        for schema, table, column, data_type in side.ask(
                "SELECT table_schema, table_name, column_name, column_type FROM "
                "information_schema.columns WHERE table_schema IN %s AND extra LIKE "
                "'%%auto_increment%%'", (schemas,)):
            highest = side.ask(f"SELECT MAX({quote(column)}) FROM {quote(schema)}.{quote(table)}")
            counter = side.ask("SELECT auto_increment FROM information_schema.tables WHERE "
                               "table_schema = %s AND table_name = %s", (schema, table))
            highest, counter = highest[0][0] or 0, counter[0][0] or 0
            if counter <= highest and not is_maximum(data_type, highest):
                problems.append(f"{side.name}: the counter of {schema}.{table} is {counter}, and "
                                f"{highest} is there")
    return problems


def is_maximum(data_type, value):
    bits = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
    count = bits.get(re.match(r"[a-z]+", data_type).group(0), 64)
    return value >= (2 ** count if "unsigned" in data_type else 2 ** (count - 1)) - 1


def main():
    parser = argparse.ArgumentParser(description="Compares two MySQL servers byte by byte.")
    parser.add_argument("--left", required=True, help="host:port")
    parser.add_argument("--right", required=True, help="host:port")
    parser.add_argument("--user", required=True)
    parser.add_argument("--schema", action="append", required=True)
    parser.add_argument("--patience", type=float, default=0)
    parser.add_argument("--active", choices=["left", "right"])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    password = os.environ.get("CHECKER_PASSWORD", "")
    sides = [Side(name, address, arguments.user, password)
             for name, address in (("left", arguments.left), ("right", arguments.right))]
    left, right = sides
    deadline = time.monotonic() + arguments.patience
    rows = compare_rows(left, right, arguments.schema, deadline)
    problems = patiently(deadline, lambda: compare_definitions(left, right, arguments.schema))
    problems += check_counters(sides, arguments.schema)
    live = []
    if arguments.active:
        problems += check_liveness(sides, arguments.active, arguments.schema)
        live = live_objects(sides[arguments.active == "right"], arguments.schema)
    if arguments.json:
        print(json.dumps({"rows": rows, "definitions": problems, "live": live}))
    else:
        for one in rows:
            print(f"{'.'.join(one['table'])}: {one['rows']} rows differ\n    {one['text']}")
        print("\n".join(problems) if problems else "", end="")
    return 1 if rows or problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except pymysql.MySQLError as failure:
        print(f"checker: {failure}", file=sys.stderr)
        sys.exit(2)
