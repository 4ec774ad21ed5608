"""From key to paint, and from start to the first rows, with a hundred, a hundred thousand and a million exchanges.

    python -m tests.benchmarks.bench_tui

Prints milliseconds and ratios to the smallest; the bound for key to paint is 1.5 at a million (95th percentile).
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from optrace.core.messages import Exchange
from optrace.diagram.layout import Diagram
from optrace.diagram.paint import Painter
from optrace.session.events import Event
from optrace.session.steps import Step
from optrace.tui.app import OptraceApp, settle
from tests.diagram.journey import HOSTS, journey
from tests.tui.fakes import FakeTrace, exchange_of, many

SIZE = (120, 40)
MOVES = (("move", 1), ("move", 1), ("page", 1), ("move", -1), ("edge", 1), ("page", -1), ("edge", 0), ("move", 1)) * 25


class EmptyEvents(Sequence[Event]):
    """So many events of which nobody looks at more than the number."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: object) -> Event:  # type: ignore[override]
        if isinstance(index, int) and index >= self.count:
            raise IndexError(index)
        return None  # type: ignore[return-value]


class LongSource:
    """A finished recording that costs nothing to read."""

    live = False
    name = "long.optrace"
    damage = None

    def __init__(self, count: int, step_of: Callable[[int], Step]) -> None:
        self.total = count
        self._left = count
        self._step_of = step_of

    def poll(self, limit: int) -> Sequence[Event]:
        some = min(limit, self._left)
        self._left -= some
        return EmptyEvents(some)

    def exchange(self, n: int) -> Exchange:
        return exchange_of(self._step_of(n))

    def close(self) -> None:
        """Nothing is held."""


def make(count: int) -> OptraceApp:
    step_of = many(count)
    return OptraceApp(LongSource(count, step_of), FakeTrace(step_of), title="optrace", hint="")


async def key_to_paint(count: int) -> list[float]:
    """Milliseconds that each key costs, from its action to the painted screen, once all is read and counted."""
    app = make(count)
    times = []
    async with app.run_test(size=SIZE) as pilot:
        await settle(app, pilot, seconds=300)
        ladder = app.home.ladder
        for action, by in MOVES:
            began = time.perf_counter()
            getattr(ladder, f"action_{action}")(by)
            ladder.render_lines(ladder.size.region)
            times.append((time.perf_counter() - began) * 1000)
            await pilot.pause()
    return times


async def first_paint(count: int) -> tuple[float, float]:
    """Milliseconds from start to the first rows on the screen, and to everything read and counted."""
    app = make(count)
    began = time.perf_counter()
    async with app.run_test(size=SIZE) as pilot:
        while not app.home.ladder._strips:
            await asyncio.sleep(0.001)
        first = (time.perf_counter() - began) * 1000
        await settle(app, pilot, seconds=300)
        return first, (time.perf_counter() - began) * 1000


def row_cost() -> float:
    """Microseconds for one painted row."""
    painter, steps = Painter(Diagram(hosts=HOSTS), 120), journey()
    began = time.perf_counter()
    for _ in range(200):
        for previous, step in pairwise(steps):
            painter.lines(step, previous)
    return (time.perf_counter() - began) / 200 / (len(steps) - 1) * 1e6


def main() -> None:
    """Print the table."""
    print(f"one row: {row_cost():.0f} us")
    base = 0.0
    for count in (100, 100_000, 1_000_000):
        first, all_read = asyncio.run(first_paint(count))
        times = sorted(asyncio.run(key_to_paint(count)))
        p95 = times[int(len(times) * 0.95)]
        base = base or p95
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count:>9,} exchanges: first paint {first:6.0f} ms, all counted {all_read:7.0f} ms, "
            f"key to paint {statistics.median(times):5.2f} ms (p95 {p95:5.2f} ms, ratio {p95 / base:.2f}), "
            f"peak memory so far {memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
