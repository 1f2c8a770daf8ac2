"""Servers that can not be reached, let in or used: every one is told with its fix, and left alone."""

import subprocess
import unittest

from fixture import CliTest, Servers
from migration import FLYOVER_PASSWORD, SCHEMA
from sandbox import FLYOVER_DYNAMIC_97, FLYOVER_RIGHTS_56, FLYOVER_RIGHTS_97, free_port

SIDES = ("source", "target")


def words(text):
    return [word.strip() for word in text.split(",")]


class Unreachable(CliTest):

    def test_nobody_listens(self):
        for side in SIDES:
            with self.subTest(side=side):
                migration = self.new_migration(f"-{side}")
                port = free_port()
                migration.data[side]["port"] = port
                migration.write()
                self.finds(migration, side, f"127.0.0.1:{port}", "that the server is running")
                self.refuses(migration, "run", (1, 3), f"127.0.0.1:{port}")

    def test_unknown_host(self):
        for side in SIDES:
            with self.subTest(side=side):
                migration = self.new_migration(f"-{side}")
                migration.data[side]["host"] = "no-such-host.invalid"
                migration.write()
                self.finds(migration, side, "no-such-host.invalid", "host")
                self.refuses(migration, "run", (1, 3), "no-such-host.invalid")

    def test_proxy_without_servers(self):
        self.migration.data["source"]["port"] = free_port()
        self.migration.write()
        self.refuses(self.migration, "proxy", (1, 3),
                     f"127.0.0.1:{self.migration.data['source']['port']}")

    def test_wrong_password(self):
        for side in SIDES:
            with self.subTest(side=side):
                migration = self.new_migration(f"-{side}")
                migration.data[side]["password"] = "wrong_secret_word"
                migration.write()
                self.finds(migration, side, "Access denied", "flyover", "Check user and password")
                self.refuses(migration, "run", (1, 3), "Access denied")

    def test_empty_password(self):
        self.migration.data["source"]["password"] = ""
        self.migration.write()
        self.finds(self.migration, "Access denied", "Check user and password")

    def test_tls_that_the_server_has_not(self):
        self.migration.data["source"]["tls"] = "required"
        self.migration.write()
        self.finds(self.migration, "source", "tls")
        self.refuses(self.migration, "run", (1, 3))

    def test_tls_that_is_too_old(self):
        """MySQL 5.6 with yaSSL offers TLS 1.0 only, which today's OpenSSL refuses."""
        folder = self.migration.directory
        for command in ("req -x509 -newkey rsa:2048 -sha1 -nodes -days 2 -subj /CN=old "
                        "-keyout new-key.pem -out cert.pem",
                        "rsa -traditional -in new-key.pem -out key.pem"):
            subprocess.run(["openssl", *command.split()], cwd=folder, check=True,
                           capture_output=True)
        (folder / "tmp").mkdir()
        old = Servers.sandbox.mysql56(name="tls", extra_args=[
            f"--ssl-ca={folder}/cert.pem", f"--ssl-cert={folder}/cert.pem",
            f"--ssl-key={folder}/key.pem", f"--tmpdir={folder}/tmp"])
        self.addCleanup(old.stop)
        self.migration.data["source"] |= {"port": old.port, "tls": "required"}
        self.migration.write()
        self.finds(self.migration, "source", "TLS/SSL error", "what the server supports")
        self.refuses(self.migration, "run", (1, 3))

    def test_wrong_server_behind_the_port(self):
        self.migration.data["source"]["port"] = Servers.target.port
        self.migration.data["target"]["port"] = Servers.source.port
        self.migration.write()
        self.finds(self.migration, "source")
        self.refuses(self.migration, "run", (1, 3))


