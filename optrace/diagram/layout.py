"""What is drawn: steps become arrows and notes between lanes. No widths, no colours, nothing about terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from http import HTTPStatus

from optrace.core.findings import Verdict
from optrace.core.redact import mask_url
from optrace.diagram.arrangement import Arrangement
from optrace.diagram.lanes import CLIENT, NOT_PLACED, TAGS, Lane, LaneHosts, drawn_lane
from optrace.session.steps import DEFAULT_PROFILE, Step


class Line(Enum):
    """How sure an arrow is: it was on the wire, other messages imply it, or it should come next."""

    OBSERVED = "observed"
    INFERRED = "inferred"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One message, or a whole exchange, between two lanes (positions in `Diagram.lanes`; equal for a self-arrow)."""

    source: int
    target: int
    method: str = ""  # apart from the label, since it goes first where room is short
    label: str = ""
    status: str = ""
    line: Line = Line.OBSERVED
    retried: bool = False
    in_flight: bool = False
    between_servers: bool = False
    outcome: str = "ok"  # ok, redirect, error, none: how the answer reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that the messages prove and that happens inside one lane."""

    lane: int
    text: str
    good: bool = True


Row = Arrow | Note | None  # None: only the lifelines


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghost:
    """A message that isn't in the trace: expected next, or implied by others (`reason`)."""

    source: str
    target: str
    label: str
    line: Line = Line.EXPECTED
    reason: str = ""
    clock: str = ""  # for the gutter: how long until it may come, or may still come


def _session_set_up(step: Step, profile: str) -> tuple[str, str, bool] | None:
    return (step.target, "session set up", True) if step.status == 302 else None


def _consent_given(step: Step, profile: str) -> tuple[str, str, bool] | None:
    return (step.source, "consent given", True) if step.status == 202 else None


def _consent_refused(step: Step, profile: str) -> tuple[str, str, bool] | None:
    return (step.source, "consent refused", False) if step.status == 202 else None


_HASH_NOTES: Mapping[Verdict, tuple[str, bool]] = {
    Verdict.PASS: ("hash verified", True),
    Verdict.FAIL: ("hash doesn't match", False),
    Verdict.DIFFERS: ("hash in another form", False),
}


def _hash(step: Step, profile: str) -> tuple[str, str, bool] | None:
    text_and_good = _HASH_NOTES.get(step.verdicts.hash[profile])
    return None if text_and_good is None else (step.target, *text_and_good)


