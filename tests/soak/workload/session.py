"""Sessions that run their transactions in threads of their own and remember what was committed."""

import hashlib
import threading
import time

import pymysql

from .transactions import DATA_ERRORS, DEADLOCK, LOCK_WAIT

LOGGED_BYTES = 20000
NO_SAVEPOINT = 1305
IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS
# The connection is gone, or none is to be had; only while the walk takes servers away.
LOST = {2002, 2003, 2006, 2013, 2055, 0, -1, 1053, 1152, 1158, 1159, 1160, 1161, 3168}
# The branch is to be rolled back: what XA END and XA ROLLBACK say after a deadlock.
XA_ROLLED_BACK = {1402, 1613, 1614}
# The branch is gone.
XA_UNKNOWN = 1397
# 9.7, whose foreign keys are above the engine, answers a DELETE that spreads with 1030 now and then.
ENGINE_ERROR = 1030
# A temporary table that could not be made is not there.
TEMPORARY = "soak_one.passing"
NO_TEMPORARY = {1067, 1146, 1787}


class Failure(Exception):
    """A query failed that should not have."""


class Lost(Exception):
    """The connection is gone, as it may be at this time."""


class Session:
    """One connection. `connect` answers a new pymysql connection.

    It has no retry: every error that the data does not explain is a failure, and ends it.
    """

    def __init__(self, name, connect, transactions, log, pause_s, outage):
        self.name = name
        self.connect = connect
        self.transactions = transactions
        self.log = open(log, "w", encoding="utf-8")
        self.pause_s = pause_s
        self.outage = outage
        self.outages_before = 0  # when the connection was made
        self.committed = set()
        self.rolled_back = set()
        self.given_up = set()  # by the server, without a word: nobody knows which half is there
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
            while not self.stopping.is_set():
                try:
                    self.live()
                except Lost:
                    time.sleep(0.3)
        except Failure as error:
            self.failure = f"{time.strftime('%H:%M:%S')} {self.name}: {error}"
        except Exception as error:  # The connection itself, or a defect of the harness.
            self.failure = f"{time.strftime('%H:%M:%S')} {self.name}: {type(error).__name__}: {error}"

    def live(self):
        """The life of one connection."""
        self.outages_before = self.outage.count
        try:
            connection = self.connect()
        except pymysql.MySQLError as error:
            if error.args[0] in LOST and self.outage.possible:
                raise Lost(str(error)) from error
            raise
        try:
            while not self.stopping.is_set():
                # A fair hand-over: a lock taken again at once would never be given away.
                time.sleep(self.pause_s)
                with self.turn:
                    self.one(connection)
        finally:
            if connection.open:
                connection.close()

    def server_may_be_gone(self):
        """A session that rested meanwhile notices late."""
        return self.outage.possible or self.outage.count > self.outages_before

    def one(self, connection):
        for statement in self.transactions.settings():
            self.execute(connection, statement, settings=True)
        transaction = self.transactions.next()
        # True: it must be there. False: it must not. None: nobody can know.
        there = False
        try:
            written = False
            for sql in transaction.statements:
                is_ledger = "soak_ledger (session" in sql
                alone = is_ledger and transaction.end is None
                there = None if alone else there
                code = self.execute(connection, sql)
                there = code == 0 if alone else there
                written = written or (is_ledger and code == 0)
                if code in (DEADLOCK, LOCK_WAIT, ENGINE_ERROR):
                    known = self.give_up(connection, transaction)
                    written, there = False, False if known else None
                    break
                if self.was_given_up(connection, transaction, code):
                    self.execute(connection, "ROLLBACK")
                    self.given_up.add(transaction.number)
                    written, there = False, None
                    break
            else:
                if transaction.end is not None:
                    there = None if written and transaction.end != "ROLLBACK" else False
                    done = self.finish(connection, transaction)
                    there = None if done is None else written and done
            for sql in transaction.cleanup:
                self.execute(connection, sql, settings=True)
        finally:
            if there is not None:
                (self.committed if there else self.rolled_back).add(transaction.number)

    def was_given_up(self, connection, transaction, code):
        """New servers lose a deadlock within a cascade: the transaction is gone without a word."""
        if transaction.end is None or transaction.xa is not None:
            return False
        gone = code == NO_SAVEPOINT or not connection.server_status & IN_TRANSACTION
        if gone and not self.outage.new_server:
            raise Failure("no transaction is open in the middle of one")
        return gone

    def give_up(self, connection, transaction):
        """Behind a deadlock; False when nobody knows what is there."""
        if transaction.xa is None:
            self.execute(connection, "ROLLBACK")
            return True
        code = self.end_branch(connection, transaction)
        if code != XA_UNKNOWN:
            self.execute(connection, f"XA ROLLBACK {transaction.xa}", allowed=XA_ROLLED_BACK)
        return code != XA_UNKNOWN

    def finish(self, connection, transaction):
        """True: it is done. False: it is rolled back. None: nobody knows what is there."""
        if transaction.xa is None:
            self.execute(connection, transaction.end, settings=True)
            if transaction.end == "BEGIN":
                self.execute(connection, "COMMIT", settings=True)
            return transaction.end != "ROLLBACK"
        code = self.end_branch(connection, transaction)
        if code == XA_UNKNOWN:
            return None
        if code:
            self.execute(connection, f"XA ROLLBACK {transaction.xa}", allowed=XA_ROLLED_BACK)
            return False
        if transaction.end == "ONE PHASE":
            self.execute(connection, f"XA COMMIT {transaction.xa} ONE PHASE", settings=True)
            return True
        self.execute(connection, f"XA PREPARE {transaction.xa}", settings=True)
        self.execute(connection, f"XA {transaction.end} {transaction.xa}", settings=True)
        return transaction.end != "ROLLBACK"

    def end_branch(self, connection, transaction):
        """0, that the branch is rolled back, or that a new server gave it up without a word."""
        lost = {XA_UNKNOWN} if self.outage.new_server else set()
        code = self.execute(connection, f"XA END {transaction.xa}", settings=True,
                            allowed=XA_ROLLED_BACK | lost)
        if code == XA_UNKNOWN:
            self.given_up.add(transaction.number)
        return code

    def execute(self, connection, sql, settings=False, allowed=frozenset()):
        """0, or the number of an error that the data explains, or that is allowed."""
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
        if message and code in LOST and self.server_may_be_gone():
            raise Lost(message)
        if not settings:
            allowed = DATA_ERRORS | {NO_SAVEPOINT, DEADLOCK, LOCK_WAIT} | set(allowed) | \
                self.transactions.options.get("errors", set())
            if self.outage.new_server:
                allowed |= {ENGINE_ERROR}
        if TEMPORARY in sql:
            allowed = NO_TEMPORARY | set(allowed)
        if message and code not in allowed:
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
