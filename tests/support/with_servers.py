#!/usr/bin/python3
"""Runs a program beside a fresh pair of real servers and answers its exit code.

usage: with_servers.py DIR PROGRAM [ARGUMENT...]

The program finds the servers in its environment (SOURCE_HOST, TARGET_PORT, ... as in env.sh). The
servers, and DIR unless the program failed, are gone afterwards.
"""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sandbox import pair_environment, Sandbox  # noqa: E402


def main():
    directory, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
    shutil.rmtree(directory, ignore_errors=True)
    with Sandbox(str(directory)) as sandbox:
        environment = pair_environment(sandbox.mysql56(), sandbox.mysql97())
        code = subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    if code == 0:
        shutil.rmtree(directory, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
