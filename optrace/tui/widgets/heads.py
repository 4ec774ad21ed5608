"""The sticky head of the ladder and the title line of the detail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from optrace.core.redact import mask_url
from optrace.diagram.cells import cell_width, cut, cut_start, plain
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Step
from optrace.tui.messages import LaneChosen, TabChosen
from optrace.tui.palette import palette_of
from optrace.tui.tabs import TABS
from optrace.tui.widgets.strips import to_strip

if TYPE_CHECKING:
    from textual import events

    from optrace.tui.widgets.ladder import Ladder


_NEAR = 3  # columns from a lifeline that still mean its lane
_LEAST_PATH = 14  # cells of a path that are worth being shown


class LadderHead(Widget):
    """Whose lanes, and their names; it stays when the rows scroll. A click on a name asks for what concerns it."""

    ALLOW_SELECT = False

    def __init__(self, ladder: Ladder, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ladder = ladder

    def render_line(self, y: int) -> Strip:
        """One of the two lines."""
        palette = palette_of(self.app)
        lines = self.ladder.painter.header()
        line = lines[y] if y < len(lines) else []
        return to_strip(line, self.size.width, palette, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """A click on a lane's name."""
        painter = self.ladder.painter
        if event.y != 1 or painter.plain_list:
            return
        columns = painter.geometry.lanes
        nearest = min(range(len(columns)), key=lambda index: abs(columns[index] - event.x))
        if abs(columns[nearest] - event.x) <= _NEAR:
            self.post_message(LaneChosen(painter.diagram.lanes[nearest].id))


class DetailHead(Widget):
    """Which exchange is shown, and the tabs."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.step: Step | None = None
        self.tab = 0
        self.has_detail_focus = False
        self._places: list[tuple[int, int]] = []  # where each tab stands: from, to

    def render_line(self, y: int) -> Strip:
        """The one line."""
        palette = palette_of(self.app)
        return to_strip(self._line(), self.size.width, palette, self.rich_style)

    def _line(self) -> Segments:
        width = self.size.width
        if self.step is None:  # there is nothing to open a tab of
            self._places = []
            return [Segment("─" * width, "lifeline")]
        titles, shorts = [tab.title for tab in TABS], [tab.short for tab in TABS]
        only = [name if index == self.tab else "" for index, name in enumerate(shorts)]
        for names in (titles, shorts, only):
            tabs = self._tabs(names)
            room = width - sum(cell_width(segment.text) for segment in tabs) - 4
            if room >= min(30, width // 5):
                break
        title = _title(self.step, max(room, 0))
        rule = "─" * max(0, room - cell_width(title))
        left = [Segment("─ ", "lifeline"), Segment(title, "title"), Segment(f" {rule} ", "lifeline")]
        at = sum(cell_width(segment.text) for segment in left)
        self._places = []
        for segment in tabs:
            end = at + cell_width(segment.text)
            if segment.style != "space":
                self._places.append((at, end))
            at = end
        return [*left, *tabs]

    def _tabs(self, names: list[str]) -> Segments:
        segments: Segments = []
        for index, name in enumerate(names):
            text = f" {index + 1} {name} " if name else f" {index + 1} "
            segments.append(Segment(text, "tab.on" if index == self.tab else "tab"))
        return segments

    def on_a_tab(self, x: int) -> bool:
        """Whether a column belongs to a tab."""
        return any(start <= x < end for start, end in self._places)

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """The tabs."""
        for index, (start, _) in enumerate(self._places):
            yield Offset(start, 0), partial(self.post_message, TabChosen(index))

    def on_click(self, event: events.Click) -> None:
        """A click on a tab opens it."""
        for index, (start, end) in enumerate(self._places):
            if start <= event.x < end:
                self.post_message(TabChosen(index))


def _title(step: Step | None, room: int) -> str:
    """`12 POST rs.example/outgoing-payments → 401 · 22 ms`, with as much of the URL's end as there is room for."""
    if step is None:
        return ""
    status = step.error or (str(step.status) if step.status is not None else "in flight")
    duration = step.duration
    took = f" · {duration.total_seconds() * 1000:.0f} ms" if duration is not None else ""
    head, tail = plain(f"{step.n} {step.method} "), plain(f" → {status}{took}")
    url = plain(mask_url(step.url).partition("://")[2] or step.url)
    path = "/" + url.partition("/")[2]
    if room < cell_width(head) + cell_width(tail):
        tail = plain(f" → {status}")
    room -= cell_width(head) + cell_width(tail)
    bare = path.partition("?")[0] + ("?…" if "?" in path else "")
    for shown in (url, path, bare):
        if cell_width(shown) <= room:
            return head + shown + tail
    if room < _LEAST_PATH:
        return cut(head + tail.strip(), room + cell_width(head) + cell_width(tail))
    return head + cut_start(bare, room) + tail
