"""`optrace check` of healthy recordings, and how long the commands take to start.

    python -m tests.benchmarks.bench_check [EXCHANGES]

The bounds: ten seconds for 10,000 exchanges on two processors, and 4 times `python -c 'import sqlite3, pydantic'` for
what is small. Seconds are of the processor, if nothing else is said: what else the machine does leaves them nearly as
they are. Where both processors are free, a check takes as long as its first process does. Modules are compiled before
they are measured, as they are where optrace is installed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.bench_open import record

ROUNDS = 10
CHECKS = 2  # of each kind, of which the quickest counts
WAYS = {"one process": "1 << 62", "two": "1"}  # the exchanges that a second process is worth
CHECK = """
import sys, resource, time, optrace.cli.aside as aside, optrace.cli.main as main
def run(worth):
    aside.WORTH, began = worth, time.perf_counter()
    sys.argv[1:] = ["check", sys.argv[1], "--offline"]
    try:
        main.run()
    finally:
        spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(*(one.ru_utime + one.ru_stime for one in spent), time.perf_counter() - began, file=sys.stderr)
if __name__ == "__main__":
    run({})
"""
OPTRACE = (sys.executable, "-c", "from optrace.cli.main import run; run()")


def processor_time(command: tuple[str, ...]) -> float:
    """Seconds of the processor that a process takes, with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def checked(path: Path, way: str) -> list[float]:
    """Seconds that a check takes: of the processor in its own process and in all that it starts, and on the clock."""
    for kept in Path(os.environ["XDG_CACHE_HOME"]).glob("optrace/steps/*"):
        kept.unlink()
    command = (sys.executable, "-c", CHECK.format(WAYS[way]), str(path))
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    return [float(word) for word in done.stderr.split()]


def main() -> None:
    """Print both tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        big, small = Path(folder) / "big.optrace", Path(folder) / "small.optrace"
        record(big, count)
        record(small, 16)
        checked(small, "two")  # compiles
        print(f"check of {count:,} exchanges     us each   helper   on the clock")
        for way in WAYS:
            tries = [checked(big, way) for _ in range(CHECKS)]
            own, others, clock = (min(column) for column in zip(*tries, strict=True))
            print(f"{way:<18} {own:8.1f} s {own / count * 1e6:8.0f} {others:8.1f} s {clock:8.1f} s")
        commands = {
            "python -c 'import sqlite3, pydantic'": (sys.executable, "-c", "import sqlite3, pydantic"),
            "optrace version": (*OPTRACE, "version"),
            "optrace ls": (*OPTRACE, "ls", str(small), "--offline"),
            "optrace check": (*OPTRACE, "check", str(small), "--offline"),
        }
        best: dict[str, float] = {}
        for _ in range(ROUNDS):  # in turns
            for name, command in commands.items():
                best[name] = min(best.get(name, 1e9), processor_time(command))
        base = next(iter(best.values()))
        for name, seconds in best.items():
            print(f"{name:<38} {seconds * 1000:6.0f} ms   {seconds / base:5.2f} x")


if __name__ == "__main__":
    main()
