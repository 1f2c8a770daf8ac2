#!/usr/bin/python3
"""Captures the rarer forms of binary logs of both real servers for the decoder's unit tests.

    capture_forms.py src/binlog

Starts the servers, runs the statements below, and writes captured_forms_56.h and
captured_forms_97.h: hex of whole log files, and of what a dump sends that is in no file.
"""

import pathlib
import struct
import sys
import tempfile

from sandbox import Sandbox

COM_BINLOG_DUMP = 0x12
HEARTBEAT_V2 = 2
HEARTBEATS = (27, 41)

IMAGES = ["INSERT INTO f VALUES (1, 'one', 'text'), (2, 'two', NULL)",
          "SET binlog_row_image = FULL", "UPDATE f SET a = 'three' WHERE id = 1",
          "SET binlog_row_image = MINIMAL", "UPDATE f SET a = 'four' WHERE id = 1",
          "INSERT INTO f (id) VALUES (3)",
          "SET binlog_row_image = NOBLOB", "UPDATE f SET a = NULL WHERE id = 1",
          "SET binlog_row_image = MINIMAL", "DELETE FROM f WHERE id = 2",
          "SET binlog_row_image = FULL"]
IMAGE_TABLE = "CREATE TABLE f (id INT PRIMARY KEY, a VARCHAR(20), b TEXT)"
STATEMENTS = ["SET binlog_format = STATEMENT", "SET @number = -5, @text = 'é', @nothing = NULL",
              "INSERT INTO s (r, t) VALUES (RAND(), @text), (@number, @nothing)",
              "INSERT INTO s (r, t) SELECT LAST_INSERT_ID(), 'x'",
              "LOAD DATA LOCAL INFILE '{file}' INTO TABLE s (r, t)",
              "SET binlog_format = ROW", "SET binlog_rows_query_log_events = ON",
              "LOAD DATA LOCAL INFILE '{file}' INTO TABLE s (r, t)",
              "SET binlog_rows_query_log_events = OFF"]
STATEMENT_TABLE = "CREATE TABLE s (id INT AUTO_INCREMENT PRIMARY KEY, r DOUBLE, t VARCHAR(20))"
# Signs: every numeric type, signed and unsigned, with types between that have no sign.
SIGNS_TABLE = """CREATE TABLE g (a TINYINT, b TINYINT UNSIGNED, c VARCHAR(3), d SMALLINT UNSIGNED,
e YEAR, f MEDIUMINT, g MEDIUMINT UNSIGNED, h BIT(3), i INT UNSIGNED, j DECIMAL(5,2) UNSIGNED,
k DATE, l BIGINT UNSIGNED, m FLOAT UNSIGNED, n ENUM('x'), o DOUBLE, p INT, q SET('y'), r BIGINT,
s DECIMAL(3,0), t BLOB, u SMALLINT)"""
SIGNS_ROW = """INSERT INTO g VALUES (-1, 255, 'abc', 65535, 2155, -1, 16777215, 7, 4294967295,
999.99, '2000-01-01', 18446744073709551615, 1.5, 'x', -1.5, -1, 'y', -1, -999, 'b', -1)"""
DOCUMENTS = ["'null'", "'true'", "'[]'", "'{}'", "'-32768'", "'65535'", "'-2147483648'",
             "'4294967295'", "'-9223372036854775808'", "'18446744073709551615'", "'1.5e300'",
             "JSON_QUOTE(REPEAT('s', 200))", "'[1, [2, [3, {\"a\": [true]}]]]'",
             "'{\"\": 1, \"ä\": \"\\\\u0001\", \"aa\": null, \"b\": [0.1, -0.0]}'",
             "JSON_OBJECT('d', CAST('2024-02-29' AS DATE), 't', CAST('-838:59:59' AS TIME(6)), "
             "'dt', CAST('9999-12-31 23:59:59.999999' AS DATETIME(6)))",
             "JSON_ARRAY(CAST(1.50 AS DECIMAL(5,2)), CAST(-99999.99999 AS DECIMAL(65,30)))",
             "JSON_OBJECT('blob', CAST(0x00ff10 AS BINARY), 'bit', b'101')"]


def run(server, statements, directory):
    file = pathlib.Path(directory) / "load.tsv"
    file.write_text("1.5\tfrom\n-2\tfile\n", encoding="ascii")
    with server.connect(local_infile=True) as connection:
        cursor = connection.cursor()
        for sql in statements:
            cursor.execute(sql.replace("{file}", str(file)))


def capture(server, statements, directory):
    """The bytes of a log file that holds the statements."""
    new = server.version != "5.6"
    status = "SHOW BINARY LOG STATUS" if new else "SHOW MASTER STATUS"
    run(server, ["FLUSH LOGS"], directory)
    with server.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(status)
        name = cursor.fetchone()[0]
    run(server, ["USE forms"] + statements, directory)
    run(server, ["FLUSH LOGS"], directory)
    return (server.data / name).read_bytes()


