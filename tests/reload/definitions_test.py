"""Definitions that change at odd moments: while a table is read, by a session that is killed, in
words that only one server knows, in another character set."""

import threading
import time
import unittest

from reload_test import ReloadTest, compare, tail, wait_until

WITHIN_S = 60


class DefinitionsTest(ReloadTest):

    def query(self, server, sql):
        with compare.neutral(server) as connection:
            return compare.rows_of(connection, sql.replace("%", "%%"))

    def begin(self, *statements, faults=""):
        self.make(*statements)
        self.flyover.start_proxy()
        self.write_steadily(self.source)
        self.flyover.start_run(faults)

    def same(self):
        self.flyover.wait_ready()
        self.wait_equal()
        self.assertEqual(compare.compare_catalogs(self.source, self.target, [self.schema]), [])

    def fill(self, table, rows=900):
        values = ", ".join(f"({i}, CONCAT('é', REPEAT('v', 250)))" for i in range(rows))
        return f"INSERT INTO {table} VALUES {values}"


class WhileRead(DefinitionsTest):
    """The application adds a column and converts a table while its rows are read."""

    extra = {"load": {"lanes": 1, "chunk_bytes": 65536}, "verify": {"lanes": 1}}

    def change(self, server, table, column):
        self.sql(server, f"USE {self.schema}",
                 f"ALTER TABLE {table} ADD COLUMN {column} INT NOT NULL DEFAULT 7 AFTER id",
                 f"UPDATE {table} SET {column} = id WHERE id % 3 = 0")

    def convert(self, server, table, charset):
        self.sql(server, f"USE {self.schema}",
                 f"ALTER TABLE {table} CONVERT TO CHARACTER SET {charset}",
                 f"UPDATE {table} SET v = CONCAT(v, 'ü') WHERE id % 5 = 0")

    def test_altered_while_read(self):
        loading, comparing = self.gate("loading"), self.gate("comparing")
        columns = "(id INT NOT NULL PRIMARY KEY, v VARCHAR(300)) CHARACTER SET latin1"
        self.begin(f"CREATE TABLE added {columns}", f"CREATE TABLE converted {columns}",
                   f"CREATE TABLE later {columns}", self.fill("added", 1200),
                   self.fill("converted"), self.fill("later"),
                   faults=f"load.after_chunk_read=wait:{loading}@2,"
                          f"verify.before_chunk=wait:{comparing}@2")
        # The load has read a part of one table, and nothing of the other.
        self.wait_gate("loading")
        self.change(self.source, "added", "a")
        self.convert(self.source, "converted", "utf8mb4")
        self.open_gate("loading")
        # The first comparison has its snapshots.
        self.wait_gate("comparing")
        self.change(self.source, "later", "a")
        self.change(self.source, "added", "b")
        self.convert(self.source, "converted", "utf8")
        self.open_gate("comparing")
        self.same()
        for name in ("added", "converted"):
            self.assertIn(f"{self.schema}.{name} is to be copied again", self.log())
        # A comparison that was asked for says the truth about the tables as they are then.
        self.flyover.write_config([f"{self.schema}.*"],
                                  {**self.extra, "verify": {"lanes": 1, "before_ready": "no"}})
        for server, back in ((self.source, "cutover"), (self.target, "rollback")):
            self.compared_while_altered(server)
            self.switch(back)

    def compared_while_altered(self, server):
        asked = f"asked on {server.side}".replace(" ", "_")
        self.assertEqual(self.flyover.run.stop(), 0, tail(self.flyover.run.log))
        self.flyover.start_run(f"verify.before_chunk=wait:{self.gate(asked)}@2")
        self.flyover.wait_ready()
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.flyover.command("verify")))
        thread.start()
        self.wait_gate(asked)
        self.change(server, "added", "c" if server is self.source else "d")
        self.convert(server, "converted", "utf8mb4" if server is self.source else "utf8mb3")
        self.open_gate(asked)
        thread.join(WITHIN_S)
        self.assertEqual([one.code for one in answers], [0], str(answers))
        self.assertTrue(answers[0].json["equal"], str(answers[0]))
        self.same()


