"""Politeness: what is left of the source's own throughput while somebody works on it."""

import shutil
import statistics
import time

import data
import report
from compare import CHECKSUMS, table_checksum
from load import dump, restore
from native import NativeReplica
from tools import BenchError, Writing, query

WORKLOAD = "oltp_read_write"
THREADS = 8
FLYOVER, ALONE = "flyover", "nobody"
LOAD, REPLICATION, COMPARISON = "load", "replication", "comparison"
PEERS = {LOAD: "mydumper + myloader", REPLICATION: "native replication",
         COMPARISON: "pt-table-checksum"}
WARM_UP_S = 1


class Politeness:
    """sysbench works on 5.6 directly, as fast as it can, for as long as the other works.

    Everybody is on one machine, so the cores that the target takes are missed by the source, too:
    that is the same for flyover and for its peers.
    """

    def __init__(self, bench):
        self.bench = bench
        self.details = []
        self.dump = bench.dir / "dump"
        bench.start_fresh_run().wait_for("phase replicating")
        bench.stop_run()
        self.native = NativeReplica(bench.sandbox, bench.source, bench.target)
        query(bench.source, f"DROP DATABASE IF EXISTS {CHECKSUMS}")

    def contenders(self):
        actions = {
            (ALONE, ALONE): (self.nothing, self.pause),
            (LOAD, FLYOVER): (self.bench.empty_target, self.load),
            (LOAD, PEERS[LOAD]): (self.bench.empty_target, self.dump_and_restore),
            (REPLICATION, FLYOVER): (self.follow, self.pause),
            (REPLICATION, PEERS[REPLICATION]): (self.native.start, self.pause),
            (COMPARISON, FLYOVER): (self.follow, self.verify),
            (COMPARISON, PEERS[COMPARISON]): (self.native.start, self.checksum)}
        return {who: lambda who=who, steps=steps: self.measure(who, *steps)
                for who, steps in actions.items()}

    def may_fail(self, who):
        return who[1] in PEERS.values()

    def measure(self, who, prepare, action):
        """Transactions per second of sysbench from the action's begin to its end."""
        self.bench.stop_run()
        prepare()
        self.bench.settle()
        try:
            with Writing(self.bench, WORKLOAD, data.SYSBENCH_TABLES, THREADS) as writing:
                time.sleep(WARM_UP_S)
                before, begin = writing.commits(), time.monotonic()
                action()
                seconds = time.monotonic() - begin
                transactions = writing.commits() - before
        finally:
            self.native.stop()
        if who[1] == FLYOVER:
            self.check(who)
        self.details.append({"during": who[0], "who": who[1], "seconds": seconds,
                             "transactions": transactions})
        return transactions / seconds

    def check(self, who):
        """What flyover did beside the load is right."""
        run = self.bench.run
        run.wait_for("phase replicating")
        answer, _ = run.verify()
        if not answer["equal"]:
            raise BenchError(f"flyover, {who[0]} beside sysbench: {answer['rows_different']} rows "
                             "are different")

    # What is done beforehand.

    def nothing(self):
        pass

    def follow(self):
        self.bench.start_fresh_run().wait_for("phase replicating")

    # What sysbench is disturbed by.

    def pause(self):
        time.sleep(self.bench.options.seconds)

    def load(self):
        self.bench.write_configuration()
        self.bench.start_run().wait_for("phase catch_up")

    def dump_and_restore(self):
        shutil.rmtree(self.dump, ignore_errors=True)
        dump(self.bench, self.dump)
        restore(self.bench, self.dump)

    def verify(self):
        """As often as fits into the time, once at least."""
        deadline = time.monotonic() + self.bench.options.seconds
        while True:
            answer, _ = self.bench.run.verify()
            if not answer["equal"]:
                raise BenchError(f"flyover verify found {answer['rows_different']} rows different")
            if time.monotonic() > deadline:
                return

    def checksum(self):
        deadline = time.monotonic() + self.bench.options.seconds
        while True:
            table_checksum(self.bench.source)
            if time.monotonic() > deadline:
                return

    # What comes of it.

    def measures(self, values):
        self.bench.stop_run()
        query(self.bench.source, f"DROP DATABASE IF EXISTS {CHECKSUMS}")
        alone = values[ALONE, ALONE]
        result = []
        for during, peer in PEERS.items():
            runs = {FLYOVER: values[during, FLYOVER], ALONE: alone}
            if (during, peer) in values:
                runs[peer] = values[during, peer]
            result.append({"name": f"sysbench on the source during {during}",
                           "unit": "transactions/s", "first": FLYOVER, "runs": runs})
        speed = statistics.median(alone)
        costs = {who: [speed * run["seconds"] - run["transactions"] for run in self.details
                       if (run["during"], run["who"]) == (LOAD, who)]
                 for who in (FLYOVER, PEERS[LOAD]) if (LOAD, who) in values}
        return result + [{"name": "what a whole load costs the source", "unit": "transactions",
                          "first": FLYOVER, "runs": costs}]

    def section(self, measures):
        """The section of docs/benchmarks.md."""
        lines = [
            f"sysbench's `{WORKLOAD}` on the source itself, {THREADS} threads, as fast as it can, "
            "for as long as the other one works. Source, target, sysbench and the worker share "
            "the machine's cores. Here more is better.", "",
            "| during | alone tps | flyover tps | of alone | peer | tps | of alone |",
            "|---|--:|--:|--:|---|--:|--:|"]
        for (during, peer), measure in zip(PEERS.items(), measures):
            medians = measure["medians"]
            cells = [during, report.number(medians[ALONE]), report.number(medians[FLYOVER]),
                     f"**{medians[FLYOVER] / medians[ALONE]:.0%}**", peer]
            cells += [report.number(medians[peer]), f"{medians[peer] / medians[ALONE]:.0%}"] \
                if peer in medians else ["not able", ""]
            lines.append("| " + " | ".join(cells) + " |")
        costs = [f"{report.number(median)} transactions with {who}"
                 for who, median in measures[len(PEERS)]["medians"].items()]
        return "\n".join([*lines, "", "A whole load costs the source " + " and ".join(costs)
                          + " (what sysbench would have done alone in that time, less what it "
                          "did)."])
