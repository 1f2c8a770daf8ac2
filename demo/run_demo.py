#!/usr/bin/python3
"""The demo: a live MySQL 5.6 becomes MySQL 9.7, comes back, and goes again.

Two real servers, a shop of 1.5 million rows, and an application that uses it through flyover's
endpoint and never stops. Ends with a table and report.json; exits with 0 only when no query failed,
no acknowledged commit was lost or doubled, and both servers hold the same rows.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from latency import Latencies  # noqa: E402
from processes import Child, DemoError, call, parse_json, wait_until  # noqa: E402
from report import render  # noqa: E402
from watch import Watch  # noqa: E402
from sandbox import (  # noqa: E402
    APP_PASSWORD, FLYOVER_PASSWORD, ROOT_PASSWORD, Sandbox, SandboxError, free_port)

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
MARK = ".flyover-demo"
READY_TIMEOUT_S = 600
COMMAND_TIMEOUT_S = 300
DRAIN_TIMEOUT_S = 60
# What the application does before the migration begins, to know its own latencies.
WARM_UP_S = 5

CONFIGURATION = """\
name = "shop"
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
password = {{ env = "TARGET_PASSWORD" }}

[tables]
include = ["shop.*"]

[proxy]
listen = "127.0.0.1:{proxy_port}"
routines_pin_sessions = "no"
[[proxy.users]]
name = "app"
password = {{ env = "APP_PASSWORD" }}
"""


class Demo:
    """One run from the first server to the last figure."""

    def __init__(self, options):
        self.options = options
        self.dir = pathlib.Path(options.dir).resolve()
        self.bin = pathlib.Path(options.bin).resolve()
        self.began = time.monotonic()
        self.children = []
        self.watch = None
        self.source = self.target = self.app = self.run_process = None
        self.environment = dict(
            os.environ, SOURCE_PASSWORD=FLYOVER_PASSWORD, TARGET_PASSWORD=FLYOVER_PASSWORD,
            APP_PASSWORD=APP_PASSWORD, LEFT_PASSWORD=ROOT_PASSWORD, RIGHT_PASSWORD=ROOT_PASSWORD)
        self.report = {
            "passed": False, "scale": options.scale, "connections": options.connections,
            "steps": [], "switches": [], "comparisons": [], "phases": [], "application": {},
            "highest_lag_ms": 0, "peak_memory_mib": 0, "failed_queries": 0, "lost": 0,
            "doubled": 0, "differences": 0, "problems": []}

    # Small tools.

    def say(self, text):
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", flush=True)

    def problem(self, text):
        self.report["problems"].append(text)
        self.say(f"PROBLEM: {text}")

    def start(self, name, command, **environment):
        child = Child(name, command, self.dir / f"{name.replace(' ', '-')}.log",
                      dict(self.environment, **environment))
        self.children.append(child)
        return child

    def flyover(self, *arguments, timeout_s=COMMAND_TIMEOUT_S, logged=True):
        """One flyover command with --json; returns its exit code and its output."""
        command = [self.bin / "apps/flyover/flyover", arguments[0], self.dir / "upgrade.toml",
                   *arguments[1:], "--json"]
        return call(command, self.environment, timeout_s,
                    self.dir / "commands.log" if logged else None)

    def step(self, name, action):
        """Runs one step of the demo and notes its time; the action may return rows and a note."""
        self.say(name)
        for child in self.children:
            child.check()
        begin = time.monotonic()
        result = action() or {}
        self.report["steps"].append(dict(result, name=name, seconds=time.monotonic() - begin))

    # The steps.

    def prepare_folder(self):
        if self.dir.exists():
            if not (self.dir / MARK).exists() and any(self.dir.iterdir()):
                raise DemoError(f"{self.dir} is not empty and not a demo's: choose another --dir")
            shutil.rmtree(self.dir)
        self.dir.mkdir(parents=True)
        (self.dir / MARK).touch()

    def start_servers(self, sandbox):
        self.source = sandbox.mysql56()
        self.target = sandbox.mysql97()
        return {"note": f"ports {self.source.port} and {self.target.port}"}

    def generate(self):
        code, text = call(
            [self.bin / "demo/shop_generate", "--port", self.source.port, "--scale",
             self.options.scale],
            dict(self.environment, SHOP_PASSWORD=ROOT_PASSWORD), COMMAND_TIMEOUT_S,
            self.dir / "shop_generate.log")
        if code != 0:
            raise DemoError(f"the shop was not made; see {self.dir}/shop_generate.log")
        made = parse_json(text, "shop_generate")
        return {"rows": made["rows"], "note": f"{made['tables']} tables"}

    def start_endpoint(self):
        self.proxy_port = free_port()
        (self.dir / "upgrade.toml").write_text(CONFIGURATION.format(
            source_port=self.source.port, target_port=self.target.port,
            proxy_port=self.proxy_port), encoding="ascii")
        proxy = self.start("flyover proxy", [self.bin / "apps/flyover/flyover", "proxy",
                                             self.dir / "upgrade.toml"])

        def listening():
            proxy.check()
            code, _ = call(["/bin/bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{self.proxy_port}"],
                           self.environment, 5)
            return code == 0
        wait_until(listening, 20, "the endpoint listening")
        return {"note": f"port {self.proxy_port}"}

    def application(self):
        """What the application last said about itself."""
        try:
            return json.loads((self.dir / "app/app.json").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return {}

    def start_application(self):
        self.app = self.start(
            "shop app", [self.bin / "demo/shop_app", "--port", self.proxy_port, "--dir",
                         self.dir / "app", "--connections", self.options.connections, "--rate",
                         self.options.rate], SHOP_PASSWORD=APP_PASSWORD)

        def connected():
            self.app.check()
            return self.application().get("connected") == self.options.connections
        wait_until(connected, 30, "all connections of the application")
        time.sleep(WARM_UP_S)
        return {"note": f"{self.options.connections} connections, never stops"}

    def assess(self):
        code, text = self.flyover("assess")
        if code != 0:
            raise DemoError(f"flyover assess answered {code}:\n{text[-3000:]}")
        return {"note": "no blockers"}

    def migrate(self):
        self.run_process = self.start("flyover run", [self.bin / "apps/flyover/flyover", "run",
                                                      self.dir / "upgrade.toml"])
        self.watch = Watch(self)
        self.watch.start()

        def ready():
            for child in self.children:
                child.check()
            if self.watch.latest.get("phase") == "failed":
                raise DemoError(f"flyover run failed: {self.watch.latest}")
            return self.watch.latest.get("ready")
        wait_until(ready, READY_TIMEOUT_S, "flyover being ready to cut over")
        return {"rows": self.watch.latest.get("rows_loaded", 0), "note": "ready to cut over"}

    def phase_steps(self):
        """The phases of `flyover run` as steps of their own."""
        phases = self.watch.phases
        for phase, following in zip(phases, phases[1:]):
            if phase["phase"] in ("cutting_over", "rolling_back", "switched"):
                break
            seconds = following["began"] - phase["began"]
            step = {"name": f"  of this: {phase['phase']}", "seconds": seconds}
            if phase["phase"] == "load":
                step["rows"] = self.watch.latest.get("rows_loaded", 0)
            self.report["steps"].append(step)

    def verify(self, name):
        def action():
            code, text = self.flyover("verify")
            answer = parse_json(text, "flyover verify")
            if "rows_different" not in answer:
                raise DemoError(f"flyover verify answered {code}: {text[-3000:]}")
            compared = {"name": name, "tables": len(answer.get("tables", [])),
                        "rows_compared": answer["rows_compared"],
                        "rows_different": answer["rows_different"]}
            self.report["comparisons"].append(compared)
            if code != 0:
                self.problem(f"{name}: exit code {code}, {answer['rows_different']} rows differ")
            return {"rows": answer["rows_compared"],
                    "note": f"{answer['rows_different']} rows different"}
        self.step(name, action)

    def switch(self, command, name, active):
        """cutover or rollback, and the application's next seconds on the other side."""
        def action():
            wait_until(lambda: self.watch.latest.get("ready") or command == "rollback", 60,
                       "flyover being ready again")
            begin = time.time()
            code, text = self.flyover(command)
            end = time.time()
            answer = parse_json(text, f"flyover {command}")
            if code != 0:
                raise DemoError(f"flyover {command} answered {code}:\n{text[-3000:]}")
            self.report["switches"].append({
                "name": name, "command": command, "began": begin, "ended": end,
                "seconds": end - begin, "pause_ms": answer.get("pause_ms"),
                "moved_sessions": answer.get("moved_sessions"),
                "closed_sessions": answer.get("closed_sessions"), "steps": answer.get("steps")})
            wait_until(lambda: self.watch.latest.get("active") == active, 20,
                       f"the {active} being active")
            return {"note": f"paused {answer.get('pause_ms', 0):,.0f} ms by its own count, "
                            f"{answer.get('moved_sessions')} sessions moved"}
        self.step(name, action)
        self.go_on()

    def go_on(self):
        """Lets the application work; a failed query is told as soon as it is seen."""
        deadline = time.monotonic() + self.options.seconds_between
        while time.monotonic() < deadline:
            for child in self.children:
                child.check()
            time.sleep(0.2)
        seen = self.application()
        self.say(f"  the application: {seen.get('commits', 0):,} commits, "
                 f"{seen.get('failed', 0)} failed queries")

    def stop_application(self):
        code = self.app.stop(30)
        self.children.remove(self.app)
        self.report["application"] = self.application()
        if not self.report["application"].get("finished"):
            raise DemoError(f"the application did not end well (exit code {code}); see "
                            f"{self.app.log}")
        return {"note": f"{self.report['application']['failed']} failed queries"}

    def drain(self):
        """Stops the shop's event and waits until the old server has the last change."""
        for server in (self.source, self.target):
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SET GLOBAL event_scheduler = OFF")
        token = f"demo drained {int(time.time() * 1000)}"
        with self.target.connect() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop.shop_stats VALUES (%s, 1)", (token,))

        def arrived():
            for child in self.children:
                child.check()
            with self.source.connect() as connection, connection.cursor() as cursor:
                return cursor.execute("SELECT 1 FROM shop.shop_stats WHERE name = %s", (token,))
        wait_until(arrived, DRAIN_TIMEOUT_S, "the last change reaching the old server")
        # Transactions that do not touch each other may arrive in any order.
        time.sleep(1)

    def check(self):
        """The independent comparison and the ledgers, on both servers at rest."""
        code, text = call(
            [self.bin / "demo/shop_check", "--left-port", self.source.port, "--right-port",
             self.target.port, "--ledgers", self.dir / "app"], self.environment,
            COMMAND_TIMEOUT_S, self.dir / "shop_check.log")
        if code not in (0, 1):
            raise DemoError(f"the check did not end; see {self.dir}/shop_check.log")
        answer = parse_json(text, "shop_check")
        self.report["comparisons"].append({
            "name": "independent check, at rest", "tables": answer["tables"],
            "rows_compared": answer["rows_compared"],
            "rows_different": answer["rows_different"]})
        ledger = answer["ledger"]
        self.report["ledger"] = ledger
        for side in ("left", "right"):
            self.report["lost"] += ledger[side]["lost"]
            self.report["doubled"] += ledger[side]["doubled"] + ledger[side]["unexpected"]
        for detail in (answer["details"] + ledger["left"]["details"] +
                       ledger["right"]["details"])[:10]:
            self.problem(detail)
        return {"rows": answer["rows_compared"],
                "note": f"{ledger['acknowledged']:,} ledger entries on each side"}

    def finish(self):
        code, text = self.flyover("finish")
        if code != 0:
            raise DemoError(f"flyover finish answered {code}:\n{text[-3000:]}")
        if self.run_process.wait(20) not in (0, None):
            self.problem(f"flyover run ended badly; see {self.run_process.log}")
        self.children.remove(self.run_process)
        self.run_process.stop()
        left = []
        for server in (self.source, self.target):
            with server.connect() as connection, connection.cursor() as cursor:
                if cursor.execute("SHOW DATABASES LIKE 'flyover'"):
                    left.append(server.version)
        if left:
            self.problem(f"the control tables are still on {' and '.join(left)}")

    # The whole.

    def steps(self, sandbox):
        self.step("start MySQL 5.6 and 9.7", lambda: self.start_servers(sandbox))
        self.step("make the shop", self.generate)
        self.step("flyover proxy", self.start_endpoint)
        self.step("start the application", self.start_application)
        self.step("flyover assess", self.assess)
        self.step("flyover run", self.migrate)
        self.phase_steps()
        self.verify("verify before")
        self.switch("cutover", "cutover to 9.7", "target")
        self.verify("verify on 9.7")
        self.switch("rollback", "rollback to 5.6", "source")
        self.verify("verify back on 5.6")
        self.switch("cutover", "cutover again", "target")
        self.verify("verify on 9.7 again")
        self.step("stop the application", self.stop_application)
        self.step("last changes arrive", self.drain)
        self.step("independent check", self.check)
        self.step("flyover finish", self.finish)

    def run(self):
        self.prepare_folder()
        with Sandbox(self.dir) as sandbox:
            try:
                self.steps(sandbox)
            except (DemoError, SandboxError) as error:
                self.problem(str(error))
            except KeyboardInterrupt:
                self.problem("interrupted")
            except Exception as error:  # A failed demo still ends its processes and reports.
                (self.dir / "traceback.log").write_text(traceback.format_exc(), encoding="utf-8")
                self.problem(f"{type(error).__name__}: {error}; see {self.dir}/traceback.log")
            finally:
                self.end()
        for data in self.dir.glob("mysql*/data"):
            if not self.options.keep:
                shutil.rmtree(data, ignore_errors=True)
        return self.conclude()

    def end(self):
        """Ends every process, the application first, so that it sees no failure of our making."""
        # Nothing interrupts the ending itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.watch is not None:
            self.watch.stopping.set()
        if self.run_process is not None:
            self.run_process.sample_memory()
        for child in sorted(self.children, key=lambda child: child is not self.app):
            child.stop()

    def conclude(self):
        report = self.report
        report["application"] = self.application()
        report["failed_queries"] = report["application"].get("failed", 0)
        for failure in report["application"].get("failures", [])[:5]:
            self.problem(failure)
        latencies = Latencies(self.dir / "app")
        for switch in report["switches"]:
            switch["client"] = latencies.around_switch(switch["began"], switch["ended"])
        report["differences"] = sum(item["rows_different"] for item in report["comparisons"])
        if self.watch is not None:
            report["phases"] = self.watch.phases
            report["highest_lag_ms"] = self.watch.highest_lag_ms
        if self.run_process is not None:
            report["peak_memory_mib"] = self.run_process.peak_kib / 1024
        report["seconds"] = time.monotonic() - self.began
        report["passed"] = not report["problems"] and all(
            report[key] == 0 for key in ("failed_queries", "lost", "doubled", "differences"))
        (self.dir / "report.json").write_text(json.dumps(report, indent=2) + "\n",
                                              encoding="utf-8")
        print(render(report))
        print(f"\n  The same as JSON: {self.dir}/report.json; logs beside it.")
        return 0 if report["passed"] else 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is about 1.5 million rows")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=20.0,
                        help="transactions per second and connection")
    parser.add_argument("--seconds-between", type=float, default=10.0,
                        help="how long the application works on each side")
    parser.add_argument("--dir", default=REPOSITORY / "build" / "demo")
    parser.add_argument("--bin", default=REPOSITORY / "build" / "dev", help="build folder")
    parser.add_argument("--keep", action="store_true", help="keep the servers' data folders")
    return parser.parse_args()


def main():
    def interrupted(_signal, _frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    try:
        return Demo(parse_arguments()).run()
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
