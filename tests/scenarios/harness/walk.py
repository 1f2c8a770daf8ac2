"""Walks one scenario from the source's first table to `finish`: there, back and there again."""

import pathlib
import signal
import threading
import time

from sandbox import APP_PASSWORD

from . import compare
from .application import LEDGER, Application
from .flyover import Flyover
from .processes import ScenarioError, tail, wait_until
from .sessions import Sessions
from .switches import FailingSwitches

EQUAL_TIMEOUT_S = 30
# A 5.6 server greets as if its default were on, and pymysql believes it.
AUTOCOMMIT = "SET autocommit = 1, completion_type = 0"


class Walk:
    """One walk. Use it once; `end` always."""

    def __init__(self, scenario, program, directory, source, target, say):
        self.scenario = scenario
        self.expect = scenario.expect
        self.source = source
        self.target = target
        self.say = say
        self.flyover = Flyover(program, directory, f"scenario {scenario.name}", source, target)
        servers = {"source": source, "target": target}
        self.endpoint = Sessions(lambda: self.connect_app(self.flyover.proxy_port), servers)
        self.direct = Sessions(lambda: self.connect_app(source.port), servers)
        self.application = None
        self.triggers = []
        self.events = []
        self.on_target = []
        self.pauses = []
        self.rows_compared = 0

    def connect_app(self, port):
        import pymysql  # As in the sandbox: only who connects needs it.
        return pymysql.connect(host="127.0.0.1", port=port, user="app", password=APP_PASSWORD,
                               autocommit=True, charset="utf8mb4", init_command=AUTOCOMMIT,
                               database=self.scenario.schemas[0])

    # The way.

    def go(self):
        self.prepare()
        if not self.assess():
            return self.refused()
        self.flyover.start_proxy()
        if self.expect["application"]:
            self.application = Application(self.flyover.proxy_port, APP_PASSWORD,
                                           self.scenario.schemas[0])
            self.application.start()
        self.load()
        self.queries("loaded")
        self.check_catalogs()
        self.run_file("after", self.endpoint)
        self.interrupt_replication("after", self.expect["replication_faults"])
        self.compare("before the cutover")
        self.check_sides("source")
        self.queries("after")
        FailingSwitches(self, "cutover").go(self.expect["failed_cutovers"])
        if self.expect["prepared_at_switches"]:
            self.refuse_while_prepared("cutover", self.source)
        self.switch("cutover", "target")
        self.run_file("switched", self.endpoint)
        self.interrupt_replication("switched", self.expect["reverse_faults"])
        self.compare("after the cutover")
        self.queries("switched")
        FailingSwitches(self, "rollback").go(self.expect["failed_rollbacks"])
        if self.expect["prepared_at_switches"]:
            self.refuse_while_prepared("rollback", self.target)
        self.switch("rollback", "source")
        self.run_file("rolled_back", self.endpoint)
        self.compare("after the rollback")
        self.queries("rolled_back")
        self.switch("cutover", "target")
        self.finish()
        return None

    def prepare(self):
        sessions = Sessions(self.source.connect,
                            {"source": self.source, "target": self.target})
        try:
            sessions.run(self.scenario.statements("schema"), "schema.sql")
            sessions.run(self.scenario.statements("data"), "data.sql")
        finally:
            sessions.close()
        if self.expect["application"]:
            with self.source.connect(database=self.scenario.schemas[0]) as connection:
                connection.query(LEDGER)
        self.prepare_target()
        self.triggers = compare.triggers_of(self.source, self.scenario.schemas)
        self.events = compare.events_of(self.source, self.scenario.schemas)
        self.flyover.write_config(self.scenario.include, self.expect["config"])

    def prepare_target(self):
        """target.sql makes what stands in the way on the target."""
        sessions = Sessions(self.target.connect)
        try:
            sessions.run(self.scenario.statements("target"), "target.sql")
        finally:
            sessions.close()
        self.on_target = self.databases(self.target, self.scenario.schemas)

    def assess(self):
        """False when the scenario is one that `run` has to refuse."""
        answer = self.flyover.command("assess")
        wanted = self.expect["assess"]
        code = wanted.get("exit", 0)
        if answer.code != code or (answer.json["blockers"] == 0) != (code == 0):
            raise ScenarioError(f"assess should end with {code}: {answer}")
        missing = [text for text in wanted.get("findings", []) if text not in answer.out]
        if missing:
            raise ScenarioError(f"assess did not report {missing}: {answer}")
        self.check_no_trace("assess")
        return not self.expect["refused"]

    def refused(self):
        """`run` must refuse, change nothing, and say why."""
        answer = self.flyover.command("run")
        if answer.code != 1 or self.expect["refused"] not in answer.out:
            raise ScenarioError(f"run should refuse with {self.expect['refused']!r}: {answer}")
        self.check_no_trace("a refused run")
        self.queries("refused")

    def check_no_trace(self, what):
        """Neither the control schema nor a new schema on the target."""
        for server in (self.source, self.target):
            if self.databases(server, ["flyover"]):
                raise ScenarioError(f"{what} left schema flyover on {server.side}")
        left = set(self.databases(self.target, self.scenario.schemas)) - set(self.on_target)
        if left:
            raise ScenarioError(f"{what} left {sorted(left)} on the target")

    @staticmethod
    def databases(server, names):
        with compare.neutral(server) as connection:
            return [row[0] for row in compare.rows_of(
                connection, "SELECT schema_name FROM information_schema.schemata WHERE "
                "schema_name IN %s OR schema_name LIKE '%%flyover%%'", (names,))]

    # The load.

    def load(self):
        for interruption in self.expect["before"]:
            self.interrupted_load(interruption)
        during = self.scenario.statements("during")
        if self.expect["during_repeats"]:
            return self.load_with_repeated_changes(during)
        gate = self.flyover.directory / "load.gate"
        self.flyover.start_run(f"load.after_snapshots=wait:{gate}" if not self.expect["before"]
                               else "")
        if not self.expect["before"]:
            self.wait_for_gate(gate)
            self.direct.run(during, "during.sql")
            gate.touch()
        self.flyover.wait_ready()
        return None

    def wait_for_gate(self, gate):
        def reached():
            self.flyover.check()
            return gate.with_name(gate.name + ".reached").exists()
        wait_until(reached, 60, lambda: "the snapshots of the load "
                   f"({tail(self.flyover.directory / 'run.out', 5)})")

    def load_with_repeated_changes(self, during):
        stopping = threading.Event()
        failures = []
        rounds = [0]

        def change():
            try:
                while not stopping.is_set():
                    self.direct.run(during, "during.sql")
                    rounds[0] += 1
            except Exception as error:  # Told in the main thread.
                failures.append(error)
        thread = threading.Thread(target=change, daemon=True)
        thread.start()
        try:
            self.flyover.start_run(self.expect["load_faults"])
            self.flyover.wait_status(
                lambda status: status["phase"] not in ("assessing", "schema", "load", "catch_up"),
                "the load")
        finally:
            stopping.set()
            thread.join(60)
        if failures:
            raise failures[0]
        self.say(f"during.sql ran {rounds[0]} times while the load ran")
        self.flyover.wait_ready()

    def interrupted_load(self, interruption):
        """{"faults", "signal"}: a run that dies by its fault, or gets a signal at its gate."""
        faults = interruption.get("faults", "")
        name = interruption.get("signal")
        if name is None:
            self.flyover.start_run(faults)
            self.expect_killed(faults)
        else:
            gate = self.flyover.directory / f"{name}.gate"
            self.flyover.start_run(f"{interruption['at']}=wait:{gate}")
            self.wait_for_gate(gate)
            self.flyover.run.signal(signal.Signals[name])
            time.sleep(0.3)
            gate.touch()
            code = self.flyover.run.wait(30)
            if code != 0:
                raise ScenarioError(f"run ended with {code} after {name}: "
                                    f"{tail(self.flyover.run.log)}")
            gate.unlink()
            gate.with_name(gate.name + ".reached").unlink()
        self.direct.run(self.scenario.statements("during"), "during.sql")

    def expect_killed(self, faults, timeout_s=60):
        code = self.flyover.run.wait(timeout_s)
        if code != -signal.SIGKILL:
            raise ScenarioError(f"run should die of {faults} and ended with {code}: "
                                f"{tail(self.flyover.run.log)}")

    # Replication.

    def restart(self, faults=""):
        """Ends `run` in an orderly way and starts the next one."""
        code = self.flyover.run.stop()
        if code != 0:
            raise ScenarioError(f"run ended with {code} after SIGTERM: "
                                f"{tail(self.flyover.run.log)}")
        self.flyover.start_run(faults)

    def interrupt_replication(self, file, every_faults):
        """Each fault kills a run while the file runs once more; the next run goes on."""
        for faults in every_faults:
            self.restart(faults)
            self.run_file(file, self.endpoint)
            self.expect_killed(faults)
            self.flyover.start_run()
            self.flyover.wait_ready()

    def run_file(self, file, sessions):
        sessions.run(self.scenario.statements(file), f"{file}.sql")
        if self.expect["definitions_change"]:
            active = self.target if file == "switched" else self.source
            self.triggers = compare.triggers_of(active, self.scenario.schemas)
            self.events = compare.events_of(active, self.scenario.schemas)
        self.check_application()

    def check_application(self):
        if self.application is not None and self.application.failures:
            raise ScenarioError(f"the application failed: {self.application.failures}")

    # Comparing.

    def compare(self, when):
        """flyover's own comparison while the application writes, then ours while it rests."""
        # What flyover compares by itself gives way to a user's command.
        answer = self.flyover.command("verify")
        if answer.code != 0 or answer.json["rows_different"] != 0:
            raise ScenarioError(f"verify {when}: {answer}")
        if self.application is None:
            self.compare_at_rest(when)
        else:
            with self.application.rest():
                self.compare_at_rest(when)
        self.check_application()

    def compare_at_rest(self, when):
        deadline = time.monotonic() + EQUAL_TIMEOUT_S
        while True:
            differences, rows = compare.compare_rows(self.source, self.target,
                                                     self.scenario.schemas)
            if self.expect["definitions_change"]:
                differences += compare.compare_catalogs(self.source, self.target,
                                                        self.scenario.schemas)
            if not differences:
                self.rows_compared += rows
                return
            if time.monotonic() > deadline:
                raise ScenarioError(f"{when} the servers differ:\n  " + "\n  ".join(differences))
            self.flyover.check()
            time.sleep(0.3)

    def check_catalogs(self):
        differences = compare.compare_catalogs(self.source, self.target, self.scenario.schemas)
        skipped = tuple(self.expect["skip_catalog"])
        differences = [one for one in differences if not (skipped and one.startswith(skipped))]
        if differences:
            raise ScenarioError("the definitions differ:\n  " + "\n  ".join(differences))

    def queries(self, when):
        """The scenario's own questions, on the sides it names."""
        for query in self.expect["queries"]:
            if when not in (query["when"] if isinstance(query["when"], list) else [query["when"]]):
                continue
            servers = {"source": [self.source], "target": [self.target]}.get(
                query.get("on", "both"), [self.source, self.target])
            for server in servers:
                self.query(server, query, when)

    def query(self, server, query, when):
        rows = []

        def answered():
            with compare.neutral(server) as connection:
                rows[:] = [list(row) for row in compare.rows_of(connection, query["sql"]
                                                                .replace("%", "%%"))]
            return rows == query["rows"]

        wait_until(answered, 10, lambda: f"{when}, on {server.side}: {query['sql']}\n  wanted "
                   f"{query['rows']}\n  found  {rows}\n  which", 0.2)

    # Switching.

    def switch(self, command, active):
        self.flyover.wait_ready()
        answer = self.flyover.command(command)
        if answer.code != 0 or not answer.json["succeeded"]:
            raise ScenarioError(f"{command} failed: {answer}")
        self.pauses.append(answer.json["pause_ms"])
        if self.flyover.status()["active"] != active:
            raise ScenarioError(f"after {command} the status says {self.flyover.latest}")
        self.check_sides(active)
        self.check_application()

    def refuse_while_prepared(self, command, server):
        """A prepared XA transaction on the active side: the switch is called off, names it and
        leaves everything as it was; the transaction can be ended afterwards."""
        self.flyover.wait_ready()
        with server.connect(database=self.scenario.schemas[0]) as connection:
            for sql in ("XA START 'at switch'", self.expect["prepared_at_switches"],
                        "XA END 'at switch'", "XA PREPARE 'at switch'"):
                connection.query(sql)
            answer = self.flyover.command(command)
            if answer.code != 1 or "XA transactions are prepared" not in answer.out:
                raise ScenarioError(f"a {command} should be called off: {answer}")
            connection.query("XA COMMIT 'at switch'")
        self.check_application()

    def check_sides(self, active):
        """What must be on the active side only: writing, triggers and events."""
        servers = {"source": self.source, "target": self.target}
        for side, server in servers.items():
            problems = []
            wanted = (self.triggers, self.events) if side == active else ([], [])
            found = (compare.triggers_of(server, self.scenario.schemas),
                     compare.events_of(server, self.scenario.schemas))
            for what, want, have in zip(("triggers", "events"), wanted, found):
                if want != have:
                    problems.append(f"{what} are {have} and should be {want}")
            with compare.neutral(server) as connection:
                read_only = compare.rows_of(connection, "SELECT @@global.read_only")[0][0]
            if side == active and read_only != 0:
                problems.append("it is read-only")
            if side == "source" and active == "target" and read_only == 0:
                problems.append("it is not fenced")
            if problems:
                raise ScenarioError(f"the {side} while the {active} is active: "
                                    f"{'; '.join(problems)}")

    # The end.

    def finish(self):
        if self.application is not None:
            self.application.stop()
            self.check_application()
        self.compare_at_rest("at the end")
        self.check_memory()
        self.queries("finished")
        answer = self.flyover.command("finish")
        if answer.code != 0:
            raise ScenarioError(f"finish failed: {answer}")
        code = self.flyover.run.wait(20)
        if code != 0:
            raise ScenarioError(f"run ended with {code} after finish: "
                                f"{tail(self.flyover.run.log)}")
        if self.flyover.status()["phase"] != "finished":
            raise ScenarioError(f"after finish the status says {self.flyover.latest}")
        self.check_sides("target")
        for server in (self.source, self.target):
            self.check_clean(server)
            if self.application is not None:
                problems = self.application.check_ledger(server)
                if problems:
                    raise ScenarioError("; ".join(problems))

    def check_memory(self):
        """The highest resident memory that `run` ever had."""
        if self.expect["memory_mib"] == 0:
            return
        status = pathlib.Path(f"/proc/{self.flyover.run.process.pid}/status").read_text()
        peak = int(next(line for line in status.splitlines()
                        if line.startswith("VmHWM:")).split()[1]) // 1024
        self.say(f"flyover run took up to {peak} MiB")
        if peak > self.expect["memory_mib"]:
            raise ScenarioError(f"flyover run took up to {peak} MiB, "
                                f"at most {self.expect['memory_mib']} are expected")

    def check_clean(self, server):
        if self.databases(server, ["flyover"]):
            raise ScenarioError(f"finish left schema flyover on {server.side}")
        sessions = []

        def gone():
            with compare.neutral(server) as connection:
                sessions[:] = compare.rows_of(connection, "SELECT id, info FROM information_schema."
                                              "processlist WHERE user = 'flyover'")
            return not sessions
        # A server notices that a session was closed when it next sends it something.
        wait_until(gone, 15, lambda: f"finish left sessions on {server.side}: {sessions}; their end")

    def end(self):
        """Ends every process and session; nothing here hides what went wrong before."""
        if self.application is not None:
            self.application.stopping.set()
        self.endpoint.close()
        self.direct.close()
        self.flyover.end()

    def clean_servers(self):
        """Leaves both servers as the next scenario wants them."""
        for server in (self.source, self.target):
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SET GLOBAL read_only = OFF")
                cursor.execute("SET SESSION foreign_key_checks = 0")
                for name in set(self.databases(server, self.scenario.schemas)):
                    cursor.execute(f"DROP DATABASE {compare.quote(name)}")
