"""A list of painted lines with a cursor: what lists of payments, values, sightings and requirements have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from optrace.diagram.segments import Segment, Segments
from optrace.tui import keys
from optrace.tui.palette import palette_of
from optrace.tui.widgets.strips import between, to_strip


@dataclass(frozen=True, slots=True)
class Choice:
    """One line; `value` None: a heading, or an explanation, that the cursor passes over."""

    line: Segments
    value: Any = None
    right: Segments = field(default_factory=list)  # at the end of the line; when room is short, the line is cut


class Choices(ScrollView, can_focus=True):
    """Lines of which one is chosen. A subclass with many lines says how many and paints each when it is looked at."""

    ALLOW_SELECT = False
    PANE: ClassVar[str] = "list"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(PANE)

    class Chosen(Message):
        """The user wants this one."""

        def __init__(self, value: Any) -> None:
            super().__init__()
            self.value = value

    class Moved(Message):
        """The cursor is on another line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._choices: Sequence[Choice] = ()

    def offer(self, choices: Sequence[Choice], *, cursor: int | None = None) -> None:
        """Show these; the cursor goes to the first that can be chosen from `cursor` on."""
        self._choices = choices
        self.count_changed()
        self.scroll_to(y=0, animate=False)
        self._go(self.cursor if cursor is None else cursor, 1)

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A bar that has just appeared shows where the list stands."""
        if shown:
            self.vertical_scrollbar.position = int(self.scroll_y)

    def go(self, at: int) -> None:
        """To a line, or the next one that can be chosen."""
        self._go(at, 1)

    # what a subclass may do in its own way

    def __len__(self) -> int:
        return len(self._choices)

    def value_at(self, at: int) -> Any:
        """What a line stands for; None if it can't be chosen."""
        return self._choices[at].value

    def line_at(self, at: int, *, selected: bool) -> Segments:
        """A line, painted."""
        choice = self._choices[at]
        line = [Segment("▶" if selected else " ", "pointer"), *choice.line]
        return between(line, choice.right, self.scrollable_content_region.width) if choice.right else line

    def empty(self) -> str:
        """What stands there when there is nothing."""
        return ""

    # the rest is the same for all

    def count_changed(self) -> None:
        """There are more lines, or fewer."""
        self.virtual_size = Size(self.size.width, len(self))
        self.refresh()

    @property
    def value(self) -> Any:
        """What the cursor is on."""
        return self.value_at(self.cursor) if self.cursor < len(self) else None

    def render_line(self, y: int) -> Strip:
        """One line on the screen."""
        palette = palette_of(self.app)
        at = self.scroll_offset.y + y
        if at >= len(self):
            line = [Segment(f"   {self.empty()}", "dim")] if y == 1 and not len(self) else []
            return to_strip(line, self.size.width, palette, self.rich_style)
        selected = at == self.cursor and self.value_at(at) is not None
        base = self.rich_style + palette.selected if selected else self.rich_style
        strip = to_strip(self.line_at(at, selected=selected), self.scrollable_content_region.width, palette, base)
        return strip.extend_cell_length(self.size.width, base)

    def _go(self, at: int, direction: int) -> None:
        """To a line, or the next one in a direction that can be chosen, or the nearest in the other."""
        at = self.cursor = max(0, min(at, len(self) - 1))
        for way in (direction, -direction):
            found = at
            while 0 <= found < len(self) and self.value_at(found) is None:
                found += way
            if 0 <= found < len(self):
                self.cursor = found
                break
        self.keep_visible()
        self.refresh()
        self.post_message(self.Moved())

    def keep_visible(self) -> None:
        """Scroll to the cursor, and to the headings above the first line."""
        top = self.cursor
        while top > 0 and self.value_at(top - 1) is None and self.cursor - top < 2:
            top -= 1
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif self.size.height and self.cursor >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=self.cursor - self.size.height + 1, animate=False)

    def action_move(self, by: int) -> None:
        """The next or the previous one."""
        self._go(self.cursor + by, by)

    def action_page(self, by: int) -> None:
        """A screen on."""
        self._go(self.cursor + by * max(1, self.size.height - 1), by)

    def action_edge(self, end: int) -> None:
        """The first or the last."""
        self._go(len(self) if end else 0, -1 if end else 1)

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """The lines on the screen that can be chosen."""
        top = self.scroll_offset.y
        for at in range(top, min(len(self), top + self.size.height)):
            if (value := self.value_at(at)) is not None:
                yield Offset(0, at - top), partial(self.post_message, self.Chosen(value))

    def action_choose(self) -> None:
        """The one under the cursor."""
        if (value := self.value) is not None:
            self.post_message(self.Chosen(value))

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one chooses."""
        at = self.scroll_offset.y + event.y
        if at < len(self) and self.value_at(at) is not None:
            self._go(at, 1)
            if event.chain == 2:
                self.action_choose()
