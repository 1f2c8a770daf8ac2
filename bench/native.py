"""MySQL's own replication, as the peer: a replica that has the source's rows already."""

import shutil

from tools import ROOT_PASSWORD, BenchError, call, query

WORKERS = 4
DUMP_THREADS = 4
CATCH_UP_TIMEOUT_S = 3600


class NativeReplica:
    """A 9.7 server that follows `source`; stopped but for catch_up() and while following."""

    def __init__(self, source, server, databases, folder):
        self.source = source
        self.server = server
        self.copy(databases, folder / "native-dump")
        file, position = query(source, status_statement(source))[0][:2]
        query(server, f"SET GLOBAL replica_parallel_workers = {WORKERS}")
        query(server, "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', "
                      f"SOURCE_PORT = {source.port}, SOURCE_USER = 'root', "
                      f"SOURCE_PASSWORD = '{ROOT_PASSWORD}', SOURCE_LOG_FILE = '{file}', "
                      f"SOURCE_LOG_POS = {position}, SOURCE_SSL = "
                      f"{0 if source.version == '5.6' else 1}")

    def copy(self, databases, dump):
        """The rows as they are now; nobody writes meanwhile."""
        for database in databases:
            shutil.rmtree(dump, ignore_errors=True)
            call(["mydumper", "--host", "127.0.0.1", "--port", self.source.port, "--user", "root",
                  "--password", ROOT_PASSWORD, "--database", database, "--outputdir", dump,
                  "--threads", DUMP_THREADS, "--trx-consistency-only", "--verbose", 1])
            call(["myloader", "--host", "127.0.0.1", "--port", self.server.port, "--user", "root",
                  "--password", ROOT_PASSWORD, "--directory", dump, "--threads", DUMP_THREADS,
                  "--verbose", 1])
        shutil.rmtree(dump, ignore_errors=True)

    def start(self):
        query(self.server, "START REPLICA")

    def stop(self):
        query(self.server, "STOP REPLICA")

    def catch_up(self, end):
        """Applies everything up to the position (file, offset)."""
        self.start()
        answer = query(self.server, f"SELECT SOURCE_POS_WAIT('{end[0]}', {end[1]}, "
                                    f"{CATCH_UP_TIMEOUT_S})")[0][0]
        if answer is None or answer < 0:
            errors = query(self.server, "SELECT last_error_message FROM performance_schema."
                                        "replication_applier_status_by_worker "
                                        "WHERE last_error_number <> 0")
            raise BenchError(f"native replication did not reach {end}: {errors}")

    def finish(self):
        self.stop()


def status_statement(server):
    return "SHOW MASTER STATUS" if server.version == "5.6" else "SHOW BINARY LOG STATUS"
