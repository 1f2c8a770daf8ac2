"""Switches that fail or are killed at every step, and what must be true afterwards.

An entry of expect.json: {"action": "fail" | "kill", "points": ["fence", …]} arms switch.<point>.

fail: one run with every point armed once, so that the first switch fails at the first point, the
next at the second: each is called off, and the application goes on where it was.
kill: one run for each point; the next run finds the journal and ends the switch, either way.
"""

from .processes import ScenarioError

# At these points the route on disk names the other side already.
FLIPPED = ("release", "events_on")


class FailingSwitches:
    """`command` is cutover or rollback."""

    def __init__(self, walk, command):
        self.walk = walk
        self.flyover = walk.flyover
        self.command = command
        self.active = "source" if command == "cutover" else "target"
        self.other = "target" if command == "cutover" else "source"
        self.back = "rollback" if command == "cutover" else "cutover"

    def go(self, entries):
        for entry in entries:
            if entry["action"] == "fail":
                self.fail(entry["points"])
            else:
                for point in entry["points"]:
                    self.kill(point)
        if entries:
            self.walk.restart()
            self.flyover.wait_ready()
            self.walk.compare(f"after every failed {self.command}")

    def fail(self, points):
        self.walk.restart(",".join(f"switch.{point}=fail@1" for point in points))
        left = {f"switch.{point}" for point in points}
        while left:
            self.flyover.wait_ready()
            answer = self.flyover.command(self.command)
            if answer.code != 1 or answer.json["succeeded"]:
                raise ScenarioError(f"the {self.command} should fail at one of {left}: {answer}")
            point = answer.json["failure"].split()[-1]
            if point not in left:
                raise ScenarioError(f"the {self.command} should fail at one of {left}: {answer}")
            left.remove(point)
            self.check(point, self.active)

    def kill(self, point):
        self.walk.restart(f"switch.{point}=kill@1")
        self.flyover.wait_ready()
        answer = self.flyover.command(self.command)
        if answer.code != 3:
            raise ScenarioError(f"a {self.command} whose run dies should exit 3: {answer}")
        self.walk.expect_killed(f"switch.{point}")
        self.flyover.start_run()
        self.flyover.wait_ready()
        flipped = point in FLIPPED
        self.check(point, self.other if flipped else self.active)
        if flipped:
            self.walk.switch(self.back, self.active)

    def check(self, point, active):
        """The switch is undone, or done: never something between."""
        self.flyover.wait_ready()
        if self.flyover.latest["active"] != active:
            raise ScenarioError(f"after a {self.command} that ended at {point} the status says "
                                f"{self.flyover.latest}; {active} should be active")
        try:
            self.walk.check_sides(active)
        except ScenarioError as error:
            raise ScenarioError(f"after a {self.command} that ended at {point}: {error}") from error
        self.walk.check_application()
