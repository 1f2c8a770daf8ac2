"""Runs the statements of a scenario's files in named sessions."""

import pymysql

from .processes import ScenarioError


class Sessions:
    """Sessions by name, opened when first named; `connect` answers a new pymysql connection.
    `servers` by side: for root's sessions, and for those that are started again."""

    def __init__(self, connect, servers=None):
        self.connect = connect
        self.servers = servers or {}
        self.open = {}
        self.done = set()

    def run(self, statements, where):
        for statement in statements:
            if statement.action:
                self.act(*statement.action)
                continue
            if statement.once and (where, statement.line) in self.done:
                continue
            self.done.add((where, statement.line))
            if statement.session not in self.open:
                self.open[statement.session] = self.connect_as(statement.session)
            for _ in range(statement.repeat):
                self.run_one(self.open[statement.session], statement, where)

    def connect_as(self, name):
        user, _, side = name.partition("-")
        return self.servers[side].connect() if user == "root" and side else self.connect()

    def act(self, action, name):
        if action == "close":
            self.open.pop(name).close()
            return
        self.close()
        self.servers[name].stop()
        self.servers[name].start()

    def run_one(self, connection, statement, where):
        told = f"{where}, line {statement.line}: {statement.sql[:200].decode('utf-8', 'replace')}"
        code, message = 0, ""
        try:
            # Bytes, so that a file may hold text of any character set.
            connection.query(statement.sql)
            while connection._result.has_next:  # pymysql has no public name for it.
                connection.next_result()
        except pymysql.MySQLError as error:
            code, message = error.args[0], str(error)
        if code != statement.error:
            expected = f"expected error {statement.error}, " if statement.error else ""
            raise ScenarioError(f"{told}\n{expected}answer: {message or 'done'}")

    def close(self):
        for connection in self.open.values():
            try:
                connection.close()
            except pymysql.MySQLError:
                pass  # The server ended it; the statements before told so already.
        self.open.clear()
