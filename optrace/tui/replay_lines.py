"""The steps of a replay as lines: what would be sent, and what came of it."""

from __future__ import annotations

from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagram.cells import pad
from optrace.diagram.segments import Segment, Segments
from optrace.replay.drive import MOVES_MONEY, Outcome, Result
from optrace.replay.rehearse import Rehearsed
from optrace.replay.script import ScriptStep

_MARKS = {Outcome.SAME: ("✓", "pass"), Outcome.DIFFERS: ("✗", "fail"), Outcome.UNSENT: ("–", "differs")}
_LABEL, _LEAST = 34, 14  # cells of a step's label, on a narrow screen
_BEFORE, _AFTER = 22, 6  # cells before it, and of a status after it


def steps_words(count: int) -> str:
    """How many steps."""
    return "1 step" if count == 1 else f"{count} steps"


def step_row(step: ScriptStep, result: Result | None, *, now: bool, width: int) -> Segments:
    """A step, and what came of it, in so many cells if there is no more to say than a status; `now`: it is at work."""
    mark, style = ("▶", "running") if now else ("·", "dim") if result is None else _MARKS[result.outcome]
    room = max(_LEAST, min(_LABEL, width - _BEFORE - _AFTER))
    said = ""
    if result is not None:
        said = str(result.status or "") if result.outcome is Outcome.SAME else result.why
    return [
        Segment(f"{step.n:>4} ", "number"),
        Segment(f"{mark} ", style),
        Segment(f"{step.source}→{step.target:<8}", "dim"),
        Segment(f" {pad(safe(step.label), room)} ", "text" if now or result else "dim"),
        Segment(safe(said), style),
    ]


def rehearsed_row(each: Rehearsed, *, sandbox: bool) -> Segments:
    """What would be sent; in the sandbox hosts say nothing."""
    if not each.url:
        return [Segment(f"{each.step.n:>4} ", "number"), Segment("the browser asks for consent", "dim")]
    request = each.step.exchange.request
    shown = parse(each.url).path or "/" if sandbox else mask_url(each.url)
    bad = each.unnamed is not None and not sandbox
    segments = [
        Segment(f"{each.step.n:>4} ", "number"),
        Segment(f"{safe(request.method):<6} ", "method"),
        Segment(safe(shown if not sandbox or "‹" not in each.url else each.url), "alert" if bad else "text"),
    ]
    if each.needs:
        segments.append(Segment(f"   with {safe(', '.join(each.needs))}", "dim"))
    if each.step.operation in MOVES_MONEY:
        segments.append(Segment("   moves money" if not sandbox else "   pays", "differs"))
    return segments
