"""The data that is measured: sysbench's tables and one with wide rows."""

import random
import string

from tools import DATABASE, BenchError, queries, query, sysbench

SYSBENCH_TABLES = 4
WIDE_TABLE = "wide"
WIDE_BODY_BYTES = 16 * 1024
WIDE_PHOTO_BYTES = 4 * 1024
# One wide row for so many narrow ones: about as many bytes as one of sysbench's tables.
NARROW_PER_WIDE = 100


def make(source, rows):
    """Creates and fills everything on the source; the same numbers give the same wide rows."""
    query(source, f"CREATE DATABASE {DATABASE} DEFAULT CHARACTER SET utf8mb4")
    sysbench("oltp_read_write", "prepare", source.port, SYSBENCH_TABLES, rows, threads=2)
    make_wide(source, DATABASE, max(100, rows // NARROW_PER_WIDE))
    for table in tables(source):
        query(source, f"ANALYZE TABLE {DATABASE}.{table}")


def make_wide(source, database, rows):
    """A table with rows of 20 KiB."""
    query(source, f"CREATE TABLE {database}.{WIDE_TABLE} (id BIGINT NOT NULL AUTO_INCREMENT, "
                  "title VARCHAR(80) NOT NULL, body MEDIUMTEXT NOT NULL, photo BLOB, "
                  "made DATETIME NOT NULL, PRIMARY KEY (id), KEY title (title)) ENGINE=InnoDB")
    generator = random.Random(5697)
    letters = string.ascii_letters + " '\\\n\u00e9\u4e16"
    with source.connect(database=database) as connection, connection.cursor() as cursor:
        connection.begin()
        for number in range(rows):
            body = "".join(generator.choices(letters, k=256)) * (WIDE_BODY_BYTES // 256)
            cursor.execute(
                f"INSERT INTO {WIDE_TABLE} (title, body, photo, made) VALUES (%s, %s, %s, "
                "'2015-10-21 07:28:00')",
                (f"title {generator.randrange(10**9)} of {number}", body,
                 generator.randbytes(WIDE_PHOTO_BYTES)))
        connection.commit()


def tables(server, database=DATABASE):
    """The tables, the largest first."""
    return [name for name, in query(
        server, "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                f"'{database}' ORDER BY data_length DESC, table_name")]


def totals(server, database=DATABASE):
    """Rows and bytes (as text, without separators) of everything."""
    rows = size = 0
    columns = columns_of(server, database)
    for count, length in (answer[0] for answer in queries(server, (
            "SELECT COUNT(*), SUM(" + " + ".join(
                f"COALESCE(LENGTH({column}), 0)" for column in names)
            + f") FROM {database}.{table}" for table, names in columns.items()))):
        rows += count
        size += int(length or 0)
    return {"tables": len(columns), "rows": rows, "text_bytes": size}


def columns_of(server, database):
    """The names of the columns in their order, by table."""
    result = {}
    for table, column in query(
            server, "SELECT table_name, column_name FROM information_schema.columns WHERE "
                    f"table_schema = '{database}' ORDER BY table_name, ordinal_position"):
        result.setdefault(table, []).append(column)
    return result


def shares(names, count=2):
    """The tables dealt out to so many sessions, largest first, there and back."""
    dealt = [[] for _ in range(count)]
    for index, name in enumerate(names):
        turn, place = divmod(index, count)
        dealt[place if turn % 2 == 0 else count - 1 - place].append(name)
    return dealt


def checksums(server, database=DATABASE):
    """Rows and a checksum over all columns, by table; computed by the server itself."""
    columns = columns_of(server, database)
    answers = queries(server, (
        f"SELECT COUNT(*), SUM(CRC32(CONCAT_WS('#', {', '.join(names)}))) FROM {database}.{table}"
        for table, names in columns.items()))
    return {table: answer[0] for table, answer in zip(columns, answers)}


def check_equal(expected, target, who, database=DATABASE):
    """Raises unless the target holds the rows whose checksums are given."""
    found = checksums(target, database)
    if found != expected:
        raise BenchError(f"{who}: the target does not hold the source's rows: {found} instead of "
                         f"{expected}")
