"""Copies that begin while XA transactions are prepared.

A server from 5.7.7 on writes their rows to its log at XA PREPARE, so a copy waits for those that
were prepared before its start; an older one writes them at XA COMMIT, and nothing has to wait.
"""

import random
import signal
import threading
import unittest

import pymysql

from reload_test import FAST, ReloadTest, Servers, compare, tail, wait_until

ACCOUNTS = 40


class Transfers:
    """A session whose every transaction is one of two phases, of milliseconds. Every other one is
    left prepared by a session that ends, and is committed by the next; every third name is the
    same; every seventh is rolled back."""

    def __init__(self, server, schema, number):
        self.server, self.schema, self.number = server, schema, number
        self.random = random.Random(number)
        self.stopping = threading.Event()
        self.failure = None
        self.done = 0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def connect(self):
        return self.server.connect(autocommit=True, database=self.schema)

    def transfer(self, connection):
        self.done += 1
        name = f"'t{self.number}', '{'' if self.done % 3 else self.done}', 7"
        one, other = self.random.sample(range(ACCOUNTS), 2)
        for sql in (f"XA START {name}",
                    f"UPDATE account SET balance = balance - 1 WHERE id = {one}",
                    f"UPDATE account SET balance = balance + 1 WHERE id = {other}",
                    f"INSERT INTO ledger VALUES ({self.number}, {self.done})",
                    f"XA END {name}"):
            try:
                connection.query(sql)
            except pymysql.MySQLError as error:
                if error.args[0] not in (1205, 1213, 1402, 1613, 1614):
                    raise
                # It is rolled back, or only its statement is; XA END says which, and has to be
                # said before the name is free again.
                if not sql.startswith("XA END"):
                    try:
                        connection.query(f"XA END {name}")
                    except pymysql.MySQLError as ended:
                        if ended.args[0] not in (1402, 1613, 1614):
                            raise
                connection.query(f"XA ROLLBACK {name}")
                return connection
        connection.query(f"XA PREPARE {name}")
        if self.done % 2:
            connection.close()
            connection = self.connect()
            connection.query("SET SESSION innodb_lock_wait_timeout = 2")
        end = "COMMIT" if self.done % 7 else "ROLLBACK"
        for attempt in range(100):
            try:
                connection.query(f"XA {end} {name}")
                break
            except pymysql.MySQLError as error:
                # The session that prepared it is not gone yet.
                if error.args[0] not in (1397, 1399) or attempt == 99:
                    raise
                self.stopping.wait(0.01)
        return connection

    def work(self):
        try:
            connection = self.connect()
            while not self.stopping.is_set():
                connection = self.transfer(connection)
            connection.close()
        except Exception as error:  # Told in the main thread.
            self.failure = error

    def stop(self):
        self.stopping.set()
        self.thread.join(30)
        if self.failure is not None:
            raise self.failure


class PreparedTest(ReloadTest):
    def make_bank(self):
        rows = ", ".join(f"({i}, 100, REPEAT('x', 200))" for i in range(ACCOUNTS))
        self.make("CREATE TABLE account (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL, "
                  "note VARCHAR(300))",
                  "CREATE TABLE ledger (session INT, number INT)",
                  f"INSERT INTO account VALUES {rows}")

    def prepare(self, name, account, ledger=False):
        """Left prepared by a session that is told nothing more; the caller closes it. While there
        is one with a row of `ledger`, which has no key, no copy can lock that table."""
        connection = self.source.connect(autocommit=True, database=self.schema)
        for sql in (f"XA START {name}", f"UPDATE account SET note = 'xa' WHERE id = {account}",
                    *([f"INSERT INTO ledger VALUES ({account}, 0)"] if ledger else []),
                    f"XA END {name}", f"XA PREPARE {name}"):
            connection.query(sql)
        return connection


class NewServers(PreparedTest):
    """Both servers are new ones."""

    old = None

    def setUp(self):
        Servers.start()
        if NewServers.old is None:
            NewServers.old = Servers.sandbox.mysql97(extra_args=FAST, name="from97")
            NewServers.old.side = "the source"
        kept, Servers.source = Servers.source, NewServers.old
        self.addCleanup(setattr, Servers, "source", kept)
        super().setUp()


