"""What a replay would send, before it sends anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from optrace.core.urls import canonical, parse
from optrace.replay.drive import MOVES_MONEY, calls
from optrace.replay.kinds import INTERACTION
from optrace.replay.routes import Routes
from optrace.replay.script import Script, ScriptStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One step as it would be done."""

    step: ScriptStep
    url: str = ""  # live, with names for what only the answers will bring; empty: the browser asks for consent
    needs: tuple[str, ...] = ()  # the values that earlier answers bring
    pays: bool = False  # money would move
    unnamed: str | None = None  # the host that it would go to, and that nobody named


def rehearse(script: Script, routes: Routes, clients: Mapping[str, str], *, start: int = 1) -> Iterator[Rehearsed]:
    """Each step from exchange `start` on.

    Args:
        clients: recorded wallet address of a client (canonical) -> the live one.
    """
    for step in calls(script):
        if step.n < start:
            continue
        if step.operation in INTERACTION:
            if step.operation == "interact_start":
                yield Rehearsed(step=step)
            continue
        hole = step.request.holes[0]
        live = routes.live(hole.recorded) if hole.slot.outside else f"‹{hole.slot.name}›{hole.after}"
        known = clients.get(canonical(hole.slot.recorded))
        if known and hole.slot.outside:
            live = known + hole.after
        outside = hole.slot.outside and routes.reach(live) is None
        yield Rehearsed(
            step=step,
            url=live,
            needs=tuple(slot.name for slot in step.request.uses if not slot.outside and slot is not hole.slot),
            pays=step.operation in MOVES_MONEY,
            unnamed=parse(live).origin if outside else None,
        )
