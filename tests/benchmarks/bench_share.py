"""What it takes to give a session away: exports of it, masked, and its redacted copy.

    python -m tests.benchmarks.bench_share [EXCHANGES]

The bounds for 100,000 exchanges: HAR and JSON lines within 20 seconds, with memory that doesn't grow; for 1,000, a page
of 2 MB that is interactive within a second; redaction of 500 exchanges a second. Beside the seconds on the wall, which
other work on the machine adds to, stand those of all processors together, and ratios to the least that it can take, in
the same run: for exports, to read the exchanges and dump them, masking nothing; for redaction, as many raw Ed25519
signatures. The exports are measured with the steps kept, as they are after any `check`. Modules are compiled before
they are measured, as they are where optrace is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from optrace.core.exchange_json import to_jsonl
from optrace.store.files import state_of
from optrace.store.reader import SessionReader
from tests.benchmarks.bench_open import record

OPTRACE = (sys.executable, "-m", "optrace.cli")
PAGE, REDACTED, SAMPLE = 1000, 4000, 2000  # exchanges


class Taken(NamedTuple):
    """What a command takes, with all that it starts."""

    wall: float  # seconds
    work: float  # seconds of processors
    memory: float  # MB of its largest process


def taken(*words: object) -> Taken:
    """Run a command to its end."""
    began = time.perf_counter()
    child = subprocess.Popen([*OPTRACE, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    return Taken(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def dumping(path: Path) -> float:
    """Seconds of the processor in which one exchange is read and written as JSON."""
    reader = SessionReader.open(path)
    began = time.process_time()
    found = reader.span(1, SAMPLE)
    for exchange in found:
        to_jsonl(exchange)
    return (time.process_time() - began) / len(found)


def signing() -> float:
    """Seconds of the processor for one raw signature."""
    key, text = Ed25519PrivateKey.generate(), bytes(600)
    began = time.process_time()
    for _ in range(SAMPLE):
        key.sign(text)
    return (time.process_time() - began) / SAMPLE


def interactive(path: Path) -> str:
    """How long a real Chromium takes from opening a page to its rows, if there are one and the packages for it."""
    chromium = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := which(name))), "")
    asked = json.dumps({"chromium": chromium, "url": path.as_uri(), "scheme": "light", "acts": []})
    script = Path(__file__).parents[1] / "interop" / "exporters" / "page.mjs"
    try:
        done = subprocess.run(["node", str(script)], input=asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "no Chromium, or no packages in tests/interop/exporters, to open it with"
    return f"interactive in {json.loads(done.stdout)['interactive'] / 1000:.2f} s"


def main() -> None:
    """Record, give away, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        os.environ |= {"XDG_CACHE_HOME": str(at / "cache"), "PYTHONPYCACHEPREFIX": str(at / "cache" / "compiled")}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for command in ("export", "redact", "check"):
            taken(command, "--help")
        big, tenth, page, small = (at / f"{name}.optrace" for name in ("big", "tenth", "page", "small"))
        for path, size in ((big, count), (tenth, count // 10), (page, PAGE), (small, REDACTED)):
            record(path, size)
        while state_of(big, now=time.time()) is None:
            time.sleep(0.5)  # a file that was written just now isn't taken for finished
        for path in (big, tenth):
            taken("check", path, "--offline")
        taken("export", page, "-f", "har", "--offline")  # compiles what only an export needs
        dump, sign = dumping(big), signing()
        for name in ("jsonl", "har"):
            out = at / f"out.{name}"
            less = taken("export", tenth, "-f", name, "-o", out, "--offline")
            wall, work, memory = taken("export", big, "-f", name, "-o", out, "--offline")
            print(
                f"{name:<6} of {count:,}: {wall:6.1f} s, {work:6.1f} s of processors,"
                f" {work / count / dump:5.1f} x reading and json.dumps; {out.stat().st_size / 1e6:.0f} MB;"
                f" largest process {memory:.0f} MB, {memory / less.memory:.1f} x that for a tenth"
            )
        wall = taken("export", page, "-f", "html", "-o", at / "page.html", "--offline").wall
        size = (at / "page.html").stat().st_size / 1e6
        print(f"html   of {PAGE:,}: {wall:6.1f} s; {size:.2f} MB; {interactive(at / 'page.html')}")
        wall, work, memory = taken("redact", small, "-o", at / "copy.optrace", "--offline")
        print(
            f"redact of {REDACTED:,}: {wall:6.1f} s, {REDACTED / wall:.0f} a second; {work:.1f} s of processors,"
            f" {work / REDACTED / sign:.0f} x an Ed25519 signature; largest process {memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