# operation -> (lane, text, whether it is good news), or None when this message doesn't prove it
_NOTES: Mapping[str, Callable[[Step, str], tuple[str, str, bool] | None]] = {
    "interact_start": _session_set_up,
    "consent_accept": _consent_given,
    "consent_reject": _consent_refused,
    "finish_redirect": _hash,
    "finish_push": _hash,
}


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """The lanes, who stands on them, and the rows of any step."""

    hosts: LaneHosts = field(default_factory=dict)
    with_unplaced: bool = False  # an eighth lane for what has no side yet
    narrow: frozenset[str] = frozenset()  # ids of lanes that nobody stands on and that get two columns
    arrangement: Arrangement = field(default_factory=Arrangement)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes from left to right."""
        lanes = self.arrangement.lanes
        return (*lanes, NOT_PLACED) if self.with_unplaced else lanes

    @property
    def narrow_lanes(self) -> frozenset[int]:
        """The positions of the narrow lanes; the client's is never one."""
        narrow = self.narrow | self.arrangement.narrow
        return frozenset(i for i, lane in enumerate(self.lanes) if lane.id in narrow and lane.side != CLIENT)

    def unused(self, ends: Iterable[str]) -> frozenset[str]:
        """The ids of the lanes on which none of these roles is drawn."""
        return frozenset(lane.id for lane in self.lanes) - {drawn_lane(role, self.hosts) for role in ends}

    def needs_unplaced(self, steps: Iterable[Step]) -> bool:
        """Whether any of the steps has an end that no lane of a side can show."""
        return any(NOT_PLACED.id in self.ends(step) for step in steps)

    def ends(self, step: Step) -> tuple[str, str]:
        """The ids of the lanes that a step's request goes from and to. What was placed by hand stands there."""
        target = self.arrangement.lane_of(step.url) or drawn_lane(step.target, self.hosts)
        source = drawn_lane(step.source, self.hosts)
        if self.arrangement.hosts and source != CLIENT:
            by_hand = {self.arrangement.hosts.get(host) for host in self.hosts.get(step.source, ())}
            if len(by_hand) == 1:
                source = by_hand.pop() or source
        return source, target

    def exchange(self, step: Step) -> Arrow:
        """A whole exchange as one arrow, in the direction of its request."""
        method, label = _label(step)
        return Arrow(
            source=self._position(self.ends(step)[0]),
            target=self._position(self.ends(step)[1]),
            method=method,
            label=label,
            status=_status(step),
            retried=step.retry_of is not None,
            in_flight=step.in_flight,
            between_servers="client" not in (step.source, step.target),
            outcome=_outcome(step),
        )

    def answer(self, step: Step) -> Arrow | None:
        """The response of an exchange as an arrow of its own; None while there is none."""
        if step.status is None and step.error is None:
            return None
        return Arrow(
            source=self._position(self.ends(step)[1]),
            target=self._position(self.ends(step)[0]),
            label=_answer_label(step),
            status=_status(step),
            between_servers="client" not in (step.source, step.target),
            outcome=_outcome(step),
        )

    def note(self, step: Step, profile: str = DEFAULT_PROFILE) -> Note | None:
        """What an exchange proves about one lane alone: a session set up, consent given, a hash verified."""
        prove = _NOTES.get(step.operation)
        found = prove(step, profile) if prove is not None else None
        return None if found is None else Note(lane=self._place(found[0]), text=found[1], good=found[2])

    def ghost(self, ghost: Ghost) -> Arrow:
        """A message that wasn't seen, as an arrow."""
        reason = f" ({ghost.reason})" if ghost.reason else ""
        return Arrow(
            source=self._place(ghost.source),
            target=self._place(ghost.target),
            label=ghost.label + reason,
            line=ghost.line,
            outcome="none",
        )

    def rows(self, step: Step, *, split: bool, profile: str = DEFAULT_PROFILE) -> tuple[Row, Row, Row]:
        """The rows of a step when each has three: folded (arrow, note, gap) or split (request, response, note)."""
        note = self.note(step, profile)
        whole = self.exchange(step)
        if not split:
            return (whole, note, None)
        request = replace(whole, status="", outcome="none")
        return (request, self.answer(step), note)

    def _place(self, role: str) -> int:
        return self._position(drawn_lane(role, self.hosts))

    def _position(self, lane: str) -> int:
        """Where a drawn lane stands; what isn't placed is the last."""
        order = self.arrangement.order
        return order.index(lane) if lane in order else len(self.lanes) - 1


def _label(step: Step) -> tuple[str, str]:
    """The method, if the label begins with it, and the rest with the tag of a role that shares its lane."""
    first, _, rest = step.label.partition(" ")
    method, label = (first, rest) if rest and first in _METHODS else ("", step.label)
    tag = TAGS.get(step.target, "") or (TAGS.get(step.source, "") if step.target == "client" else "")
    return method, tag + mask_url(label or step.operation.replace("_", " "))


def _answer_label(step: Step) -> str:
    if step.error is not None:
        return step.error
    try:
        return HTTPStatus(step.status or 0).phrase
    except ValueError:
        return "answer"


def _status(step: Step) -> str:
    if step.status is not None:
        return str(step.status)
    return "✗" if step.error is not None else ""


def _outcome(step: Step) -> str:
    if step.error is not None:
        return "error"
    if step.status is None:
        return "none"
    if step.status >= 400:
        return "error"
    return "redirect" if 300 <= step.status < 400 else "ok"


def elapsed_words(elapsed: timedelta) -> str:
    """A time between two rows in at most five characters: `31ms`, `1.2s`, `14s`, `3m05`, `2h10`, `4d`."""
    seconds = max(0.0, elapsed.total_seconds())
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    if seconds < 99.5:
        return f"{seconds:.0f}s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}m{int(seconds % 60):02d}"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h{minutes:02d}"
    return f"{min(hours // 24, 9999)}d"


def clock(waited: timedelta) -> str:
    """A running clock, in tenths while it is short."""
    seconds = max(0.0, waited.total_seconds())
    return f"{seconds:.1f}s" if seconds < 9.95 else elapsed_words(waited)


def since(step: Step, previous: Step | None) -> str:
    """The time since the row before, in words; empty on the first row."""
    return "" if previous is None else elapsed_words(step.started - previous.started)
