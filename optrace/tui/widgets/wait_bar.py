"""The line that says what waits at a breakpoint, how long it still does, and what can be done."""

from __future__ import annotations

from textual.strip import Strip

from optrace.diagram.cells import plain
from optrace.diagram.paint import HELD
from optrace.diagram.segments import Segment, Segments
from optrace.tui import keys
from optrace.tui.bridge import Bridge
from optrace.tui.palette import palette_of
from optrace.tui.view import step_at
from optrace.tui.widgets.bars import Bar
from optrace.tui.widgets.ladder import Ladder, seconds_left
from optrace.tui.widgets.strips import to_strip

# action -> what it does to what waits
_DEEDS = {"let_go": "lets it go", "let_all_go": "all", "edit": "edits", "drop": "drops", "stay": "waits longer"}


class WaitBar(Bar):
    """About the selected exchange if that waits, otherwise about the one that goes on next."""

    def __init__(self, bridge: Bridge, ladder: Ladder, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bridge = bridge
        self.ladder = ladder

    def render_line(self, y: int) -> Strip:
        """What waits and the keys: in one line, or in two where room is short."""
        if self.size.height < 2:
            return super().render_line(y)
        return to_strip(self.line()[y], self.size.width, palette_of(self.app), self.rich_style)

    def line(self) -> tuple[Segments, Segments]:
        """What waits; then the keys."""
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
        own = getattr(self.app, "own_keys", {})
        right: Segments = []
        for key in keys.KEYS:
            if key.id in _DEEDS:
                right += [Segment(f" {keys.written(key, own)}", "key"), Segment(f" {_DEEDS[key.id]} ", "dim")]
        return left, right
