"""What the message says about grants, access, amounts and limits, in words, and where each value was born."""

from __future__ import annotations

from optrace.diagram.segments import Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.look import Look, entry, line, nothing


def facts(detail: Detail, look: Look) -> list[Segments]:
    """One line a fact: name, value, the message that brought it into the trace."""
    width = _width(detail)
    lines: list[Segments] = []
    for fact in detail.facts:
        value = look.secret(fact.value) if fact.secret else look.url(fact.value)
        here = fact.born_in is None or fact.born_in == detail.step.n
        born = "" if here else f"   from message {fact.born_in}"
        lines.append(entry(fact.name, (value, "secret" if fact.secret else "text"), (born, "dim"), width=width))
    return lines


def grant(detail: Detail, look: Look) -> list[Segments]:
    """The facts, then what no model knows."""
    if not detail.facts:
        return list(nothing("This message carries no grant, amount or limit."))
    width = _width(detail)
    lines = facts(detail, look)
    for part, paths in (detail.unknown_members or {}).items():
        if paths:
            lines += [line(), entry("unknown", (f"{', '.join(paths)} in the {part}", "dim"), width=width)]
    if detail.step.grant is not None:
        lines += [line(), entry("grant", (f"asked for in message {detail.step.grant}", "dim"), width=width)]
    return lines


def _width(detail: Detail) -> int:
    return min(24, max((len(fact.name) for fact in detail.facts), default=0))
