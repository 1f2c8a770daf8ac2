"""Statements logged as text, definitions that change under a load, gaps in the log: each on real
servers, while rows are written, and with the process killed at every stage."""

import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "scenarios"))
sys.path.insert(0, str(HERE.parent / "support"))
from harness import compare  # noqa: E402
from harness.flyover import Flyover  # noqa: E402
from harness.processes import tail, wait_until  # noqa: E402
from sandbox import Sandbox  # noqa: E402

PROGRAM = pathlib.Path(os.environ.get("FLYOVER", REPOSITORY / "build/dev/apps/flyover/flyover"))
EQUAL_TIMEOUT_S = 30
FAST = ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"]


class Servers:
    """Started by the first test that asks."""

    sandbox = None
    directory = None
    source = None
    target = None

    @classmethod
    def start(cls):
        if cls.sandbox is not None:
            return
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="flyover-reload-"))
        cls.sandbox = Sandbox(cls.directory / "servers")
        cls.source = cls.sandbox.mysql56(
            extra_args=FAST + ["--innodb-log-file-size=64M", "--local-infile=1"])
        cls.target = cls.sandbox.mysql97(extra_args=FAST + ["--local-infile=1"])
        cls.source.side, cls.target.side = "the source", "the target"

    @classmethod
    def end(cls, keep_logs):
        if cls.sandbox is None:
            return
        cls.sandbox.stop()
        if keep_logs:
            for data in cls.directory.glob("servers/*/data"):
                shutil.rmtree(data, ignore_errors=True)
            print(f"logs in {cls.directory}")
        else:
            shutil.rmtree(cls.directory, ignore_errors=True)


class Writer:
    """Writes to tables of its own, in rows, for as long as a test lasts: nothing may be lost."""

    def __init__(self, server, schema):
        self.connection = server.connect(autocommit=True, database=schema)
        self.stopping = threading.Event()
        self.failure = None
        self.rows = 0
        self.thread = threading.Thread(target=self.write, daemon=True)
        self.thread.start()

    def write(self):
        try:
            with self.connection.cursor() as cursor:
                while not self.stopping.is_set():
                    self.rows += 1
                    cursor.execute("INSERT INTO steady (v) VALUES (%s)", (self.rows,))
                    cursor.execute("UPDATE steady SET v = v + 1 WHERE id = %s",
                                   (1 + self.rows % 7,))
                    time.sleep(0.05)
        except Exception as error:  # Told in the main thread.
            self.failure = error

    def stop(self):
        self.stopping.set()
        self.thread.join(20)
        self.connection.close()
        if self.failure is not None:
            raise self.failure


