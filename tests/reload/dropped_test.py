"""A comparison that begins while tables are dropped and renamed on the active side."""

import threading
import unittest

from reload_test import ReloadTest, wait_until

WITHIN_S = 60


class Dropped(ReloadTest):
    # Only comparisons that are asked for come to the gates.
    extra = {"verify": {"lanes": 1, "before_ready": "no"}}

    def verify_beside(self, active, passive, *statements):
        """What `flyover verify` answers when the statements come between its snapshots and its
        first look at a table, and reach the passive side only after it has met them."""
        gate = self.gate(f"comparing {active.side}")
        answers = []
        self.assertEqual(self.flyover.run.stop(), 0)
        self.flyover.start_run(f"verify.before_chunk=wait:{gate}")
        self.flyover.wait_ready()
        thread = threading.Thread(target=lambda: answers.append(self.flyover.command("verify")))
        thread.start()
        self.wait_gate(f"comparing {active.side}")
        met = "doesn't exist (MySQL error 1146"
        before = self.log().count(met)
        in_the_way = passive.connect(database=self.schema)
        in_the_way.query("BEGIN")
        in_the_way.query("SELECT * FROM steady FOR UPDATE")
        # The statements come behind a change that waits there.
        self.sql(active, f"USE {self.schema}", "UPDATE steady SET v = v + 1", *statements)
        self.open_gate(f"comparing {active.side}")
        wait_until(lambda: self.log().count(met) > before, WITHIN_S,
                   "the comparison meeting a table that is gone")
        in_the_way.close()
        thread.join(WITHIN_S)
        self.assertEqual(len(answers), 1)
        return answers[0]

    def table_names(self, server):
        with server.connect(database=self.schema).cursor() as cursor:
            cursor.execute("SHOW TABLES")
            return sorted(row[0] for row in cursor.fetchall())

    def test_dropped_while_compared(self):
        made = [f"CREATE TABLE {name} (id INT NOT NULL PRIMARY KEY, v INT)"
                for name in ("dropped", "renamed", "dropped_back", "renamed_back", "lost")]
        # The comparison waits at the first table, and keeps that one from being dropped.
        self.make("CREATE TABLE a_first (id INT NOT NULL PRIMARY KEY)",
                  "INSERT INTO a_first VALUES (1)", *made, "INSERT INTO steady (v) VALUES (1), (2)",
                  *[f"INSERT INTO {name} VALUES (1, 1), (2, 2)"
                    for name in ("dropped", "renamed", "dropped_back", "renamed_back", "lost")])
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.flyover.wait_ready()
        answer = self.verify_beside(self.source, self.target, "DROP TABLE dropped",
                                    "RENAME TABLE renamed TO `new name`",
                                    "INSERT INTO `new name` VALUES (3, 3)")
        self.assertTrue(answer.code == 0 and answer.json["equal"], str(answer))
        compared = {table["table"] for table in answer.json["tables"]}
        self.assertNotIn("dropped", compared)
        self.assertIn("new name", compared)
        self.wait_equal()
        self.switch("cutover")
        answer = self.verify_beside(self.target, self.source, "DROP TABLE dropped_back",
                                    "RENAME TABLE renamed_back TO back")
        self.assertTrue(answer.code == 0 and answer.json["equal"], str(answer))
        self.assertEqual(self.table_names(self.source), self.table_names(self.target))
        # What no statement of the log takes away is a difference.
        self.sql(self.source, f"DROP TABLE {self.schema}.lost")
        answer = self.flyover.command("verify")
        self.assertTrue(answer.code == 1 and not answer.json["equal"], str(answer))
        lost = next(one for one in answer.json["tables"] if one["table"] == "lost")
        self.assertIn("does not exist", str(lost))


if __name__ == "__main__":
    unittest.main()
