"""Sessions that run their transactions in threads of their own and remember what was committed."""

import hashlib
import threading
import time

import pymysql

from .transactions import DATA_ERRORS, DEADLOCK, LOCK_WAIT

LOGGED_BYTES = 20000


class Failure(Exception):
    """A query failed that should not have."""


class Session:
    """One connection. `connect` answers a new pymysql connection.

    It has no retry: every error that the data does not explain is a failure, and ends it.
    """

    def __init__(self, name, connect, transactions, log, pause_s):
        self.name = name
        self.connect = connect
        self.transactions = transactions
        self.log = open(log, "w", encoding="utf-8")
        self.pause_s = pause_s
        self.committed = set()
        self.rolled_back = set()
        self.failure = None
        self.counts = {}
        self.stopping = threading.Event()
        # Held while a transaction runs: whoever has it knows that the session rests.
        self.turn = threading.Lock()
        self.thread = None

    # Control, from the main thread.

    def start(self):
        """Connects and goes on where the sequence stopped."""
        self.stopping.clear()
        self.thread = threading.Thread(target=self.work, daemon=True, name=self.name)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(60)
            if self.thread.is_alive():
                self.failure = f"{self.name}: a statement did not end within 60 s"
            self.thread = None

    # The thread.

    def work(self):
        try:
            connection = self.connect()
            try:
                while not self.stopping.is_set():
                    # A fair hand-over: a lock taken again at once would never be given away.
                    time.sleep(self.pause_s)
                    with self.turn:
                        self.one(connection)
            finally:
                connection.close()
        except Failure as error:
            self.failure = f"{time.strftime('%H:%M:%S')} {self.name}: {error}"
        except Exception as error:  # The connection itself, or a defect of the harness.
            self.failure = f"{time.strftime('%H:%M:%S')} {self.name}: {type(error).__name__}: {error}"

    def one(self, connection):
        for statement in self.transactions.settings():
            self.execute(connection, statement, settings=True)
        transaction = self.transactions.next()
        written = False
        for sql in transaction.statements:
            code = self.execute(connection, sql)
            if "soak_ledger (session" in sql and code == 0:
                written = True
            if code in (DEADLOCK, LOCK_WAIT):
                self.execute(connection, "ROLLBACK")
                self.rolled_back.add(transaction.number)
                return
        if transaction.end is not None:
            self.execute(connection, transaction.end, settings=True)
            if transaction.end == "BEGIN":
                self.execute(connection, "COMMIT", settings=True)
        if transaction.end == "ROLLBACK" or not written:
            self.rolled_back.add(transaction.number)
        else:
            self.committed.add(transaction.number)

    def execute(self, connection, sql, settings=False):
        """0, or the number of an error that the data explains."""
        began = time.time()
        code, message = 0, ""
        try:
            connection.query(sql.encode("utf-8"))
            while connection._result.has_next:  # pymysql has no public name for it.
                connection.next_result()
        except pymysql.MySQLError as error:
            code = error.args[0] if error.args and isinstance(error.args[0], int) else -1
            message = str(error)
        self.note(began, code, sql, message)
        self.counts[code] = self.counts.get(code, 0) + 1
        allowed = set() if settings else DATA_ERRORS | {DEADLOCK, LOCK_WAIT} | \
            self.transactions.options.get("errors", set())
        if code and code not in allowed:
            raise Failure(f"{message}: {sql[:300]}")
        return code

    def note(self, began, code, sql, message):
        """One line: when, how long in ms, the error, the statement (a long one by its hash)."""
        if len(sql) > LOGGED_BYTES:
            sql = f"{sql[:2000]}… sha1 {hashlib.sha1(sql.encode()).hexdigest()}"
        moment = time.strftime("%H:%M:%S", time.localtime(began)) + f"{began % 1:.3f}"[1:]
        spent = (time.time() - began) * 1000
        line = sql.replace("\\", "\\\\").replace("\n", "\\n")
        self.log.write(f"{moment}\t{spent:.0f}\t{code}\t{line}" +
                       (f"\t-- {message}" if message else "") + "\n")
        self.log.flush()
