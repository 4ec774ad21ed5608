"""What understanding costs: time per exchange against a raw Ed25519 verification, and memory with many exchanges.

    python -m tests.benchmarks.bench_analysis [EXCHANGES]

Twice: payments that ask for new grants each time, and payments that all use the same three tokens. The bounds: the
fold 4 times a raw verification, with all rules 1.2 times the fold, and both the same at the end of a session as at its
start.
"""

from __future__ import annotations

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

ROUNDS, BATCH = 3, 500


def raw_verification() -> float:
    """Seconds for one."""
    private = key().private
    message = b"x" * 400
    signature, public = private.sign(message), private.public_key()
    start = time.process_time()
    for _ in range(3000):
        public.verify(signature, message)
    return (time.process_time() - start) / 3000


def understanding(kind: type[Trace], made: Sequence[Exchange]) -> tuple[float, float, Trace]:
    """(seconds for an exchange of the first quarter, of the last one, the trace)."""
    trace = kind(lambda n: made[n - 1])
    times = []
    for some in batched(made, BATCH):
        start = time.process_time()
        trace.feed([ExchangeSeen(exchange=each) for each in some])
        times.append((time.process_time() - start) / len(some))
    quarter = max(1, len(times) // 4)
    return sum(times[:quarter]) / quarter, sum(times[-quarter:]) / quarter, trace


def compare(made: Sequence[Exchange]) -> None:
    """Fold, and fold with rules, in turns, so that a busy machine slows both; the best of each counts."""
    raw = min(raw_verification() for _ in range(ROUNDS))
    print(f"one raw Ed25519 verification   {raw * 1e6:8.1f} us")
    base = 0.0
    runs = [(understanding(Trace, made), understanding(Understanding, made)) for _ in range(ROUNDS)]
    for name, found in (("fold", [one for one, _ in runs]), ("fold and rules", [other for _, other in runs])):
        first, last = min(run[0] for run in found), min(run[1] for run in found)
        base = base or first
        print(
            f"{name:<28}   {first * 1e6:8.1f} us   {first / raw:5.2f} x raw   {first / base:5.2f} x fold"
            f"   at the end {last / first:5.2f} x the start"
        )
    trace = runs[0][0][2]
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
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    for what, make in (("new grants for each payment", exchanges), ("three tokens for all", reusing_tokens)):
        made = list(make(count))
        print(f"{count} exchanges, {what}")
        compare(made)
        memory(make(count), count)


if __name__ == "__main__":
    main()
