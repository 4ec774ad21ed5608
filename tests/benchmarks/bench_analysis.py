"""What understanding costs: time per exchange against a raw Ed25519 verification, and memory with many exchanges.

    python -m tests.benchmarks.bench_analysis [EXCHANGES]

Twice: payments that ask for new grants each time, and payments that all use the same three tokens. The bounds: the
fold 4 times a raw verification, with all rules 1.2 times the fold, and both the same at the end of a session as at its
start.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import batched, islice

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.corpus import exchanges, key, reusing_tokens

ROUNDS, BATCH = 3, 50


class Raw:
    """Raw verifications, to be measured beside what is compared with them."""

    def __init__(self) -> None:
        private = key().private
        self._message = b"x" * 400
        self._signature, self._public = private.sign(self._message), private.public_key()

    def seconds(self) -> float:
        """What one takes at this moment."""
        start = time.process_time()
        for _ in range(BATCH // 2):
            self._public.verify(self._signature, self._message)
        return (time.process_time() - start) / (BATCH // 2)


def understanding(kind: type[Trace], made: Sequence[Exchange], raw: Raw) -> tuple[list[float], Trace]:
    """How many raw verifications an exchange costs, batch by batch; and the trace."""
    trace = kind(lambda n: made[n - 1])
    ratios = []
    before = raw.seconds()
    for some in batched(made, BATCH):
        start = time.process_time()
        trace.feed([ExchangeSeen(exchange=each) for each in some])
        taken = (time.process_time() - start) / len(some)
        after = raw.seconds()
        ratios.append(taken / ((before + after) / 2))
        before = after
    return ratios, trace


def compare(made: Sequence[Exchange]) -> None:
    """Fold, and fold with rules. Each batch is held against raw verifications right before and after it, and the
    median counts: so a busy machine, which slows all alike, changes little."""
    raw, base = Raw(), 0.0
    print(f"one raw Ed25519 verification   {min(raw.seconds() for _ in range(20)) * 1e6:8.1f} us")
    for name, kind in (("fold", Trace), ("fold and rules", Understanding)):
        runs = [understanding(kind, made, raw) for _ in range(ROUNDS)]
        ratio = statistics.median(each for ratios, _ in runs for each in ratios)
        quarter = max(1, len(runs[0][0]) // 4)
        first = statistics.median(each for ratios, _ in runs for each in ratios[:quarter])
        last = statistics.median(each for ratios, _ in runs for each in ratios[-quarter:])
        base = base or ratio
        print(
            f"{name:<28}   {ratio:5.2f} x raw   {ratio / base:5.2f} x fold   at the end {last / first:5.2f} x the start"
        )
    trace = runs[0][1]
    start = time.process_time()
    payments = trace.payments
    print(f"{len(payments)} payments put together in {(time.process_time() - start) * 1000:.0f} ms", end="; ")
    start = time.process_time()
    assert trace.payments == payments
    print(f"asked again: {(time.process_time() - start) * 1000:.2f} ms")


def memory(made: Iterator[Exchange], count: int) -> None:
    """Bytes that the fold keeps of each exchange, beside what it keeps of any session."""
    trace = Trace()
    tracemalloc.start()
    trace.feed(ExchangeSeen(exchange=each) for each in islice(made, count // 2))
    before = tracemalloc.get_traced_memory()[0]
    trace.feed(ExchangeSeen(exchange=each) for each in made)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"memory of the fold: {used / (count - count // 2):.0f} bytes an exchange")


def main() -> None:
    """Print the table."""
    gc.set_threshold(20_000, 20)  # as the command line has it
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    for what, make in (("new grants for each payment", exchanges), ("three tokens for all", reusing_tokens)):
        made = list(make(count))
        print(f"{count} exchanges, {what}")
        compare(made)
        memory(make(count), count)


if __name__ == "__main__":
    main()
