"""What the message says about grants, access, amounts and limits, in words, and where each value was born."""

from __future__ import annotations

from collections.abc import Iterable

from optrace.diagram.segments import Segments
from optrace.session.steps import Detail, Fact
from optrace.tui.tabs.look import Look, Part, entry, heading, line, link, nothing

_LEAST_FOR_NAMES, _MOST_FOR_NAMES = 24, 36  # cells, on a narrow and on a wide screen


def facts(detail: Detail, look: Look) -> list[Segments]:
    """One line a fact: name, value, the message that brought it into the trace."""
    return _facts(detail, detail.facts, look)


def _facts(detail: Detail, facts: Iterable[Fact], look: Look) -> list[Segments]:
    width = _width(detail, look)
    lines: list[Segments] = []
    for fact in facts:
        value = look.secret(fact.value) if fact.secret else look.url(fact.value)
        parts: list[Part] = [(value, "secret" if fact.secret else "text")]
        if fact.born_in is not None and fact.born_in != detail.step.n:
            parts += [("   from ", "dim"), link(fact.born_in)]
        lines.append(entry(fact.name, *parts, width=width))
    return lines


def grant(detail: Detail, look: Look) -> list[Segments]:
    """The facts, then what no model knows."""
    if not detail.facts and not detail.left:
        return list(nothing("This message carries no grant, amount or limit."))
    width = _width(detail, look)
    lines = [heading("what it says"), *facts(detail, look)] if detail.facts else []
    if detail.left:
        lines += [*([line()] if lines else []), heading("what was left"), *_facts(detail, detail.left, look)]
    for part, paths in (detail.unknown_members or {}).items():
        if paths:
            lines += [line(), entry("unknown", (f"{', '.join(paths)} in the {part}", "dim"), width=width)]
    if detail.step.grant not in (None, detail.step.n):
        lines += [line(), entry("grant", ("asked for in ", "dim"), link(detail.step.grant), width=width)]
    return lines


def _width(detail: Detail, look: Look) -> int:
    """Cells for the names: as many as the longest has that leaves the values room; longer ones stick out."""
    most = min(_MOST_FOR_NAMES, max(_LEAST_FOR_NAMES, look.width * 2 // 5))
    widths = (len(fact.name) for fact in (*detail.facts, *detail.left))
    return max((width for width in widths if width <= most), default=0)
