"""Changes that the source does not write to its binary log."""

from fixture import CliTest, Servers
from migration import SCHEMA


class Unlogged(CliTest):

    leaves_nothing = False

    def test_a_session_that_logs_nothing(self):
        self.root(Servers.source,
                  f"CREATE TABLE {SCHEMA}.unlogged (id INT NOT NULL PRIMARY KEY, v VARCHAR(20))",
                  f"INSERT INTO {SCHEMA}.unlogged VALUES (1, 'a'), (2, 'b')")
        self.addCleanup(self.root, Servers.source, f"DROP TABLE {SCHEMA}.unlogged")
        self.migration.write()
        self.migration.start("proxy")
        run = self.migration.start("run")
        self.migration.wait_ready(run)
        self.root(Servers.source, "SET SESSION sql_log_bin = 0",
                  f"INSERT INTO {SCHEMA}.unlogged VALUES (700, 'unseen')",
                  f"UPDATE {SCHEMA}.unlogged SET v = 'unseen' WHERE id = 2")
        answer = self.migration.command("verify", "--json")
        self.assertEqual(answer.code, 1, str(answer))
        self.assertFalse(answer.json["equal"], str(answer))
        self.assertEqual({table["table"]: table["rows_different"]
                          for table in answer.json["tables"] if table["rows_different"]},
                         {"unlogged": 2}, str(answer))
        answer = self.migration.command("cutover", "--json")
        self.assertEqual(answer.code, 1, str(answer))
        answer = self.migration.command("verify", "--repair", "--json")
        self.assertEqual(answer.code, 0, str(answer))
        self.migration.wait_ready(run)

    def test_filters_of_the_source(self):
        for option, told in (("ignore", "Binlog_Ignore_DB"), ("do", "Binlog_Do_DB")):
            with self.subTest(option=option):
                migration = self.new_migration(f"-{option}")
                temporary = migration.directory / "tmp"
                temporary.mkdir()
                source = Servers.sandbox.mysql56(
                    name=f"filter_{option}",
                    extra_args=[f"--binlog-{option}-db=other", f"--tmpdir={temporary}"])
                self.addCleanup(source.stop)
                self.root(source, f"CREATE DATABASE {SCHEMA}",
                          f"CREATE TABLE {SCHEMA}.item (id INT NOT NULL PRIMARY KEY)")
                migration.data["source"]["port"] = source.port
                migration.write()
                self.finds(migration, told, "never reach the binary log")
                self.refuses(migration, "run", (1, 3))
