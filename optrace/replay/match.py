"""Which recorded step a live request comes closest to, and what differs: how a mock answers and explains a miss.

A step is told from others by its operation's shape first (method and path), then by whose token it carries, then by
what its body says. Values that only a live client can know (its nonce, where it wants to be called back) don't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optrace.core.messages import HttpRequest
from optrace.core.urls import parse
from optrace.replay.bind import Bindings
from optrace.replay.compare import Difference, differences, leaves
from optrace.replay.kinds import CLIENTS_OWN
from optrace.replay.places import Place
from optrace.replay.script import ScriptStep

# what a difference weighs, by where it is; a body's members count one each, up to the weight of the body
_WEIGHTS: Mapping[str, int] = {"method": 40, "url": 20, "authorization": 6, "signature": 1, "content-digest": 1}
_BODY = 12
_HOST = 4
# leaves that one client writes so and another otherwise, without meaning anything else
_MANNERS = frozenset({"signature", "content-digest", "content-type"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A recorded step and what a live request does otherwise. `one` of a difference is what was recorded, bound."""

    step: ScriptStep
    differences: tuple[Difference, ...]
    distance: int

    @property
    def exact(self) -> bool:
        """Whether nothing differs but the manner of writing."""
        return all(difference.place[0] in _MANNERS for difference in self.differences)


def closest(steps: Iterable[ScriptStep], live: HttpRequest, bindings: Bindings) -> Match | None:
    """The step whose request, with the present bindings, a live request comes closest to; the first of several alike.

    Args:
        steps: those that may be meant, in the order in which they are expected.
    """
    best: Match | None = None
    said = leaves(live)
    for step in steps:
        found = match(step, live, bindings, said=said)
        if best is None or found.distance < best.distance:
            best = found
    return best


def match(step: ScriptStep, live: HttpRequest, bindings: Bindings, *, said: Mapping[Place, str] | None = None) -> Match:
    """Hold a live request against one step. `said`: its leaves, if they are known."""
    expected = leaves(bindings.fill(step.request))
    free = {hole.place for hole in step.request.holes if hole.brings and hole.slot.kind in CLIENTS_OWN}
    found = tuple(
        difference
        for difference in differences(expected, dict(leaves(live) if said is None else said))
        if difference.place not in free
    )
    return Match(step=step, differences=found, distance=_distance(found))


def _distance(found: Iterable[Difference]) -> int:
    total = body = 0
    for difference in found:
        head = difference.place[0]
        if head == "body":
            body = min(_BODY, body + 1)
        elif difference.place == ("url", "host"):
            total += _HOST
        elif difference.place == ("url", "path"):
            total += _path_distance(difference.one or "", difference.other or "")
        elif head == "url":
            total += 2
        else:
            total += _WEIGHTS.get(str(head), 1)
    return total + body


def _path_distance(one: str, other: str) -> int:
    """Less for paths of one shape that name other things."""
    ours, theirs = parse(one).segments, parse(other).segments
    if len(ours) != len(theirs):
        return _WEIGHTS["url"]
    shared = sum(a == b for a, b in zip(ours, theirs, strict=True))
    return _WEIGHTS["url"] * (len(ours) - shared) // (len(ours) + 1) if ours else 0
