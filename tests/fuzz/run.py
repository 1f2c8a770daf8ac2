#!/usr/bin/python3
"""Runs the libFuzzer programs: `make fuzz [SECONDS=60] [TARGET=rows]`.

    run.py --programs build/fuzz/tests/fuzz --work build/fuzz/work [--seconds 60] [--target NAME]...

Every target runs for that many seconds of processor time, beginning with the committed corpus and
what earlier runs found interesting (WORK/corpus). A finding is kept in WORK/findings, the target
ends there, and so does this program with exit code 1.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS_MAX = 1000
# A rows event may take 512 MiB, and a vector that grows twice that for a moment.
LIMITS = ["-max_len=65536", "-timeout=20", "-rss_limit_mb=2500", "-malloc_limit_mb=1200",
          "-print_final_stats=1"]


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_target(program, name, work, seconds):
    """True when the target ran for `seconds` without a finding."""
    corpus = work / "corpus" / name
    findings = work / "findings" / name
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    log = work / f"{name}.log"
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=0",
                       UBSAN_OPTIONS="print_stacktrace=1")
    begin, begin_cpu = time.monotonic(), children_cpu()
    executions = 0
    with open(log, "wb") as output:
        for _ in range(ROUNDS_MAX):
            left = seconds - (children_cpu() - begin_cpu)
            if left <= 0:
                break
            offset = output.tell()
            done = subprocess.run(
                [str(program), *LIMITS, f"-max_total_time={max(1, round(left))}",
                 f"-artifact_prefix={findings}/", str(corpus), str(HERE / "corpus" / name)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
                check=False)
            output.seek(0, os.SEEK_END)
            text = log.read_bytes()[offset:].decode(errors="replace")
            executions += sum(int(line.split()[-1]) for line in text.splitlines()
                              if line.startswith("stat::number_of_executed_units"))
            if done.returncode != 0:
                print(f"{name}: FOUND something, see {log} and {findings}", flush=True)
                return False
    print(f"{name}: clean, {children_cpu() - begin_cpu:.0f} s of processor time "
          f"({time.monotonic() - begin:.0f} s), {executions} executions, "
          f"{len(list(corpus.iterdir()))} files in the corpus", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target", action="append", default=[])
    args = parser.parse_args()
    programs = {path.name.removeprefix("fuzz_"): path for path in args.programs.glob("fuzz_*")
                if os.access(path, os.X_OK) and path.is_file()}
    names = args.target or sorted(programs)
    unknown = [name for name in names if name not in programs]
    if unknown or not names:
        sys.exit(f"no such target: {', '.join(unknown)}; there are {', '.join(sorted(programs))}")
    clean = [run_target(programs[name], name, args.work, args.seconds) for name in names]
    if not all(clean):
        print("Repeat one with PROGRAM FILE; when it is mended, the file goes to "
              "tests/fuzz/corpus/TARGET/.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
