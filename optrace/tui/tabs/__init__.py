"""What is known of one exchange, in tabs: one file a tab, each a function from the detail to painted lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optrace.diagram.segments import Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.grant import grant
from optrace.tui.tabs.look import Look
from optrace.tui.tabs.message import request, response
from optrace.tui.tabs.raw import raw
from optrace.tui.tabs.signature import signature
from optrace.tui.tabs.timing import timing
from optrace.tui.tabs.why import why


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its title, a shorter one, and what paints it."""

    title: str
    short: str
    paint: Callable[[Detail, Look], list[Segments]]


TABS = (
    Tab("Why", "Why", why),
    Tab("Request", "Req", request),
    Tab("Response", "Res", response),
    Tab("Signature", "Sig", signature),
    Tab("Grant", "Grant", grant),
    Tab("Raw", "Raw", raw),
    Tab("Timing", "Time", timing),
)
