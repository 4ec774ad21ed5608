"""A recording that grows by 500 exchanges a second while somebody scrolls through it.

    python -m tests.benchmarks.bench_live [SECONDS]

The bounds: no frame takes more than 50 ms, and the screen, its worker included, no more than one processor. A frame is
a key's action and the painting that follows, in seconds of the processor, which a busy machine leaves as they are; how
long the screen answered nothing is told as well.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from optrace.store.writer import SessionWriter
from tests.corpus import exchanges

SIZE = (120, 40)
RATE = 500  # exchanges a second
FRAME, KEYS = 0.05, 20  # seconds; keys a second, as a key that is held down repeats
MOVES = (("move", 1),) * 20 + (("page", -1),) * 4 + (("move", -1),) * 10 + (("edge", 1),) + (("page", -1),) * 2


def write(path: str, seconds: float) -> None:
    """The proxy's part: so many exchanges a second, each in two commits."""
    made = list(exchanges(int(RATE * (seconds + 5))))  # signed beforehand
    with SessionWriter.create(Path(path), info={}, clock=lambda: datetime.now(UTC)) as writer:
        began = time.perf_counter()
        for count, exchange in enumerate(made):
            if (ahead := began + count / RATE - time.perf_counter()) > 0:
                time.sleep(ahead)
            if time.perf_counter() - began > seconds + 3:
                return
            number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
            writer.response(number, exchange)


async def scrolled(path: Path, seconds: float) -> tuple[list[float], list[float], float, int]:
    """(seconds of each frame, waits of the screen, processors used, exchanges seen)."""
    from optrace.cli.aside import Aside
    from optrace.cli.understanding import Understanding
    from optrace.store.sources import open_source
    from optrace.tui.app import OptraceApp

    source = open_source(path)
    aside = Aside(source, soon=False)
    trace = Understanding(source.exchange, passes=aside.passes)
    app = OptraceApp(source, trace, title="optrace", hint="", poll=aside.poll)
    frames: list[float] = []
    waits: list[float] = []
    async with app.run_test(size=SIZE) as pilot:
        while not len(app.bridge.trace):
            await asyncio.sleep(0.01)
        await pilot.pause()
        ladder = app.home.ladder
        busy, began = time.process_time(), time.perf_counter()
        for action, by in itertools.cycle(MOVES):
            if time.perf_counter() - began > seconds:
                break
            at = time.thread_time()
            getattr(ladder, f"action_{action}")(by)
            ladder.render_lines(ladder.size.region)
            frames.append(time.thread_time() - at)
            asked = time.perf_counter()
            await asyncio.sleep(1 / KEYS)
            waits.append(time.perf_counter() - asked - 1 / KEYS)
        used = (time.process_time() - busy) / (time.perf_counter() - began)
        return frames, waits, used, len(app.bridge.trace)


def main() -> int:
    """Print the figures; 1 if a bound is exceeded."""
    gc.set_threshold(20_000, 20)  # as the command line has it
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "live.optrace"
        proxy = get_context("spawn").Process(target=write, args=(str(path), seconds))
        proxy.start()
        while not path.exists():
            threading.Event().wait(0.05)
        frames, waits, used, seen = asyncio.run(scrolled(path, seconds))
        proxy.join()
    frames.sort()
    waits.sort()
    p95 = len(frames) * 95 // 100
    print(
        f"{seen:,} exchanges in {seconds:.0f} s ({RATE} a second were sent if the machine had time), {len(frames)} keys"
    )
    print(f"a frame           {frames[p95] * 1000:6.1f} ms at the 95th percentile, {frames[-1] * 1000:.1f} ms at most")
    print(f"the screen waits  {waits[p95] * 1000:6.1f} ms at the 95th percentile, {waits[-1] * 1000:.1f} ms at most")
    print(f"processors        {used:6.2f}")
    return 0 if frames[-1] <= FRAME and used <= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
