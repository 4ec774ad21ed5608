"""What a filter takes over many exchanges, as the screen's worker runs it once columns and texts are there.

    python -m tests.benchmarks.bench_filter [EXCHANGES]

Some thousand exchanges are made up and understood; they come again and again, each under its own number and at its own
time. Texts are packed a few hundred at a time, so that a repetition farther off makes none of them shorter. The bounds
for 100,000: 100 ms where fields answer, 1.5 s where every text is looked through. Each is held against a search for one
byte in as many bytes as there are of texts, and in seconds of the processor.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle

from optrace.session.events import ExchangeSeen
from optrace.session.filter import parse_filter
from optrace.session.steps import Payment, Step
from optrace.session.trace import Trace
from optrace.tui.finding import Finding
from optrace.tui.notebook import Annotations
from tests.corpus import exchanges

ROUNDS = 5
MADE = 5000  # exchanges that are understood
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
    "note:any": FIELDS,
}


class Memory:
    """A finished recording of which nothing is kept but a few exchanges: none need be read again."""

    live = False

    def exchange(self, n: int) -> object:
        """Not at hand: what a filter looks for stands in the texts."""
        raise LookupError(n)


class Repeated:
    """The steps of a trace, over and over."""

    version = 1
    payments: tuple[Payment, ...] = ()

    def __init__(self, trace: Trace, count: int) -> None:
        made = [trace.step(n) for n in range(1, len(trace) + 1)]
        lasts = made[-1].started - made[0].started + timedelta(seconds=1)

        def step(n: int) -> Step:
            again, at = divmod(n - 1, len(made))
            payment = None if made[at].payment is None else made[at].payment + again * len(trace.payments)
            return replace(made[at], n=n, started=made[at].started + again * lasts, payment=payment)

        self._steps = [step(n) for n in range(1, count + 1)]

    def __len__(self) -> int:
        return len(self._steps)

    def step(self, n: int) -> Step:
        return self._steps[n - 1]


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
    made = list(exchanges(min(MADE, count)))
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in made)
    finding = Finding(Memory(), Repeated(trace, count), Annotations(None))  # type: ignore[arg-type]
    size, began = 0, time.process_time()
    for n, exchange in zip(range(1, count + 1), cycle(made), strict=False):
        finding.saw([ExchangeSeen(exchange=replace(exchange, n=n))])
        size += sum(len(message.body or b"") for message in (exchange.request, exchange.response) if message)
    print(f"texts packed in {time.process_time() - began:.1f} s, while the recording is read")
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
