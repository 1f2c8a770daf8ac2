"""An application that never stops: it writes through the endpoint and remembers every commit.

It has no retry: any error is a failed query.
"""

import contextlib
import threading
import time

import pymysql

from . import compare

PAUSE_S = 0.01


class Application:
    """Two connections: one with single statements, one with transactions of two rows."""

    def __init__(self, port, password, schema):
        self.arguments = {"host": "127.0.0.1", "port": port, "user": "app", "password": password,
                          "database": schema, "charset": "utf8mb4"}
        self.schema = schema
        self.acknowledged = []
        self.failures = []
        self.stopping = threading.Event()
        self.resting = [threading.Lock(), threading.Lock()]
        self.threads = [threading.Thread(target=self.work, args=(writer,), daemon=True)
                        for writer in range(2)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
            if thread.is_alive():
                self.failures.append("a statement did not end within 60 s")

    @contextlib.contextmanager
    def rest(self):
        """Holds the writers between two transactions, so that both servers can be compared."""
        with self.resting[0], self.resting[1]:
            yield

    def work(self, writer):
        try:
            connection = pymysql.connect(autocommit=writer == 0, **self.arguments)
            with connection.cursor() as cursor:
                cursor.execute(f"SET autocommit = {1 - writer}")
            number = 0
            while not self.stopping.is_set():
                # A fair hand-over: a lock taken again at once would never be given away.
                time.sleep(PAUSE_S)
                with self.resting[writer]:
                    number = self.commit(connection, writer, number)
            connection.close()
        except Exception as error:  # Whatever it is, a query failed.
            self.failures.append(f"{time.strftime('%H:%M:%S')} {type(error).__name__}: {error}")

    def commit(self, connection, writer, number):
        rows = [(writer, number + i) for i in range(1 + writer)]
        with connection.cursor() as cursor:
            for row in rows:
                cursor.execute("INSERT INTO app_ledger (writer, number) VALUES (%s, %s)", row)
            cursor.execute("SELECT MAX(number) FROM app_ledger WHERE writer = %s", (writer,))
            seen = cursor.fetchone()[0]
        connection.commit()
        if seen != rows[-1][1]:
            raise AssertionError(f"wrote number {rows[-1][1]} and read {seen}")
        self.acknowledged += rows
        return number + len(rows)

    def check_ledger(self, server):
        """What the server lost or doubled, as texts."""
        with compare.neutral(server) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT writer, number, COUNT(*) FROM `{self.schema}`.app_ledger "
                           "GROUP BY writer, number")
            rows = {(writer, number): count for writer, number, count in cursor.fetchall()}
        lost = [row for row in self.acknowledged if row not in rows]
        doubled = [row for row, count in rows.items() if count > 1]
        problems = []
        if lost:
            problems.append(f"{server.side}: {len(lost)} commits lost, first {lost[0]}")
        if doubled:
            problems.append(f"{server.side}: {len(doubled)} commits doubled, "
                            f"first {doubled[0]}")
        return problems


LEDGER = ("CREATE TABLE app_ledger (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, "
          "writer INT NOT NULL, number INT NOT NULL, KEY (writer, number)) ENGINE=InnoDB")
