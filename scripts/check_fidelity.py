#!/usr/bin/env python3
"""Checks docs/fidelity.md: each trap from T1 to T128 has a row, each test that it names exists.

usage: check_fidelity.py SOURCE_ROOT

A test is named in backticks: `scenario:NAME`, `unit:Suite.Test`, `integration:Suite.Test`,
`integration:proxy.test_…`, `cli:Class.test_…`, `reload:Class.test_…`. A row without a test has
to say "not covered" or "cannot occur".
"""
import pathlib
import re
import sys

TRAPS = 128
NAMED = re.compile(r"`(scenario|unit|integration|cli|reload):([^`]+)`")
GTEST = re.compile(r"^(?:TEST(?:_F|_P)?|RC_GTEST_\w+)\(\s*(\w+),\s*(\w+)", re.MULTILINE)


def gtest_names(files):
    names = set()
    for file in files:
        names |= {".".join(match) for match in GTEST.findall(file.read_text(encoding="utf-8"))}
    return names


def python_names(files):
    """Class.test_name, and module.test_name for test functions without a class."""
    names = set()
    for file in files:
        owner = file.stem.removesuffix("_test")
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"class (\w+)", line):
                owner = match[1]
            if match := re.match(r" *def (test_\w+)", line):
                names |= {f"{owner}.{match[1]}", f"{file.stem.removesuffix('_test')}.{match[1]}"}
    return names


def known_tests(root):
    tests = root / "tests"
    return {
        "unit": gtest_names((root / "src").rglob("*_test.cc")),
        "integration": gtest_names((tests / "integration").glob("*.cc")) |
        python_names((tests / "integration").glob("*_test.py")),
        "scenario": {path.parent.name for path in (tests / "scenarios").glob("*/expect.json")},
        "cli": python_names((tests / "cli").glob("*_test.py")),
        "reload": python_names((tests / "reload").glob("*_test.py")),
    }


def main():
    root = pathlib.Path(sys.argv[1])
    known = known_tests(root)
    problems, rows = [], {}
    lines = (root / "docs/fidelity.md").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        named = NAMED.findall(line)
        problems += [f"line {number}: there is no test {kind}:{name}" for kind, name in named
                     if name not in known[kind]]
        if match := re.match(r"\| (T\d+) \|", line):
            if match[1] in rows:
                problems.append(f"line {number}: {match[1]} is there twice")
            rows[match[1]] = line
            if not named and "not covered" not in line and "cannot occur" not in line:
                problems.append(f"line {number}: {match[1]} names no test and does not say why")
    wanted = {f"T{number}" for number in range(1, TRAPS + 1)}
    problems += [f"{trap} is missing" for trap in sorted(wanted - set(rows))]
    problems += [f"{trap} is no trap" for trap in sorted(set(rows) - wanted)]
    for problem in problems:
        print(f"docs/fidelity.md: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
