"""On the way back: what only the new server has, and how each message's advice gets past it."""

import unittest

from definitions_test import DefinitionsTest
from reload_test import tail, wait_until


class OnlyNew(DefinitionsTest):
    def change(self, *statements):
        self.sql(self.target, f"USE {self.schema}", *statements)

    def ended(self, *texts):
        """The run ends at the last change and says each of the texts."""
        self.assertEqual(self.flyover.run.wait(60), 3, tail(self.flyover.run.log))
        told = tail(self.flyover.run.log, 6)
        for text in texts:
            self.assertIn(text, told)

    def go_on(self):
        self.flyover.start_run()
        # Until then the status is that of the run before.
        wait_until(lambda: self.flyover.status()["phase"] != "failed", 60, "the new run's status")
        self.same()

    def on_the_source(self, table):
        return bool(self.query(self.source, "SELECT 1 FROM information_schema.tables WHERE "
                          f"table_schema = '{self.schema}' AND table_name = '{table}'"))

    def columns_on_the_source(self, table):
        return [row[0] for row in self.query(
            self.source, "SELECT column_name FROM information_schema.columns WHERE table_schema = "
            f"'{self.schema}' AND table_name = '{table}' ORDER BY ordinal_position")]

    def refused_collations(self):
        """A character set without its collation: the old server would take another one, by which
        other keys are equal."""
        self.change("CREATE TABLE fresh (a VARCHAR(10) NOT NULL PRIMARY KEY) CHARSET utf8mb4",
                    "INSERT INTO fresh VALUES ('x'), ('ß'), ('s')")
        self.ended("utf8mb4_0900_ai_ci", f"{self.schema}.fresh", "CREATE TABLE fresh",
                   "COLLATE utf8mb4_general_ci", "flyover finish")
        self.assertFalse(self.on_the_source("fresh"))
        self.change("ALTER TABLE fresh CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        self.go_on()
        self.change("ALTER TABLE p CONVERT TO CHARACTER SET utf8mb4")
        self.ended("utf8mb4_0900_ai_ci", f"{self.schema}.p")
        self.change("ALTER TABLE p CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        self.go_on()
        self.change("CREATE TABLE short_lived (a CHAR(3)) CHARSET utf8mb4")
        self.ended("short_lived")
        self.change("DROP TABLE short_lived")
        self.go_on()

    def refused_words(self):
        self.change("INSERT INTO p VALUES (7, 7, 'seven')",
                    "ALTER TABLE p ADD COLUMN e INT NOT NULL DEFAULT (k + 1)")
        self.ended("ALTER TABLE p ADD COLUMN e", "1. Undo it", "2. Start `flyover run` again",
                   "3. ", "alter_table", "flyover finish")
        self.assertEqual(self.columns_on_the_source("p"), ["id", "k", "s"])
        self.change("ALTER TABLE p DROP COLUMN e", "INSERT INTO p VALUES (8, 8, 'eight')")
        self.go_on()

    def told(self, *texts):
        """No switch, and the status says why and what to do; the tables are not copied again."""
        def said():
            self.flyover.check()
            status = self.flyover.latest = self.flyover.status()
            shown = status["reason"] + status["next_action"]
            return not status["ready"] and all(text in shown for text in texts)
        wait_until(said, 60, lambda: f"{texts} in the status ({self.flyover.latest})", 0.3)
        answer = self.flyover.command("rollback")
        self.assertNotEqual(answer.code, 0, str(answer))

    def definitions_that_differ(self):
        removed = self.log().count("to be made anew")
        self.change("ALTER TABLE p ADD CONSTRAINT small CHECK (k < 1000)")
        self.told("check small", "DROP CHECK", "flyover finish")
        self.change("ALTER TABLE p DROP CHECK small")
        self.same()
        self.change("CREATE TABLE stamped (a INT NOT NULL PRIMARY KEY, c TIMESTAMP NOT NULL)",
                    "INSERT INTO stamped VALUES (1, '2020-01-01')")
        self.told("column c: default", "SET DEFAULT")
        self.change("SET SESSION sql_mode = ''",
                    "ALTER TABLE stamped ALTER COLUMN c SET DEFAULT '2001-02-03 04:05:06'")
        self.same()
        self.assertEqual(self.log().count("to be made anew"), removed)

    def what_is_alike(self):
        """DESC is read and means nothing there; a foreign key beside its column is made anew."""
        self.change("CREATE INDEX down ON p (k DESC, id)",
                    "CREATE TABLE child (a INT NOT NULL PRIMARY KEY, p INT, "
                    "q INT REFERENCES p (id) ON DELETE CASCADE)",
                    "INSERT INTO child VALUES (1, 7, 7)")
        self.wait_log("child is to be copied again")
        self.flyover.wait_ready()
        self.change("DELETE FROM p WHERE id = 7")
        self.wait_equal()
        self.flyover.wait_ready()
        self.assertEqual(self.query(self.source, f"SELECT * FROM {self.schema}.child"), [])

    def test_only_new(self):
        self.begin("CREATE TABLE p (id INT NOT NULL PRIMARY KEY, k INT, s VARCHAR(20)) "
                   "ENGINE=InnoDB DEFAULT CHARSET=utf8",
                   "INSERT INTO p VALUES (1, 1, 'one')")
        self.same()
        self.switch("cutover")
        self.refused_collations()
        self.refused_words()
        self.definitions_that_differ()
        self.what_is_alike()
        self.switch("rollback")
        self.wait_equal()


if __name__ == "__main__":
    unittest.main()
