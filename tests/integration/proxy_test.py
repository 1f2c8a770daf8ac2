#!/usr/bin/python3
"""The endpoint between a real MySQL 5.6 and a real 9.7: what a client may do through it, and moves.

usage: proxy_test.py PROXY_MAIN PROXY_DRIVER [TEST ...]
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pymysql
from pymysql.constants import CLIENT

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from sandbox import Sandbox  # noqa: E402

USER, PASSWORD = "app", "app_password"


class Proxy:
    """One proxy process over the two servers."""

    def __init__(self, program, state_dir, source, target, max_moves=64, **servers):
        self.state_dir = pathlib.Path(state_dir)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        config = {"state_dir": str(state_dir), "users": [[USER, PASSWORD]], "max_moves": max_moves,
                  "source": {"host": source.host, "port": source.port, "tls": "disabled"},
                  "target": {"host": target.host, "port": target.port, "tls": "disabled"}}
        for side, changes in servers.items():
            config[side.removesuffix("_options")].update(changes)
        self.log = open(self.state_dir / "proxy.log", "a")
        self.process = subprocess.Popen([program, json.dumps(config)], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("port "), f"the proxy did not start: see {self.log.name}"
        self.port = int(line.split()[1])

    def call(self, op, timeout=60, **fields):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.state_dir / "proxy.sock"))
            connection.sendall(json.dumps({"op": op, **fields}).encode() + b"\n")
            answer = json.loads(connection.makefile().readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def connect(self, **options):
        return pymysql.connect(**{"host": "127.0.0.1", "port": self.port, "user": USER,
                                  "password": PASSWORD, "database": "test", "autocommit": True,
                                  "charset": "utf8", **options})

    def epoch(self):
        return self.call("status")["epoch"]

    def flip(self, side):
        """What the controller does on disk."""
        path = self.state_dir / "route.json"
        epoch = json.loads(path.read_text())["epoch"] if path.exists() else 0
        path.write_text(json.dumps({"epoch": epoch + 1, "active": side}))
        return epoch + 1

    def move(self, side, drain_s=5.0):
        """Hold, drain, flip, release."""
        self.call("prepare", side=side)
        self.call("hold", epoch=self.epoch(), limit_ms=5000, max_hold_ms=20000)
        end = time.time() + drain_s
        while self.call("drained")["busy"] and time.time() < end:
            time.sleep(0.005)
        return self.call("release", side=side, epoch=self.flip(side))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.log.close()
        assert code == 0, f"the proxy ended with {code}: see {self.log.name}"


class Doorman:
    """Stands before a server and lets logins begin only when told to: a connection waits for the
    server's greeting until admit(). Counts how many ever waited together."""

    def __init__(self, server):
        self.address = (server.host, server.port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.waiting, self.most, self.total = [], 0, 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            with self.lock:
                self.waiting.append(client)
                self.total += 1
                self.most = max(self.most, len(self.waiting))

    def count(self):
        with self.lock:
            return len(self.waiting)

    def admit(self, number):
        with self.lock:
            admitted, self.waiting = self.waiting[:number], self.waiting[number:]
        for client in admitted:
            server = socket.create_connection(self.address)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.relay, args=(one, other), daemon=True).start()

    @staticmethod
    def relay(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()


def one(connection, sql, *args):
    with connection.cursor() as cursor:
        cursor.execute(sql, args or None)
        return cursor.fetchone()


def value(connection, sql, *args):
    return one(connection, sql, *args)[0]


def run(connection, sql, *args):
    with connection.cursor() as cursor:
        return cursor.execute(sql, args or None)


def fails_with(code, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except pymysql.MySQLError as error:
        assert error.args[0] == code, f"error {error.args}, expected {code}"
        return str(error.args[1])
    raise AssertionError(f"no error, expected {code}")


def wait_until(condition, limit_s=10.0):
    end = time.time() + limit_s
    while not condition():
        assert time.time() < end, "this never became true"
        time.sleep(0.01)


def is_97(connection):
    return value(connection, "SELECT VERSION()").startswith("9.")


class Tests:
    def __init__(self, sandbox, directory, proxy_main, driver):
        self.directory, self.proxy_main, self.driver = directory, proxy_main, driver
        large = ["--max-allowed-packet=256M", "--local-infile=1"]
        self.source = sandbox.mysql56(extra_args=large)
        self.target = sandbox.mysql97(extra_args=large)
        for server in (self.source, self.target):
            with contextlib.closing(server.connect()) as root:
                run(root, "CREATE DATABASE IF NOT EXISTS test")
                run(root, "CREATE DATABASE IF NOT EXISTS other")
                run(root, "CREATE TABLE test.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(50))"
                    " ENGINE=InnoDB")
        self.count = 0

    @contextlib.contextmanager
    def proxy(self, active="source", **servers):
        self.count += 1
        directory = self.directory / f"state{self.count}"
        directory.mkdir()
        if active == "target":
            (directory / "route.json").write_text('{"epoch":1,"active":"target"}')
        proxy = Proxy(self.proxy_main, directory, self.source, self.target, **servers)
        try:
            yield proxy
        finally:
            proxy.stop()

    def run_driver(self, proxy, mode, *more):
        return subprocess.Popen([self.driver, "127.0.0.1", str(proxy.port), USER, PASSWORD, "test",
                                 mode, *more], stdout=subprocess.PIPE, text=True)

    # What any client may do, on either side.

    def common(self, proxy):
        with contextlib.closing(proxy.connect(local_infile=True)) as c:
            assert value(c, "SELECT DATABASE()") == "test"
            run(c, "DELETE FROM t")
            run(c, "INSERT INTO t (v) VALUES ('a'), ('b')")
            c.begin()
            run(c, "INSERT INTO t (v) VALUES ('c')")
            assert proxy.call("status")["in_transaction"] == 1
            c.rollback()
            assert value(c, "SELECT COUNT(*) FROM t") == 2
            c.autocommit(False)
            run(c, "INSERT INTO t (v) VALUES ('d')")
            c.commit()
            c.autocommit(True)
            assert value(c, "SELECT COUNT(*) FROM t") == 3
            fails_with(1146, run, c, "SELECT * FROM missing")
            fails_with(1064, run, c, "SELEC 1")
            c.select_db("other")
            assert value(c, "SELECT DATABASE()") == "other"
            run(c, "USE test")
            c.ping(reconnect=False)
            for size in (20 << 20, 64 << 20):
                text = "x" * size
                assert value(c, "SELECT LENGTH(%s)", text) == size
                assert len(value(c, "SELECT REPEAT('y', %s)", size)) == size
            path = self.directory / "rows.csv"
            path.write_text("".join(f"{1000 + i}\trow {i}\n" for i in range(20000)))
            run(c, f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE t")
            assert value(c, "SELECT COUNT(*) FROM t") == 20003
            run(c, "DELETE FROM t")
        with contextlib.closing(proxy.connect(client_flag=CLIENT.MULTI_STATEMENTS)) as c:
            with c.cursor() as cursor:
                cursor.execute("SELECT 1; DO 2; SELECT 3 UNION SELECT 4")
                assert cursor.fetchall() == ((1,),)
                assert cursor.nextset() and cursor.nextset()
                assert cursor.fetchall() == ((3,), (4,))
        with contextlib.closing(proxy.connect(cursorclass=pymysql.cursors.SSCursor)) as c:
            digits = " UNION ALL ".join(["SELECT 1"] * 10)
            with c.cursor() as cursor:
                joins = ", ".join(f"({digits}) t{i}" for i in range(6))
                cursor.execute(f"SELECT 'some text to make a row', 1 FROM {joins}")
                assert sum(1 for _ in cursor) == 1_000_000
        driver = self.run_driver(proxy, "basic")
        assert driver.communicate()[0].strip() == "done" and driver.returncode == 0
        text = fails_with(1045, proxy.connect, password="wrong")
        assert "Access denied" in text
        fails_with(1045, proxy.connect, user="nobody")
        fails_with(1045, proxy.connect, password="")
        fails_with(1049, proxy.connect, database="no_such_schema")

    def test_common_source(self):
        with self.proxy() as proxy:
            self.common(proxy)

    def test_common_target(self):
        with self.proxy(active="target") as proxy:
            self.common(proxy)

    def test_common_target_tls(self):
        with self.proxy(active="target", target_options={"tls": "required"}) as proxy:
            self.common(proxy)
            with contextlib.closing(proxy.connect()) as c:
                assert one(c, "SHOW STATUS LIKE 'Ssl_cipher'")[1] != ""

    def test_kill_by_session_id(self):
        with self.proxy() as proxy:
            victim, killer = proxy.connect(), proxy.connect()
            failed = []

            def sleep():
                try:
                    failed.append(value(victim, "SELECT SLEEP(20)"))
                except pymysql.MySQLError as error:
                    failed.append(error.args[0])

            thread = threading.Thread(target=sleep)
            thread.start()
            time.sleep(0.2)
            run(killer, f"KILL QUERY {victim.thread_id()}")
            thread.join(5)
            # An interrupted SLEEP() answers 1.
            assert failed == [1], failed
            killer.kill(victim.thread_id())
            fails_with(2013, run, victim, "SELECT 1")

    def test_backend_unreachable(self):
        with self.proxy(source_options={"port": 1}) as proxy:
            text = fails_with(2003, proxy.connect)
            assert "source" in text, text

    def test_backend_lost(self):
        with self.proxy() as proxy:
            c = proxy.connect()
            backend = proxy.call("status")["source_connections"]
            with contextlib.closing(self.source.connect()) as root:
                run(root, f"KILL {backend[0]}")
            time.sleep(0.1)
            fails_with(2013, run, c, "SELECT 1")

    # Moves.

    def test_move_state(self):
        with self.proxy() as proxy:
            c = proxy.connect()
            assert not is_97(c)
            run(c, "USE other")
            run(c, "SET NAMES utf8mb4")
            run(c, "SET SESSION sql_mode = 'ANSI_QUOTES,NO_AUTO_CREATE_USER', @n = 7, "
                "@d = 1.50, @f = 1.5e0, @s = 'caf\u00e9', @nothing = NULL")
            run(c, "SET @b = X'00ff27'")
            run(c, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            run(c, "SET @@session.group_concat_max_len = 1024 * 8")
            fails_with(1193, run, c, "SET nonsense_variable_name = 1")
            run(c, "SET SESSION wait_timeout=1234")
            run(c, "SET time_zone = '+03:00'")
            run(c, "INSERT INTO test.t (v) VALUES ('x')")
            identity = value(c, "SELECT LAST_INSERT_ID()")
            run(c, "SET autocommit = 0")
            run(c, "COMMIT")
            released = proxy.move("target")
            assert released["moved_sessions"] == 1 and released["closed_sessions"] == 0, released
            assert is_97(c)
            assert value(c, "SELECT DATABASE()") == "other"
            assert value(c, "SELECT @@session.sql_mode") == "ANSI_QUOTES"
            assert one(c, "SELECT @n, @d, @f, @s, @nothing, HEX(@b)") == (
                7, __import__("decimal").Decimal("1.50"), 1.5, "caf\u00e9", None, "00FF27")
            assert value(c, "SELECT @@session.transaction_isolation") == "READ-COMMITTED"
            assert value(c, "SELECT @@session.group_concat_max_len") == 8192
            assert value(c, "SELECT @@session.wait_timeout") == 1234
            assert value(c, "SELECT @@session.time_zone") == "+03:00"
            assert value(c, "SELECT @@session.character_set_client") == "utf8mb4"
            assert value(c, "SELECT @@session.collation_connection") == "utf8mb4_general_ci"
            assert value(c, "SELECT @@session.autocommit") == 0
            assert value(c, "SELECT LAST_INSERT_ID()") == identity
            run(c, "COMMIT")
            released = proxy.move("source")
            assert released["moved_sessions"] == 1, released
            assert not is_97(c)
            assert value(c, "SELECT @@session.tx_isolation") == "READ-COMMITTED"
            assert value(c, "SELECT @s") == "caf\u00e9"
            c.close()

    def test_variables_that_are_gone(self):
        """What connectors of the time of 5.6 set when they connect, and what becomes of it."""
        gone = ["SET SESSION query_cache_wlock_invalidate = 1", "SET old_passwords = 1",
                "SET sql_mode = 'MYSQL40,NO_TABLE_OPTIONS,NO_AUTO_CREATE_USER,ANSI'"]
        with self.proxy() as proxy:
            c = proxy.connect()
            for sql in [*gone, "SET tx_isolation = 'SERIALIZABLE', SESSION tx_read_only = 0",
                        "SET storage_engine = MyISAM", "SET optimizer_switch = 'mrr=off'",
                        "SET group_concat_max_len = 77"]:
                run(c, sql)
            mode = set(value(c, "SELECT @@sql_mode").split(","))
            released = proxy.move("target")
            assert released["moved_sessions"] == 1 and released["closed_sessions"] == 0, released
            # What both servers have went along; the modes without those that are gone.
            assert is_97(c)
            assert value(c, "SELECT @@group_concat_max_len") == 77
            assert value(c, "SELECT @@transaction_isolation") == "SERIALIZABLE"
            assert value(c, "SELECT @@default_storage_engine") == "MyISAM"
            assert "mrr=off" in value(c, "SELECT @@optimizer_switch")
            assert set(value(c, "SELECT @@sql_mode").split(",")) == mode - {
                "MYSQL40", "NO_TABLE_OPTIONS", "NO_AUTO_CREATE_USER", "ANSI"}
            # A new SET is answered by the server itself, and nothing else comes of it.
            for sql, code in zip([*gone, "SET tx_isolation = 'SERIALIZABLE'", "SELECT @@tx_isolation"],
                                 [1193, 1193, 1231, 1193, 1193]):
                fails_with(code, run, c, sql)
            assert one(c, "SELECT @@group_concat_max_len, @@transaction_isolation") == (
                77, "SERIALIZABLE")
            released = proxy.move("source")
            assert released["moved_sessions"] == 1 and released["closed_sessions"] == 0, released
            assert not is_97(c)
            assert one(c, "SELECT @@query_cache_wlock_invalidate, @@old_passwords, @@group_concat_max_len, "
                       "@@tx_isolation, @@storage_engine") == (1, 1, 77, "SERIALIZABLE", "MyISAM")
            assert "mrr=off" in value(c, "SELECT @@optimizer_switch")
            assert proxy.move("target")["moved_sessions"] == 1
            assert is_97(c)
            c.close()
            log = (proxy.state_dir / "proxy.log").read_text()
            assert "has set old_passwords, which the target" in log, log

    def test_move_while_working(self):
        with self.proxy() as proxy:
            errors, stop = [], threading.Event()
            counts = [0] * 16
            longest = [0.0] * 16

            def work(index):
                try:
                    c = proxy.connect(autocommit=index % 2 == 0)
                    run(c, f"SET @me = {index}")
                    while not stop.is_set():
                        begin = time.time()
                        if index % 2:
                            run(c, "INSERT INTO t (v) VALUES ('w')")
                            run(c, "DELETE FROM t WHERE v = 'w' AND id = LAST_INSERT_ID()")
                            c.commit()
                        assert one(c, "SELECT @me, DATABASE()") == (index, "test")
                        if index % 2:
                            c.commit()
                        counts[index] += 1
                        longest[index] = max(longest[index], time.time() - begin)
                    c.close()
                except Exception as error:  # noqa: BLE001 - every error is a failure of the test
                    errors.append((index, repr(error)))

            threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
            marker = self.directory / f"marker{self.count}"
            driver = self.run_driver(proxy, "through_move", str(marker))
            for thread in threads:
                thread.start()
            assert driver.stdout.readline().strip() == "ready"
            time.sleep(0.5)
            holds = []
            for side in ("target", "source", "target", "source", "target"):
                released = proxy.move(side)
                assert released["closed_sessions"] == 0, released
                assert released["moved_sessions"] == 17, released
                assert released["pending_sessions"] == 0, released
                holds.append(released["longest_hold_ms"])
                time.sleep(0.3)
            late = proxy.connect()
            assert is_97(late)
            marker.touch()
            stop.set()
            for thread in threads:
                thread.join(10)
            rest = driver.communicate(timeout=10)[0]
            assert driver.returncode == 0 and rest.startswith("done"), rest
            assert not errors, errors
            assert min(counts) > 20, counts
            print(f"  holds {holds} ms, {sum(counts)} rounds, longest {max(longest) * 1000:.0f} ms")

    def test_transaction_finishes_before_the_move(self):
        with self.proxy() as proxy:
            busy, idle = proxy.connect(), proxy.connect()
            busy.begin()
            run(busy, "INSERT INTO t (v) VALUES ('in transaction')")
            proxy.call("hold", epoch=0, limit_ms=1000, max_hold_ms=10000)
            drained = proxy.call("drained")
            assert drained["busy"] == 1 and not drained["drained"], drained
            answers = []
            held = threading.Thread(target=lambda: answers.append(is_97(idle)))
            newcomer = threading.Thread(target=lambda: answers.append(is_97(proxy.connect())))
            held.start()
            newcomer.start()
            time.sleep(0.2)
            idle_ping = proxy.call("status")
            assert idle_ping["held"] == 1 and idle_ping["logging_in"] == 1, idle_ping
            run(busy, "DELETE FROM t WHERE v = 'in transaction'")
            busy.commit()
            assert proxy.call("drained")["drained"]
            assert not answers
            proxy.call("release", side="target", epoch=proxy.flip("target"))
            held.join(5)
            newcomer.join(5)
            assert answers == [True, True], answers
            assert is_97(busy)

    def test_pinned_sessions_are_closed(self):
        pins = {
            "temporary table": "CREATE TEMPORARY TABLE tmp (a INT)",
            "user lock": "SELECT GET_LOCK('l', 1)",
            "PREPARE in SQL": "PREPARE s FROM 'SELECT 1'",
            "table locks": "LOCK TABLES t READ",
            "open handler": "HANDLER t OPEN",
            "SET TRANSACTION for the next transaction": "SET TRANSACTION READ ONLY",
        }
        undo = ["DROP TEMPORARY TABLE tmp", "DO RELEASE_LOCK('l')", "DEALLOCATE PREPARE s",
                "UNLOCK TABLES", "HANDLER t CLOSE", "COMMIT"]
        with self.proxy() as proxy:
            sessions = [proxy.connect() for _ in pins]
            freed = [proxy.connect() for _ in pins]
            for session, other, sql, end in zip(sessions, freed, pins.values(), undo):
                run(session, sql.replace("'l'", "'m'"))
                run(other, sql)
                run(other, end)
            wait_until(lambda: proxy.call("status")["reasons"] == {why: 1 for why in pins})
            proxy.call("hold", epoch=0, limit_ms=1000, max_hold_ms=10000)
            refused = []
            held = threading.Thread(
                target=lambda: refused.append(fails_with(1053, run, sessions[0], "SELECT 1")))
            held.start()
            time.sleep(0.1)
            assert proxy.call("close_unmovable")["closed"] == len(pins)
            held.join(5)
            assert "temporary table" in refused[0], refused
            released = proxy.call("release", side="target", epoch=proxy.flip("target"))
            assert released["closed_sessions"] == len(pins), released
            assert released["moved_sessions"] == len(pins), released
            for session in sessions:
                fails_with(2013, run, session, "SELECT 1") if session is not sessions[0] else None
            for session in freed:
                assert is_97(session)

    def test_diagnostics_stay_with_their_statement(self):
        with self.proxy() as proxy:
            found, warned, idle = proxy.connect(), proxy.connect(), proxy.connect()
            run(found, "SELECT SQL_CALC_FOUND_ROWS 1 FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3)"
                " x LIMIT 1")
            run(warned, "SELECT 1/0, CAST('x' AS SIGNED)")
            run(idle, "SELECT 1")
            answers = []
            proxy.call("hold", epoch=0, limit_ms=1000, max_hold_ms=10000)
            release = threading.Thread(target=lambda: answers.append(
                proxy.call("release", side="target", epoch=proxy.flip("target"))))
            release.start()
            time.sleep(0.1)
            assert value(found, "SELECT FOUND_ROWS()") == 3
            assert one(warned, "SHOW WARNINGS")[1] == 1292
            release.join(10)
            assert answers[0]["moved_sessions"] == 3, answers
            assert is_97(found) and is_97(warned) and is_97(idle)

    def test_a_statement_that_needs_the_one_before_does_not_move(self):
        with self.proxy() as proxy:
            c = proxy.connect()
            run(c, "UPDATE t SET v = 'x' WHERE id < 0")
            proxy.call("hold", epoch=0, limit_ms=1000, max_hold_ms=10000)
            refused = []
            held = threading.Thread(target=lambda: refused.append(
                fails_with(1053, run, c, "INSERT INTO t (v) SELECT ROW_COUNT()")))
            held.start()
            time.sleep(0.1)
            released = proxy.call("release", side="target", epoch=proxy.flip("target"))
            held.join(5)
            assert refused and released["closed_sessions"] == 1, (refused, released)

    def test_release_lets_a_few_go_at_a_time(self):
        limit, established, newcomers = 8, 120, 80
        door = Doorman(self.target)
        answers, errors = [], []

        def work(connect):
            try:
                c = connect()
                answers.append(is_97(c) and value(c, "SELECT 1") == 1)
                c.close()
            except Exception as error:  # noqa: BLE001 - every error is a failure of the test
                errors.append(repr(error))

        with self.proxy(max_moves=limit, target_options={"port": door.port}) as proxy:
            sessions = [proxy.connect() for _ in range(established)]
            proxy.call("hold", epoch=0, limit_ms=1000, max_hold_ms=60000)
            # Half of the sessions wait with a command, half are idle, and new clients log in.
            waiting = [threading.Thread(target=work, args=(lambda c=c: c,))
                       for c in sessions[::2]]
            waiting += [threading.Thread(target=work, args=(proxy.connect,))
                        for _ in range(newcomers)]
            for thread in waiting:
                thread.start()
            wait_until(lambda: proxy.call("status")["held"] == established // 2 and
                       proxy.call("status")["logging_in"] == newcomers)
            released = []
            release = threading.Thread(target=lambda: released.append(
                proxy.call("release", side="target", epoch=proxy.flip("target"))))
            release.start()
            wait_until(lambda: door.count() == limit)
            time.sleep(0.3)
            assert door.count() == limit and door.most == limit, (door.count(), door.most)
            door.admit(1)
            wait_until(lambda: door.total == limit + 1)
            end = time.time() + 30
            while release.is_alive() or any(thread.is_alive() for thread in waiting):
                assert time.time() < end, (door.total, released, errors[:3])
                door.admit(limit)
                time.sleep(0.01)
            assert not errors, errors[:3]
            assert answers == [True] * len(waiting), answers
            assert released[0]["moved_sessions"] == established, released
            assert released[0]["closed_sessions"] == 0, released
            assert door.most <= limit and door.total == established + newcomers, door.__dict__
            for c in sessions[1::2]:
                serve = threading.Thread(target=lambda c=c: answers.append(is_97(c)))
                serve.start()
                serve.join(5)
            assert answers == [True] * (len(waiting) + established // 2)
        door.close()

    def test_hold_expires(self):
        with self.proxy() as proxy:
            c = proxy.connect()
            proxy.call("hold", epoch=0, limit_ms=100, max_hold_ms=300)
            begin = time.time()
            assert not is_97(c)
            assert 0.1 < time.time() - begin < 2
            route = json.loads((proxy.state_dir / "route.json").read_text())
            assert route == {"epoch": 1, "active": "source"}, route
            status = proxy.call("status")
            assert status["epoch"] == 1 and status["active"] == "source" and not status["holding"]
            for request in ({"op": "hold", "epoch": 0, "limit_ms": 1, "max_hold_ms": 1},
                            {"op": "release", "side": "target", "epoch": 1},
                            {"op": "release", "side": "source", "epoch": 0},
                            {"op": "nonsense"}):
                try:
                    proxy.call(**request)
                except RuntimeError as error:
                    assert "proxy." in str(error), error
                else:
                    raise AssertionError(f"{request} was accepted")

    def test_release_back_and_restart(self):
        with self.proxy() as proxy:
            c = proxy.connect()
            proxy.call("prepare", side="target")
            assert len(proxy.call("status")["target_connections"]) == 1
            proxy.call("hold", epoch=0, limit_ms=100, max_hold_ms=5000)
            (proxy.state_dir / "route.json").write_text('{"epoch":0,"active":"source"}')
            released = proxy.call("release", side="source", epoch=0)
            assert released["moved_sessions"] == 0
            assert proxy.call("status")["target_connections"] == []
            assert not is_97(c)
            proxy.move("target")
            assert is_97(c)
            proxy.stop()
            again = Proxy(self.proxy_main, proxy.state_dir, self.source, self.target)
            assert is_97(again.connect())
            assert again.call("status")["epoch"] == 1
            again.stop()


def main():
    proxy_main, driver = sys.argv[1], sys.argv[2]
    wanted = sys.argv[3:]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="flyover-proxy-") as directory:
        with Sandbox(directory) as sandbox:
            tests = Tests(sandbox, pathlib.Path(directory), proxy_main, driver)
            for name in [n for n in dir(tests) if n.startswith("test_")]:
                if wanted and name not in wanted:
                    continue
                begin = time.time()
                try:
                    getattr(tests, name)()
                    print(f"ok    {name} ({time.time() - begin:.1f} s)", flush=True)
                except Exception as error:  # noqa: BLE001 - the next test runs anyway
                    import traceback
                    traceback.print_exc()
                    failed += 1
                    print(f"FAIL  {name}: {error!r}", flush=True)
                    log = pathlib.Path(directory) / f"state{tests.count}" / "proxy.log"
                    print(log.read_text()[-3000:] if log.exists() else "", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
