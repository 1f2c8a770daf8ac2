"""One pair of servers for all tests of the command line, and their common assertions."""

import os
import pathlib
import shutil
import tempfile
import unittest

from migration import SCHEMA, Migration
from sandbox import Sandbox

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("FLYOVER", REPOSITORY / "build/dev/apps/flyover/flyover"))

SCHEMA_SQL = f"""
CREATE DATABASE {SCHEMA} CHARACTER SET utf8
CREATE TABLE {SCHEMA}.item (id INT NOT NULL PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB
CREATE TABLE {SCHEMA}.child (id INT NOT NULL PRIMARY KEY, item INT, CONSTRAINT child_item FOREIGN KEY (item) REFERENCES {SCHEMA}.item (id)) ENGINE=InnoDB
CREATE TABLE {SCHEMA}.log (x INT) ENGINE=InnoDB
INSERT INTO {SCHEMA}.item VALUES (1, 'a'), (2, 'b'), (3, 'c')
INSERT INTO {SCHEMA}.child VALUES (1, 1), (2, 1)
CREATE VIEW {SCHEMA}.seen AS SELECT id FROM {SCHEMA}.item
CREATE TRIGGER {SCHEMA}.noted AFTER INSERT ON {SCHEMA}.item FOR EACH ROW INSERT INTO {SCHEMA}.log VALUES (NEW.id)
CREATE FUNCTION {SCHEMA}.twice(x INT) RETURNS INT DETERMINISTIC RETURN x * 2
CREATE EVENT {SCHEMA}.tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM {SCHEMA}.log
"""


class Servers:
    """Started by the first test that asks; killed by the kernel with the process at the latest."""

    sandbox = None
    source = None
    target = None
    directory = None

    @classmethod
    def start(cls):
        if cls.sandbox is not None:
            return
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="flyover-cli-"))
        cls.sandbox = Sandbox(cls.directory / "servers")
        # A starting 5.6 deletes temporary tables of every server with the same tmpdir.
        temporary = cls.directory / "tmp"
        temporary.mkdir()
        cls.source = cls.sandbox.mysql56(
            extra_args=["--sync-binlog=0", f"--tmpdir={temporary}"])
        cls.target = cls.sandbox.mysql97(extra_args=["--sync-binlog=0"])
        with cls.source.connect() as connection, connection.cursor() as cursor:
            for statement in SCHEMA_SQL.strip().splitlines():
                cursor.execute(statement)

    @classmethod
    def end(cls, keep_logs):
        """Ends the servers; the logs stay when a test failed."""
        if cls.sandbox is None:
            return
        cls.sandbox.stop()
        if keep_logs:
            for data in cls.directory.glob("servers/*/data"):
                shutil.rmtree(data)
            print(f"logs in {cls.directory}")
        else:
            shutil.rmtree(cls.directory)


class CliTest(unittest.TestCase):
    """Every test ends with the search for what must not be left and for passwords."""

    maxDiff = None
    leaves_nothing = True

    def setUp(self):
        Servers.start()
        self.migration = self.new_migration()

    def new_migration(self, suffix="", name="cli"):
        migration = Migration(PROGRAM, Servers.directory / f"{self.id()}{suffix}", Servers.source,
                              Servers.target, name)

        def end():
            leaks = migration.leaks()
            traces = migration.traces() if self.leaves_nothing else []
            migration.end()
            self.assertEqual(leaks, [], "passwords can be read")
            self.assertEqual(traces, [], "half-made state was left")
        self.addCleanup(end)
        return migration

    def root(self, server, *statements):
        with server.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def refuses(self, migration, command, codes, *texts, arguments=()):
        """The command ends with one of the codes and tells every text, to people on standard error
        and as JSON on standard output."""
        codes = codes if isinstance(codes, tuple) else (codes,)
        answer = migration.command(command, *arguments)
        self.assertIn(answer.code, codes, str(answer))
        for text in texts:
            self.assertIn(text, answer.err, str(answer))
        answer = migration.command(command, *arguments, "--json")
        self.assertIn(answer.code, codes, str(answer))
        error = answer.json["error"]
        self.assertTrue(error["code"], str(answer))
        for text in texts:
            self.assertIn(text, f"{error['message']}\n{error['hint']}", str(answer))
        return error

    def finds(self, migration, *texts):
        """`assess` exits with 1 and a blocker tells every text; `run` refuses in the same words."""
        answer = migration.command("assess", "--json")
        self.assertEqual(answer.code, 1, str(answer))
        blockers = [finding for finding in answer.json["findings"]
                    if finding["severity"] == "blocker"]
        self.assertTrue(blockers, str(answer))
        told = "\n".join(" ".join(str(value) for value in one.values()) for one in blockers)
        for text in texts:
            self.assertIn(text, told, str(answer))
        answer = migration.command("assess")
        self.assertEqual(answer.code, 1, str(answer))
        for text in texts:
            self.assertIn(text, answer.out, str(answer))
        return blockers
