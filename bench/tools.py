"""Processes, clocks and clients that all measurements share."""

import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"))
from sandbox import APP_PASSWORD, FLYOVER_PASSWORD, ROOT_PASSWORD, die_with_parent  # noqa: E402

DATABASE = "bench"
COMMAND_TIMEOUT_S = 600
STOP_TIMEOUT_S = 30
# One call of `flyover status` takes some milliseconds of a core that is being measured.
STATUS_PAUSE_S = 0.2

CONFIGURATION = """\
name = "bench"
state_dir = "state"

[source]
host = "127.0.0.1"
port = {source_port}
user = "flyover"
password = "{password}"
tls = "disabled"

[target]
host = "127.0.0.1"
port = {target_port}
user = "flyover"
password = "{password}"
tls = "disabled"

[tables]
include = [{include}]

[apply]
mode = "{apply_mode}"

[verify]
before_ready = "no"

[load]
disable_binlog = "{disable_binlog}"
disable_redo = "{disable_redo}"

[proxy]
listen = "127.0.0.1:{proxy_port}"
[[proxy.users]]
name = "app"
password = "{app_password}"
"""


class BenchError(Exception):
    """A measurement could not be made; the message says where to look."""


def spawn(command, log):
    """A child whose output goes to a file; it ends with this process, whatever ends that."""
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True, preexec_fn=die_with_parent(os.getpid()))


def call(command, timeout_s=COMMAND_TIMEOUT_S):
    """Runs a command to its good end; returns its standard output."""
    command = [str(part) for part in command]
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            check=False, text=True, timeout=timeout_s, preexec_fn=die_with_parent(os.getpid()))
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{command[0]} did not end within {timeout_s} s") from error
    if result.returncode != 0:
        raise BenchError(f"{command[0]} ended with exit code {result.returncode}: "
                         f"{(result.stderr + result.stdout).strip()[-2000:]}")
    return result.stdout


def call_together(commands, log):
    """Runs commands at the same time, output to nowhere; returns the seconds until the last."""
    begin = time.monotonic()
    children = []
    with open(log, "ab") as errors:
        for command in commands:
            children.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                preexec_fn=die_with_parent(os.getpid())))
    codes = [child.wait() for child in children]
    seconds = time.monotonic() - begin
    if any(codes):
        raise BenchError(f"{commands[0][0]} ended with exit codes {codes}:\n{tail(log)}")
    return seconds


def tail(path, lines=15):
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def client(server, statements):
    """The command of one client session that drops the rows it reads."""
    return ["mariadb", "--no-defaults", f"--host={server.host}", f"--port={server.port}",
            "--user=root", f"--password={ROOT_PASSWORD}", "--skip-ssl", "--local-infile=1",
            "--default-character-set=binary", "--quick", "--raw", "--batch",
            "--skip-column-names", "--execute", statements]


