"""The fold: time per exchange against a raw Ed25519 verification, and memory with many exchanges.

python tests/benchmarks/bench_analysis.py [EXCHANGES]
"""

from __future__ import annotations

import sys
import time
import tracemalloc

from optrace.cli.understanding import Understanding
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.corpus import exchanges, key


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    made = list(exchanges(count))
    private = key().private
    message = b"x" * 400
    signature = private.sign(message)
    public = private.public_key()
    start = time.perf_counter()
    for _ in range(5000):
        public.verify(signature, message)
    raw = (time.perf_counter() - start) / 5000
    print(f"one raw Ed25519 verification            {raw * 1e6:8.1f} us")
    for name, kind in (("fold", Trace), ("fold and rules", Understanding)):
        trace = kind(lambda n: made[n - 1])
        start = time.perf_counter()
        for at in range(0, count, 500):
            trace.feed([ExchangeSeen(exchange=each) for each in made[at : at + 500]])
        each = (time.perf_counter() - start) / count
        print(f"{name:<38}  {each * 1e6:8.1f} us   {each / raw:5.2f} x raw")
    start = time.perf_counter()
    payments = trace.payments
    took = time.perf_counter() - start
    print(f"{len(payments)} payments put together in {took * 1000:.0f} ms")
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    trace = Trace(lambda n: made[n - 1])
    trace.feed(ExchangeSeen(exchange=each) for each in made)
    used = tracemalloc.get_traced_memory()[0] - before
    print(f"memory of the fold: {used / count:.0f} bytes an exchange")


if __name__ == "__main__":
    main()
