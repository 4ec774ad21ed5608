"""What `optrace check` says of a recording, as one JSON document (schema 1) and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from optrace.cli.load import Understood
from optrace.cli.output import Output
from optrace.cli.schema import SCHEMA
from optrace.cli.version import own_version
from optrace.core.findings import Severity, Verdict
from optrace.core.redact import mask_text
from optrace.core.text import safe
from optrace.session.members import exchange_member, payment_member
from optrace.session.steps import Step

_MARKS = {"✓": "good", "✗": "bad", "≠": "differs", "?": "unsure", "!": "differs", "·": "dim"}
_SEVERITY_STYLE = {Severity.ERROR: "bad", Severity.RISK: "differs", Severity.WARN: "differs", Severity.INFO: "dim"}


def document(loaded: Understood, steps: Iterable[Step], *, reveal: bool = False) -> dict[str, Any]:
    """The JSON document of one recording; `schema.DOCUMENT` describes it."""
    notes, marks = loaded.source.notes(), frozenset(loaded.source.marks())
    said = notes if reveal else {n: mask_text(text) for n, text in notes.items()}
    exchanges = [exchange_member(step, reveal=reveal, note=said.get(step.n), marked=step.n in marks) for step in steps]
    shown = {exchange["n"] for exchange in exchanges}
    counts = Counter(finding["severity"] for exchange in exchanges for finding in exchange["findings"])
    return {
        "optrace": own_version(),
        "schema": SCHEMA,
        "source": loaded.source.name,
        "damage": loaded.source.damage,
        "payments": [payment_member(p) for p in loaded.trace.payments if shown.intersection(p.exchanges)],
        "exchanges": exchanges,
        "findings": {severity.value: counts[severity.value] for severity in Severity},
    }


def text(loaded: Understood, steps: list[Step], output: Output, profile: str) -> Iterator[str]:
    """The same for people: what was seen, what was proven, and each thing that is wrong."""
    payments = loaded.trace.payments
    yield output.style(loaded.source.name, "strong") + (
        f"  {count(len(steps), 'exchange')}, {count(len(payments), 'payment')}, profile {profile}"
    )
    for payment in payments:
        amount = f"  {payment.amount}" if payment.amount else ""
        yield f"  payment {payment.id}  {safe(payment.title + amount)}  {payment.state}"
    yield f"  {_proven(steps, profile)}"
    for step in steps:
        mark = step.mark(profile)
        if mark in "✗≠!?" or step.findings:
            yield from _trouble(step, mark, output, profile)
    if loaded.source.damage:
        yield output.style(f"  damaged: {safe(loaded.source.damage)}", "bad")


def _proven(steps: list[Step], profile: str) -> str:
    counts: Mapping[str, Counter[Verdict]] = {kind: Counter() for kind in ("signature", "digest", "hash")}
    for step in steps:
        for kind, by in step.verdicts.items():
            counts[kind][by[profile]] += 1
    parts = []
    for kind, verdicts in counts.items():
        there = sum(n for verdict, n in verdicts.items() if verdict is not Verdict.NONE)
        if there:
            words = ", ".join(
                f"{n} {verdict.value}" for verdict, n in sorted(verdicts.items()) if verdict != Verdict.NONE
            )
            parts.append(f"{count(there, kind, 'es' if kind == 'hash' else 's')}: {words}")
    return "; ".join(parts) or "nothing signed"


def _trouble(step: Step, mark: str, output: Output, profile: str) -> Iterator[str]:
    status = step.status if step.status is not None else (step.error or "in flight")
    yield f"  {output.style(mark, _MARKS[mark])} {step.n:>4} {safe(f'{step.label} → {status}')}"
    for finding in step.findings:
        name = output.style(f"{finding.severity.value} {finding.rule}", _SEVERITY_STYLE[finding.severity])
        yield f"         {name} {finding.title}"
        proof = f"proof: {finding.proof_in_words}" if finding.proof_in_words else ""
        remedy = f"fix: {finding.remedy}" if finding.remedy else ""
        for line in filter(None, (finding.detail, proof, remedy)):
            yield f"           {safe(line)}"
    if not step.findings:
        for name, reason in step.reasons.items():
            if name.endswith(f".{profile}"):
                yield f"         {name.partition('.')[0]}: {safe(reason)}"


def count(number: int, what: str, plural: str = "s") -> str:
    """`1 exchange`, `2 exchanges`."""
    return f"{number} {what}{'' if number == 1 else plural}"
