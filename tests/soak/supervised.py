"""`flyover run` under a supervisor, and what takes its sessions and its servers away from it."""

import time

from harness.flyover import Flyover
from harness.processes import tail

# What `run` says last when a session of its start was lost, or a server could not be reached.
LOST = tuple(f"MySQL error {number}" for number in (2002, 2003, 2006, 2013, 1053))
LATE_S = 15


class Restarted(Flyover):
    """Starts `run` again where it ended because the walk took a session or a server from it: at its
    start a lost session ends it, and whoever supervises it starts it again. Every other end is a
    failure."""

    killed_at = float("-inf")
    restarts = 0

    def check(self):
        lost = time.monotonic() - self.killed_at < LATE_S
        if lost and self.run is not None and not self.run.running and \
                any(text in tail(self.run.log, 4) for text in LOST):
            self.restarts += 1
            self.killed_at = float("-inf")
            self.start_run()
        super().check()

    def status(self):
        self.check()
        latest = super().status()
        if latest["phase"] == "failed" and any(text in latest["reason"] for text in LOST):
            self.run.wait(20)
            self.check()
            latest = super().status()
        return latest


class Outage:
    """Tells the sessions whether a server may be gone: from `begin` until a while after `end`; and
    whether the one that they work on may be a new one."""

    def __init__(self, new_server):
        self.new_server = new_server
        self.until = float("-inf")
        self.count = 0

    def begin(self):
        self.count += 1
        self.until = float("inf")

    def end(self):
        self.until = time.monotonic() + LATE_S

    @property
    def possible(self):
        return time.monotonic() < self.until


def kill_server(server, outage, pause_s, options):
    """kill -9, and the same server again with the settings that a running one was given."""
    kept = server.extra_args
    server.extra_args = kept + [f"--{name.replace('_', '-')}={value}"
                                for name, value in options.items()]
    outage.begin()
    try:
        server.kill()
        time.sleep(pause_s)
        server.start()
    finally:
        server.extra_args = kept
        outage.end()