class ReloadTest(unittest.TestCase):
    """A migration of one schema, named after the test."""

    maxDiff = None
    extra = None

    def setUp(self):
        Servers.start()
        self.source, self.target = Servers.source, Servers.target
        for server in (self.source, self.target):
            # What the walk before has fenced.
            self.sql(server, "SET GLOBAL read_only = OFF")
        self.schema = self.id().split(".")[-1].replace("test_", "r_")
        self.flyover = Flyover(PROGRAM, Servers.directory / self.schema, self.schema, self.source,
                               self.target)
        self.flyover.write_config([f"{self.schema}.*"], self.extra)
        self.addCleanup(self.flyover.end)
        self.writer = None

    def sql(self, server, *statements, **kwargs):
        """In one session of root, which may do everything."""
        connection = server.connect(autocommit=True, **kwargs)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION lock_wait_timeout = 20")
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def make(self, *statements):
        self.sql(self.source, f"CREATE DATABASE {self.schema} CHARACTER SET utf8mb4",
                 f"USE {self.schema}",
                 "CREATE TABLE steady (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT)",
                 *statements)

    def write_steadily(self, server):
        self.writer = Writer(server, self.schema)

    def rest(self):
        if self.writer is not None:
            self.writer.stop()
        self.writer = None

    def table(self, name, status=None):
        for one in (status or self.flyover.status())["tables"]:
            if one["table"] == name:
                return one
        return None

    def wait_equal(self):
        """The writer rests; both servers hold the same rows, read by the harness alone."""
        self.rest()
        deadline = time.monotonic() + EQUAL_TIMEOUT_S
        while True:
            differences, _ = compare.compare_rows(self.source, self.target, [self.schema])
            if not differences:
                return
            if time.monotonic() > deadline:
                self.fail("the servers differ:\n  " + "\n  ".join(differences))
            self.flyover.check()
            time.sleep(0.3)

    def log(self):
        return (self.flyover.state / "flyover.log").read_text(encoding="utf-8", errors="replace")

    def wait_log(self, text, timeout_s=60):
        wait_until(lambda: text in self.log(), timeout_s,
                   lambda: f"'{text}' in flyover.log ({tail(self.flyover.directory / 'run.out')})")

    def gate(self, name):
        return self.flyover.directory / f"{name}.gate"

    def wait_gate(self, name, timeout_s=60):
        gate = self.gate(name)

        def reached():
            self.flyover.check()
            return gate.with_name(gate.name + ".reached").exists()
        wait_until(reached, timeout_s, lambda: f"gate {name} "
                   f"({tail(self.flyover.directory / 'run.out', 5)})")

    def open_gate(self, name):
        self.gate(name).touch()

    def ready(self):
        self.flyover.wait_ready()
        for one in self.flyover.latest["tables"]:
            self.assertEqual((one["state"], one["reason"]), ("Table completed", ""), one)
            self.assertEqual(one["validation_state"], "Validated", one)

    def killed_and_again(self, faults, act):
        """The process dies of its fault while `act` takes effect; the next one goes on."""
        self.assertEqual(self.flyover.run.stop(), 0, tail(self.flyover.run.log))
        self.flyover.start_run(faults)
        act()
        self.assertEqual(self.flyover.run.wait(60), -signal.SIGKILL,
                         f"{faults}: {tail(self.flyover.run.log)}")
        self.flyover.start_run()
        self.flyover.wait_ready()

    def switch(self, command):
        self.flyover.wait_ready()
        answer = self.flyover.command(command)
        self.assertTrue(answer.code == 0 and answer.json["succeeded"], str(answer))


