"""Copying and comparing are held back by [throttle] and `flyover throttle`, and by nothing else."""

import contextlib
import itertools
import threading
import time

from fixture import CliTest, Servers
from harness.processes import wait_until
from migration import SCHEMA
from sandbox import FLYOVER_PASSWORD, free_port

ROWS = 6000
RATE = 2000


class Throttled(CliTest):

    leaves_nothing = False

    def setUp(self):
        super().setUp()
        self.root(Servers.source,
                  f"CREATE TABLE {SCHEMA}.many (id INT NOT NULL PRIMARY KEY, v CHAR(200))",
                  f"INSERT INTO {SCHEMA}.many VALUES " +
                  ",".join(f"({number},'{number}')" for number in range(ROWS)))
        self.addCleanup(self.root, Servers.source, f"DROP TABLE {SCHEMA}.many")

        self.updates = itertools.count()

    def throttle(self, *arguments):
        answer = self.migration.command("throttle", "--json", *arguments)
        self.assertEqual(answer.code, 0, str(answer))
        return answer.json

    def start_throttled(self, **limits):
        self.migration.data["throttle"] = limits
        self.migration.write()
        return self.migration.start("run")

    def wait_throttled(self, run, text):
        """Until the load waits for that reason, with no row loaded."""
        def waits():
            run.check()
            status = self.migration.status()
            return status["phase"] == "load" and text in status["throttle"]["waits_for"]
        wait_until(waits, 60, lambda: f"waiting for {text} ({self.migration.status()})")
        self.assertEqual(self.migration.status()["rows_loaded"], 0)

    def equal(self):
        answer = self.migration.command("verify", "--json")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertGreaterEqual(answer.json["rows_compared"], ROWS)

    def test_rows_in_a_second(self):
        begin = time.monotonic()
        run = self.start_throttled(rows_per_s_max=RATE)
        seen = []

        def copying():
            run.check()
            seen.append(self.migration.status()["copying"])
            return seen[-1]
        wait_until(copying, 60, "what the load uses in the status")
        self.assertEqual(seen[-1], {"lanes": 2, "lanes_fixed": False,
                                    "chunk_bytes": 16 << 20, "chunk_bytes_fixed": False})
        self.migration.wait_phase(run, "catch_up", "replicating")
        # Each lane may be a chunk of half a second ahead. A slow machine only takes longer.
        self.assertGreater(time.monotonic() - begin, ROWS / RATE - 1)
        self.migration.wait_compared(run)
        compared = self.migration.status()["validation"]
        self.assertGreater(compared["elapsed_ms"], 1000 * (ROWS / RATE - 1))

        self.assertEqual(self.throttle()["limits"]["rows_per_s_max"], RATE)
        self.throttle("--rows-per-s-max", "0")
        # What was said holds over a restart, until the file counts again.
        self.assertEqual(run.stop(), 0)
        run = self.migration.start("run")
        self.migration.wait_compared(run)
        self.assertEqual(self.throttle()["limits"]["rows_per_s_max"], 0)
        self.assertEqual(self.throttle("--reset")["limits"]["rows_per_s_max"], RATE)

        for wrong in (("--rows-per-s-max", "-1"), ("--rows-per-s-max", "many"), ("--rows", "1")):
            self.assertEqual(self.migration.command("throttle", *wrong).code, 2, wrong)
        run.check()

    def test_a_busy_server(self):
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                session = stack.enter_context(Servers.source.connect())
                sleeper = threading.Thread(target=self.sleep_until_killed, args=(session,))
                sleeper.start()
                stack.callback(sleeper.join)
                stack.callback(self.root, Servers.source, f"KILL {session.thread_id()}")
            run = self.start_throttled(threads_running_max=4)
            self.wait_throttled(run, "Threads_running of the active server is")
            self.throttle("--threads-running-max", "0")
            self.migration.wait_compared(run)
        self.equal()

    @staticmethod
    def sleep_until_killed(session):
        with contextlib.suppress(Exception), session.cursor() as cursor:
            cursor.execute("SELECT SLEEP(300)")

    def test_a_long_history_list(self):
        """No snapshot is opened while the list is too long, and an open one is given up; the load
        goes on in new ones, and what it makes is right."""
        limit = 500
        # 5.6 shortens the list every 128 pieces of work, which are large by default.
        self.root(Servers.source, "SET GLOBAL innodb_purge_batch_size = 1")
        self.addCleanup(self.root, Servers.source, "SET GLOBAL innodb_purge_batch_size = 300")
        with Servers.source.connect() as old, old.cursor() as cursor:
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            self.update(3 * limit)
            run = self.start_throttled(history_list_length_max=limit, rows_per_s_max=RATE // 10)
            self.wait_throttled(run, "the history list length of the active server")
        self.give_up(run, limit, "the snapshots of the load keep the server")
        self.migration.wait_compared(run)
        self.throttle("--reset")
        verify = threading.Thread(target=self.migration.command, args=("verify",))
        verify.start()
        self.give_up(run, limit, "given up for the server's sake")
        verify.join()
        self.equal()

    def give_up(self, run, limit, text):
        """The list grows for as long as a snapshot keeps it; then nothing is held back any more."""
        def given_up():
            run.check()
            if text in self.said():
                return True
            # Without a snapshot a slow server gets the time to shorten its list.
            if (self.throttle()["history_list_length"] or 0) <= limit:
                self.update(100)
            return False
        wait_until(given_up, 90, lambda: f"{text} ({self.throttle()})")
        self.throttle("--rows-per-s-max", "0", "--history-list-length-max", "0")

    def said(self):
        return (self.migration.directory / "run.out").read_text(encoding="utf-8")

    def update(self, times):
        self.root(Servers.source, *(
            f"UPDATE {SCHEMA}.many SET v = 'update {next(self.updates)}' "
            f"WHERE id = {number * 37 % ROWS}" for number in range(times)))

    def test_a_replica_that_lags(self):
        replica = Servers.sandbox.mysql97(extra_args=["--server-id=77"], name="replica")
        self.addCleanup(replica.stop)
        self.root(Servers.target, f"CREATE USER copier IDENTIFIED BY '{FLYOVER_PASSWORD}'",
                  "GRANT REPLICATION SLAVE ON *.* TO copier")
        self.addCleanup(self.root, Servers.target, "DROP USER copier")
        with Servers.target.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SHOW BINARY LOG STATUS")
            file, position = cursor.fetchone()[:2]
        # What other tests left on the target is not on the replica.
        self.root(replica, "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', "
                  f"SOURCE_PORT = {Servers.target.port}, SOURCE_USER = 'copier', "
                  f"SOURCE_PASSWORD = '{FLYOVER_PASSWORD}', GET_SOURCE_PUBLIC_KEY = 1, "
                  f"SOURCE_LOG_FILE = '{file}', SOURCE_LOG_POS = {position}",
                  f"CHANGE REPLICATION FILTER REPLICATE_WILD_DO_TABLE = ('{SCHEMA}.%')",
                  "GRANT REPLICATION CLIENT ON *.* TO flyover")
        self.migration.data["target"]["replicas"] = [f"127.0.0.1:{replica.port}"]
        run = self.start_throttled(replica_lag_ms_max=5000)
        self.wait_throttled(run, "the lag of a replica in milliseconds can not be measured")
        self.root(replica, "START REPLICA")
        self.migration.wait_compared(run)
        self.assertIsNotNone(self.throttle()["replica_lag_ms"])
        self.equal()

    def test_a_replica_that_does_not_answer(self):
        self.migration.data["source"]["replicas"] = [f"127.0.0.1:{free_port()}"]
        run = self.start_throttled(replica_lag_ms_max=5000)
        self.wait_throttled(run, "the lag of a replica in milliseconds can not be measured")
        self.throttle("--replica-lag-ms-max", "0")
        self.migration.wait_compared(run)
