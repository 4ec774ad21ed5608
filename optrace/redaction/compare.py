"""Whether two traces say the same of each exchange, whatever its texts are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest

from optrace.session.trace import Trace

Said = Mapping[str, object]  # what is compared -> what is said of it


def said_of(trace: Trace) -> Iterator[Said | None]:
    """What is said of each exchange from the first on; None of one that isn't there."""
    return (_said(trace, n) if trace.has(n) else None for n in range(1, len(trace) + 1))


def differences(one: Iterable[Said | None], other: Iterable[Said | None]) -> Iterator[tuple[int, str]]:
    """(exchange, what is said otherwise of it) for each exchange of which not the same is said."""
    for n, (before, after) in enumerate(zip_longest(one, other), 1):
        if before is None or after is None:
            if before is not after:
                yield n, "it is there"
        elif before != after:
            yield n, ", ".join(name for name, value in before.items() if after[name] != value)


def _said(trace: Trace, n: int) -> Said:
    step = trace.step(n)
    return {
        "operation": (step.operation, step.variant),
        "lanes": (step.source, step.target),
        "payment": step.payment,
        "status": step.status,
        "verdicts": step.verdicts,
        "reasons": sorted(step.reasons),
        "findings": [
            (finding.rule, finding.severity, finding.where, finding.related, finding.proof is not None)
            for finding in step.findings
        ],
        "schema": len(step.problems),
    }
