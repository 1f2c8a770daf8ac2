"""Commands at the wrong moment, and two of what there may be one of."""

import signal
import socket
import threading
import unittest

from fixture import CliTest, Servers
from migration import SCHEMA


class WithoutRun(CliTest):

    def test_commands_say_how_to_start(self):
        self.migration.write()
        for command in ("verify", "cutover", "rollback"):
            with self.subTest(command=command):
                self.refuses(self.migration, command, (1, 3), "no `flyover run`",
                             f"flyover run {self.migration.config}")
        self.refuses(self.migration, "cutover", (1, 3), "flyover run", arguments=("--dry-run",))
        self.refuses(self.migration, "reload", (1, 3), "flyover run",
                     arguments=("--table", f"{SCHEMA}.item"))
        self.assertFalse(self.migration.state.exists(), "a state folder was made")

    def test_finish_of_what_never_ran(self):
        self.migration.write()
        self.refuses(self.migration, "finish", (1, 3), "finish")
        self.assertFalse(self.migration.state.exists(), "a state folder was made")

    def test_status_of_what_never_ran(self):
        self.migration.write()
        answer = self.migration.command("status", "--json")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertEqual(answer.json["phase"], "assessing")
        self.assertEqual(answer.json["active"], "source")
        self.assertFalse(answer.json["ready"])
        self.assertIn("flyover run", answer.json["next_action"])
        self.assertFalse(self.migration.state.exists(), "a state folder was made")


    def test_status_while_run_ends(self):
        """A process that ends hangs up on who asks it."""
        self.migration.write()
        self.migration.state.mkdir()
        path = self.migration.state / "control.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()

            def hang_up():
                connection, _ = listener.accept()
                connection.recv(1)
                listener.close()
                connection.close()
            ending = threading.Thread(target=hang_up, daemon=True)
            ending.start()
            answer = self.migration.command("status", "--json")
            ending.join(10)
        path.unlink()
        self.migration.state.rmdir()
        self.assertFalse(ending.is_alive(), "nobody asked")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertEqual(answer.json["phase"], "assessing")


class Replicating(CliTest):
    """One migration that replicates; every test of it leaves it as it was."""

    leaves_nothing = False

    def setUp(self):
        super().setUp()
        self.migration.write()
        self.run_process = self.migration.start("run")
        self.migration.wait_compared(self.run_process)

    def still_fine(self):
        self.run_process.check()
        self.migration.wait_phase(self.run_process, "replicating")

    def test_all_wrong_requests(self):
        migration = self.migration
        with self.subTest("a second run"):
            error = self.refuses(migration, "run", 1, "another `flyover run` holds")
            self.assertEqual(error["code"], "refused.already_running")
            self.still_fine()
        with self.subTest("a table that does not exist"):
            for name in ("nosuch.table", "item", f"{SCHEMA}.", f"{SCHEMA}.nosuch", "a.b.c", "`"):
                for command in ("verify", "reload"):
                    self.refuses(migration, command, 1, f"no table {name}", "schema.table",
                                 arguments=("--table", name))
            self.still_fine()
        with self.subTest("cutover without the endpoint"):
            self.refuses(migration, "cutover", 1, "no `flyover proxy`")
            answer = migration.command("cutover", "--dry-run", "--json")
            self.assertEqual(answer.code, 1, str(answer))
            self.assertFalse(answer.json["ready"])
            self.still_fine()
        for command in ("rollback", "finish"):
            with self.subTest(command):
                self.refuses(migration, command, 1, "in phase replicating")
                self.still_fine()
        with self.subTest("a second endpoint"):
            self.second_endpoint()
        with self.subTest("the same name from another state folder"):
            self.same_name()
        with self.subTest("an orderly end and the next run"):
            self.assertEqual(self.run_process.stop(), 0)
            self.refuses(migration, "cutover", (1, 3), "flyover run")
            self.run_process = migration.start("run")
            migration.wait_ready(self.run_process)
            answer = migration.command("verify")
            self.assertEqual(answer.code, 0, str(answer))

    def second_endpoint(self):
        migration = self.migration
        proxy = migration.start("proxy")
        migration.wait_ready(self.run_process)
        answer = migration.command("proxy")
        self.assertIn(answer.code, (1, 3), str(answer))
        self.assertTrue(answer.err.strip(), str(answer))
        proxy.check()
        self.still_fine()

    def same_name(self):
        """The control tables carry the name: two migrations of one name would mix their rows."""
        other = self.new_migration("-other")
        other.data["proxy"]["listen"] = f"127.0.0.1:{other.proxy_port}"
        other.write()
        error = self.refuses(other, "run", 1)
        self.assertTrue(error["hint"], error)
        self.still_fine()
        answer = self.migration.command("verify")
        self.assertEqual(answer.code, 0, str(answer))


class Interrupted(CliTest):
    """Ctrl-C while nothing is done yet leaves nothing half-made."""

    leaves_nothing = False

    def test_ctrl_c_and_again(self):
        migration = self.migration.write()
        run = migration.start("run")
        run.signal(signal.SIGINT)
        self.assertIn(run.wait(30), (0, -signal.SIGINT))
        run = migration.start("run")
        migration.wait_phase(run, "replicating")
        with Servers.target.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {SCHEMA}.item")
            self.assertEqual(cursor.fetchone()[0], 3)

    def test_a_row_missing_on_the_target_stops_and_a_reload_mends(self):
        """Strict replication stops at a row that is not there; nothing is papered over."""
        migration = self.migration.write()
        run = migration.start("run")
        migration.wait_compared(run)
        self.execute(Servers.target, f"DELETE FROM {SCHEMA}.child LIMIT 1")
        found = migration.command("verify", "--json")
        self.assertEqual((found.code, found.json["rows_different"]), (1, 1), str(found))
        self.execute(Servers.source, f"DELETE FROM {SCHEMA}.child")
        self.assertEqual(run.wait(30), 3)
        self.assertIn(f"{SCHEMA}.child", migration.status()["reason"])
        answer = migration.command("reload", "--table", f"{SCHEMA}.child")
        self.assertEqual(answer.code, 0, str(answer))
        run = migration.start("run")
        migration.wait_compared(run)
        answer = migration.command("verify")
        self.assertEqual(answer.code, 0, str(answer))

    def test_repair_copies_what_differs_again(self):
        migration = self.migration.write()
        run = migration.start("run")
        migration.wait_compared(run)
        self.execute(Servers.target, f"INSERT INTO {SCHEMA}.child VALUES (99, NULL)")
        self.assertEqual(migration.command("verify").code, 1)
        answer = migration.command("verify", "--repair")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertEqual(migration.command("verify").code, 0)

    @staticmethod
    def execute(server, statement):
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            connection.commit()


if __name__ == "__main__":
    unittest.main()
