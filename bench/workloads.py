"""What the source writes while nobody follows it."""

import threading

import data
from tools import DATABASE, BenchError, query, sysbench, sysbench_numbers

KEYS_DATABASE = "bench_keys"
MANY_DATABASE = "bench_many"
DATABASES = (DATABASE, KEYS_DATABASE, MANY_DATABASE)
MANY_TABLES = 200
MANY_ROWS = 500
KEYS_PARENTS = 2000
THREADS = 8
HOT_ROWS = 100
BIG_ROWS = 100_000
DEADLOCK = 1213


def prepare(source, rows):
    """The tables of the workloads that need some of their own."""
    del rows
    query(source, f"CREATE DATABASE {MANY_DATABASE} DEFAULT CHARACTER SET utf8mb4")
    sysbench("oltp_write_only", "prepare", source.port, MANY_TABLES, MANY_ROWS, threads=2,
             database=MANY_DATABASE)
    query(source, f"CREATE DATABASE {KEYS_DATABASE} DEFAULT CHARACTER SET utf8mb4")
    query(source, f"CREATE TABLE {KEYS_DATABASE}.parents (id INT NOT NULL PRIMARY KEY, email "
                  "VARCHAR(60) NOT NULL, place INT NOT NULL, n INT NOT NULL, UNIQUE KEY email "
                  "(email), UNIQUE KEY place (place)) ENGINE=InnoDB")
    query(source, f"CREATE TABLE {KEYS_DATABASE}.children (id BIGINT NOT NULL AUTO_INCREMENT "
                  "PRIMARY KEY, parent INT NOT NULL, code VARCHAR(40) NOT NULL, serial BIGINT NOT "
                  "NULL, note VARCHAR(100), UNIQUE KEY code (code), UNIQUE KEY serial (serial), "
                  "CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES "
                  f"{KEYS_DATABASE}.parents (id)) "
                  "ENGINE=InnoDB")
    with source.connect(database=KEYS_DATABASE) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO parents VALUES (%s, %s, %s, 0)",
                           [(number, f"user{number}@example.com", number)
                            for number in range(KEYS_PARENTS)])
        connection.commit()


def oltp(source, options):
    numbers = sysbench_numbers(sysbench(
        "oltp_write_only", "run", source.port, data.SYSBENCH_TABLES, options.rows, THREADS,
        options.seconds))
    return numbers["transactions"], numbers["seconds"]


def hot_rows(source, options):
    """Every transaction changes one of few rows, and an index of it."""
    numbers = sysbench_numbers(sysbench(
        "oltp_update_index", "run", source.port, 1, HOT_ROWS, THREADS, options.seconds))
    return numbers["transactions"], numbers["seconds"]


def many_tables(source, options):
    numbers = sysbench_numbers(sysbench(
        "oltp_write_only", "run", source.port, MANY_TABLES, MANY_ROWS, THREADS, options.seconds,
        database=MANY_DATABASE))
    return numbers["transactions"], numbers["seconds"]


def big_transactions(source, options):
    """A change of every row, a delete and an insert, of up to 100,000 rows each."""
    import time
    rows = min(BIG_ROWS, options.rows)
    begin = time.monotonic()
    with source.connect(database=DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(f"UPDATE sbtest1 SET k = k + 1 WHERE id <= {rows}")
        cursor.execute(f"UPDATE sbtest2 SET c = REVERSE(c) WHERE id <= {rows}")
        cursor.execute("CREATE TEMPORARY TABLE kept ENGINE=InnoDB AS SELECT * FROM sbtest3 "
                       f"WHERE id <= {rows}")
        cursor.execute(f"DELETE FROM sbtest3 WHERE id <= {rows}")
        cursor.execute("INSERT INTO sbtest3 SELECT * FROM kept")
        cursor.execute("DROP TEMPORARY TABLE kept")
    return 4, time.monotonic() - begin


def keys(source, options):
    """Rows with three unique keys and a foreign key; unique values wander between rows."""
    import random
    import time
    deadline = time.monotonic() + options.seconds
    done, problems = [0] * THREADS, []

    def write(worker):
        import pymysql
        chance = random.Random(5600 + worker)
        try:
            with source.connect(database=KEYS_DATABASE, autocommit=False) as connection, \
                    connection.cursor() as cursor:
                number = 0
                while time.monotonic() < deadline:
                    # Each worker's own parents: no deadlocks on the source.
                    mine = [place for place in chance.sample(range(KEYS_PARENTS // THREADS), 2)]
                    first, second = (place * THREADS + worker for place in mine)
                    try:
                        cursor.execute(f"SELECT place FROM parents WHERE id = {first}")
                        one = cursor.fetchone()[0]
                        cursor.execute(f"SELECT place FROM parents WHERE id = {second}")
                        two = cursor.fetchone()[0]
                        cursor.execute(f"UPDATE parents SET place = {-1 - worker} "
                                       f"WHERE id = {first}")
                        cursor.execute(f"UPDATE parents SET place = {one}, n = n + 1 "
                                       f"WHERE id = {second}")
                        cursor.execute(f"UPDATE parents SET place = {two} WHERE id = {first}")
                        serial = (done[worker] + 1) * THREADS + worker + int(begin * 1000) * 1000
                        cursor.execute("INSERT INTO children (parent, code, serial, note) VALUES "
                                       f"({first}, 'code{serial}', {serial}, 'note')")
                        cursor.execute("UPDATE children SET note = 'changed' WHERE serial = "
                                       f"{serial - THREADS}")
                        connection.commit()
                    except pymysql.OperationalError as error:
                        if error.args[0] != DEADLOCK:
                            raise
                        connection.rollback()
                        continue
                    number += 1
                    done[worker] = number
        except Exception as error:  # Reported by the thread that waits.
            problems.append(error)
    begin = time.time()
    started = time.monotonic()
    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise BenchError(f"the workload with unique keys failed: {problems[0]}")
    return sum(done), time.monotonic() - started


WORKLOADS = {"oltp_write_only": oltp, "hot rows": hot_rows, "big transactions": big_transactions,
             "many tables": many_tables, "unique and foreign keys": keys}
