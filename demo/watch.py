"""Follows `flyover status` while the demo does its steps."""

import threading
import time

from processes import DemoError, parse_json


class Watch(threading.Thread):
    """Asks `flyover status` all the time: the phases with their times, and the highest lag."""

    def __init__(self, demo):
        super().__init__(daemon=True)
        self.demo = demo
        self.stopping = threading.Event()
        self.latest = {}
        self.phases = []
        self.highest_lag_ms = 0
        self.printed = 0.0

    def run(self):
        while not self.stopping.wait(0.5):
            try:
                self.look()
            except (DemoError, OSError):
                continue  # Not up yet, or busy; the steps themselves say what went wrong.

    def look(self):
        code, text = self.demo.flyover("status", timeout_s=20, logged=False)
        if code != 0:
            return
        status = parse_json(text, "flyover status")
        if "phase" not in status:
            return
        now = time.time()
        self.latest = status
        if not self.phases or self.phases[-1]["phase"] != status["phase"]:
            self.phases.append({"phase": status["phase"], "began": now})
        self.highest_lag_ms = max(self.highest_lag_ms, status.get("lag_ms") or 0,
                                  status.get("lag_ms_highest") or 0)
        if not status.get("ready") and now - self.printed > 5 and status["phase"] != "finished":
            self.printed = now
            self.demo.say(f"  {status['phase']}: {status.get('reason') or ''} "
                          f"{status.get('rows_loaded') or 0:,} rows loaded, "
                          f"{status.get('rows_per_second') or 0:,.0f} rows/s, "
                          f"lag {status.get('lag_ms') or 0:,.0f} ms")