class Waits(NewServers):
    def test_waits_for_prepared(self):
        self.make_bank()
        prepared = self.prepare("'global', 'branch', 3", 5, ledger=True)
        self.flyover.start_proxy()
        self.flyover.start_run()
        name = "x'676c6f62616c',x'6272616e6368',3"
        self.flyover.wait_status(lambda status: name in status["reason"], "the name in the status")
        self.assertIn("XA COMMIT", self.flyover.latest["reason"])
        self.assertEqual(self.flyover.latest["phase"], "load")
        # One that is prepared now is in the stream, and nobody waits for it.
        later = self.prepare("'later'", 6)
        # Unless it has written to a table that is to be locked.
        locked = self.prepare("'locked'", 7, ledger=True)
        prepared.query("XA COMMIT 'global', 'branch', 3")
        name = "x'6c6f636b6564',x'',1"
        self.flyover.wait_status(lambda status: name in status["reason"], "the lock in the status")
        for text in ("ledger", "waiting for a lock", "XA COMMIT"):
            self.assertIn(text, self.flyover.latest["reason"])
        locked.query("XA COMMIT 'locked'")
        self.flyover.wait_ready()
        self.assertIn("load.snapshots", self.log())
        later.query("XA COMMIT 'later'")
        self.wait_equal()
        for connection in (prepared, later, locked):
            connection.close()


class Impatient(NewServers):
    extra = {"load": {"xa_wait_ms_max": 2000}}

    def test_patience(self):
        self.make_bank()
        prepared = self.prepare("'stuck'", 5, ledger=True)
        self.flyover.start_run()
        self.assertNotEqual(self.flyover.run.wait(60), 0)
        told = tail(self.flyover.run.log, 8)
        self.assertIn("x'737475636b',x'',1", told)
        self.assertIn("XA ROLLBACK", told)
        self.assertIn("load.xa_wait_ms_max", told)
        prepared.query("XA COMMIT 'stuck'")
        prepared.close()
        self.flyover.start_proxy()
        self.flyover.start_run()
        # Until then the status is that of the run before.
        self.wait_log("load.snapshots")
        self.flyover.wait_ready()
        self.wait_equal()


class Always(NewServers):
    """An application that has some prepared at every moment: the load begins, goes on after a
    kill, and tables are copied again."""

    # Three sessions that never pause beside a busy machine: the lag is not what this is about.
    extra = {"load": {"lanes": 1, "chunk_bytes": 65536}, "cutover": {"lag_ms_max": 60000}}

    def test_always_some(self):
        self.make_bank()
        self.sql(self.source, f"USE {self.schema}",
                 "CREATE TABLE large (id INT NOT NULL PRIMARY KEY, v VARCHAR(300))",
                 "INSERT INTO large VALUES " + ", ".join(
                     f"({i}, REPEAT('v', 250))" for i in range(900)))
        sessions = [Transfers(self.source, self.schema, number) for number in range(1, 4)]
        self.flyover.start_proxy()
        for faults in ("load.after_snapshots=kill", "load.after_chunk_commit=kill@2"):
            self.flyover.start_run(faults)
            self.assertEqual(self.flyover.run.wait(60), -signal.SIGKILL, tail(self.flyover.run.log))
        self.flyover.start_run()
        self.flyover.wait_ready()
        answer = self.flyover.command("reload", "--table", f"{self.schema}.account")
        self.assertEqual(answer.code, 0, str(answer))
        self.flyover.wait_status(lambda status: status["ready"] and status["lag_ms"] is not None,
                                 "the lag being known")
        answer = self.flyover.command("reload", "--table", "*")
        self.assertEqual(answer.code, 0, str(answer))
        self.flyover.wait_ready()
        for session in sessions:
            session.stop()
        for session in sessions:
            self.assertGreater(session.done, 10)
        self.wait_equal()
        answer = self.flyover.command("verify")
        self.assertTrue(answer.code == 0 and answer.json["equal"], str(answer))
        self.switch("cutover")


