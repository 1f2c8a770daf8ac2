"""Processes that end with the harness, whatever ends it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from sandbox import die_with_parent  # noqa: E402

STOP_TIMEOUT_S = 20


class ScenarioError(Exception):
    """Something is not as the scenario says; the message says what and where to look."""


class Child:
    """A process in the background, its output in a file. Start it from the main thread."""

    def __init__(self, name, command, log, environment):
        self.name = name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            output.write(f"$ {' '.join(map(str, command))}\n".encode())
            output.flush()
            self.process = subprocess.Popen(
                [str(part) for part in command], env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
                preexec_fn=die_with_parent(os.getpid()))

    @property
    def running(self):
        return self.process.poll() is None

    def check(self):
        """Raises when the process has ended by itself."""
        if not self.running:
            raise ScenarioError(f"{self.name} ended with exit code {self.process.returncode}; its "
                                f"last words ({self.log}):\n{tail(self.log)}")

    def signal(self, number):
        if self.running:
            self.process.send_signal(number)

    def stop(self, timeout_s=STOP_TIMEOUT_S):
        """Asks it to end, insists after a while; returns the exit code."""
        self.signal(signal.SIGTERM)
        code = self.wait(timeout_s)
        if code is None:
            self.process.kill()
            code = self.process.wait()
        return code

    def wait(self, timeout_s):
        """Waits for it to end by itself; None when it did not."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None


def tail(path, lines=12):
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(nothing)"
    return "\n".join(line[:1000] for line in text.splitlines()[-lines:])


class Answer:
    """What a command said and how it ended."""

    def __init__(self, command, result):
        self.command = command
        self.code = result.returncode
        self.out = result.stdout.decode("utf-8", "replace")
        self.err = result.stderr.decode("utf-8", "replace")

    @property
    def json(self):
        """The last object on standard output: `run` prints its status before an error."""
        decoder, value, at = json.JSONDecoder(), None, 0
        out = self.out.strip()
        try:
            while at < len(out):
                value, end = decoder.raw_decode(out[at:])
                at += end
                at += len(out[at:]) - len(out[at:].lstrip())
        except ValueError as error:
            raise ScenarioError(f"{self} answered what is not JSON") from error
        if not isinstance(value, dict):
            raise ScenarioError(f"{self} answered no JSON object")
        return value

    def __str__(self):
        return (f"{' '.join(self.command)} (exit code {self.code})\n"
                f"{self.out[-3000:]}{self.err[-3000:]}")


def call(command, environment, timeout_s, log=None):
    """Runs a command to its end."""
    command = [str(part) for part in command]
    try:
        result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise ScenarioError(f"{' '.join(command)} did not end within {timeout_s} s") from error
    answer = Answer(command, result)
    if log is not None:
        with open(log, "a", encoding="utf-8") as output:
            output.write(f"\n$ {answer}\n")
    return answer


def wait_until(condition, timeout_s, what, pause_s=0.05):
    """Polls until the condition is true; `what` may be a function that tells the latest state."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise ScenarioError(f"{text} did not happen within {timeout_s} s")
        time.sleep(pause_s)
