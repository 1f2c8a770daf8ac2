"""A server's log that is not the one that was read before: begun anew, purged, another server's.
Nothing is read on at a position that means something else now, and a copy of every table mends
it."""

import struct
import unittest

from reload_test import ReloadTest, tail, wait_until

STOPS_WITHIN_S = 60


class LogTest(ReloadTest):
    """What ways to lose a log, and to go on with another, share."""

    def stops(self, *texts):
        """`run` ends by itself, and says why and what to do."""
        self.assertEqual(self.flyover.run.wait(STOPS_WITHIN_S), 3, tail(self.flyover.run.log))
        reason = self.flyover.status()["reason"]
        for text in (*texts, "flyover reload --table '*'"):
            self.assertIn(text, reason)

    def mend(self):
        answer = self.flyover.command("reload", "--table", "*")
        self.assertEqual(answer.code, 0, str(answer))
        before = self.log().count("link.another_log")
        self.flyover.start_run()
        wait_until(lambda: self.log().count("link.another_log") > before, STOPS_WITHIN_S,
                   "beginning in another log")
        self.ready()
        self.wait_equal()

    def insert(self, server, count=1):
        self.sql(server, *[f"INSERT INTO {self.schema}.t (v) VALUES (REPEAT('v', 100))"] * count)

    def stop_run(self):
        self.assertEqual(self.flyover.run.stop(), 0, tail(self.flyover.run.log))

    def log_file(self, server):
        status = "SHOW MASTER STATUS" if server is self.source else "SHOW BINARY LOG STATUS"
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(status)
            return cursor.fetchone()[:2]

    def begin(self):
        self.sql(self.source, "RESET MASTER")
        self.make("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))",
                  "CREATE TABLE keyless (v INT)", "INSERT INTO keyless VALUES (1), (1)")
        self.insert(self.source, 3)
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.ready()

    def lose_log(self, server, reset, grow_beyond=0):
        """A row that only the old log has, then a new log that is longer than the old one."""
        self.insert(server)
        self.sql(server, reset)
        while self.log_file(server)[1] <= grow_beyond:
            self.insert(server, 20)

    def rival(self, server):
        """Another reader of the log with the UUID of flyover's: the server ends the older one."""
        com_binlog_dump = 0x12
        connection = server.connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT CONVERT(variable_value USING ascii) FROM performance_schema."
                           "user_variables_by_thread WHERE variable_name = 'replica_uuid'")
            uuids = cursor.fetchall()
            self.assertEqual(len(uuids), 1)
            cursor.execute("SET @slave_uuid = %s, @replica_uuid = %s", (uuids[0][0], uuids[0][0]))
        file, offset = self.log_file(server)
        payload = struct.pack("<IHI", offset, 0, 4711) + file.encode("ascii")
        connection._execute_command(com_binlog_dump, payload)
        return connection


class History(LogTest):
    """Each step loses a part of the log, and with it rows that only a new copy brings back."""

    def test_log_begun_anew(self):
        self.begin()
        self.stop_run()
        file, size = self.log_file(self.source)
        self.lose_log(self.source, "RESET MASTER", grow_beyond=size + 2000)
        self.assertEqual(self.log_file(self.source)[0], file)
        self.flyover.start_run()
        self.stops("was begun anew", file)
        # Again: it does not go on because it was told once.
        self.flyover.start_run()
        self.stops("was begun anew")
        self.mend()
        # Under the running process: the server leaves its reader at the end of a deleted file.
        self.write_steadily(self.source)
        self.lose_log(self.source, "RESET MASTER")
        self.stops("was begun anew")
        self.rest()
        self.mend()
        # The next file follows at once, and the one before is never sent.
        self.sql(self.source, "RESET MASTER", f"INSERT INTO {self.schema}.t (v) VALUES ('lost')",
                 "FLUSH LOGS", f"INSERT INTO {self.schema}.t (v) VALUES ('behind')")
        self.stops("was begun anew")
        self.mend()
        self.switch("cutover")
        self.flyover.wait_ready()
        self.write_steadily(self.target)
        lost = self.log().count("stream.lost")
        rival = self.rival(self.target)
        wait_until(lambda: self.log().count("stream.lost") > lost, STOPS_WITHIN_S,
                   "the server ending flyover's session")
        self.wait_equal()
        rival.close()
        self.write_steadily(self.target)
        self.lose_log(self.target, "RESET BINARY LOGS AND GTIDS")
        self.stops("was begun anew")
        self.rest()
        self.mend()
        self.switch("rollback")
        self.wait_equal()

    def test_purged_and_replaced(self):
        self.begin()
        self.stop_run()
        file, _ = self.log_file(self.source)
        self.insert(self.source)
        self.sql(self.source, "FLUSH LOGS", "FLUSH LOGS")
        self.sql(self.source, f"PURGE BINARY LOGS TO '{self.log_file(self.source)[0]}'")
        self.insert(self.source)
        self.flyover.start_run()
        self.stops(f"does not have {file}", "is not there any more")
        self.mend()
        # A crash leaves a file without an end; that is no reason to stop.
        self.source.kill()
        self.source.start()
        self.insert(self.source)
        self.flyover.wait_ready()
        self.wait_equal()
        self.assertIn("it is asked for once more", self.log())
        # Another server behind the same address, with the same files and the same rows.
        self.source.stop()
        (self.source.data / "auto.cnf").unlink()
        self.source.start()
        self.stops("is another server", "server_uuid")
        self.insert(self.source)
        self.mend()


