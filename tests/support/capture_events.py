#!/usr/bin/python3
"""Captures small binary logs of both real servers for the decoder's unit tests.

    capture_events.py src/binlog/captured_events.h

Starts the servers, runs the statements below, and writes the bytes of the log files as hex.
"""

import pathlib
import sys
import tempfile

from sandbox import Sandbox

COMMON_COLUMNS = """id INT PRIMARY KEY, tiny TINYINT UNSIGNED, y YEAR, big BIGINT UNSIGNED, f FLOAT,
d DOUBLE, n DECIMAL(12,4), b BIT(11), da DATE, ti TIME(3), dt DATETIME(6), ts TIMESTAMP(2) NULL,
c CHAR(5) CHARACTER SET utf8mb4, bn BINARY(4), v VARCHAR(300), tx TEXT, e ENUM('a','b'),
s SET('x','y','z'), g GEOMETRY"""
COMMON_VALUES = """-7, 200, 2024, 18446744073709551615, 0.1, 1e-7, -1234.5, b'10000000001',
'2020-00-15', '-00:00:01.5', '2024-02-29 23:59:59.000001', '2038-01-19 03:14:07.25', 'é', 0x0100,
'varchar', NULL, 'b', 'x,z', ST_GeomFromText('POINT(1 2)')"""
SETUP = ["SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'", "CREATE DATABASE cap",
         "USE cap"]


def statements(new):
    """What both servers run; `new` adds what only 9.7 can log."""
    columns = COMMON_COLUMNS + (", j JSON, ve VECTOR(2)" if new else "")
    values = COMMON_VALUES
    if new:
        values += (", JSON_OBJECT('a', CAST(1.50 AS DECIMAL(5,2)), 'b', JSON_ARRAY(NULL, -1.5)),"
                   " STRING_TO_VECTOR('[1,2]')")
    result = [f"CREATE TABLE t ({columns}) ENGINE=InnoDB", f"INSERT INTO t VALUES ({values})",
              "UPDATE t SET tiny = 201, bn = 0x00, tx = 'text'", "DELETE FROM t",
              "CREATE TABLE m (id INT) ENGINE=MyISAM", "INSERT INTO m VALUES (1), (2)"]
    if new:
        result += ["CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(50))",
                   "SET GLOBAL binlog_row_metadata = FULL", "INSERT INTO k VALUES (1, 'full')",
                   "SET gtid_next = 'AUTOMATIC:blue'", "INSERT INTO k VALUES (2, 'tagged')",
                   "SET gtid_next = 'AUTOMATIC'", "SET binlog_transaction_compression = ON",
                   "INSERT INTO k VALUES (3, REPEAT('z', 50)), (4, REPEAT('y', 50))",
                   "SET binlog_transaction_compression = OFF", "XA START 'x1'",
                   "INSERT INTO k VALUES (5, 'xa')", "XA END 'x1'", "XA PREPARE 'x1'",
                   "XA COMMIT 'x1'"]
    return result


def capture(server, new):
    """The bytes of the log file that holds the statements."""
    with server.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("FLUSH LOGS")
        for sql in SETUP + statements(new):
            cursor.execute(sql)
        cursor.execute("SHOW BINARY LOG STATUS" if new else "SHOW MASTER STATUS")
        name = cursor.fetchone()[0]
        cursor.execute("FLUSH LOGS")
    return (server.data / name).read_bytes()


def main():
    with tempfile.TemporaryDirectory() as directory, Sandbox(directory) as sandbox:
        logs = {"kLog56": capture(sandbox.mysql56(), False),
                "kLog97": capture(sandbox.mysql97(), True)}
    lines = ["#pragma once",
             "// Whole binary log files of real servers, as hex. Made by"
             " tests/support/capture_events.py.", "", "namespace flyover::binlog {"]
    for name, data in logs.items():
        text = data.hex()
        rows = [f'    "{text[i:i + 88]}"' for i in range(0, len(text), 88)]
        lines += ["", f"inline constexpr char {name}[] =", "\n".join(rows) + ";"]
    lines += ["", "}  // namespace flyover::binlog", ""]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
