"""MySQL's own replication, as the peer: a replica that has the source's rows already."""

import shutil

from sandbox import Server
from tools import ROOT_PASSWORD, BenchError, query

WORKERS = 4
CATCH_UP_TIMEOUT_S = 900


class NativeReplica:
    """A copy of `target`, which stands exactly where the source does; it works in catch_up()."""

    def __init__(self, sandbox, source, target):
        self.source = source
        # A source without GTIDs is not followed by a server that has them, as 9.7 does by default.
        without = ["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"]
        ignored = ["--replicate-wild-ignore-table=flyover.%"]
        self.server = copy_server(sandbox, target, "native97",
                                  ignored + (without if source.version == "5.6" else []))
        file, position = query(source, status_statement(source))[0][:2]
        query(self.server, f"SET GLOBAL replica_parallel_workers = {WORKERS}")
        query(self.server, "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', "
                           f"SOURCE_PORT = {source.port}, SOURCE_USER = 'root', "
                           f"SOURCE_PASSWORD = '{ROOT_PASSWORD}', SOURCE_LOG_FILE = '{file}', "
                           f"SOURCE_LOG_POS = {position}, SOURCE_SSL = "
                           f"{0 if source.version == '5.6' else 1}")

    def start(self):
        query(self.server, "START REPLICA")

    def stop(self):
        query(self.server, "STOP REPLICA")

    def catch_up(self, end):
        """Applies everything up to the position (file, offset)."""
        self.start()
        self.wait_for(end)

    def wait_for(self, end):
        """Waits until everything up to the position (file, offset) is applied."""
        answer = query(self.server, f"SELECT SOURCE_POS_WAIT('{end[0]}', {end[1]}, "
                                    f"{CATCH_UP_TIMEOUT_S})")[0][0]
        if answer is None or answer < 0:
            errors = [row[0] for table in ("connection_status", "applier_status_by_worker")
                      for row in query(self.server, "SELECT last_error_message FROM "
                                                    f"performance_schema.replication_{table} "
                                                    "WHERE last_error_number <> 0")]
            raise BenchError(f"native replication did not reach {end}: {errors}")


def copy_server(sandbox, original, name, options):
    """Another server with the same data, made while the original is stopped."""
    server = Server(original.version, sandbox.directory / name,
                    [*original.extra_args, *options], sandbox.detached)
    original.stop()
    shutil.copytree(original.data, server.data)
    (server.data / "auto.cnf").unlink()
    for log in server.data.glob("binlog.*"):
        log.unlink()
    original.start()
    sandbox.servers.append(server)
    return server.start()


def status_statement(server):
    return "SHOW MASTER STATUS" if server.version == "5.6" else "SHOW BINARY LOG STATUS"