class Statements(ReloadTest):
    """Changes that are logged as statements are never ignored."""

    def statements(self, server, n):
        """What a session with binlog_format = STATEMENT does, with every kind of event."""
        infile = Servers.directory / f"{self.schema}-{n}.tsv"
        infile.write_text("".join(f"{n * 1000 + i}\tloaded {i}\n" for i in range(50)),
                          encoding="ascii")
        self.sql(server, f"USE {self.schema}", "SET SESSION binlog_format = STATEMENT",
                 f"INSERT INTO keyed (v) VALUES ('auto {n}')",
                 f"INSERT INTO keyed (v) SELECT CONCAT('r', FLOOR(RAND() * 1000)) FROM keyed LIMIT 5",
                 f"SET @word = 'variable {n}'", "UPDATE keyed SET v = @word ORDER BY id LIMIT 2",
                 f"INSERT INTO parent VALUES ({n + 100}, 'p')", "DELETE FROM parent WHERE id = 1",
                 "DELETE FROM keyless LIMIT 1", f"INSERT INTO keyless VALUES ({n}), ({n})",
                 f"INSERT INTO watched VALUES ({n + 100})",
                 f"LOAD DATA LOCAL INFILE '{infile}' INTO TABLE loaded",
                 local_infile=True)

    def make_tables(self):
        self.make(
            "CREATE TABLE keyed (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40))",
            "CREATE TABLE keyless (v INT)",
            "CREATE TABLE parent (id INT NOT NULL PRIMARY KEY, v VARCHAR(9))",
            "CREATE TABLE child (id INT NOT NULL PRIMARY KEY, p INT, CONSTRAINT c_p FOREIGN KEY (p) "
            "REFERENCES parent (id) ON DELETE CASCADE)",
            "CREATE TABLE watched (id INT NOT NULL PRIMARY KEY)",
            "CREATE TABLE journal (id INT NOT NULL PRIMARY KEY, what VARCHAR(20))",
            "CREATE TRIGGER noted AFTER INSERT ON watched FOR EACH ROW INSERT INTO journal VALUES "
            "(NEW.id, 'noted')",
            "CREATE TABLE loaded (id INT NOT NULL PRIMARY KEY, v VARCHAR(40))",
            "CREATE TABLE untouched (id INT NOT NULL PRIMARY KEY)",
            "INSERT INTO untouched VALUES (1)",
            "INSERT INTO parent VALUES (1, 'a'), (2, 'b')",
            "INSERT INTO child VALUES (1, 1), (2, 1), (3, 2)",
            "INSERT INTO keyed (v) VALUES ('a'), ('b'), ('c')", "INSERT INTO keyless VALUES (7), (7)")

    def test_statements(self):
        self.make_tables()
        self.flyover.start_proxy()
        self.write_steadily(self.source)
        self.flyover.start_run()
        self.ready()
        self.statements(self.source, 1)
        self.wait_log("reload.done")
        self.ready()
        log = self.log()
        for name in ("keyed", "keyless", "parent", "child", "watched", "journal", "loaded"):
            self.assertIn(f"{self.schema}.{name}", log)
        self.assertNotIn(f"{self.schema}.untouched is to be copied again", log)
        self.assertIn("LOAD DATA", log)
        self.wait_equal()
        self.write_steadily(self.source)
        for n, fault in enumerate(("reload.suspended", "reload.before_empty",
                                   "reload.snapshots_open", "reload.before_done"), 2):
            self.killed_and_again(f"{fault}=kill", lambda n=n: self.statements(self.source, n))
        self.wait_equal()
        self.switch("cutover")
        # The way back, by the same mechanism.
        self.write_steadily(self.target)
        self.statements(self.target, 20)
        wait_until(lambda: self.log().count("reload.done") >= 6, 60, "the copy on the way back")
        self.flyover.wait_ready()
        self.wait_equal()
        self.switch("rollback")
        self.wait_equal()

    def test_status_and_switch_while_suspended(self):
        """What is to be copied again is named, with the reason, and no switch begins."""
        self.make_tables()
        self.flyover.start_proxy()
        gate = self.gate("copy")
        self.flyover.start_run(f"reload.before_empty=wait:{gate}")
        self.ready()
        self.sql(self.source, f"USE {self.schema}", "SET SESSION binlog_format = STATEMENT",
                 "UPDATE keyed SET v = 'as text'")
        self.wait_gate("copy")
        status = self.flyover.status()
        self.assertFalse(status["ready"])
        self.assertIn(f"{self.schema}.keyed", status["reason"] + str(status["tables"]))
        table = self.table("keyed", status)
        self.assertIn(table["state"], ("Table error", "Table is being reloaded"))
        self.assertIn("UPDATE keyed SET v", table["reason"])
        self.assertEqual(table["validation_state"], "Pending validation")
        self.assertEqual(self.table("untouched", status)["reason"], "")
        answer = self.flyover.command("cutover")
        self.assertNotEqual(answer.code, 0, str(answer))
        self.open_gate("copy")
        self.ready()
        self.wait_equal()


