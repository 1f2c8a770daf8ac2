#!/usr/bin/python3
"""Wrong input of every kind: the exit code, what is said, and that nothing half-made is left.

    run.py [--flyover PROGRAM] [unittest's arguments, such as -k wrong_password]
"""

import argparse
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flyover", help="the program to test")
    arguments, rest = parser.parse_known_args()
    if arguments.flyover:
        os.environ["FLYOVER"] = str(pathlib.Path(arguments.flyover).resolve())
    sys.path.insert(0, str(HERE))
    names = [path.stem for path in sorted(HERE.glob("*_test.py"))]
    tests = [name for name in rest if name.split(".")[0] in names]
    options = [name for name in rest if name not in tests]
    result = unittest.main(module=None, argv=[sys.argv[0], *options, *(tests or names)],
                           exit=False).result
    from fixture import Servers
    Servers.end(keep_logs=not result.wasSuccessful())
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