def dump(server, flags):
    """What a dump from the end of the log sends up to the first heartbeat, as a file would hold
    it: the magic number, then events."""
    new = server.version != "5.6"
    with server.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32', "
                       "@master_heartbeat_period = 100000000, "
                       "@source_heartbeat_period = 100000000")
        cursor.execute("SHOW BINARY LOG STATUS" if new else "SHOW MASTER STATUS")
        name, position = cursor.fetchone()[:2]
        request = struct.pack("<IHI", position, flags, 4000000000) + name.encode()
        connection._execute_command(COM_BINLOG_DUMP, request)  # pylint: disable=protected-access
        events = bytearray(b"\xfebin")
        while True:
            packet = connection._read_packet().get_all_data()  # pylint: disable=protected-access
            events += packet[1:]
            if packet[5] in HEARTBEATS:
                return bytes(events)


def captures_56(sandbox, directory):
    server = sandbox.mysql56()
    run(server, ["CREATE DATABASE forms"], directory)
    old = capture(server, ["SET GLOBAL log_bin_use_v1_row_events = ON", IMAGE_TABLE] + IMAGES
                  + ["SET GLOBAL log_bin_use_v1_row_events = OFF", "DROP TABLE f"], directory)
    images = capture(server, [IMAGE_TABLE] + IMAGES, directory)
    statements = capture(server, [STATEMENT_TABLE] + STATEMENTS, directory)
    heartbeat = dump(server, 0)
    run(server, ["SET GLOBAL binlog_checksum = NONE"], directory)
    plain = capture(server, ["INSERT INTO f (id) VALUES (9)"], directory)
    run(server, ["SET GLOBAL binlog_checksum = CRC32"], directory)
    with_gtids = sandbox.mysql56(name="gtids", extra_args=[
        "--gtid-mode=ON", "--enforce-gtid-consistency", "--log-slave-updates"])
    run(with_gtids, ["CREATE DATABASE forms", "USE forms", IMAGE_TABLE], directory)
    gtids = capture(with_gtids, ["INSERT INTO f (id) VALUES (7)"], directory)
    return {"kRowsVersion1Of56": old, "kImagesOf56": images, "kStatementsOf56": statements,
            "kDumpOf56": heartbeat, "kNoChecksumOf56": plain, "kGtidsOf56": gtids}


def captures_97(sandbox, directory):
    server = sandbox.mysql97()
    run(server, ["CREATE DATABASE forms", "USE forms", SIGNS_TABLE, IMAGE_TABLE,
                 "CREATE TABLE j (j JSON)"], directory)
    images = capture(server, IMAGES, directory)
    signs = capture(server, [SIGNS_ROW, "SET GLOBAL binlog_row_metadata = FULL", SIGNS_ROW,
                             "SET GLOBAL binlog_row_metadata = MINIMAL"], directory)
    statements = capture(server, [STATEMENT_TABLE] + STATEMENTS, directory)
    documents = capture(server, ["INSERT INTO j VALUES (" + "), (".join(DOCUMENTS)
                                 + ")"], directory)
    payload = capture(server, ["SET binlog_transaction_compression = ON", "BEGIN"]
                      + [f"INSERT INTO f VALUES ({n}, 'c{n}', REPEAT('payload', 40))"
                         for n in range(10, 14)]
                      + ["UPDATE f SET a = 'again' WHERE id > 9", "COMMIT"], directory)
    heartbeat = dump(server, HEARTBEAT_V2)
    run(server, ["SET GLOBAL binlog_checksum = NONE"], directory)
    plain = capture(server, ["INSERT INTO f (id) VALUES (20)"], directory)
    run(server, ["SET GLOBAL binlog_checksum = CRC32"], directory)
    tags = capture(server, [
        "SET gtid_next = 'AUTOMATIC:a'", "INSERT INTO f (id) VALUES (21)",
        "SET gtid_next = 'AUTOMATIC:b_2'", "INSERT INTO f (id) VALUES (22)",
        "SET gtid_next = 'AUTOMATIC'"], directory)
    sets = capture(server, ["INSERT INTO f (id) VALUES (23)"], directory)
    return {"kImagesOf97": images, "kSignsOf97": signs, "kStatementsOf97": statements,
            "kDocumentsOf97": documents, "kPayloadOf97": payload, "kDumpOf97": heartbeat,
            "kNoChecksumOf97": plain, "kTagsOf97": tags, "kTaggedSetOf97": sets}


def write_header(path, logs):
    lines = ["#pragma once",
             "// Rarer forms of binary logs, as hex: whole files of real servers, and what a dump"
             " sends.", "// Made by tests/support/capture_forms.py.", "",
             "namespace flyover::binlog {"]
    for name, data in logs.items():
        text = data.hex()
        rows = [f'    "{text[i:i + 88]}"' for i in range(0, len(text), 88)]
        lines += ["", f"inline constexpr char {name}[] =", "\n".join(rows) + ";"]
    lines += ["", "}  // namespace flyover::binlog", ""]
    path.write_text("\n".join(lines), encoding="ascii")


def main():
    folder = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory, Sandbox(directory) as sandbox:
        write_header(folder / "captured_forms_56.h", captures_56(sandbox, directory))
        write_header(folder / "captured_forms_97.h", captures_97(sandbox, directory))


if __name__ == "__main__":
    main()
