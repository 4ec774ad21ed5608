"""The line that says what waits at a breakpoint and how long it still does; what can be done stands in the footer."""

from __future__ import annotations

from optrace.diagram.cells import plain
from optrace.diagram.paint import HELD
from optrace.diagram.segments import Segment, Segments
from optrace.tui.bridge import Bridge
from optrace.tui.view import step_at
from optrace.tui.widgets.bars import Bar
from optrace.tui.widgets.ladder import Ladder, seconds_left


class WaitBar(Bar):
    """About the selected exchange if that waits, otherwise about the one that goes on next."""

    def __init__(self, bridge: Bridge, ladder: Ladder, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bridge = bridge
        self.ladder = ladder

    def line(self) -> tuple[Segments, Segments]:
        """What waits."""
        waiting = self.bridge.stops.waiting
        if not waiting:
            return [], []
        one = waiting.get(self.ladder.selected or 0) or min(waiting.values(), key=lambda each: each.until)
        with self.bridge.lock:
            label = step_at(self.bridge.trace, one.n).label
        left = [
            Segment(f" {HELD} {one.n} ", "chip"),
            Segment(f" goes on in {seconds_left(one, self.bridge.now())} s ", "running"),
            Segment(f" the {one.part} of ", "text"),
            Segment(plain(label), "strong"),
            Segment(" waits", "text"),
        ]
        if len(waiting) > 1:
            left.append(Segment(f", and {len(waiting) - 1} more", "text"))
        return left, []