class Grants(CliTest):
    """An account `weak` that lacks one right at a time."""

    RIGHTS = {"source": words(FLYOVER_RIGHTS_56),
              "target": words(FLYOVER_RIGHTS_97) + words(FLYOVER_DYNAMIC_97)}
    NEEDED = {"source": ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "TRIGGER",
                         "EVENT", "LOCK TABLES", "CREATE VIEW", "CREATE ROUTINE", "SUPER", "PROCESS",
                         "REPLICATION SLAVE", "REPLICATION CLIENT"),
              "target": ("SELECT", "INSERT", "ALTER", "INDEX", "REFERENCES", "CREATE VIEW",
                         "CREATE ROUTINE", "TRIGGER", "EVENT", "PROCESS", "REPLICATION SLAVE",
                         "SYSTEM_VARIABLES_ADMIN", "SESSION_VARIABLES_ADMIN", "CONNECTION_ADMIN",
                         "SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER")}

    def server(self, side):
        return Servers.source if side == "source" else Servers.target

    def make_weak(self, side, rights):
        """The account `weak` with exactly these rights."""
        server = self.server(side)
        drop = ("GRANT USAGE ON *.* TO 'weak'@'%'", "DROP USER 'weak'@'%'") \
            if server.version == "5.6" else ("DROP USER IF EXISTS 'weak'@'%'",)
        create = f"CREATE USER 'weak'@'%' IDENTIFIED BY '{FLYOVER_PASSWORD}'"
        self.root(server, *drop, create)
        if rights:
            self.root(server, f"GRANT {', '.join(rights)} ON *.* TO 'weak'@'%'")
        self.addCleanup(self.root, server, *drop)

    def weak_migration(self, side, suffix):
        migration = self.new_migration(suffix)
        migration.data[side]["user"] = "weak"
        return migration.write()

    def test_one_right_is_missing(self):
        for side in SIDES:
            for right in self.NEEDED[side]:
                with self.subTest(side=side, right=right):
                    self.make_weak(side, [one for one in self.RIGHTS[side] if one != right])
                    migration = self.weak_migration(side, f"-{side}-{right}")
                    answer = migration.command("assess", "--json")
                    self.assertEqual(answer.code, 1, str(answer))
                    fixes = [one["fix"] for one in answer.json["findings"]
                             if one["severity"] == "blocker"]
                    self.assertTrue(any(fix.startswith("GRANT") and right in fix and "weak" in fix
                                        for fix in fixes), str(answer))
                    self.assertEqual(migration.traces(), [])

    def test_run_refuses(self):
        for side, right in (("source", "REPLICATION SLAVE"), ("source", "TRIGGER"),
                            ("target", "CREATE VIEW"), ("target", "SYSTEM_VARIABLES_ADMIN")):
            with self.subTest(side=side, right=right):
                self.make_weak(side, [one for one in self.RIGHTS[side] if one != right])
                migration = self.weak_migration(side, f"-{side}-{right}")
                self.refuses(migration, "run", 1, "GRANT", right)

    def test_no_right_at_all(self):
        for side in SIDES:
            with self.subTest(side=side):
                self.make_weak(side, [])
                migration = self.weak_migration(side, f"-{side}")
                self.finds(migration, side, "GRANT")
                self.refuses(migration, "run", 1, "GRANT")

    def test_the_printed_grants_are_enough(self):
        """By the statements of `assess` alone to the end of a migration. The account begins with
        nothing but the sight of the schema, without which there is nothing to name."""
        self.leaves_nothing = False
        for side in SIDES:
            self.make_weak(side, [])
        self.root(Servers.source, f"GRANT SELECT ON {SCHEMA}.* TO 'weak'@'%'")
        migration = self.migration
        for side in SIDES:
            migration.data[side]["user"] = "weak"
        migration.write()
        for _ in range(5):
            answer = migration.command("assess", "--json")
            if answer.code == 0:
                break
            # A warning may hold the right whose lack is a blocker elsewhere: a definer's rights.
            for one in answer.json["findings"]:
                side = "target" if one["object"].startswith("target") else "source"
                for statement in one["fix"].splitlines():
                    if statement.startswith("GRANT"):
                        self.root(self.server(side), statement.rstrip(";"))
        blockers = [one for one in answer.json["findings"] if one["severity"] == "blocker"]
        self.assertEqual(blockers, [])
        migration.start("proxy")
        run = migration.start("run")
        migration.wait_ready(run)
        for command in ("verify", "cutover", "verify"):
            answer = migration.command(command)
            self.assertEqual(answer.code, 0, str(answer))
            migration.wait_phase(run, "replicating", "switched")
        migration.wait_ready(run)
        for command in ("rollback", "cutover"):
            answer = migration.command(command)
            self.assertEqual(answer.code, 0, str(answer))
            migration.wait_ready(run)
        answer = migration.command("finish")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertEqual(run.wait(20), 0)


class Settings(CliTest):
    """Settings of the source with which changes could be missed."""

    def test_binlog_settings(self):
        for name, wrong, right in (("binlog_format", "STATEMENT", "ROW"),
                                   ("binlog_format", "MIXED", "ROW"),
                                   ("binlog_order_commits", "OFF", "ON")):
            with self.subTest(name=name, value=wrong):
                migration = self.new_migration(f"-{name}-{wrong}").write()
                self.root(Servers.source, f"SET GLOBAL {name} = '{wrong}'"
                          if wrong != "OFF" else f"SET GLOBAL {name} = OFF")
                try:
                    self.finds(migration, name, right)
                    self.refuses(migration, "run", 1, name)
                finally:
                    self.root(Servers.source, f"SET GLOBAL {name} = '{right}'"
                              if right != "ON" else f"SET GLOBAL {name} = ON")

    def test_replica_as_source(self):
        """The source 5.6 here logs nothing of what it would replicate."""
        self.root(Servers.source, "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1")
        try:
            self.finds(self.migration.write(), "is a replica", "log_slave_updates")
            self.refuses(self.migration, "run", 1, "log_slave_updates")
        finally:
            self.root(Servers.source, "RESET SLAVE ALL")

    def test_nothing_selected(self):
        self.migration.data["tables"]["include"] = ["nosuchschema.*"]
        self.migration.write()
        self.finds(self.migration, "selection")
        self.refuses(self.migration, "run", 1, "selection")

    def test_target_not_empty(self):
        self.leaves_nothing = False
        self.root(Servers.target, f"CREATE DATABASE {SCHEMA}",
                  f"CREATE TABLE {SCHEMA}.item (id INT PRIMARY KEY)",
                  f"INSERT INTO {SCHEMA}.item VALUES (42)")
        self.migration.write()
        self.finds(self.migration, SCHEMA)
        self.refuses(self.migration, "run", 1, SCHEMA)
        with Servers.target.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {SCHEMA}.item")
            self.assertEqual(cursor.fetchall(), ((42,),))
        self.assertEqual(self.migration.schemas(Servers.source), [])
        self.assertEqual(self.migration.schemas(Servers.target), [])

    def test_target_read_only(self):
        self.root(Servers.target, "SET GLOBAL super_read_only = ON")
        try:
            self.migration.write()
            self.finds(self.migration, "read_only")
            self.refuses(self.migration, "run", 1, "read_only")
        finally:
            self.root(Servers.target, "SET GLOBAL super_read_only = OFF",
                      "SET GLOBAL read_only = OFF")


if __name__ == "__main__":
    unittest.main()
