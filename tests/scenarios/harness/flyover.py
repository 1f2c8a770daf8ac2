"""One migration as its user holds it: the TOML file, `run`, `proxy` and the short commands."""

import json
import os
import pathlib
import socket

from sandbox import APP_PASSWORD, FLYOVER_PASSWORD, free_port

from .processes import Child, ScenarioError, call, tail, wait_until

COMMAND_TIMEOUT_S = 120
SECRETS = (FLYOVER_PASSWORD, APP_PASSWORD)

# Every way to give a password is used by every scenario.
CONFIGURATION = """\
name = {name}
state_dir = "state"

[source]
host = "127.0.0.1"
port = {source_port}
user = "flyover"
password = {{ env = "SOURCE_PASSWORD" }}

[target]
host = "127.0.0.1"
port = {target_port}
user = "flyover"
password = {{ file = "target.password" }}

[tables]
include = {include}

[proxy]
listen = "127.0.0.1:{proxy_port}"
[[proxy.users]]
name = "app"
password = {{ env = "APP_PASSWORD" }}
"""


def toml(value):
    return json.dumps(value, ensure_ascii=False)


class Flyover:
    """A migration in a folder of its own. Start processes from the main thread."""

    def __init__(self, program, directory, name, source, target):
        self.program = pathlib.Path(program)
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.source = source
        self.target = target
        self.state = self.directory / "state"
        self.config = self.directory / "upgrade.toml"
        self.proxy_port = free_port()
        self.environment = dict(os.environ, SOURCE_PASSWORD=FLYOVER_PASSWORD,
                                APP_PASSWORD=APP_PASSWORD)
        self.environment.pop("FLYOVER_FAULTS", None)
        self.run = None
        self.proxy = None
        self.latest = {}

    def write_config(self, include, extra=None):
        """Writes the TOML file; `extra` holds sections such as {"load": {"lanes": 3}}."""
        text = CONFIGURATION.format(
            name=toml(self.name), source_port=self.source.port, target_port=self.target.port,
            include=toml(include), proxy_port=self.proxy_port)
        for section, values in (extra or {}).items():
            text += f"\n[{section}]\n" + "".join(
                f"{key} = {toml(value)}\n" for key, value in values.items())
        self.config.write_text(text, encoding="utf-8")
        password = self.directory / "target.password"
        password.write_text(FLYOVER_PASSWORD + "\n", encoding="ascii")
        password.chmod(0o600)

    def command(self, name, *arguments, timeout_s=COMMAND_TIMEOUT_S, logged=True):
        """One command with --json, to its end."""
        return call([self.program, name, self.config, *arguments, "--json"], self.environment,
                    timeout_s, self.directory / "commands.log" if logged else None)

    def start_proxy(self):
        self.proxy = Child("flyover proxy", [self.program, "proxy", self.config],
                           self.directory / "proxy.out", self.environment)

        def listening():
            self.proxy.check()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.proxy_port)) == 0
        wait_until(listening, 20, "the endpoint listening")

    def start_run(self, faults=""):
        environment = dict(self.environment)
        if faults:
            environment["FLYOVER_FAULTS"] = faults
        self.run = Child("flyover run", [self.program, "run", self.config],
                         self.directory / "run.out", environment)

    def status(self):
        answer = self.command("status", logged=False, timeout_s=20)
        if answer.code != 0:
            raise ScenarioError(f"status failed: {answer}")
        self.latest = answer.json
        return self.latest

    def check(self):
        for child in (self.proxy, self.run):
            if child is not None:
                child.check()

    def wait_status(self, condition, what, timeout_s=90):
        """Polls the status of a living `run` until it is as wanted."""
        def reached():
            self.check()
            status = self.status()
            if status["phase"] == "failed":
                raise ScenarioError(f"the migration failed: {status.get('error') or status}")
            return condition(status)

        def told():
            shown = {key: value for key, value in self.latest.items() if key != "tables"}
            return f"{what} (latest status: {shown}; {tail(self.directory / 'run.out', 5)})"
        wait_until(reached, timeout_s, told)

    def wait_ready(self):
        self.wait_status(lambda status: status["ready"] and status["phase"] in
                         ("replicating", "rolled_back", "switched"), "being ready")

    def end(self):
        """Ends what still runs."""
        for child in (self.run, self.proxy):
            if child is not None:
                child.stop()

    def check_secrets(self):
        """No password in any file that flyover wrote, nor on a command line of its processes."""
        problems = []
        for file in self.directory.rglob("*"):
            if not file.is_file() or file.name == "target.password":
                continue
            content = file.read_bytes()
            problems += [f"a password is in {file}" for secret in SECRETS
                         if secret.encode() in content]
        for child in (self.run, self.proxy):
            if child is None or not child.running:
                continue
            for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = process.read_bytes()
                except OSError:
                    continue
                if str(self.program).encode() in line and any(
                        secret.encode() in line for secret in SECRETS):
                    problems.append(f"a password is on the command line {process}")
        return problems
