"""`optrace check` of healthy recordings, and how long the commands take to start.

    python -m tests.benchmarks.bench_check [EXCHANGES]

The bounds: ten seconds for 10,000 exchanges on two processors, and 4 times `python -c 'import sqlite3, pydantic'` for
what is small. Seconds are of the processor: what else the machine does leaves them as they are. Modules are compiled
before they are measured, as they are where optrace is installed.
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
OPTRACE = (sys.executable, "-c", "from optrace.cli.main import run; run()")


def processor_time(command: tuple[str, ...]) -> float:
    """Seconds of the processor that a process takes, with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print both tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        big, small = Path(folder) / "big.optrace", Path(folder) / "small.optrace"
        record(big, count)
        record(small, 16)
        taken = processor_time((*OPTRACE, "check", str(big), "--offline"))
        print(f"check of {count:,} exchanges: {taken:.1f} s, {taken / count * 1e6:.0f} us an exchange")
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