class OldSource(PreparedTest):
    """The old server logs their rows with XA COMMIT: one that is prepared keeps nobody waiting, but
    for the lock of a table that it has written to. The status then says so."""

    # No comparison but those that are asked for.
    extra = {"verify": {"before_ready": "no"}}

    def told_beside(self, texts, unlock, *command):
        """The command's answer. It waits until the status has told all the texts of what it waits
        for; then `unlock` lets it go on."""
        self.flyover.wait_status(lambda status: status["lag_ms"] is not None,
                                 "the lag being known")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.flyover.command(*command)))
        thread.start()
        self.flyover.wait_status(lambda status: all(text in status["reason"] for text in texts),
                                 f"{command} telling {texts}")
        self.assertEqual(answers, [])
        unlock()
        thread.join(60)
        self.assertEqual(len(answers), 1, command)
        self.flyover.wait_status(lambda status: "waiting for" not in status["reason"] and
                                 "copying again" not in status["reason"],
                                 "what was told being taken back", 20)
        return answers[0]

    def beside_prepared(self, name, *command):
        prepared = self.prepare(name, 7, ledger=True)
        answer = self.told_beside(
            ("waiting for a lock", f"{self.schema}.ledger", "XA COMMIT"),
            lambda: prepared.query(f"XA ROLLBACK {name}"), *command)
        prepared.close()
        return answer

    def test_old_source(self):
        self.make_bank()
        self.sql(self.source, f"USE {self.schema}", "INSERT INTO ledger VALUES (1, 1), (2, 2)",
                 "CREATE TABLE plain (id INT NOT NULL PRIMARY KEY) ENGINE=MyISAM",
                 "INSERT INTO plain VALUES (1)")
        committed, undone = self.prepare("'committed'", 5), self.prepare("'undone'", 6)
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.flyover.wait_status(lambda status: status["phase"] == "replicating", "following")
        self.assertNotIn("waiting for", self.log())
        committed.query("XA COMMIT 'committed'")
        undone.query("XA ROLLBACK 'undone'")
        self.flyover.wait_ready()
        self.wait_equal()
        committed.close()
        undone.close()
        # What seems to differ is looked at again under a lock.
        self.sql(self.target, f"DELETE FROM {self.schema}.ledger LIMIT 1")
        answer = self.beside_prepared("'verify'", "verify")
        self.assertTrue(answer.code == 1 and not answer.json["equal"], str(answer))
        for name, pattern in (("'one'", f"{self.schema}.ledger"), ("'all'", "*")):
            answer = self.beside_prepared(name, "reload", "--table", pattern)
            self.assertEqual(answer.code, 0, str(answer))
        writer = self.source.connect(database=self.schema)
        writer.query("LOCK TABLES plain WRITE")
        answer = self.told_beside(("waiting for a lock", f"{self.schema}.plain", "LOCK TABLES"),
                                  lambda: writer.query("UNLOCK TABLES"), "verify")
        writer.close()
        self.assertTrue(answer.code == 0 and answer.json["equal"], str(answer))
        self.wait_equal()
        self.stop_while_comparing()

    def stop_while_comparing(self):
        """What the comparison was waiting for on the server is not waited for there any more."""
        def waiting():
            with compare.neutral(self.source) as connection:
                return compare.rows_of(
                    connection, "SELECT ID FROM information_schema.PROCESSLIST WHERE "
                    "USER = 'flyover' AND INFO LIKE '%%account%%'")
        writer = self.source.connect(database=self.schema)
        writer.query("LOCK TABLES account WRITE")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.flyover.command("verify")))
        thread.start()
        wait_until(waiting, 60, "the comparison waiting for the table")
        self.assertEqual(self.flyover.run.stop(), 0)
        wait_until(lambda: not waiting(), 30, "the server ending what it did for the comparison")
        thread.join(60)
        self.assertNotEqual(answers[0].code, 0, str(answers))
        writer.close()


if __name__ == "__main__":
    unittest.main()
