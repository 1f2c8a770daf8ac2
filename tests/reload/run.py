#!/usr/bin/python3
"""Tables that can not be followed for a while are copied again by themselves.

    run.py [--flyover PROGRAM] [--module FILE] [unittest's arguments, such as -k incident]
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
    parser.add_argument("--module", default="reload_test", help="without .py")
    arguments, rest = parser.parse_known_args()
    if arguments.flyover:
        os.environ["FLYOVER"] = str(pathlib.Path(arguments.flyover).resolve())
    sys.path.insert(0, str(HERE))
    result = unittest.main(module=arguments.module, argv=[sys.argv[0], "-v", *rest],
                           exit=False).result
    from reload_test import Servers
    Servers.end(keep_logs=not result.wasSuccessful())
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
