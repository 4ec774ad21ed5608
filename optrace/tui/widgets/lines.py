"""A scrolled block of painted lines: only what is on the screen becomes strips. Links lead to other exchanges, and
what the mouse selects can be copied."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.actions import SkipAction
from textual.binding import BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from optrace.diagram.cells import cell_width
from optrace.diagram.segments import Segments, text_of
from optrace.tui import keys
from optrace.tui.palette import palette_of
from optrace.tui.widgets.selecting import highlighted, selected_text
from optrace.tui.widgets.strips import to_strip
from optrace.tui.widgets.wrap import wrap

if TYPE_CHECKING:
    from textual import events
    from textual.selection import Selection


class Link(NamedTuple):
    """Where a link stands in the wrapped lines, in cells, and the exchange that it leads to."""

    row: int
    start: int
    end: int
    goal: int


class Lines(ScrollView, can_focus=True):
    """Text that is scrolled with the keys of a pager."""

    PANE: ClassVar[str] = "text"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(PANE)

    class Followed(Message):
        """The user follows a link to an exchange."""

        def __init__(self, goal: int) -> None:
            super().__init__()
            self.goal = goal

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Segments] = ()
        self._wrapped: list[Segments] = []
        self._source: list[int] = []  # the line of which each row is a part
        self._wrapped_at = -1
        self._links: list[Link] = []
        self._link: Link | None = None  # the one under the cursor

    def show(self, lines: Sequence[Segments], *, keep_place: bool = False) -> None:
        """Show other lines, from the top unless they are a new state of the same."""
        self._lines = lines
        self._wrapped_at = -1
        self._wrap()
        if not keep_place:
            self._link = None
            self.scroll_to(0, 0, animate=False)
        self.refresh()

    def see(self, line: int) -> None:
        """Scroll to where one of the lines ends, if that is out of sight."""
        end = bisect_right(self._source, line)
        if not self.scroll_offset.y < end <= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=max(0, end - self.size.height), animate=False, force=True)  # the bar may be new

    @property
    def lines(self) -> Sequence[Segments]:
        """What is shown, as it was painted."""
        return self._lines

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._wrapped_at:
            self._wrapped, self._source = [], []
            for number, line in enumerate(self._lines):
                rows = wrap([line], width)
                self._wrapped += rows
                self._source += [number] * len(rows)
            self._wrapped_at = width
            self._links = [link for row, line in enumerate(self._wrapped) for link in _links(row, line)]
            if self._link not in self._links:
                self._link = None
            self.virtual_size = Size(width, len(self._wrapped))

    def on_resize(self, event: events.Resize) -> None:
        """Break the lines anew."""
        self._wrap()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line on the screen."""
        at = self.scroll_offset.y + y
        line = self._wrapped[at] if at < len(self._wrapped) else []
        if self._link is not None and self._link.row == at:
            line = [s._replace(style="link.on") if s.goal == self._link.goal else s for s in line]
        strip = to_strip(line, self.size.width, palette_of(self.app), self.rich_style)
        span = self.text_selection.get_span(at) if self.text_selection is not None else None
        if span is not None:
            strip = highlighted(strip, span, self.screen.get_component_rich_style("screen--selection"))
        return strip.apply_offsets(0, at)

    # selecting

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text; what had to be broken is whole again."""
        return selected_text(self._lines, self._wrapped, self._source, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self.refresh()

    # links

    @property
    def visible_links(self) -> list[tuple[Offset, int]]:
        """The links on the screen: where they begin in this widget, and where they lead."""
        top, height = self.scroll_offset.y, self.size.height
        return [(Offset(one.start, one.row - top), one.goal) for one in self._links if top <= one.row < top + height]

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """The links on the screen."""
        for place, goal in self.visible_links:
            yield place, partial(self.post_message, self.Followed(goal))

    def action_link(self, by: int) -> None:
        """To the next or previous link; from nowhere, or from one out of sight, to the first or last in sight."""
        if not self._links:
            return
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if self._link is not None and top <= self._link.row < bottom:
            at = (self._links.index(self._link) + by) % len(self._links)
        else:
            seen = [index for index, one in enumerate(self._links) if top <= one.row < bottom]
            at = (seen[0] if by > 0 else seen[-1]) if seen else 0
        self._link = self._links[at]
        if not top <= self._link.row < bottom:
            self.scroll_to(y=max(0, self._link.row - self.size.height // 2), animate=False)
        self.refresh()

    def action_follow(self) -> None:
        """Follow the link under the cursor; without one, the key means what it means elsewhere."""
        if self._link is None:
            raise SkipAction
        self.post_message(self.Followed(self._link.goal))

    def on_click(self, event: events.Click) -> None:
        """A click on a link follows it."""
        row = self.scroll_offset.y + event.y
        for link in self._links:
            if link.row == row and link.start <= event.x < link.end:
                self.post_message(self.Followed(link.goal))

    # scrolling

    def action_line(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.scroll_relative(y=by * max(1, self.size.height - 1), animate=False)

    def action_edge(self, end: int) -> None:
        """To the first or the last line."""
        self.scroll_to(y=self.max_scroll_y if end else 0, animate=False)


def _links(row: int, line: Segments) -> list[Link]:
    found: list[Link] = []
    at = 0
    for segment in line:
        end = at + cell_width(segment.text)
        if segment.goal is not None:
            found.append(Link(row, at, end, segment.goal))
        at = end
    return found


def plain_text(lines: Sequence[Segments]) -> str:
    """Painted lines as text for the clipboard."""
    return "\n".join(text_of(line).rstrip() for line in lines) + "\n"