class OneTable(ReloadTest):
    """`flyover reload` of one table, which is locked for the moment in which its snapshot opens."""

    def test_it_moves_meanwhile(self):
        self.make("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT)",
                  "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")
        self.flyover.start_proxy()
        gate = self.gate("one")
        self.flyover.start_run(f"reload.one_open=wait:{gate}")
        self.ready()
        self.write_steadily(self.source)
        for statements in (
                # Rows go that a snapshot of 5.6 shows no more, though the log deletes one by one.
                ("UPDATE t SET v = v + 10", "DELETE FROM t WHERE id = 1", "TRUNCATE TABLE t",
                 "INSERT INTO t VALUES (4, 4)"),
                ("DROP TABLE t", "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, other INT)",
                 "INSERT INTO t VALUES (6, 6)")):
            for one in (gate, gate.with_name(gate.name + ".reached")):
                one.unlink(missing_ok=True)
            answer = []
            asked = threading.Thread(target=lambda: answer.append(
                self.flyover.command("reload", "--table", f"{self.schema}.t")))
            asked.start()
            self.wait_gate("one")
            self.sql(self.source, f"USE {self.schema}", *statements)
            self.open_gate("one")
            asked.join(60)
            self.ready()
        self.assertEqual(self.log().count("its definition was changed while it was copied"), 2)
        self.wait_equal()

        def reload():
            self.flyover.wait_ready()
            self.flyover.command("reload", "--table", f"{self.schema}.t")
        self.killed_and_again("reload.one_open=kill", reload)
        self.assertIn("copying it again was interrupted", self.log())
        # What was counted is counted on.
        self.sql(self.source, f"USE {self.schema}", "INSERT INTO t VALUES (7, 7)")
        self.wait_equal()
        counted = self.table("steady")["inserts"]
        self.assertGreater(counted, 0)
        self.assertEqual(self.flyover.run.stop(), 0)
        self.flyover.start_run()
        self.ready()
        self.assertEqual(self.table("steady")["inserts"], counted)


class Counters(ReloadTest):
    """Where reading all counters takes long, a switch reads those of the tables that changed."""

    def test_counters(self):
        self.make(*[f"CREATE TABLE {name} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT)"
                    for name in ("changes", "rests")],
                  "INSERT INTO rests VALUES (70, 7)", "DELETE FROM rests")
        self.flyover.start_proxy()
        self.flyover.start_run(f"switch.counters=wait:{self.gate('switch.counters')}@1")
        self.ready()
        answers = []
        switch = threading.Thread(target=lambda: answers.append(self.flyover.command("cutover")))
        switch.start()
        self.wait_gate("switch.counters")
        # The row is gone, the counter stays.
        self.sql(self.source, f"INSERT INTO {self.schema}.changes VALUES (500, 1)",
                 f"DELETE FROM {self.schema}.changes")
        time.sleep(1)  # What takes this long is not done while the application waits.
        self.open_gate("switch.counters")
        switch.join()
        self.assertTrue(answers[0].code == 0 and answers[0].json["succeeded"], str(answers[0]))
        self.assertRegex(self.log(), r"switch\.counters .*: 1 tables that changed since")
        for table, counter in (("changes", 501), ("rests", 71)):
            self.sql(self.target, f"INSERT INTO {self.schema}.{table} (v) VALUES (1)")
            with self.target.connect() as connection, connection.cursor() as cursor:
                cursor.execute(f"SELECT id FROM {self.schema}.{table}")
                self.assertEqual(cursor.fetchall(), ((counter,),), table)


class Stop(ReloadTest):
    extra = {"apply": {"statement_dml": "stop"}}

    def test_stop_policy(self):
        self.make("CREATE TABLE t (id INT NOT NULL PRIMARY KEY)")
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.ready()
        self.sql(self.source, f"USE {self.schema}", "SET SESSION binlog_format = STATEMENT",
                 "INSERT INTO t VALUES (1)")
        self.assertEqual(self.flyover.run.wait(30), 3)
        self.assertIn("INSERT INTO t VALUES (1)", self.flyover.status()["reason"])


class Gap(ReloadTest):
    """The server lost changes before it could log them, and wrote an INCIDENT event."""

    def test_incident(self):
        self.make("CREATE TABLE t (id INT NOT NULL PRIMARY KEY)",
                  "CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, v VARCHAR(200)) ENGINE=MyISAM")
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.ready()
        self.sql(self.source, "SET GLOBAL max_binlog_stmt_cache_size = 4096")
        self.addCleanup(self.sql, self.source, "SET GLOBAL max_binlog_stmt_cache_size = DEFAULT")
        import pymysql
        rows = ", ".join(f"({i}, REPEAT('x', 200))" for i in range(200))
        with self.assertRaises(pymysql.err.MySQLError) as caught:
            self.sql(self.source, f"INSERT INTO {self.schema}.plain VALUES {rows}")
        self.assertIn("max_binlog_stmt_cache_size", str(caught.exception))
        self.sql(self.source, f"INSERT INTO {self.schema}.t VALUES (1)")
        self.assertEqual(self.flyover.run.wait(30), 3, tail(self.flyover.run.log))
        status = self.flyover.status()
        self.assertIn("lost", status["reason"])
        answer = self.flyover.command("reload", "--table", "*")
        self.assertEqual(answer.code, 0, str(answer))
        self.flyover.start_run()
        self.wait_log("stream.incident")
        self.ready()
        self.wait_equal()


