#!/usr/bin/python3
"""Captures updates with partial JSON documents of MySQL 9.7 for the decoder's unit tests.

    capture_partial_json.py src/binlog/captured_partial_json.h

Of the log it keeps the format description, and each such update with its table map.
"""

import pathlib
import struct
import sys
import tempfile

from sandbox import Sandbox

PARTIAL_UPDATE_ROWS = 39
STATEMENTS = [
    "CREATE DATABASE cap", "USE cap",
    "CREATE TABLE p (id INT PRIMARY KEY, a JSON, v INT, b JSON)",
    "INSERT INTO p VALUES (1, JSON_OBJECT('k', JSON_ARRAY(1, 2, JSON_OBJECT('deep', 'x')),"
    " 's', REPEAT('y', 100), 'gone', 1), 7, JSON_ARRAY(1, 2, 3, REPEAT('z', 100)))",
    "SET binlog_row_value_options = 'PARTIAL_JSON'",
    "UPDATE p SET a = JSON_REPLACE(a, '$.k[1]', CAST(2.50 AS DECIMAL(5,2))),"
    " b = JSON_REMOVE(b, '$[0]')",
    # No change of b is shorter than b.
    "UPDATE p SET b = JSON_ARRAY_INSERT(b, '$[1]', CAST('2020-01-02' AS DATE))",
    "UPDATE p SET a = JSON_SET(a, '$.new', JSON_ARRAY(1, 'é')), v = 8",
    "SET binlog_row_image = 'MINIMAL'",
    "UPDATE p SET b = JSON_REPLACE(b, '$[0]', 99) WHERE id = 1",
    "UPDATE p SET a = JSON_REMOVE(a, '$.gone'), b = JSON_REPLACE(b, '$[0]', 98) WHERE id = 1",
    "UPDATE p SET a = '{}' WHERE id = 1",
]


def events(log):
    """(type, bytes) of each event behind the magic number."""
    at = 4
    while at < len(log):
        size = struct.unpack_from("<I", log, at + 9)[0]
        yield log[at + 4], log[at:at + size]
        at += size


def main():
    with tempfile.TemporaryDirectory() as directory, Sandbox(directory) as sandbox:
        server = sandbox.mysql97()
        with server.connect() as connection:
            cursor = connection.cursor()
            cursor.execute("FLUSH LOGS")
            for sql in STATEMENTS:
                cursor.execute(sql)
            cursor.execute("SHOW BINARY LOG STATUS")
            name = cursor.fetchone()[0]
            cursor.execute("FLUSH LOGS")
        log = (server.data / name).read_bytes()
    found = list(events(log))
    kept = log[:4] + found[0][1]
    for (_, before), (kind, event) in zip(found, found[1:]):
        if kind == PARTIAL_UPDATE_ROWS:
            kept += before + event
    text = kept.hex()
    rows = [f'    "{text[i:i + 88]}"' for i in range(0, len(text), 88)]
    lines = ["#pragma once",
             "// Updates with partial JSON documents as MySQL 9.7 logs them. Made by",
             "// tests/support/capture_partial_json.py.", "", "namespace flyover::binlog {", "",
             "inline constexpr char kPartialJson97[] =", "\n".join(rows) + ";", "",
             "}  // namespace flyover::binlog", ""]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
