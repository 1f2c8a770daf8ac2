"""Wrong configuration and wrong usage: exit code 2, the file and the line, and nothing happens."""

import unittest

from fixture import CliTest
from harness.processes import call
from migration import to_toml

COMMANDS = ("assess", "run", "proxy", "status", "verify", "cutover", "rollback", "finish")


class Configuration(CliTest):

    def setUp(self):
        super().setUp()
        self.data = self.migration.data

    def wrong(self, at, *texts, command="run", arguments=()):
        """`at`: a text of the line that is wrong; empty when the whole file is meant."""
        where = str(self.migration.config)
        if at:
            where += f":{self.migration.line_of(at)}:"
        error = self.refuses(self.migration, command, 2, where, *texts, arguments=arguments)
        self.assertEqual(error["code"], "config.invalid")
        self.assertFalse(self.migration.state.exists(), "a state folder was made")

    def test_unknown_key_in_every_command(self):
        self.data["source"]["hots"] = "127.0.0.1"
        self.migration.write()
        for command in COMMANDS:
            self.wrong("hots", "unknown key source.hots", command=command)
        self.wrong("hots", "unknown key source.hots", command="reload",
                   arguments=("--table", "a.b"))

    def test_unknown_top_level_key(self):
        self.data["nmae"] = "x"
        self.migration.write()
        self.wrong("nmae", "unknown key nmae")

    def test_unknown_section(self):
        self.data["lod"] = {"lanes": 2}
        self.migration.write()
        self.wrong("[lod]", "unknown key lod")

    def test_unknown_key_of_a_user(self):
        self.data["proxy"]["users"][0]["pass"] = "x"
        self.migration.write()
        self.wrong("pass = \"x\"", "unknown key proxy.users.pass")

    def test_wrong_types(self):
        for section, key, value, text in (
                ("source", "port", "3306", "source.port must be an integer"),
                ("source", "port", 70000, "source.port must be an integer from 1 to 65535"),
                ("source", "port", 0, "source.port must be an integer from 1 to 65535"),
                ("source", "port", 33.5, "source.port must be an integer"),
                ("source", "host", 5, "source.host must be a text"),
                ("target", "tls", "maybe", "target.tls must be one of"),
                ("target", "user", True, "target.user must be a text"),
                ("tables", "include", "clishop.*", "tables.include must be a list"),
                ("tables", "exclude", [1], "tables.exclude must be a list"),
                ("proxy", "listen", 6033, "proxy.listen must be a text"),
                ("load", "lanes", "two", "load.lanes must be an integer"),
                ("load", "chunk_bytes", 1, "load.chunk_bytes must be an integer from 65536"),
                ("cutover", "unmovable", "kill", "cutover.unmovable must be one of")):
            with self.subTest(key=f"{section}.{key}", value=value):
                migration = self.migration
                migration.data = dict(self.data)
                migration.data[section] = dict(self.data.get(section, {}), **{key: value})
                migration.write()
                shown = to_toml({section: {key: value}}).splitlines()[-1]
                self.wrong(shown, text)
        self.migration.data = self.data

    def test_wrong_name(self):
        self.data["name"] = 5
        self.migration.write()
        self.wrong("name = 5", "name must be a text")
        self.data["name"] = "n" * 65
        self.migration.write()
        self.wrong("", "name must have 1 to 64 bytes")
        self.data["name"] = ""
        self.migration.write()
        self.wrong("", "name must have 1 to 64 bytes")

    def test_missing_keys(self):
        for path in (("name",), ("state_dir",), ("source", "host"), ("source", "user"),
                     ("source", "password"), ("target", "host"), ("target", "password")):
            with self.subTest(key=".".join(path)):
                data = dict(self.data)
                if len(path) == 1:
                    del data[path[0]]
                else:
                    data[path[0]] = {key: value for key, value in data[path[0]].items()
                                     if key != path[1]}
                self.migration.write(to_toml(data))
                self.wrong("", f"{'.'.join(path)} is missing")

    def test_empty_file(self):
        self.migration.write("")
        self.wrong("", "is missing")

    def test_not_toml(self):
        self.migration.write(to_toml(self.data) + "\n[source\nhost = \n")
        answer = self.migration.command("run")
        self.assertEqual(answer.code, 2, str(answer))
        lines = len(to_toml(self.data).splitlines())
        self.assertTrue(any(f":{line}:" in answer.err for line in (lines + 2, lines + 3)),
                        str(answer))

    def test_twice_the_same_key(self):
        self.migration.write('name = "a"\n' + to_toml(self.data))
        answer = self.migration.command("run")
        self.assertEqual(answer.code, 2, str(answer))
        self.assertIn(f"{self.migration.config}:2:", answer.err)

    def test_missing_file(self):
        answer = self.migration.command("run", config=self.migration.directory / "nowhere.toml")
        self.assertEqual(answer.code, 2, str(answer))
        self.assertIn("nowhere.toml", answer.err)

    def test_a_folder_instead_of_a_file(self):
        answer = self.migration.command("run", config=self.migration.directory)
        self.assertEqual(answer.code, 2, str(answer))

    def test_password_variable_not_set(self):
        self.data["source"]["password"] = {"env": "NOT_SET_ANYWHERE"}
        self.migration.write()
        self.wrong("NOT_SET_ANYWHERE", "the environment variable NOT_SET_ANYWHERE is not set",
                   "export NOT_SET_ANYWHERE")

    def test_password_file_missing(self):
        self.data["target"]["password"] = {"file": "no.password"}
        self.migration.write()
        self.wrong("no.password", "the password file", "can not be read")

    def test_password_of_a_wrong_shape(self):
        for value in (5, {"envy": "X"}, {"env": "SOURCE_PASSWORD", "file": "x"}, {"env": 5}):
            with self.subTest(value=value):
                self.data["source"]["password"] = value
                self.migration.write()
                self.wrong("password = ", "source.password is not a password")

    def test_user_without_password(self):
        del self.data["proxy"]["users"][0]["password"]
        self.migration.write()
        self.wrong("[[proxy.users]]", "proxy.users needs name and password")

    def test_wrong_endpoint(self):
        for listen in ("6033", ":6033", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x"):
            with self.subTest(listen=listen):
                self.data["proxy"]["listen"] = listen
                self.migration.write()
                self.wrong("", "proxy.listen must be host:port")

    def test_source_is_target(self):
        self.data["target"]["port"] = self.data["source"]["port"]
        self.migration.write()
        self.wrong("", "source and target are the same server")


class Usage(CliTest):

    def test_wrong_usage(self):
        self.migration.write()
        program, config = self.migration.program, self.migration.config
        for arguments in ([], ["nonsense", config], ["run"], ["run", config, "--what"],
                          ["reload", config], ["run", config, "--table", "a.b"],
                          ["assess", config, "too", "much"], ["help", "nonsense"]):
            with self.subTest(arguments=arguments[:1]):
                answer = call([program, *arguments], self.migration.environment, 20)
                self.assertEqual(answer.code, 2, str(answer))
                self.assertTrue(answer.err.strip(), "nothing was said on standard error")
        self.assertFalse(self.migration.state.exists())

    def test_help(self):
        program = self.migration.program
        answer = call([program, "--help"], self.migration.environment, 20)
        self.assertEqual(answer.code, 0, str(answer))
        for command in COMMANDS:
            self.assertIn(command, answer.out)
        answer = call([program, "help", "config"], self.migration.environment, 20)
        self.assertEqual(answer.code, 0, str(answer))
        for key in ("source.host", "load.chunk_bytes", "proxy.users", "cutover.timeout_ms"):
            self.assertIn(key, answer.out)


if __name__ == "__main__":
    unittest.main()