def query(server, statement):
    """All rows of a statement, as root."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def queries(server, statements):
    """All rows of each statement, as root, in one session: for thousands of tables."""
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            yield cursor.fetchall()


def sysbench_command(workload, command, port, tables, rows, threads, seconds=0, user="root",
                     password=ROOT_PASSWORD, database=DATABASE, rate=0, more=()):
    return ["sysbench", "--db-driver=mysql", "--mysql-host=127.0.0.1",
            f"--mysql-port={port}", f"--mysql-user={user}", f"--mysql-password={password}",
            f"--mysql-db={database}", f"--rate={rate}", f"--tables={tables}",
            f"--table-size={rows}", f"--threads={threads}", f"--time={seconds}",
            "--histogram=on", *more, workload, command]


def sysbench(*arguments, **options):
    """Runs sysbench; returns its output. `rate`: transactions per second at most."""
    return call(sysbench_command(*arguments, **options))


class Writing:
    """sysbench beside what is measured, for the time of a `with` block."""

    def __init__(self, bench, workload, tables, threads, rate=0):
        self.server = bench.source
        self.log = bench.dir / "writing.log"
        self.command = sysbench_command(workload, "run", self.server.port, tables,
                                        bench.options.rows, threads, rate=rate)
        self.process = None

    def __enter__(self):
        before = self.commits()
        self.process = spawn(self.command, self.log)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self.commits() < before + 100:
            self.check()
            if time.monotonic() > deadline:
                raise BenchError(f"sysbench does not write; see {self.log}")
            time.sleep(0.05)
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.check()
        finally:
            self.process.kill()
            self.process.wait()

    def check(self):
        if self.process.poll() is not None:
            raise BenchError(f"sysbench ended before its time:\n{tail(self.log)}")

    def commits(self):
        """Transactions of the server so far that ended with COMMIT, as those of sysbench do."""
        return int(query(self.server, "SHOW GLOBAL STATUS LIKE 'Com_commit'")[0][1])


def sysbench_numbers(text):
    """Transactions, seconds, queries per second and the percentiles of the latency in ms.

    The percentiles come from the histogram: sysbench's own are rounded to 10 microseconds.
    """
    def number(pattern):
        found = re.search(pattern, text)
        if not found:
            raise BenchError(f"sysbench did not say what was expected:\n{text[-2000:]}")
        return float(found.group(1))
    buckets = [(float(value), int(count)) for value, count in
               re.findall(r"^ *([0-9.]+) \|\** +([0-9]+)$", text, re.MULTILINE)]
    total = sum(count for _, count in buckets)
    if total == 0:
        raise BenchError(f"sysbench did not print a histogram:\n{text[-2000:]}")

    def percentile(share):
        seen = 0
        for value, count in buckets:
            seen += count
            if seen >= share * total:
                return value
        return buckets[-1][0]
    return {"transactions": int(number(r"transactions: +([0-9]+)")),
            "seconds": number(r"total time: +([0-9.]+)s"),
            "queries_per_second": number(r"queries: +[0-9]+ +\(([0-9.]+) per sec"),
            "p50_ms": percentile(0.50), "p95_ms": percentile(0.95)}


def cpu_seconds(pid):
    """CPU time of a process so far, all threads, user and system."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class FlyoverRun:
    """One `flyover run` from its start to its end, with its own times, CPU time and memory."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.configuration = folder / "upgrade.toml"
        self.log = folder / f"run-{time.time_ns()}.log"
        self.began = time.time()
        self.process = spawn([binary, "run", self.configuration], self.log)
        self.usage = None

    def check(self):
        code = self.process.poll()
        if code is not None:
            raise BenchError(f"flyover run ended with exit code {code}:\n{tail(self.log)}")

    def said(self, words):
        """Seconds from the start to the log line with these words; nothing when not yet there."""
        found = re.search(rf"^(\S+) info {re.escape(words)}",
                          self.log.read_text(encoding="utf-8"), re.MULTILINE)
        if not found:
            return None
        when = datetime.datetime.fromisoformat(found.group(1) + "+00:00").timestamp()
        return when - self.began

    def wait_for(self, words, timeout_s=COMMAND_TIMEOUT_S):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            seconds = self.said(words)
            if seconds is not None:
                return seconds
            self.check()
            time.sleep(0.02)
        raise BenchError(f"flyover run did not say '{words}' within {timeout_s} s; see {self.log}")

    def status(self):
        return json.loads(call([self.binary, "status", self.configuration, "--json"]))

    def verify(self, timeout_s=COMMAND_TIMEOUT_S):
        """What `flyover verify` answers, and the seconds it took.

        Waits, outside the clock, for what else is under way: a run that has come to replicate
        compares the definitions first.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            begin = time.monotonic()
            try:
                answer = call([self.binary, "verify", self.configuration, "--json"], timeout_s)
                return json.loads(answer), time.monotonic() - begin
            except BenchError as error:
                if "refused.busy" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(STATUS_PAUSE_S)

    def wait_until_applied(self, position, timeout_s=COMMAND_TIMEOUT_S):
        """Waits until everything up to (file, offset) is on the target; returns the status."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status = self.status()
            file, _, offset = (status.get("applied_position") or "").rpartition(":")
            if file and (file, int(offset)) >= position:
                return status
            self.check()
            time.sleep(STATUS_PAUSE_S)
        raise BenchError(f"{position} was not applied within {timeout_s} s; see {self.log}")

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def peak_mib(self):
        """The highest resident memory so far."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+([0-9]+)", text).group(1)) / 1024

    def forget_peak(self):
        """From now on peak_mib() tells of what comes."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def stop(self):
        """Ends it as a user does; what is done stays done."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise BenchError(f"flyover run did not end; see {self.log}") from error
        if code != 0:
            raise BenchError(f"flyover run ended with exit code {code}:\n{tail(self.log)}")


def write_configuration(folder, source, target, proxy_port, databases=(DATABASE,),
                        disable_binlog="auto", disable_redo="auto", apply_mode="batch"):
    include = ", ".join(f'"{database}.*"' for database in databases)
    (folder / "upgrade.toml").write_text(CONFIGURATION.format(
        source_port=source.port, target_port=target.port, proxy_port=proxy_port, include=include,
        disable_binlog=disable_binlog, disable_redo=disable_redo, apply_mode=apply_mode,
        password=FLYOVER_PASSWORD, app_password=APP_PASSWORD), encoding="ascii")
