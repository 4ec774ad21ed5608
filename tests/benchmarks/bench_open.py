"""Opening a big recording: the first rows, all of it read and judged, how the screen behaves meanwhile, and memory.
Then once more, with the steps that were kept of it.

    python -m tests.benchmarks.bench_open [EXCHANGES | FILE.optrace]

Made-up payments are recorded first (that takes longer than all the rest), then opened by a process of its own. The
bounds for 100,000 exchanges: first rows within a second and a fiftieth of what mitmproxy takes to read the same flows,
at most 200 MB in all. First rows are what a user waits for: from `optrace open` to their letters on a terminal. Modules
are compiled before they are measured, as they are where optrace is installed.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import pty
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from optrace.store.files import state_of
from optrace.store.writer import SessionWriter
from tests.corpus import exchanges

SIZE = (120, 40)
ROUNDS = 7  # openings until the first rows, of which the median counts
ROW = b"wallet"  # what the first row says
TICK = 0.01  # seconds between two looks at whether the screen still answers
SAMPLE = 2000  # flows that mitmproxy reads
PATIENCE = 600.0  # seconds
_IMPORTED = "import optrace.cli.understanding, optrace.tui.app, tests.benchmarks.bench_open"


class TimedLock:
    """A lock that remembers how long it was held at most, and by the thread that reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = 0.0
        self.longest = 0.0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._since = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if threading.current_thread() is not threading.main_thread():
            self.longest = max(self.longest, time.perf_counter() - self._since)
        self._lock.release()


def first_rows(path: Path) -> float:
    """Seconds from the command to the first rows on a terminal. The session isn't read to its end."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if not child:
        os.environ |= {"TERM": "xterm-256color"}
        os.execv(sys.executable, [sys.executable, "-m", "optrace.cli", "open", str(path)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    shown = b""
    try:
        while ROW not in shown and select.select([terminal], [], [], PATIENCE)[0]:
            shown += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


async def opened(path: Path) -> None:
    """Open the file to its end and print what it took."""
    began = time.perf_counter()
    from optrace.cli.aside import Aside
    from optrace.cli.kept import recall
    from optrace.cli.understanding import Understanding
    from optrace.session.recalled import Recalled
    from optrace.store.sources import open_source
    from optrace.tui.app import OptraceApp

    gc.set_threshold(20_000, 20)  # as the command line has it
    source = open_source(path)
    kept = recall(Namespace(key=[], jwks=[]), str(path))
    aside = Aside(source, wanted=kept is None, soon=False)
    fold = Understanding(source.exchange, passes=aside.passes)
    understood, poll = (fold, aside.poll) if kept is None else (Recalled(kept, fold), None)
    app = OptraceApp(source, understood, title="optrace", hint="", poll=poll)
    lock = app.bridge.lock = TimedLock()  # type: ignore[assignment]
    all_read = 0.0
    waits: list[float] = []
    async with app.run_test(size=SIZE):
        while not all_read and time.perf_counter() - began < PATIENCE:
            tick = time.perf_counter()
            await asyncio.sleep(TICK)
            waits.append(time.perf_counter() - tick - TICK)
            if app.bridge.loaded:
                all_read = time.perf_counter() - began
        judged = len(app.bridge.trace)
        assert (kept is None) == (len(fold) == judged)
        while not app.bridge.idle and time.perf_counter() - began < PATIENCE:
            await asyncio.sleep(TICK)
        counted = time.perf_counter() - began
    waits.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{all_read:.1f} {counted:.1f} {judged} {memory:.0f} {time.process_time():.1f}", end=" ")
    print(f"{lock.longest * 1000:.0f} {waits[len(waits) * 95 // 100] * 1000:.0f} {waits[-1] * 1000:.0f}")


def record(path: Path, count: int) -> None:
    """A session of made-up payments, as the proxy records them."""
    with SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC)) as writer:
        for exchange in exchanges(count):
            number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
            writer.response(number, exchange)


def mitmproxy_reads(count: int) -> float:
    """Seconds in which mitmproxy would read so many of these flows."""
    import io

    from mitmproxy.io import FlowReader  # not where memory is measured

    from tests.benchmarks.bench_store import flow_file

    flows = io.BytesIO(flow_file(list(exchanges(SAMPLE))))
    began = time.perf_counter()
    read = sum(1 for _ in FlowReader(flows).stream())
    return (time.perf_counter() - began) / read * count


def measure(path: Path, cache: Path) -> None:
    """Open a file in a fresh process, with and without what was kept of it, and print both tables."""
    os.environ |= {"XDG_CACHE_HOME": str(cache), "PYTHONPYCACHEPREFIX": str(cache / "compiled")}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", _IMPORTED], check=True)
    first = _measured(path, "as it was never seen before")
    while state_of(path, now=time.time()) is None:
        time.sleep(0.5)  # a file that was written just now isn't taken for finished
    before = time.perf_counter()
    command = [sys.executable, "-m", "optrace.cli", "check", str(path), "--offline", "-f", "json"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    size = sum(each.stat().st_size for each in (cache / "optrace" / "steps").iterdir())
    print(f"check keeps its steps in {time.perf_counter() - before:.0f} s: {size / 1e6:.1f} MB")
    again = _measured(path, "with the steps that were kept")
    print(f"first rows {again[0] / first[0]:.2f}, memory {again[1] / first[1]:.2f} of what it was")


def _measured(path: Path, how: str) -> tuple[float, float]:
    """Returns seconds to the first rows, and megabytes."""
    first = statistics.median(first_rows(path) for _ in range(ROUNDS))
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_open", "--opened", str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE + 60,
    )
    all_read, counted, judged, memory, busy, longest, late, latest = map(float, done.stdout.split())
    theirs = mitmproxy_reads(int(judged))
    print(f"{int(judged):,} exchanges, {path.stat().st_size / 1e6:.1f} MB, {how}")
    ratio = f"1/{theirs / first:.0f} of the {theirs:.1f} s that mitmproxy takes to read"
    print(f"first rows        {first:8.2f} s   {ratio}")
    print(f"all read, judged  {all_read:8.1f} s   and counted {counted:.1f} s; {busy:.1f} s of processor time in all")
    print(f"memory            {memory:8.0f} MB")
    print(f"the screen waits  {late:8.0f} ms  at the 95th percentile while it loads, {latest:.0f} ms at most;")
    print(f"                  {longest:8.0f} ms  is the longest that the reader held the lock")
    return first, memory


def main() -> None:
    """Record if asked to, open, print."""
    if sys.argv[1:2] == ["--opened"]:
        asyncio.run(opened(Path(sys.argv[2])))
        return
    what = sys.argv[1] if len(sys.argv) > 1 else "100000"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.optrace" if what.isdecimal() else Path(what)
        if what.isdecimal():
            record(path, int(what))
        measure(path, Path(folder) / "cache")


if __name__ == "__main__":
    main()
