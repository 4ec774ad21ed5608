"""The divider between ladder and detail, dragged with the mouse: below one another or side by side."""

from __future__ import annotations

from textual import events
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget

from optrace.tui.widgets.detail import DetailPane

_LEAST_LINES = 4
_LEAST_COLUMNS = 40


class Dragging(Screen[None]):
    """A screen with a ladder and a detail. Where the divider stands is kept as a share of the room, for each way."""

    detail: DetailPane
    _dragged = False
    _share_high: float | None = None  # of the detail, when it is below
    _share_wide: float | None = None  # of the ladder, when they are side by side

    @property
    def _side_by_side(self) -> bool:
        return self.has_class("-wide")

    def place_divider(self) -> None:
        """Put the divider where the user left it; on the full screen there is none."""
        ladder = self.query_one("#ladder-pane", Vertical)
        for widget, rule in ((self.detail, "height"), (self.detail, "max_height"), (ladder, "width")):
            widget.styles.clear_rule(rule)
        if self.has_class("-full"):
            return
        if self._side_by_side and self._share_wide is not None:
            ladder.styles.width = round(self._share_wide * self._panes.size.width)
        elif not self._side_by_side and self._share_high is not None:
            self.detail.styles.max_height = "100%"
            self.detail.styles.height = round(self._share_high * self._panes.size.height)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the divider."""
        if event.button == 1 and self._on_divider(event.screen_x, event.screen_y):
            self._dragged = True
            self.app.capture_mouse(self.detail.head)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move it."""
        if not self._dragged:
            return
        room = self._panes.region
        if self._side_by_side:
            columns = min(max(event.screen_x - room.x, _LEAST_COLUMNS), room.width - _LEAST_COLUMNS)
            self._share_wide = columns / max(room.width, 1)
        else:
            lines = min(max(room.bottom - event.screen_y, _LEAST_LINES), room.height - _LEAST_LINES)
            self._share_high = max(lines, 1) / max(room.height, 1)
        self.place_divider()

    def on_mouse_up(self) -> None:
        """Let go of it."""
        if self._dragged:
            self._dragged = False
            self.app.capture_mouse(None)

    @property
    def _panes(self) -> Widget:
        return self.query_one("#panes")

    def _on_divider(self, x: int, y: int) -> bool:
        if self.has_class("-full") or not self.detail.display:
            return False
        region = self.detail.region
        if self._side_by_side:
            return x in (region.x, region.x - 1) and region.y <= y < region.bottom
        return y == region.y and not self.detail.head.on_a_tab(x - region.x)
