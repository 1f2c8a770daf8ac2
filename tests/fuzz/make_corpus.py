#!/usr/bin/python3
"""Makes the seeds of the fuzz targets from logs of real servers.

    make_corpus.py                      from src/binlog/captured_*.h
    make_corpus.py FILE...              the same from any binary log files

Writes tests/fuzz/corpus/TARGET/; a file is named after its content, so that making it again
changes nothing. Findings and what is written by hand stay.
"""

import hashlib
import pathlib
import re
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CORPUS = HERE / "corpus"
MAGIC = b"\xfebin"
HEADER_BYTES = 19

QUERY, XID, FORMAT, EXECUTE_LOAD, TABLE_MAP, PAYLOAD = 2, 16, 15, 18, 19, 40
ROWS = {23, 24, 25, 30, 31, 32, 39}
GTIDS = {33: 0, 34: 0, 42: 1, 35: 2}
CONTROL = {4: 0, 16: 1, 27: 2, 41: 3, 26: 4, 38: 5, 29: 6, 5: 7, 13: 8, 14: 9}


def put(target, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def captured_logs():
    """Every log in the headers, by the name of its constant."""
    for header in sorted((REPOSITORY / "src" / "binlog").glob("captured_*.h")):
        text = header.read_text(encoding="utf-8")
        for name, body in re.findall(r"constexpr char (\w+)\[\] =\s+([^;]+);", text):
            data = bytes.fromhex("".join(re.findall(r'"([0-9a-f]*)"', body)))
            if data.startswith(MAGIC):
                yield name, data


def events(log):
    """(type, event without its checksum) of a log file."""
    at = len(MAGIC)
    crc = False
    while at + HEADER_BYTES <= len(log):
        kind = log[at + 4]
        size = struct.unpack_from("<I", log, at + 9)[0]
        if size < HEADER_BYTES or at + size > len(log):
            return
        event = log[at:at + size]
        at += size
        if kind == FORMAT:
            crc = event[-5] == 1
            yield kind, event[:-4]
            continue
        # A dump's first event comes before its format description.
        if crc or zlib.crc32(event[:-4]) == struct.unpack_from("<I", event, size - 4)[0]:
            event = event[:-4]
        yield kind, event


def sized(kind, event):
    """The event with its size in the header as it is without a checksum."""
    event = event[:9] + struct.pack("<I", len(event)) + event[13:]
    if kind == FORMAT:
        event = event[:9] + struct.pack("<I", len(event) + 4) + event[13:-1] + b"\0" + bytes(4)
    return event


def put_log(log):
    sequence = [(kind, event) for kind, event in events(log)]
    whole = b"".join(sized(kind, event) for kind, event in sequence)
    put("events", whole)
    for options in (0, 4, 6, 13):
        put("assembler", bytes([options, 9]) + whole)
    description = b""
    maps = {}
    for kind, event in sequence:
        body = event[HEADER_BYTES:]
        if kind == FORMAT:
            description = body
        elif kind == TABLE_MAP:
            maps[body[:6]] = body
            put("table_map", body)
            put("format_description", bytes([len(description)]) + description + body)
        elif kind in ROWS and body[:6] in maps:
            put_rows(kind, maps[body[:6]], body)
        elif kind in (QUERY, EXECUTE_LOAD):
            put("query", bytes([kind == EXECUTE_LOAD]) + body)
            put("format_description", bytes([len(description)]) + description + body)
        elif kind == PAYLOAD:
            put("payload", body)
        if kind in GTIDS:
            put("gtid", bytes([GTIDS[kind]]) + body)
        if kind in CONTROL:
            put("control", bytes([CONTROL[kind]]) + body)


def put_rows(kind, table_map, body):
    for hints in (0, 9):
        put("rows", bytes([kind, hints]) + struct.pack("<H", len(table_map)) + table_map + body)
    schema_bytes = table_map[8]
    table_at = 8 + 1 + schema_bytes + 1
    columns = table_map[table_at + 1 + table_map[table_at] + 1:]
    # One column, JSON: every row is a bitmap, a length and a document.
    if kind == 30 and columns[:2] == b"\x01\xf5":
        rows = body[12:]
        while len(rows) > 5:
            size = struct.unpack_from("<I", rows, 1)[0]
            put("json", rows[5:5 + size])
            rows = rows[5 + size:]


def put_numbers():
    """Extremes of what rows pack; the targets that take them are small."""
    for precision, scale in ((1, 0), (9, 9), (10, 0), (18, 9), (30, 30), (65, 30), (65, 0)):
        for fill in (b"\x80" + bytes(31), b"\x7f" + b"\xff" * 31, b"\x80" + b"\x01" * 31):
            put("decimal", bytes([precision, scale]) + fill)
    numbers = (1, 0x99b45dffbf, 0x7fffff, 2**63, 2**64 - 1, 20240229235959, 8385959)
    for which in range(9):
        for digits in (3, 6):
            for number in numbers:
                put("temporal", bytes([which, digits]) + struct.pack("<Q", number)
                    + (10 ** digits - 1).to_bytes(3, "little"))


STATEMENTS = (
    "SELECT 1", "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET @a := 1, @@session.sql_mode = 'ANSI'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY", "SET autocommit = DEFAULT",
    "CREATE TEMPORARY TABLE IF NOT EXISTS `a b`.t (id INT) SELECT @x", "DROP TABLE a, `b`",
    "PREPARE p FROM 'SELECT ?'", "EXECUTE p USING @a", "DEALLOCATE PREPARE p",
    "SELECT GET_LOCK('l', 10), RELEASE_LOCK(\"l\"), RELEASE_ALL_LOCKS()", "KILL QUERY 17",
    "HANDLER t OPEN AS h", "HANDLER h CLOSE", "LOCK TABLES t READ, s WRITE", "UNLOCK TABLES",
    "XA START 'x',0x01,1", "XA COMMIT 'x' ONE PHASE", "CALL p(1, @out)", "SHOW WARNINGS",
    "SELECT SQL_CALC_FOUND_ROWS * FROM t", "SELECT FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID()",
    "/*!50003 SET @x = 1 */; -- rest\nSELECT 'it''s' \"a\\\"b\" # end", "/* a */ begin",
    "INSERT INTO t VALUES (_binary'\\0', x'00ff', 0x1f, 1.5e-3, N'n', b'01')", "use `db`",
    "SET PASSWORD FOR u = 'x'", "SET @@global.max_connections=1", "SET PERSIST a=1", "COMMIT",
    "GET DIAGNOSTICS @n = NUMBER", "SELECT a->'$.b', @`q\u00e4`, @'s' INTO @v", "a;b;")


def length_encoded(data):
    return bytes([len(data)]) + data


def put_protocol():
    nonce = b"abcdefgh", b"ijklmnopqrst\0"
    greeting = b"\x0a5.6.24-log\0" + struct.pack("<I", 7) + nonce[0] + b"\0\xff\xf7\x21\2\0"
    greeting += b"\x7f\x80\x15" + bytes(10) + nonce[1]
    put("protocol", b"\0\0" + greeting + b"mysql_native_password\0")
    put("protocol", b"\0\0" + greeting.replace(b"5.6.24-log", b"9.7.4") + b"caching_sha2_password\0")
    for flags in (0x3fa68d, 0x1ea68d, 0x0aa68d):
        login = struct.pack("<IIB", flags, 1 << 24, 33) + bytes(23) + b"app\0"
        login += length_encoded(b"p" * 20) + b"shop\0mysql_native_password\0\x05\1a\2bc"
        put("protocol", b"\1\x20" + login)
    put("protocol", b"\1\x20\x11app\0\2xyshop\0\x21\0mysql_native_password\0\0")
    put("protocol", b"\2\0\xfemysql_native_password\0" + b"".join(nonce))
    put("protocol", b"\3\0\0\xfc\xe8\3\xfe" + bytes(range(8)) + b"\2\0\1\0")
    put("protocol", b"\3\0\xff\x28\4#42000You have an error")
    column = b"".join(length_encoded(part) for part in (b"def", b"shop", b"o", b"orders", b"id", b"id"))
    column += b"\x0c\x3f\0\x0b\0\0\0\3\3\x42\0\0\0"
    put("protocol", b"\4\0" + column)
    put("protocol", b"\4\0\0\1\0\0\0\2\0\1\0\0\0\0")
    execute = b"\x17\1\0\0\0\0\1\0\0\0"
    put("protocol", b"\5\2" + execute + b"\0\1\3\0\xfd\0" + struct.pack("<I", 5) + b"\1x")
    put("protocol", b"\5\2" + execute + b"\0\0" + struct.pack("<I", 5) + b"\1x")
    eof = length_encoded(b"\xfe\0\0\2\0")
    rows = length_encoded(b"\1") + length_encoded(column) + eof + length_encoded(b"\0021\0") + eof
    put("protocol", b"\6\3" + rows)
    put("protocol", b"\6\3" + length_encoded(b"\0\1\0\x0a\0\0\0") + rows)
    put("protocol", b"\6\x16" + length_encoded(b"\0\1\0\0\0\1\0\1\0\0\0\0")
        + length_encoded(column) + eof + length_encoded(column) + eof)
    packets = b"".join(struct.pack("<I", len(p))[:3] + bytes([i]) + p
                       for i, p in enumerate((b"", b"one", b"three", b"a longer payload")))
    put("protocol", b"\7\3" + packets)


def put_texts():
    for sql in STATEMENTS:
        for options in (1, 6):
            put("statement", bytes([options]) + sql.encode())
    example = (REPOSITORY / "tests" / "fuzz" / "example.toml").read_bytes()
    put("config", example)
    put("config", b"name = \"x\"\n[source]\nhost = 'a'\nport = \"3306\"")
    put("config", b"[tables]\ninclude = [ \"a.*\", 1, [2] ]\n[proxy]\nusers = {}\n")


def main():
    logs = [pathlib.Path(name).read_bytes() for name in sys.argv[1:]]
    for log in logs or [data for _, data in captured_logs()]:
        put_log(log)
    put_numbers()
    put_protocol()
    put_texts()


if __name__ == "__main__":
    main()