class LostSessions(DefinitionsTest):
    """Sessions of flyover that somebody kills."""

    extra = {"verify": {"before_ready": "no"}}

    def sessions(self, server, like):
        return [row for row in self.query(server, "SHOW PROCESSLIST")
                if row[1] == "flyover" and like in (row[7] or "")]

    def kill(self, server, sessions, what="KILL"):
        for row in sessions:
            try:
                self.sql(server, f"{what} {row[0]}")
            except Exception as error:
                if error.args[0] != 1094:  # No such thread: it has just ended by itself.
                    raise

    def killed_alter(self, active, passive, column):
        """The statement has copied the rows, and waits for a reader of the table to end."""
        for what in ("KILL", "KILL QUERY"):
            reader = passive.connect(database=self.schema)
            with reader.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT COUNT(*) FROM big")
            name = column + what[-1].lower()
            alter = f"ALTER TABLE big ADD COLUMN {name} INT NOT NULL DEFAULT 5 FIRST, FORCE"
            before = self.log().count("was not carried out before the session was lost")
            self.sql(active, f"USE {self.schema}", alter,
                     f"INSERT INTO big ({name}, v) VALUES (6, 'behind')",
                     f"UPDATE big SET {name} = id WHERE id < 50")
            wait_until(lambda: [row for row in self.sessions(passive, alter)
                                if "metadata lock" in row[6]], WITHIN_S,
                       f"{alter} waiting on {passive.side}")
            self.kill(passive, self.sessions(passive, alter), what)
            wait_until(lambda: self.log().count("was not carried out before the session was lost")
                       > before, WITHIN_S, "the statement being begun again")
            reader.close()
            self.same()

    def test_killed_while_it_alters(self):
        self.begin("CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
                   "v VARCHAR(300)) CHARACTER SET utf8", self.fill("big", 600).replace("(0,", "(601,"))
        self.flyover.wait_ready()
        self.killed_alter(self.source, self.target, "there_")
        self.switch("cutover")
        self.write_steadily(self.target)
        self.flyover.wait_ready()
        self.killed_alter(self.target, self.source, "back_")
        self.assertNotIn("is to be copied again", self.log())

    def test_killed_at_the_start(self):
        """Whatever session it is, at the beginning of a process and of its link."""
        for point in ("schema.after_tables", "link.definitions"):
            gate = self.gate(point)
            faults = f"{point}=wait:{gate}@1"
            if self.flyover.run is None:
                self.begin("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY)",
                           f"CREATE VIEW v AS SELECT id FROM {self.schema}.t", faults=faults)
            else:
                self.assertEqual(self.flyover.run.stop(), 0, tail(self.flyover.run.log))
                self.flyover.start_run(faults)
            self.wait_gate(point)
            for server in (self.source, self.target):
                self.kill(server, self.sessions(server, ""))
            self.sql(self.source, f"INSERT INTO {self.schema}.t VALUES ()")
            self.open_gate(point)
            self.wait_log({"schema.after_tables": "run.session_lost",
                           "link.definitions": "link.restart"}[point])
            self.same()


class Unreadable(DefinitionsTest):
    """Statements whose bytes are no UTF-8, at work while flyover looks at sessions: new servers
    then refuse to list their sessions and transactions in information_schema."""

    extra = {"verify": {"before_ready": "no"}}
    COM_QUERY = 3

    def at_work(self, server, sql, before="SELECT 1"):
        """A session of root that is busy with these bytes, in a transaction, until it is killed."""
        connection = server.connect(autocommit=True)
        self.addCleanup(connection.close)
        for one in ("BEGIN", before):
            connection.query(one)

        def run():
            try:
                connection._execute_command(self.COM_QUERY, sql)
                connection._read_query_result()
            except Exception:  # It is killed.
                pass
        threading.Thread(target=run, daemon=True).start()
        number = connection.thread_id()
        wait_until(lambda: [row for row in self.query(server, "SHOW PROCESSLIST")
                            if row[0] == number and row[6] == "User sleep"], WITHIN_S,
                   "the statement being at work")
        return number

    def test_bytes_that_are_no_text(self):
        self.make("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARBINARY(99))",
                  "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
        busy = [(server, self.at_work(server, b"SELECT SLEEP(600) /* \xff\xfe\x80 */"))
                for server in (self.source, self.target)]
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.flyover.wait_ready()
        self.assertIn("what the load writes is not in the target's binary log", self.log())
        for command, active in (("cutover", self.source), ("rollback", self.target)):
            self.flyover.wait_ready()
            writer = self.at_work(active, b"UPDATE " + self.schema.encode() + b".t SET v = "
                                  b"CONCAT('\xff\xfe', SLEEP(600)) WHERE id = 2 /* \xff */",
                                  f"UPDATE {self.schema}.t SET v = 'never' WHERE id = 1")
            self.switch(command)
            self.assertIn(f"ends session {writer} of root", self.log())
        with self.assertRaises(Exception):
            self.query(self.target, "SELECT * FROM information_schema.processlist")
        for server, number in busy:
            self.sql(server, f"KILL {number}")
        self.same()


if __name__ == "__main__":
    unittest.main()
