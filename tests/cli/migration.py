"""A migration to be spoiled: a configuration as data, commands, and what must never be left."""

import copy
import json
import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenarios"))
from harness import compare  # noqa: E402
from harness.processes import Child, call, wait_until  # noqa: E402
from sandbox import APP_PASSWORD, FLYOVER_PASSWORD, free_port  # noqa: E402

SCHEMA = "clishop"
SECRETS = (FLYOVER_PASSWORD, APP_PASSWORD, "wrong_secret_word")
# Files that a `run` may leave although it refused: what it said, its lock and its state.
HARMLESS = ("flyover.log", "proxy.log", "run.lock", "state.sqlite", "state.db",
            "session_defaults.json")
COMMAND_TIMEOUT_S = 60


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


def to_toml(data):
    """Top-level values first, then the sections; proxy.users as tables of their own."""
    lines = [f"{key} = {toml_value(value)}" for key, value in data.items()
             if not isinstance(value, dict)]
    for section, values in data.items():
        if not isinstance(values, dict):
            continue
        lines += ["", f"[{section}]"]
        lines += [f"{key} = {toml_value(value)}" for key, value in values.items()
                  if key != "users"]
        for user in values.get("users", []):
            lines += [f"[[{section}.users]]"]
            lines += [f"{key} = {toml_value(value)}" for key, value in user.items()]
    return "\n".join(lines) + "\n"


class Migration:
    """A configuration in a folder of its own; change `data` before `write`."""

    def __init__(self, program, directory, source, target, name="cli"):
        self.program = program
        self.directory = pathlib.Path(directory)
        if self.directory.exists():
            shutil.rmtree(self.directory)
        self.directory.mkdir(parents=True)
        self.source = source
        self.target = target
        self.proxy_port = free_port()
        self.environment = dict(os.environ, SOURCE_PASSWORD=FLYOVER_PASSWORD,
                                TARGET_PASSWORD=FLYOVER_PASSWORD, APP_PASSWORD=APP_PASSWORD)
        self.config = self.directory / "upgrade.toml"
        self.state = self.directory / "state"
        self.children = []
        self.said = ""
        self.data = copy.deepcopy({
            "name": name,
            "state_dir": "state",
            "source": {"host": "127.0.0.1", "port": source.port, "user": "flyover",
                       "password": {"env": "SOURCE_PASSWORD"}},
            "target": {"host": "127.0.0.1", "port": target.port, "user": "flyover",
                       "password": {"env": "TARGET_PASSWORD"}},
            "tables": {"include": [f"{SCHEMA}.*"]},
            "proxy": {"listen": f"127.0.0.1:{self.proxy_port}",
                      "users": [{"name": "app", "password": {"env": "APP_PASSWORD"}}]},
        })

    def write(self, text=None):
        self.config.write_text(to_toml(self.data) if text is None else text, encoding="utf-8")
        return self

    def line_of(self, text):
        """The number of the configuration's first line that contains the text."""
        lines = self.config.read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def command(self, name, *arguments, config=None):
        """One command to its end; what it said is kept for the search for passwords."""
        answer = call([self.program, name, config or self.config, *arguments], self.environment,
                      COMMAND_TIMEOUT_S)
        self.said += str(answer)
        return answer

    def start(self, name):
        child = Child(f"flyover {name}", [self.program, name, self.config],
                      self.directory / f"{name}.out", self.environment)
        self.children.append(child)
        return child

    def status(self):
        answer = self.command("status", "--json")
        return answer.json

    def wait_phase(self, run, *phases, timeout_s=60):
        def reached():
            run.check()
            return self.status()["phase"] in phases
        wait_until(reached, timeout_s, f"the phase {' or '.join(phases)}")

    def wait_compared(self, run, timeout_s=60):
        """Until the first comparison, which any other command would have to wait for, is over."""
        def compared():
            run.check()
            return self.status()["validation"]["complete"]
        wait_until(compared, timeout_s, lambda: f"the first comparison ({self.status()})")

    def wait_ready(self, run, timeout_s=60):
        def ready():
            run.check()
            return self.status()["ready"]
        wait_until(ready, timeout_s, lambda: f"being ready ({self.status()})")

    def end(self):
        """Ends what runs, and takes away what it left on the servers."""
        for child in self.children:
            child.stop()
        for server, names in ((self.source, []), (self.target, [SCHEMA])):
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SET GLOBAL read_only = OFF")
                for name in self.schemas(server) + names:
                    cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")

    @staticmethod
    def schemas(server):
        """Schemas of our own on a server: control schema and scratch."""
        with compare.neutral(server) as connection:
            return [row[0] for row in compare.rows_of(
                connection, "SELECT schema_name FROM information_schema.schemata "
                "WHERE schema_name LIKE '%%flyover%%'")]

    def traces(self):
        """What is there although nothing was to be changed, as texts."""
        found = [f"schema {name} on {server.version}" for server in (self.source, self.target)
                 for name in self.schemas(server)]
        with compare.neutral(self.target) as connection:
            if compare.rows_of(connection, "SHOW DATABASES LIKE %s", (SCHEMA,)):
                found.append(f"schema {SCHEMA} on the target")
        with compare.neutral(self.source) as connection:
            if compare.rows_of(connection, "SELECT @@global.read_only")[0][0] != 0:
                found.append("the source is read-only")
        if self.state.exists():
            found += [f"file {file.name}" for file in self.state.iterdir()
                      if not file.name.startswith(HARMLESS)]
        return found

    def leaks(self):
        """Where a password can be read, as texts."""
        found = []
        for file in self.directory.rglob("*"):
            if file.is_file() and file != self.config and file.suffix != ".password":
                content = file.read_bytes()
                found += [f"{secret} in {file}" for secret in SECRETS
                          if secret.encode() in content]
        found += [f"{secret} in an answer" for secret in SECRETS if secret in self.said]
        for child in self.children:
            if child.running:
                line = pathlib.Path(f"/proc/{child.process.pid}/cmdline").read_bytes()
                found += [f"{secret} on the command line of {child.name}" for secret in SECRETS
                          if secret.encode() in line]
        return found
