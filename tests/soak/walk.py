"""One seed: a random application lives through load, replication, kills and switches."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import pymysql

from application import make_sessions
from harness.processes import ScenarioError
from sandbox import APP_PASSWORD, ROOT_PASSWORD
from supervised import Outage, Restarted, kill_server

from workload.beside import Statements, extra_tables
from workload.schema import Schema, quote
from workload.transactions import DATA_ERRORS

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE_S = 25
# Said by flyover of a table whose rows are equal, while COUNT(*) is not.
DAMAGED = "an index of the table is damaged"
SETTLED = ("replicating", "switched", "rolled_back")
# Above it the application writes less and less; a busy machine can not follow otherwise.
SLOW_DOWN_LAG_MS = 1500
# A switch may be called off: open transactions, killed sessions. It must succeed before long.
SWITCH_ATTEMPTS = 8


class SoakError(Exception):
    """The seed failed; the message says what is wrong."""


class Walk:
    """Use it once; `end` always. Everything is kept in `directory`."""

    def __init__(self, plan, program, directory, source, target, say):
        self.plan = plan
        self.rng = random.Random(f"{plan.seed}/walk")
        self.source = source
        self.target = target
        self.say = say
        self.directory = pathlib.Path(directory)
        self.flyover = Restarted(program, self.directory, f"soak {plan.seed}", source, target)
        self.schema = Schema(plan.seed, plan.modern, plan.scale,
                             plan.features)
        self.outage = Outage(plan.modern)
        self.sessions = []
        self.direct = []
        self.live = None
        self.pauses = []
        self.called_off = 0
        self.kills = 0

    # The way.

    def go(self):
        self.prepare()
        self.assess()
        self.flyover.start_proxy()
        self.make_sessions()
        for session in self.sessions + self.direct:
            session.start()
        self.load()
        self.disturb(self.rng.uniform(1, 4))
        self.ready()
        self.rest("before the cutover", "left")
        self.switch("cutover", "target")
        self.disturb(self.rng.uniform(1, 4))
        self.rest("after the cutover", "right")
        self.switch("rollback", "source")
        self.start_direct()
        self.disturb(self.rng.uniform(0, 2))
        self.rest("after the rollback", "left")
        self.switch("cutover", "target")
        self.rest("after the second cutover", "right")
        self.stop_sessions()
        self.check_sessions()

    def prepare(self):
        (self.directory / "plan.json").write_text(json.dumps(self.plan.describe(), indent=2),
                                                  encoding="utf-8")
        with open(self.directory / "schema.sql", "w", encoding="utf-8") as file, \
                self.source.connect() as connection:
            for sql in [*self.schema.statements(), *extra_tables(self.plan.features)]:
                file.write(sql + ";\n")
                file.flush()
                connection.query(sql.encode("utf-8"))
            for sql in self.schema.rows():
                try:
                    connection.query(sql.encode("utf-8"))
                except pymysql.MySQLError as error:
                    # A counter may be at its end.
                    if error.args[0] not in DATA_ERRORS:
                        raise
            with connection.cursor() as cursor:
                for table in self.schema.tables:
                    cursor.execute(f"SELECT COUNT(*) FROM {table.full}")
                    file.write(f"-- {cursor.fetchone()[0]} rows in {table.full}\n")
        # The first dot of a pattern ends the schema's part.
        self.flyover.write_config([f"{schema.replace('.', '?')}.*"
                                   for schema in self.schema.schemas],
                                  self.plan.configuration)

    def assess(self):
        answer = self.flyover.command("assess")
        if answer.code != 0:
            findings = [one for one in answer.json.get("findings", [])
                        if one["severity"] == "blocker"] if answer.out else answer
            raise SoakError(f"assess refuses: {findings}")

    def make_sessions(self):
        self.sessions, self.direct = make_sessions(
            self.plan, self.schema, self.directory, self.connect_proxy, self.connect_direct,
            self.outage)

    def connect_proxy(self):
        return pymysql.connect(host="127.0.0.1", port=self.flyover.proxy_port, user="app",
                               password=APP_PASSWORD, autocommit=True, charset="utf8mb4",
                               local_infile=True,
                               init_command="SET SESSION innodb_lock_wait_timeout = 2")

    def connect_direct(self):
        return self.source.connect(init_command="SET SESSION innodb_lock_wait_timeout = 2")

    # flyover's life.

    def load(self):
        """Loads with a few violent ends in between."""
        for _ in range(self.rng.choice([0, 1, 2])):
            self.flyover.start_run(self.faults())
            self.sleep(self.rng.uniform(0.3, 4))
            self.kill_run()
            if "server_kills" in self.plan.features and self.rng.random() < 0.5:
                self.kill_server()
        self.flyover.start_run(self.faults())

        def condition(status):
            self.check_sessions()
            return status["phase"] not in ("assessing", "schema", "load")
        self.flyover.wait_status(condition, "the load", 120)

    def faults(self):
        """Makes the load last long enough to be met by changes and signals."""
        return self.rng.choice(["load.before_chunk_commit=delay:60",
                                "load.after_snapshots=delay:400",
                                "load.before_chunk_commit=delay:30,apply.before_commit=delay:2",
                                "schema.before_index=delay:50"])

    def kill_run(self):
        """kill -9, unless it has ended by itself, which is a failure."""
        self.flyover.check()
        self.flyover.run.signal(signal.SIGKILL)
        self.flyover.run.wait(10)
        self.kills += 1

    def disturb(self, seconds):
        """Waits, and now and then kills the run or a session of flyover."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.sleep(self.rng.uniform(0.2, 1.5))
            draw = self.rng.random()
            if draw < 0.3:
                self.kill_run()
                self.flyover.start_run()
            elif draw < 0.6:
                self.kill_connection()
            elif draw < 0.8 and "server_kills" in self.plan.features:
                self.kill_server()

    def kill_server(self):
        server, options = self.rng.choice([(self.source, self.plan.source_globals),
                                           (self.target, self.plan.target_globals)])
        self.say(f"kill -9 of mysqld {server.version}")
        self.flyover.killed_at = time.monotonic()
        kill_server(server, self.outage, self.rng.uniform(0, 1), options)
        self.flyover.killed_at = time.monotonic()

    def kill_connection(self):
        server = self.rng.choice([self.source, self.target])
        with server.connect() as connection, connection.cursor() as cursor:
            ids = sessions_of(cursor, "'flyover'")
            if ids:
                victim = self.rng.choice(ids)
                self.say(f"KILL {victim} on {server.version}")
                self.flyover.killed_at = time.monotonic()
                try:
                    cursor.execute(f"KILL {victim}")
                except Exception as error:  # It may have ended by itself in between.
                    if error.args[0] != 1094:
                        raise

    def sleep(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check_sessions()
            time.sleep(min(0.1, max(0.001, deadline - time.monotonic())))

    def ready(self):
        def condition(status):
            self.check_sessions()
            if DAMAGED in status["reason"]:
                raise SoakError(status["reason"])
            if status["validation"]["complete"] and status["validation"]["rows_different"]:
                raise SoakError(f"flyover says: {status['reason']}")
            if (status["lag_ms"] or 0) > SLOW_DOWN_LAG_MS:
                for session in self.sessions + self.direct:
                    session.pause_s = max(session.pause_s, min(0.3, session.pause_s * 1.5))
            return status["ready"] and status["phase"] in SETTLED
        with self.without_statements():
            self.flyover.wait_status(condition, "being ready", 120)

    @contextlib.contextmanager
    def without_statements(self):
        """Tables that statements have reached are copied again; not while more of them come."""
        with contextlib.ExitStack() as stack:
            for session in self.direct:
                if isinstance(session.transactions, Statements):
                    stack.enter_context(session.turn)
            yield

    def switch(self, command, side):
        """Carries out a switch while the application goes on; in some seeds `run` dies in it."""
        for session in self.direct:
            session.stop()
        self.outage.new_server = True
        left = "source" if side == "target" else "target"
        before = self.counters(left)
        for _ in range(SWITCH_ATTEMPTS):
            self.ready()
            dying = None
            if self.rng.random() < 0.25:
                dying = threading.Timer(self.rng.uniform(0.05, 1.2), self.flyover.run.signal,
                                        (signal.SIGKILL,))
                dying.start()
            answer = self.flyover.command(command)
            if dying is not None:
                dying.join()
                self.flyover.run.wait(10)
                self.kills += 1
                self.flyover.start_run()
                self.settle()
            elif answer.code == 0:
                self.pauses.append(answer.json["pause_ms"])
            elif answer.code != 1:
                raise SoakError(f"{command} failed: {answer}")
            if self.flyover.status()["active"] == side:
                self.check_counters(command, before, left, side)
                self.outage.new_server = self.plan.modern or side == "target"
                return
            self.called_off += 1
            self.say(f"the {command} was called off: " + (
                "run was killed" if dying is not None else str(answer.json.get("failure"))))
            self.check_sessions()
        raise SoakError(f"the {command} was called off {SWITCH_ATTEMPTS} times: {answer}")

    def counters(self, side):
        """The AUTO_INCREMENT counters of all tables."""
        server = getattr(self, side)
        with server.connect() as connection, connection.cursor() as cursor:
            if server.version != "5.6":
                cursor.execute("SET SESSION information_schema_stats_expiry = 0")
            cursor.execute("SELECT table_schema, table_name, auto_increment FROM "
                           "information_schema.tables WHERE table_schema IN %s AND auto_increment "
                           "IS NOT NULL AND engine <> 'ARCHIVE'", (self.schema.schemas,))
            return {(schema, table): counter for schema, table, counter in cursor.fetchall()}

    def check_counters(self, command, before, left, side):
        """No value that the side before gave away may be given again, also one that was rolled back;
        but in an ARCHIVE table, whose counter is that of its rows. 5.6 lowers a counter by itself
        when a session with a smaller auto_increment_increment comes (4 becomes 3, and nobody got
        3), so that what the side before came to is asked as well; there it can only grow now."""
        last, after = self.counters(left), self.counters(side)
        behind = [f"{schema}.{table}: {after[(schema, table)]}, and {counter} before"
                  for (schema, table), counter in before.items()
                  if after.get((schema, table), counter) <
                  min(counter, last.get((schema, table), counter))]
        if behind:
            raise SoakError(f"AUTO_INCREMENT counters behind the {command}: {'; '.join(behind)}")

    def settle(self):
        self.flyover.wait_status(lambda status: status["phase"] in SETTLED, "an ended switch", 60)

    def start_direct(self):
        for session in self.direct:
            session.start()

    # Checks.

    def check_sessions(self):
        for session in self.sessions + self.direct:
            if session.failure:
                raise SoakError(f"a query failed: {session.failure}")

    def stop_sessions(self):
        for session in self.sessions + self.direct:
            session.stop()

    def rest(self, when, active):
        """Compares everything: flyover while the application writes, the checker while it rests."""
        answer = self.verify(when)
        if answer.code != 0 or not answer.json["equal"]:
            raise SoakError(f"verify {when}: {verdict(answer)}")
        turns = [session.turn for session in self.sessions + self.direct]
        for turn in turns:
            turn.acquire()
        try:
            self.check_sessions()
            self.check(when, active)
            self.check_ledger(when, self.source if active == "left" else self.target)
        finally:
            for turn in turns:
                turn.release()

    def verify(self, when):
        """A comparison may be stopped by a session that was killed a moment ago."""
        self.ready()
        with self.without_statements():
            return self.flyover.command("verify")

    def ask_checker(self, active, patience_s=PATIENCE_S):
        command = ["/usr/bin/python3", str(HERE / "checker.py"), "--json", "--user", "root",
                   "--left", f"127.0.0.1:{self.source.port}", "--right",
                   f"127.0.0.1:{self.target.port}", "--patience", str(patience_s),
                   "--active", active]
        for schema in self.schema.schemas:
            command += ["--schema", schema]
        result = subprocess.run(command, env=dict(os.environ, CHECKER_PASSWORD=ROOT_PASSWORD),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if result.returncode not in (0, 1):
            raise SoakError(f"the checker could not tell: {result.stderr.decode()[-2000:]}")
        found = json.loads(result.stdout)
        return found, [f"{'.'.join(one['table'])}: {one['rows']} rows differ\n    {one['text']}"
                       for one in found["rows"]] + found["definitions"]

    def check(self, when, active):
        found, problems = self.ask_checker(active)
        # Those that a session changes meanwhile are only compared where they are.
        live = [one for one in found["live"] if "ddl " not in one]
        if self.live is None:
            self.live = live
        elif self.live != live:
            problems.append(f"living triggers and events were {self.live} and are {live}")
        if problems:
            raise SoakError(f"{when} the checker finds differences:\n  " + "\n  ".join(problems))

    def check_ledger(self, when, server):
        """Every acknowledged commit is there; nothing that was rolled back is."""
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT session, number FROM soak_one.soak_ledger")
            found = set(cursor.fetchall())
        wanted, unwanted = set(), set()
        for session in self.sessions + self.direct:
            number = session.transactions.session
            wanted |= {(number, one) for one in session.committed}
            unwanted |= {(number, one) for one in session.rolled_back}
        problems = []
        if wanted - found:
            problems.append(f"{len(wanted - found)} commits lost: {sorted(wanted - found)[:5]}")
        if found & unwanted:
            problems.append(f"rolled back and there: {sorted(found & unwanted)[:5]}")
        if problems:
            raise SoakError(f"{when}, ledger on {server.version}: {'; '.join(problems)}")

    # The end.

    def end(self):
        for session in self.sessions + self.direct:
            session.stopping.set()
        for session in self.sessions + self.direct:
            session.stop()
            session.log.close()
        self.flyover.end()

    def damages(self):
        """What the servers' own CHECK TABLE finds."""
        told = []
        for server, side in ((self.source, "source"), (self.target, "target")):
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT table_schema, table_name FROM information_schema.tables "
                               "WHERE table_schema IN %s AND table_type = 'BASE TABLE'",
                               (self.schema.schemas,))
                for schema, table in cursor.fetchall():
                    cursor.execute(f"CHECK TABLE {quote(schema)}.{quote(table)} EXTENDED")
                    told += [f"the {side} itself says of {name}: {text}"
                             for name, _, kind, text in cursor.fetchall() if kind != "status"]
        return told

    def keep(self, problem):
        """What a failure leaves beside the logs: its text, and what both servers held. Answers the
        text, with the servers' own word where an index seems damaged."""
        self.stop_sessions()
        try:
            _, different = self.ask_checker("left", 5)
            verified = verdict(self.flyover.command("verify", timeout_s=60))
        except (SoakError, ScenarioError) as error:
            different, verified = [str(error)], ""
        if DAMAGED in problem:
            problem = "; ".join([*self.damages(), problem])
        (self.directory / "failure.txt").write_text(
            problem + "\n\nWhat the checker saw then, with the source active:\n  " +
            "\n  ".join(different) + f"\n\nWhat flyover saw then:\n{verified}\n", encoding="utf-8")
        for server, side in ((self.source, "source"), (self.target, "target")):
            folder = self.directory / f"binlogs-{side}"
            folder.mkdir(exist_ok=True)
            for file in server.data.glob("binlog.0*"):
                shutil.copy(file, folder)
        return problem

    def summary(self):
        commits = sum(len(session.committed) for session in self.sessions + self.direct)
        pauses = ",".join(f"{pause:.0f}" for pause in self.pauses)
        given_up = sum(len(session.given_up) for session in self.sessions + self.direct)
        return (f"{commits} commits, {given_up} given up by the server, "
                f"{len(self.schema.tables)} tables, {self.kills} kills, "
                f"{self.outage.count} of servers, "
                f"{self.flyover.restarts} restarts, "
                f"{self.called_off} called off, pauses {pauses} ms")


def verdict(answer):
    """What `verify --json` says of the tables that are not equal."""
    if answer.code not in (0, 1):
        return str(answer)
    told = [table for table in answer.json["tables"] if table["validation_state"] != "Validated"]
    return json.dumps(told or "all tables are equal", indent=2)


def sessions_of(cursor, users):
    """Their numbers; information_schema.processlist fails on a statement that is not UTF-8."""
    cursor.execute("SELECT processlist_id FROM performance_schema.threads WHERE "
                   f"processlist_user IN ({users})")
    return [row[0] for row in cursor.fetchall()]


def clean(server, settings):
    """Leaves a server as a seed wants it: no schemas of another seed, its globals, a new log."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = OFF")
        for number in sessions_of(cursor, "'flyover', 'app'"):
            try:
                cursor.execute(f"KILL {number}")
            except Exception as error:
                if error.args[0] != 1094:
                    raise
        cursor.execute("SET SESSION foreign_key_checks = 0")
        cursor.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name "
                       "LIKE 'soak%' OR schema_name LIKE 'flyover%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE {quote(name)}")
        for name, value in settings.items():
            shown = value if isinstance(value, int) or value in ("ON", "OFF") else f"'{value}'"
            cursor.execute(f"SET GLOBAL {name} = {shown}")
        cursor.execute("RESET MASTER" if server.version == "5.6" else
                       "RESET BINARY LOGS AND GTIDS")
