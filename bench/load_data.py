"""The data of the full load's variants: one database each, filled on the source."""

import random
import string

from data import make_wide
from tools import query, sysbench

SMALL_TABLES = 2000
SMALL_ROWS = 50
# So many wide rows for each row of a sysbench table: about as many bytes.
WIDE_PER_ROW = 0.02
INSERT_ROWS = 1000


def sysbench_tables(source, database, tables, rows, *more):
    sysbench("oltp_read_write", "prepare", source.port, tables, rows, threads=2,
             database=database, more=more)


def string_key(source, database, rows):
    """A key of random words in a collation that compares them by weights."""
    words = random.Random(97)
    query(source, f"CREATE TABLE {database}.words (word VARCHAR(60) NOT NULL, n INT NOT NULL, "
                  "text CHAR(120) NOT NULL, PRIMARY KEY (word), KEY n (n)) ENGINE=InnoDB")
    insert(source, database, "words", (
        ("".join(words.choices(string.ascii_letters + "\u00e4\u00f6", k=12)) + str(number),
         words.randrange(10**9), "".join(words.choices(string.ascii_letters, k=100)))
        for number in range(rows)))


def small_tables(source, database, count):
    with source.connect(database=database) as connection, connection.cursor() as cursor:
        for number in range(count):
            # No two are alike, as in real life.
            cursor.execute(
                f"CREATE TABLE t{number:05} (id INT NOT NULL AUTO_INCREMENT, a{number} INT NOT "
                "NULL, name VARCHAR(60) NOT NULL, made DATETIME NOT NULL, PRIMARY KEY (id), "
                f"KEY a (a{number}), KEY made (made, a{number})) ENGINE=InnoDB")
            cursor.execute(f"INSERT INTO t{number:05} (a{number}, name, made) VALUES " + ", ".join(
                f"({(row * 7919 + number) % 1000}, 'name {row} of {number}', "
                "'2015-10-21 07:28:00')" for row in range(SMALL_ROWS)))


def insert(source, database, table, rows):
    """Rows as tuples, many in one statement."""
    with source.connect(database=database) as connection, connection.cursor() as cursor:
        cursor.execute("SET unique_checks = 0, sql_log_bin = 0")
        connection.begin()
        waiting = []
        for row in rows:
            waiting.append(row)
            if len(waiting) == INSERT_ROWS:
                put(cursor, table, waiting)
        put(cursor, table, waiting)
        connection.commit()


def put(cursor, table, rows):
    if rows:
        places = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        rows.clear()


# What is loaded, by name: how it is made from the number of rows of a sysbench table.
VARIANTS = {
    "4 tables": lambda source, database, rows: sysbench_tables(source, database, 4, rows),
    "one big table": lambda source, database, rows: sysbench_tables(source, database, 1, 4 * rows),
    "small tables": lambda source, database, rows: small_tables(
        source, database, min(SMALL_TABLES, rows // 50)),
    "wide rows": lambda source, database, rows: make_wide(
        source, database, max(100, int(rows * WIDE_PER_ROW))),
    "string key": lambda source, database, rows: string_key(source, database, rows),
    "no secondary index": lambda source, database, rows: sysbench_tables(
        source, database, 2, rows, "--create_secondary=off"),
}
