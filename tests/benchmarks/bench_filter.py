"""What a filter takes over many exchanges, as the screen's worker runs it once columns and texts are there.

    python -m tests.benchmarks.bench_filter [EXCHANGES]

The bounds for 100,000: 100 ms where fields answer, 1.5 s where every text is looked through. Each is held against a
search for one byte in as many bytes as there are of texts, and in seconds of the processor.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable

from optrace.session.events import ExchangeSeen
from optrace.session.filter import parse_filter
from optrace.session.trace import Trace
from optrace.tui.finding import Finding
from tests.corpus import exchanges

ROUNDS = 5
FIELDS, TEXTS = 0.1, 1.5  # seconds for 100,000 exchanges
FILTERS = {
    "status:4xx": FIELDS,
    "op:quote_create": FIELDS,
    "op:grant_request sig:pass": FIELDS,
    "method:POST or slow:>500ms": FIELDS,
    "not role:as status:2xx": FIELDS,
    "nowhere-to-be-found": TEXTS,
    '"outgoing-payment" op:grant_request': TEXTS,
    "~b nowhere-to-be-found": TEXTS,
}


class Memory:
    """A finished recording of which nothing is kept but a few exchanges: none need be read again."""

    live = False

    def exchange(self, n: int) -> object:
        """Not at hand: what a filter looks for stands in the texts."""
        raise LookupError(n)


def best(work: Callable[[], object]) -> float:
    """Seconds of the processor."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def main() -> int:
    """Print the table; 1 if a bound is exceeded."""
    gc.set_threshold(20_000, 20)  # as the command line has it
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    trace = Trace()
    finding = Finding(Memory(), trace)  # type: ignore[arg-type]
    size = 0
    for exchange in exchanges(count):
        event = ExchangeSeen(exchange=exchange)
        trace.feed([event])
        finding.saw([event])
        size += sum(len(message.body or b"") for message in (exchange.request, exchange.response) if message)
    finding.growing = False
    began = time.process_time()
    while finding.work_ahead(seconds=1.0):
        pass
    print(f"{count:,} exchanges; columns made in {time.process_time() - began:.1f} s, while nobody waits")
    haystack = b"x" * size
    raw = best(lambda: b"nowhere" in haystack)
    kept = True
    for text, bound in FILTERS.items():
        keep = parse_filter(text)
        took = best(lambda keep=keep: finding.find(keep, None, lambda: None))  # type: ignore[misc]
        found = len(finding.find(keep, None, lambda: None).numbers)
        within = took <= bound * count / 100_000
        kept &= within
        verdict = f"{'within' if within else 'OVER'} {bound * count / 100:.0f} ms"
        print(
            f"  {text:38} {found:7,} pass   {took * 1000:7.1f} ms ({verdict}), {took / raw:6.1f} x a search of bodies"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
