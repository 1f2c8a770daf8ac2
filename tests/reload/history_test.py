"""A server's log that is not the one that was read before: begun anew, purged, another server's.
Nothing is read on at a position that means something else now, and a copy of every table mends
it."""

import unittest

from reload_test import ReloadTest, tail, wait_until

STOPS_WITHIN_S = 60


class History(ReloadTest):
    """Each step loses a part of the log, and with it rows that only a new copy brings back."""

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


if __name__ == "__main__":
    unittest.main()