class DuringTheLoad(LogTest):
    """The log that the load itself needs is purged, or begun anew, before it is read."""

    def lost_at(self, point, lose, *texts):
        gate = self.gate(point)
        self.flyover.start_run(f"{point}=wait:{gate}@1")
        self.wait_gate(point)
        self.insert(self.source)
        self.sql(self.source, f"DELETE FROM {self.schema}.t LIMIT 1")
        lose()
        self.open_gate(point)
        self.stops(*texts)

    def purge(self):
        self.sql(self.source, "FLUSH LOGS", "FLUSH LOGS")
        self.sql(self.source, f"PURGE BINARY LOGS TO '{self.log_file(self.source)[0]}'")

    def reset(self):
        """The new log has the old one's name, and is longer."""
        _, size = self.log_file(self.source)
        self.lose_log(self.source, "RESET MASTER", grow_beyond=size + 2000)

    def test_log_begun_anew_in_the_load(self):
        self.sql(self.source, "RESET MASTER")
        self.make("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))")
        self.insert(self.source, 9)
        self.flyover.start_proxy()
        self.lost_at("load.after_snapshots", self.reset)
        self.mend()
        self.insert(self.source)
        self.wait_equal()

    def test_log_lost(self):
        self.make("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))",
                  "CREATE TABLE keyless (v INT)", "INSERT INTO keyless VALUES (1), (1)")
        self.insert(self.source, 9)
        self.flyover.start_proxy()
        self.lost_at("load.after_snapshots", self.purge, "binary log that is needed is gone")
        self.mend()
        self.switch("cutover")
        self.flyover.wait_ready()
        self.insert(self.target)
        self.wait_equal()


class Memory(ReloadTest):
    """A restart empties MEMORY tables: on the active side it is a change, on the other a loss."""

    def restart_source(self):
        self.source.stop()
        self.source.start()

    def copied_again(self, times):
        wait_until(lambda: self.log().count("reload.done") >= times, STOPS_WITHIN_S,
                   lambda: f"copy number {times} ({tail(self.flyover.run.log)})")
        self.flyover.wait_ready()
        self.wait_equal()

    def test_restarts(self):
        self.make("CREATE TABLE m (id INT NOT NULL PRIMARY KEY, v INT) ENGINE=MEMORY",
                  "CREATE TABLE bag (v INT) ENGINE=MEMORY", "INSERT INTO m VALUES (1, 1), (2, 2)",
                  "INSERT INTO bag VALUES (1), (1)")
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.ready()
        # The active server says in its log that they are empty, when they are used next.
        self.restart_source()
        self.sql(self.source, f"INSERT INTO {self.schema}.m VALUES (3, 3)",
                 f"INSERT INTO {self.schema}.bag VALUES (3)")
        self.copied_again(1)
        self.switch("cutover")
        self.flyover.wait_ready()
        before = self.log().count("reload.done")
        self.sql(self.target, f"INSERT INTO {self.schema}.m VALUES (4, 4)")
        self.restart_source()
        self.wait_log("was restarted, which empties MEMORY tables")
        self.copied_again(before + 1)
        # While nobody looks.
        self.assertEqual(self.flyover.run.stop(), 0, tail(self.flyover.run.log))
        self.restart_source()
        self.flyover.start_run()
        self.copied_again(before + 2)
        self.switch("rollback")
        self.wait_equal()


class Engines(ReloadTest):
    """What engines of 5.6 do that nothing else does."""

    def test_delayed_and_archive(self):
        self.make("CREATE TABLE a (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT) "
                  "ENGINE=ARCHIVE", "CREATE TABLE d (id INT NOT NULL PRIMARY KEY) ENGINE=MyISAM",
                  "INSERT INTO a VALUES (10, 1), (20, 2)")
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.ready()
        self.sql(self.source, f"INSERT DELAYED INTO {self.schema}.d VALUES (1), (2)")

        def arrived():
            with self.target.connect() as connection, connection.cursor() as cursor:
                cursor.execute(f"SELECT id FROM {self.schema}.d ORDER BY id")
                return cursor.fetchall() == ((1,), (2,))
        wait_until(arrived, STOPS_WITHIN_S, "the delayed rows on the target")
        self.wait_equal()
        self.switch("cutover")
        self.flyover.wait_ready()
        self.sql(self.target, f"INSERT INTO {self.schema}.a VALUES (30, 3)")
        self.wait_equal()
        # ARCHIVE takes rising keys only.
        self.sql(self.target, f"INSERT INTO {self.schema}.a VALUES (15, 4)")
        self.assertEqual(self.flyover.run.wait(STOPS_WITHIN_S), 3, tail(self.flyover.run.log))
        reason = self.flyover.status()["reason"]
        for text in ("ARCHIVE", "(id = 15)", "behind one with a greater key", "ENGINE=InnoDB"):
            self.assertIn(text, reason)
        self.sql(self.source, f"ALTER TABLE {self.schema}.a ENGINE=InnoDB")
        self.flyover.start_run()
        self.wait_equal()


if __name__ == "__main__":
    unittest.main()
