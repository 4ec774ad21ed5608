"""Whether two traces say the same of each exchange, whatever its texts are."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.session.trace import Trace


def differences(one: Trace, other: Trace) -> Iterator[tuple[int, str]]:
    """(exchange, what is said otherwise of it) for each exchange of which not the same is said."""
    for n in range(1, max(len(one), len(other)) + 1):
        if one.has(n) != other.has(n):
            yield n, "it is there"
        elif one.has(n):
            before, after = _said(one, n), _said(other, n)
            if before != after:
                yield n, ", ".join(name for name, value in before.items() if after[name] != value)


def _said(trace: Trace, n: int) -> dict[str, object]:
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
