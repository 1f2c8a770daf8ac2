"""Somebody else writes to the passive target: what each message says to do gets past it."""

import unittest

from definitions_test import DefinitionsTest
from reload_test import tail, wait_until

WITHIN_S = 60


class ForeignWriter(DefinitionsTest):
    extra = {"verify": {"before_ready": "no"}}

    def change(self, server, *statements):
        self.sql(server, f"USE {self.schema}", *statements)

    def met(self, foreign, change, table):
        """The next change of such a row ends the run, with the words to type."""
        self.change(self.target, foreign)
        self.change(self.source, change, "INSERT INTO other VALUES (NULL)")
        self.assertEqual(self.flyover.run.wait(WITHIN_S), 3, tail(self.flyover.run.log))
        reason = self.flyover.status()["reason"]
        for text in (f"{self.schema}.{table}", "write to the target",
                     f"flyover reload --table '{self.schema}.{table}'", "flyover run"):
            self.assertIn(text, reason)
        answer = self.flyover.command("reload", "--table", f"{self.schema}.{table}")
        self.assertEqual(answer.code, 0, str(answer))
        self.flyover.start_run()
        # Until then the status is that of the run before.
        wait_until(lambda: self.flyover.status()["phase"] != "failed", WITHIN_S, "the new status")
        self.same()

    def found(self, foreign, table):
        """Rows that no change meets: the comparison finds them, and mends them when asked."""
        self.change(self.target, foreign)
        answer = self.flyover.command("verify", "--table", f"{self.schema}.{table}")
        self.assertEqual(answer.code, 1, str(answer))
        self.assertFalse(answer.json["equal"])
        self.assertFalse(self.flyover.status()["ready"])
        answer = self.flyover.command("verify", "--table", f"{self.schema}.{table}", "--repair")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertTrue(answer.json["equal"])
        self.same()

    def test_rows_of_the_target(self):
        self.begin("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT, UNIQUE KEY (v))",
                   "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
                   "CREATE TABLE keyless (v INT)", "INSERT INTO keyless VALUES (1), (2), (2)",
                   "CREATE TABLE other (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY)")
        self.flyover.wait_ready()
        self.met("DELETE FROM t WHERE id = 2", "UPDATE t SET v = 20 WHERE id = 2", "t")
        self.met("DELETE FROM t WHERE id = 3", "DELETE FROM t WHERE id = 3", "t")
        self.met("INSERT INTO t VALUES (50, 50)", "INSERT INTO t VALUES (5, 50)", "t")
        self.met("DELETE FROM keyless WHERE v = 1", "DELETE FROM keyless WHERE v = 1", "keyless")
        self.found("DELETE FROM t WHERE id = 1", "t")
        self.found("UPDATE t SET v = -v", "t")
        self.found("INSERT INTO keyless VALUES (2)", "keyless")


if __name__ == "__main__":
    unittest.main()