class Definitions(ReloadTest):
    """DDL while the same tables are loaded."""

    extra = {"load": {"lanes": 1, "chunk_bytes": 65536}}

    def test_definitions_during_load(self):
        big = "(id INT NOT NULL PRIMARY KEY, v VARCHAR(300))"
        fill = ("SELECT a.id * 100 + b.id, REPEAT('v', 250) FROM digits a JOIN digits b")
        self.make(
            "CREATE TABLE digits (id INT NOT NULL PRIMARY KEY)",
            "INSERT INTO digits VALUES " + ", ".join(f"({i})" for i in range(30)),
            *[statement for name in ("a_first", "b_add", "c_truncate", "d_drop", "e_rename",
                                     "f_early", "g_modify")
              for statement in (f"CREATE TABLE {name} {big}", f"INSERT INTO {name} {fill}")],
            "CREATE TABLE k_keyless (v VARCHAR(300))",
            f"INSERT INTO k_keyless SELECT v FROM a_first")
        self.flyover.start_proxy()
        self.write_steadily(self.source)
        tables, snapshots, loading = (self.gate(name) for name in ("tables", "open", "loading"))
        self.flyover.start_run(f"schema.after_tables=wait:{tables},"
                               f"load.after_snapshots=wait:{snapshots}@1,"
                               f"load.after_chunk_read=wait:{loading}@3")
        # Between the first look at the definitions and the snapshots.
        self.wait_gate("tables")
        self.sql(self.source, f"USE {self.schema}",
                 "ALTER TABLE f_early ADD COLUMN early INT DEFAULT 5 AFTER id",
                 "UPDATE f_early SET early = id",
                 f"CREATE TABLE n_new {big}", f"INSERT INTO n_new {fill}")
        self.open_gate("tables")
        # Between the snapshots and the reading.
        self.wait_gate("open")
        self.sql(self.source, f"USE {self.schema}",
                 "TRUNCATE TABLE c_truncate", "INSERT INTO c_truncate VALUES (1, 'after')",
                 "DROP TABLE d_drop",
                 "RENAME TABLE e_rename TO e_other", "INSERT INTO e_other VALUES (999999, 'x')",
                 "ALTER TABLE g_modify MODIFY v VARCHAR(300) CHARACTER SET latin1, ADD w INT",
                 "UPDATE g_modify SET w = id, v = CONCAT('é', id)")
        self.open_gate("open")
        # While the first table is read; then it has been.
        self.wait_gate("loading")
        self.sql(self.source, f"USE {self.schema}",
                 "ALTER TABLE b_add ADD COLUMN late VARCHAR(9) DEFAULT 'late'",
                 "INSERT INTO b_add VALUES (888888, 'v', 'own')",
                 "ALTER TABLE a_first ADD COLUMN late INT DEFAULT 1",
                 "UPDATE a_first SET late = id",
                 "DELETE FROM k_keyless LIMIT 10")
        self.open_gate("loading")
        self.ready()
        log = self.log()
        for name in ("c_truncate", "d_drop", "e_rename", "g_modify", "f_early"):
            self.assertIn(f"{self.schema}.{name} is to be copied again", log)
        self.wait_equal()
        self.assertEqual(compare.compare_catalogs(self.source, self.target, [self.schema]), [])
        self.switch("cutover")
        self.wait_equal()
        self.switch("rollback")
        self.wait_equal()


if __name__ == "__main__":
    unittest.main()
