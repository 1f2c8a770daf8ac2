"""Definitions that change while replicating: what [ddl] says, what the old server refuses, and a
session that is lost around a statement."""

from fixture import CliTest, Servers
from harness.processes import wait_until
from migration import SCHEMA

LOCK_OWNER = ("SELECT t.processlist_id FROM performance_schema.metadata_locks m JOIN "
              "performance_schema.threads t ON t.thread_id = m.owner_thread_id WHERE "
              "m.object_type = 'USER LEVEL LOCK' AND m.object_name LIKE 'flyover.ddl.%'")


class Definitions(CliTest):

    leaves_nothing = False

    def begin(self, **policies):
        if policies:
            self.migration.data["ddl"] = policies
        run = self.migration.write().start("run")
        self.settled(run)
        return run

    def settled(self, run):
        """Everything is followed, compared and the same; the endpoint does not matter here."""
        def quiet():
            run.check()
            status = self.migration.status()
            return status["validation"]["complete"] and not any(
                text in status["reason"] for text in ("definition", "copied again", "the lag"))
        wait_until(quiet, 60, lambda: f"rest ({self.migration.status()})")

    def afterwards(self, *statements):
        self.addCleanup(self.execute, Servers.source, *statements)

    def said(self):
        return (self.migration.directory / "run.out").read_text(encoding="utf-8")

    def verified(self):
        answer = self.migration.command("verify")
        self.assertEqual(answer.code, 0, str(answer))

    @staticmethod
    def execute(server, *statements):
        with server.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    @staticmethod
    def column(server, table, column):
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = %s "
                           "AND table_name = %s AND column_name = %s", (SCHEMA, table, column))
            return cursor.fetchone()[0] == 1

    def test_stop_and_go_on(self):
        run = self.begin(alter_table="stop")
        self.afterwards(f"DELETE FROM {SCHEMA}.item WHERE id = 801",
                        f"DELETE FROM {SCHEMA}.log", f"ALTER TABLE {SCHEMA}.item DROP COLUMN extra")
        self.execute(Servers.source, f"INSERT INTO {SCHEMA}.item (id) VALUES (801)",
                     f"ALTER TABLE {SCHEMA}.item ADD COLUMN extra INT NOT NULL DEFAULT 4")
        self.assertEqual(run.wait(30), 3)
        status = self.migration.status()
        self.assertIn("ADD COLUMN extra", status["reason"])
        self.assertIn('alter_table = "stop"', self.said())
        self.assertFalse(self.column(Servers.target, "item", "extra"))
        run = self.begin(alter_table="apply")
        self.assertTrue(self.column(Servers.target, "item", "extra"))
        self.verified()
        run.check()

    def test_values_that_a_statement_means_otherwise(self):
        """Servers since 8.0.19 read a time zone in what 5.6 cuts off."""
        self.execute(Servers.source, f"CREATE TABLE {SCHEMA}.moment (id INT PRIMARY KEY, v VARCHAR(40))",
                     f"INSERT INTO {SCHEMA}.moment VALUES (1, '2020-01-01 10:00:00+05:00')")
        self.afterwards(f"DROP TABLE {SCHEMA}.moment")
        run = self.begin()
        self.execute(Servers.source, "SET sql_mode = ''",
                     f"ALTER TABLE {SCHEMA}.moment MODIFY v DATETIME")

        def copied():
            run.check()
            return "its rows differ behind a statement" in self.said()
        wait_until(copied, 60, self.said)
        self.settled(run)
        self.verified()
        for server in (Servers.source, Servers.target):
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute(f"SELECT HOUR(v) FROM {SCHEMA}.moment")
                self.assertEqual(cursor.fetchall(), ((10,),))
        run.check()

    def test_ignore_is_an_obstacle(self):
        run = self.begin(alter_table="ignore")
        self.execute(Servers.source, f"ALTER TABLE {SCHEMA}.item ADD KEY ignored (id)")

        def obstacle():
            run.check()
            return "the definitions differ" in self.migration.status()["reason"]
        wait_until(obstacle, 30, lambda: f"the obstacle ({self.migration.status()})")
        self.execute(Servers.source, f"ALTER TABLE {SCHEMA}.item DROP KEY ignored")
        self.settled(run)
        self.verified()

    def test_what_the_old_server_refuses(self):
        run = self.begin()
        self.migration.start("proxy")
        self.migration.wait_ready(run)
        answer = self.migration.command("cutover")
        self.assertEqual(answer.code, 0, str(answer))
        self.execute(Servers.target,
                     f"CREATE TABLE {SCHEMA}.modern (id INT NOT NULL PRIMARY KEY, j JSON)")
        self.assertEqual(run.wait(30), 3)
        status = self.migration.status()
        self.assertIn("the source does not take a statement", status["reason"])
        self.assertIn('create_table = "ignore"', self.said())
        self.execute(Servers.target, f"DROP TABLE {SCHEMA}.modern")
        run = self.begin(create_table="ignore")
        self.migration.wait_ready(run)
        answer = self.migration.command("rollback")
        self.assertEqual(answer.code, 0, str(answer))

    def test_a_session_lost_before_the_statement(self):
        gate = self.migration.directory / "gate"
        self.migration.environment["FLYOVER_FAULTS"] = f"ddl.before_statement=wait:{gate}@1"
        run = self.begin()
        self.afterwards(f"ALTER TABLE {SCHEMA}.item DROP COLUMN lost")
        self.execute(Servers.source, f"ALTER TABLE {SCHEMA}.item ADD COLUMN lost INT",
                     f"UPDATE {SCHEMA}.item SET lost = id")
        wait_until(gate.with_name("gate.reached").exists, 30, "the statement")
        with Servers.target.connect() as connection, connection.cursor() as cursor:
            cursor.execute(LOCK_OWNER)
            cursor.execute(f"KILL {cursor.fetchone()[0]}")
        gate.touch()
        wait_until(lambda: self.column(Servers.target, "item", "lost"), 30, "the column")
        self.settled(run)
        self.verified()
