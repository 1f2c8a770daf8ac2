#!/usr/bin/env python3
"""Compares the includes of src/ with the dependencies that the build declares.

usage: check_layers.py SOURCE_ROOT MODULES_FILE

A module may include itself and the modules named in its flyover_module() line. A few third-party
headers belong to one module only, so that they can be replaced in one place.
"""
import pathlib
import re
import sys

OWNED_HEADERS = {
    r"mysql(/|\.h|d_error)": {"db"},
    r"sqlite3\.h": {"store"},
    r"boost/": {"net", "proxy"},
    r"spdlog/": {"base"},
    r"toml\+\+": {"config"},
    r"CLI/": {"cli"},
}
MAX_LINES = 600


def main():
    root, modules_file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    allowed = {}
    for line in modules_file.read_text().splitlines():
        name, deps = line.split(":")
        allowed[name] = {name, *deps.split()}
    problems = []
    for file in sorted((root / "src").rglob("*.[ch]*")):
        module = file.relative_to(root / "src").parts[0]
        lines = file.read_text().splitlines()
        where = file.relative_to(root)
        if len(lines) > MAX_LINES:
            problems.append(f"{where}: {len(lines)} lines, at most {MAX_LINES}")
        if file.suffix == ".h" and "#pragma once" not in lines[:1]:
            problems.append(f"{where}:1: the first line must be #pragma once")
        for number, line in enumerate(lines, 1):
            if match := re.match(r'#include "([a-z]+)/', line):
                if match[1] not in allowed.get(module, set()):
                    problems.append(f"{where}:{number}: {module} may not include {match[1]}")
            elif match := re.match(r"#include <(.+)>", line):
                for pattern, owners in OWNED_HEADERS.items():
                    if re.match(pattern, match[1]) and module not in owners:
                        problems.append(f"{where}:{number}: <{match[1]}> belongs to {owners}")
    print("\n".join(problems) or f"{len(allowed)} modules keep to their declared dependencies")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
