"""The endpoint: what it adds to a query, and what it leaves of the throughput."""

import socket
import subprocess
import time

import data
from tools import (
    APP_PASSWORD, STOP_TIMEOUT_S, BenchError, cpu_seconds, spawn, sysbench, sysbench_numbers, tail)

# Latency is asked of one connection, throughput of several.
WORKLOADS = (("oltp_point_select", 1), ("oltp_read_only", 1), ("oltp_point_select", 8),
             ("oltp_read_only", 8))


class Endpoint:
    """sysbench on 5.6, directly and through `flyover proxy`."""

    through, directly = "flyover proxy", "direct"

    def __init__(self, bench):
        self.bench = bench
        self.numbers = {}
        self.log = bench.dir / "proxy.log"
        bench.write_configuration()
        self.proxy = spawn([bench.binary, "proxy", bench.dir / "upgrade.toml"], self.log)
        self.wait_until_listening()

    def wait_until_listening(self):
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.proxy.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.bench.proxy_port), timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise BenchError(f"flyover proxy does not listen:\n{tail(self.log)}")

    def contenders(self):
        ports = {self.directly: self.bench.source.port, self.through: self.bench.proxy_port}
        return {(workload, threads, way): lambda key=(workload, threads, way): self.measure(
                    key, ports[key[2]])
                for workload, threads in WORKLOADS for way in ports}

    def measure(self, key, port):
        workload, threads, _ = key
        numbers = sysbench_numbers(sysbench(
            workload, "run", port, data.SYSBENCH_TABLES, self.bench.options.rows, threads,
            self.bench.options.endpoint_seconds, "app", APP_PASSWORD))
        self.numbers.setdefault(key, []).append(numbers)
        return numbers["queries_per_second"]

    @property
    def details(self):
        return [{"workload": workload, "connections": threads, "way": way, "runs": runs}
                for (workload, threads, way), runs in self.numbers.items()]

    def measures(self, _):
        queries = sum(run["queries_per_second"] * run["seconds"]
                      for key, runs in self.numbers.items() if key[2] == self.through
                      for run in runs)
        cpu_us = cpu_seconds(self.proxy.pid) * 1e6 / queries
        self.proxy.terminate()
        try:
            self.proxy.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.proxy.kill()
        result = []
        for workload, threads in WORKLOADS:
            label = f"{workload}, {threads} connection{'s' if threads > 1 else ''}"

            def runs(field, scale=1.0, key=(workload, threads)):
                return {way: [run[field] * scale for run in self.numbers[(*key, way)]]
                        for way in (self.through, self.directly)}
            if threads == 1:
                result += [{"name": f"{label}: p50 of a transaction", "unit": "us",
                            "first": self.through, "runs": runs("p50_ms", 1000)},
                           {"name": f"{label}: p95 of a transaction", "unit": "us",
                            "first": self.through, "runs": runs("p95_ms", 1000)}]
            result.append({"name": label, "unit": "queries/s", "first": self.through,
                           "runs": runs("queries_per_second")})
        result.append({"name": "endpoint: CPU time of a query", "unit": "us",
                       "first": self.through, "runs": {self.through: [cpu_us]}})
        return result
