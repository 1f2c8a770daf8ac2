"""What was measured, as one table and as one JSON file."""

import os
import pathlib
import re
import statistics
import subprocess


def finish(measure):
    """Adds medians and ratios (the first contender's median over each other one's).

    Nobody is compared where a measure only lists the parts of a whole.
    """
    medians = {who: statistics.median(values) for who, values in measure["runs"].items()}
    first = None if measure.get("parts") else medians.get(measure["first"])
    ratios = {who: first / median for who, median in medians.items()
              if who != measure["first"] and first is not None and median}
    return dict(measure, medians=medians, ratios=ratios)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def table(measures):
    """The measures as text; ratios are flyover's median over the other's."""
    head = ("measured", "who", "median", "lowest", "highest", "unit", "flyover/it")
    rows = []
    for measure in measures:
        first = measure["first"]
        order = [first] + [who for who in measure["runs"] if who != first]
        for who in order:
            values = measure["runs"].get(who)
            if not values:
                continue
            ratio = measure["ratios"].get(who)
            rows.append((measure["name"] if who == first else "", who,
                         number(measure["medians"][who]), number(min(values)),
                         number(max(values)), measure["unit"],
                         f"{ratio:.2f}" if ratio is not None else ""))
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    right = (2, 3, 4, 6)

    def line(row):
        return "  ".join(cell.rjust(width) if column in right else cell.ljust(width)
                         for column, (cell, width) in enumerate(zip(row, widths))).rstrip()
    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def output(*command):
    """The first line a command prints, or nothing."""
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                check=False, timeout=20)
    except OSError:
        return None
    lines = (result.stdout or result.stderr).strip().splitlines()
    return lines[0] if lines else None


def machine(folder):
    """What the figures depend on."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    memory = re.search(r"MemTotal:\s+([0-9]+)", pathlib.Path("/proc/meminfo").read_text("utf-8"))
    return {"cpu": cpu.group(1) if cpu else None, "cores": os.cpu_count(),
            "memory_mib": int(memory.group(1)) // 1024, "kernel": os.uname().release,
            "file_system": output("stat", "--file-system", "--format=%T", str(folder)),
            "load_average_before": os.getloadavg()}


def versions(binary, build, source, target):
    cache = build / "CMakeCache.txt"
    kind = re.search(r"CMAKE_BUILD_TYPE:STRING=(.*)", cache.read_text("utf-8")) \
        if cache.exists() else None
    repository = pathlib.Path(__file__).resolve().parents[1]
    packages = {name: output("dpkg-query", "-W", "-f", "${Version}", name)
                for name in ("mydumper", "sysbench", "percona-toolkit", "mariadb-client-core")}
    return {"flyover": output(str(binary), "--version"),
            "flyover_build": kind.group(1) if kind else None,
            "commit": output("git", "-C", str(repository), "rev-parse", "HEAD"),
            "source": source, "target": target, **packages}


SECTIONS = {"load": "Full load", "replication": "Catching up",
            "replication-transactional": "Catching up in transactional mode",
            "replication-97": "Catching up from 9.7",
            "replication-97-transactional": "Catching up from 9.7 in transactional mode",
            "lag": "Keeping up", "compare": "Comparison", "endpoint": "Endpoint",
            "decode": "Decoding", "growth": "Growth", "politeness": "Politeness"}
HEAD = """# Benchmarks

Written by `make bench BENCH_ARGS="--docs"`; [bench/README.md](../bench/README.md) tells what is
done. Only ratios mean something: flyover's median over the other's, less is better.
"""


def conditions(facts):
    """One paragraph on where, when and with what a section was measured."""
    machine_facts, known = facts["machine"], facts["versions"]
    before, after = (machine_facts[f"load_average_{when}"][0] for when in ("before", "after"))
    busy = " The machine had other work as well." if before > machine_facts["cores"] / 2 else ""
    return (f"{facts['began'][:10]}, {machine_facts['cores']} cores ({machine_facts['cpu']}), "
            f"{machine_facts['memory_mib'] // 1024} GiB, from {known['source']} to "
            f"{known['target']} on loopback; flyover {known['flyover']} "
            f"({(known['commit'] or '')[:12]}, {known['flyover_build']}), mydumper "
            f"{known['mydumper']}; medians of {facts['options']['runs']} interleaved runs; load "
            f"average {before:.1f} before and {after:.1f} after.{busy}")


def write_section(path, name, text, facts):
    """Puts a part's section into the file in place of the one that was there."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = (f"{begin}\n## {SECTIONS[name]}\n\n{text}\n\n{conditions(facts)}\n{end}\n")
    whole = path.read_text("utf-8") if path.exists() else HEAD
    before, found, rest = whole.partition(begin)
    after = rest.partition(end + "\n")[2] if found else ""
    gap = "" if found else "\n"
    path.write_text(before + gap + section + after, encoding="utf-8")
