"""A comparison of two recordings as lines for a terminal and as a JSON document, with secrets masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from optrace.cli.output import Output
from optrace.core.text import safe
from optrace.replay.align import Cause, Comparison, Pair, Told
from optrace.replay.script import ScriptStep
from optrace.session.steps import Payment

Clean = Callable[[str], str]

SCHEMA = 1
_STYLES = {Cause.UNEXPECTED: "bad", Cause.CONSEQUENCE: "differs", Cause.EXPECTED: "dim"}
_MARKS = {Cause.UNEXPECTED: "✗", Cause.CONSEQUENCE: "↳", Cause.EXPECTED: "·"}
_VALUE = 72  # columns


def lines(comparison: Comparison, output: Output, clean: Clean, *, everything: bool) -> Iterator[str]:
    """Where the runs part, what follows from it, and with `everything` what may differ anyway."""
    first = comparison.first
    shown = [
        (index, pair)
        for index, pair in enumerate(comparison.pairs)
        if pair.cause is not None and (everything or pair.cause is not Cause.EXPECTED)
    ]
    alike = len(comparison.pairs) if first is None else first
    said = f"{alike} steps correspond; nothing unexpected differs." if first is None else f"Alike for {alike} steps."
    yield output.style(said, "good" if first is None else "strong")
    before: Pair | None = None
    for index, pair in shown:
        if before is None or not (_lone(before) and _lone(pair)):
            yield ""
        before = pair
        yield from _pair(pair, output, clean, parts=index == first, everything=everything)
    counts = [f"{cause} {comparison.count(cause)}" for cause in reversed(Cause)]
    yield ""
    yield f"differences: {', '.join(counts)}" + ("" if everything else "   (--all lists what is expected)")


def _pair(pair: Pair, output: Output, clean: Clean, *, parts: bool, everything: bool) -> Iterator[str]:
    step = pair.step
    numbers = f"{_number(pair.one)} ↔ {_number(pair.other)}"
    head = output.style(f"{numbers:<9} {step.source}→{step.target}  {safe(clean(step.label))}", "strong")
    end = output.style("   the runs part here", "bad") if parts else ""
    if pair.one is None or pair.other is None:
        told = pair.told[0]
        said = f"   {_MARKS[told.cause]} only in {'B' if pair.one is None else 'A'}: {step.status or 'no answer'}"
        why = "" if told.cause is Cause.UNEXPECTED else output.style(f", {told.why}", "dim")
        yield f"{head}{output.style(said, _STYLES[told.cause])}{why}{end}"
    else:
        yield f"{head}{end}"
        for told in pair.told:
            if everything or told.cause is not Cause.EXPECTED:
                yield _line(told, output, clean)
    for title in pair.findings:
        yield f"    {output.style('found:', 'title')} {safe(title)}"


def _lone(pair: Pair) -> bool:
    return pair.one is None or pair.other is None


def _number(step: ScriptStep | None) -> str:
    return "—" if step is None else str(step.n)


def _line(told: Told, output: Output, clean: Clean) -> str:
    one, other = (_value(text, clean) for text in (told.difference.one, told.difference.other))
    said = f"{told.part} {safe(told.difference.where)}: {one} → {other}"
    why = "" if told.cause is Cause.UNEXPECTED else output.style(f"   {told.why}", "dim")
    return f"    {_MARKS[told.cause]} {output.style(said, _STYLES[told.cause])}{why}"


def _value(text: str | None, clean: Clean) -> str:
    if text is None:
        return "—"
    said = safe(" ".join(clean(text).split()))
    return said if len(said) <= _VALUE else f"{said[: _VALUE - 1]}…"


def document(comparison: Comparison, sources: tuple[Any, Any], version: str, clean: Clean) -> dict[str, Any]:
    """The comparison as one JSON document; `sources` describe the two sides."""
    first = comparison.first
    return {
        "optrace": version,
        "schema": SCHEMA,
        "one": sources[0],
        "other": sources[1],
        "differences": {cause.value: comparison.count(cause) for cause in reversed(Cause)},
        "first": None if first is None else _numbers(comparison.pairs[first]),
        "steps": [_step(pair, clean) for pair in comparison.pairs],
    }


def _numbers(pair: Pair) -> dict[str, int | None]:
    return {"one": pair.one.n if pair.one else None, "other": pair.other.n if pair.other else None}


def _step(pair: Pair, clean: Clean) -> dict[str, Any]:
    step = pair.step
    return {
        **_numbers(pair),
        "operation": step.operation,
        "variant": step.variant,
        "from": step.source,
        "to": step.target,
        "label": clean(step.label),
        "cause": pair.cause,
        "findings": list(pair.findings),
        "differences": [
            {
                "part": told.part,
                "where": told.difference.where,
                "one": _masked(told.difference.one, clean),
                "other": _masked(told.difference.other, clean),
                "cause": told.cause,
                "why": told.why,
            }
            for told in pair.told
        ],
    }


def _masked(text: str | None, clean: Clean) -> str | None:
    return None if text is None else clean(text)


def describe(payment: Payment | None, exchanges: int) -> str:
    """One side in words: its payment, or its size."""
    size = f"{exchanges} exchanges"
    if payment is None:
        return size
    amount = f"  {payment.amount}" if payment.amount else ""
    return f"payment {payment.id}  {payment.title}{amount}  {payment.state}  ({size})"
