"""Child processes that end with the demo, whatever ends it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"))
from sandbox import die_with_parent  # noqa: E402

STOP_TIMEOUT_S = 10


class DemoError(Exception):
    """A step did not do what it must; the message says where to look."""


class Child:
    """A process in the background, its output in a file. Start it from the main thread."""

    def __init__(self, name, command, log, environment):
        self.name = name
        self.log = pathlib.Path(log)
        self.peak_kib = 0
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command], env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
                preexec_fn=die_with_parent(os.getpid()))

    def check(self):
        """Raises when the process has ended by itself."""
        code = self.process.poll()
        if code is not None:
            raise DemoError(f"{self.name} ended with exit code {code}; its last words "
                            f"({self.log}):\n{tail(self.log)}")
        self.sample_memory()

    def sample_memory(self):
        """Keeps the highest resident memory seen, in KiB."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak_kib = int(line.split()[1])

    def stop(self, timeout_s=STOP_TIMEOUT_S):
        """Asks it to end, insists after a while; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def wait(self, timeout_s):
        """Waits for it to end by itself; returns None when it did not."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None


def tail(path, lines=15):
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(nothing)"
    return "\n".join(text.splitlines()[-lines:])


def call(command, environment, timeout_s, log=None):
    """Runs a command to its end; returns (exit code, standard output)."""
    command = [str(part) for part in command]
    try:
        result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"{' '.join(command)} did not end within {timeout_s} s") from error
    if log is not None:
        with open(log, "ab") as output:
            output.write(f"\n$ {' '.join(command)}\n".encode() + result.stdout + result.stderr)
    return result.returncode, result.stdout.decode("utf-8", "replace")


def parse_json(text, what):
    """The last JSON object of an output; progress lines may stand before it."""
    text = text.strip()
    for candidate in (text, text.splitlines()[-1] if text else ""):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    raise DemoError(f"{what} did not answer JSON: {text[:300]!r}")


def wait_until(condition, timeout_s, what, pause_s=0.1):
    """Polls until the condition is true; says what was waited for when it never is."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(pause_s)
    raise DemoError(f"{what} did not happen within {timeout_s} s")
