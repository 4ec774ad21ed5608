"""Recordings through the trace and the rules, for the tests of this package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optrace.core.exchange_json import of_jsonl
from optrace.core.messages import Exchange
from optrace.rules.engine import Diagnosis
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace

SAMPLES = Path(__file__).parents[2] / "samples" / "rules"


def recording(path: Path) -> list[Exchange]:
    """The exchanges of a file."""
    return [of_jsonl(line) for line in path.read_text(encoding="ascii").splitlines()]


def diagnosed(exchanges: Sequence[Exchange]) -> Trace:
    """A trace of a finished recording, with its findings."""
    trace = Trace(lambda n: exchanges[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    Diagnosis(trace).finish()
    return trace


def codes(trace: Trace) -> dict[int, list[str]]:
    """Exchange -> the codes of its findings, the cause first; only exchanges with findings."""
    found = {n: [finding.rule for finding in trace.row(n).findings] for n in range(1, len(trace) + 1)}
    return {n: rules for n, rules in found.items() if rules}
