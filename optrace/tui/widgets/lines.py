"""A scrolled block of painted lines: only what is on the screen becomes strips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from optrace.diagram.segments import Segments
from optrace.tui import keys
from optrace.tui.palette import palette_of
from optrace.tui.widgets.strips import to_strip
from optrace.tui.widgets.wrap import wrap

if TYPE_CHECKING:
    from textual import events


class Lines(ScrollView, can_focus=True):
    """Text that is scrolled with the keys of a pager."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("text")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Segments] = ()
        self._wrapped: list[Segments] = []
        self._wrapped_at = -1

    def show(self, lines: Sequence[Segments], *, keep_place: bool = False) -> None:
        """Show other lines, from the top unless they are a new state of the same."""
        self._lines = lines
        self._wrapped_at = -1
        self._wrap()
        if not keep_place:
            self.scroll_to(0, 0, animate=False)
        self.refresh()

    @property
    def lines(self) -> Sequence[Segments]:
        """What is shown, as it was painted."""
        return self._lines

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._wrapped_at:
            self._wrapped = wrap(self._lines, width)
            self._wrapped_at = width
            self.virtual_size = Size(width, len(self._wrapped))

    def on_resize(self, event: events.Resize) -> None:
        """Break the lines anew."""
        self._wrap()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line on the screen."""
        at = self.scroll_offset.y + y
        line = self._wrapped[at] if at < len(self._wrapped) else []
        palette = palette_of(self.app)
        return to_strip(line, self.size.width, palette, self.rich_style)

    def action_line(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.scroll_relative(y=by * max(1, self.size.height - 1), animate=False)

    def action_edge(self, end: int) -> None:
        """To the first or the last line."""
        self.scroll_to(y=self.max_scroll_y if end else 0, animate=False)
