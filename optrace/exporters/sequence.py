"""What Mermaid's and PlantUML's sequence diagrams share: who takes part, and what happens in the order of time.

A request and its answer are two events, so that what a server asks others meanwhile stands within its activation bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from textwrap import wrap

from optrace.core.findings import Verdict
from optrace.core.text import safe
from optrace.diagram.lanes import LANES, NOT_PLACED, Lane, drawn_lane
from optrace.diagram.layout import Diagram
from optrace.exporters.material import Material
from optrace.session.steps import Step

BOXES = {"sender": "Sender's ASE", "client": "", "recipient": "Recipient's ASE", "": ""}
NAMES = {"client": "Client", NOT_PLACED.id: "not placed"}
_MARKS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.DIFFERS: "≠", Verdict.UNCHECKED: "?"}
_LONGEST = 100  # characters of a message, and of a line of a note
_LINES = 3  # of one sentence in a note
_TICK = timedelta(microseconds=1)  # no answer comes at the instant of its request


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A request (`n` is its number), an answer, or a note beside `target`. Texts are safe, and not yet quoted."""

    kind: str  # request, unanswered (nothing has come yet), answer, broken, note
    n: int
    source: str = ""  # lanes
    target: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Participant:
    """A lane that something stands on, with a host for its second line."""

    lane: Lane
    name: str
    host: str


def participants(material: Material) -> list[tuple[str, list[Participant]]]:
    """(title of the box, who stands in it), from left to right; without a title there is no box."""
    diagram = material.diagram
    used = {drawn_lane(role, diagram.hosts) for step in _steps(material) for role in (step.source, step.target)}
    boxes: list[tuple[str, list[Participant]]] = []
    for lane in (*LANES, NOT_PLACED):
        if lane.id not in used and lane.side != "client":
            continue
        hosts = diagram.hosts.get(lane.id) or (diagram.hosts.get("s.wa") if lane.id == "s.rs" else None) or ("",)
        found = Participant(lane, NAMES.get(lane.id, lane.name), safe(material.clean(hosts[0])))
        if boxes and boxes[-1][1][-1].lane.side == lane.side:
            boxes[-1][1].append(found)
        else:
            boxes.append((BOXES[lane.side], [found]))
    return boxes


def events(material: Material) -> Iterator[Event]:
    """All that happens, in the order of time."""
    diagram, found = material.diagram, list[tuple[datetime, int, Event]]()
    for n in material.each():
        step = material.step(n)
        source, target = (drawn_lane(role, diagram.hosts) for role in (step.source, step.target))
        for at, order, event in _of_step(step, source, target, diagram, material.profile):
            found.append((at, order, event))
    found.sort(key=lambda item: (item[0], item[1]))
    return (event for _, _, event in found)


def _of_step(
    step: Step, source: str, target: str, diagram: Diagram, profile: str
) -> Iterator[tuple[datetime, int, Event]]:
    answered = step.status is not None or step.error is not None
    ended = max(step.ended or step.started, step.started + _TICK)
    asked = _asked(step, diagram, profile)
    kind = "request" if answered else "unanswered"
    yield step.started, 1, Event(kind=kind, n=step.n, source=source, target=target, lines=(asked,))
    if doubts := tuple(_doubts(step, profile)):
        yield step.started, 1, Event(kind="note", n=step.n, target=target, lines=doubts)
    if answered:
        said = safe(step.error) if step.error is not None else _phrase(step.status or 0)
        kind = "broken" if step.error is not None else "answer"
        yield ended, 0, Event(kind=kind, n=step.n, source=target, target=source, lines=(_cut(said),))
    if lines := tuple(_said(step, diagram, profile)):
        yield (
            ended if answered else step.started,
            0 if answered else 1,
            Event(kind="note", n=step.n, target=target, lines=lines),
        )


def _asked(step: Step, diagram: Diagram, profile: str) -> str:
    arrow = diagram.exchange(step)
    passed = [kind for kind, by in step.verdicts.items() if by[profile] is Verdict.PASS]
    label = f"{arrow.method} {arrow.label}".strip() + (" (again)" if arrow.retried else "")
    return _cut(safe(label)) + (f" ✓ {', '.join(passed)}" if passed else "")


def _doubts(step: Step, profile: str) -> Iterator[str]:
    """What of the message isn't simply right."""
    for kind, by in step.verdicts.items():
        verdict = by[profile]
        if verdict in _MARKS and verdict is not Verdict.PASS:
            reason = step.reasons.get(f"{kind}.{profile}")
            yield from _wrapped(f"{_MARKS[verdict]} {kind} {verdict.value}" + (f": {safe(reason)}" if reason else ""))


def _said(step: Step, diagram: Diagram, profile: str) -> Iterator[str]:
    """What the exchange proves, and what the rules found."""
    note = diagram.note(step, profile)
    if note is not None:
        yield f"{'✓' if note.good else '✗'} {note.text}"
    for place, finding in enumerate(step.findings):
        yield from _wrapped(f"{finding.severity.value} {finding.rule}: {safe(finding.title)}")
        if place == 0:  # the cause; what follows from it is only named
            yield from _wrapped(safe(finding.detail))
            yield from _wrapped(f"fix: {safe(finding.remedy)}" if finding.remedy else "")


def _steps(material: Material) -> Iterator[Step]:
    return (material.trace.step(n) for n in material.numbers)


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _wrapped(text: str) -> list[str]:
    return wrap(text, _LONGEST, max_lines=_LINES, placeholder=" …")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
