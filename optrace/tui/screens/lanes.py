"""The lanes: show, shrink, rename and move them, and place hosts by hand. What is changed shows at once behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from optrace.diagram.arrangement import Arrangement
from optrace.diagram.cells import pad, plain
from optrace.diagram.lanes import Lane, drawn_lane
from optrace.diagram.segments import Segment
from optrace.tui import keys
from optrace.tui.bridge import Bridge
from optrace.tui.screens.sheet import Sheet
from optrace.tui.widgets.choices import Choice, Choices
from optrace.tui.widgets.ladder import Ladder

_HEAD = "enter: shrink, place · h l move · r rename · esc"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the list is about."""

    lane: str
    host: str | None = None


class LanesScreen(Sheet):
    """Changes the arrangement of a ladder; each change is told to be remembered."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("lanes")

    def __init__(self, bridge: Bridge, ladder: Ladder, changed: Callable[[Arrangement], None]) -> None:
        self.list = Choices()
        super().__init__(bridge, "lanes", self.list)
        self.ladder = ladder
        self._changed = changed
        self._field = Input(placeholder="its name; empty: as before", max_length=20, id="lane-name")
        self.add_class("-small")

    def on_mount(self) -> None:
        """The list."""
        super().on_mount()
        self.query_one("#sheet").mount(self._field)
        self._field.display = False
        self.head("lanes", _HEAD)
        self._offer(0)

    def _offer(self, cursor: int) -> None:
        self.list.offer(list(self._lines()), cursor=cursor)

    def _lines(self) -> Iterator[Choice]:
        arrangement = self.ladder.arrangement
        with self.bridge.lock:
            hosts = {role: tuple(names) for role, names in self.bridge.trace.lane_hosts.items()}
        placed = {host: role for role, names in hosts.items() for host in names}
        where = {host: arrangement.hosts.get(host) or drawn_lane(role, hosts) for host, role in placed.items()}
        count = Counter(where.values())
        narrow = self.ladder.painter.diagram.narrow | arrangement.narrow
        for lane in arrangement.lanes:
            yield self._lane(lane, count[lane.id], lane.id in narrow)
        yield Choice([])
        yield Choice([Segment(" hosts", "head")] if where else [Segment(" no host is known yet", "dim")])
        width = min(36, max(map(len, where), default=0))
        for host in sorted(where):
            by_hand = host in arrangement.hosts
            line = [
                Segment(f" {pad(plain(host), width)}  ", "text"),
                Segment(f"{where[host]:<8}", "key"),
                Segment("by hand" if by_hand else "", "differs"),
            ]
            yield Choice(line, Line(where[host], host))

    def _lane(self, lane: Lane, hosts: int, narrow: bool) -> Choice:
        many = "no host" if not hosts else f"{hosts} host{'s' if hosts > 1 else ''}"
        style = f"head.{lane.side}"
        return Choice(
            [
                Segment(f" {pad(lane.name, 9)}", "dim" if narrow else style),
                Segment(f"{lane.id:<8}", "key"),
                Segment(f"{many:<9}", "text" if hosts else "dim"),
                Segment("narrow" if narrow else "", "differs"),
            ],
            Line(lane.id),
        )

    def _take(self, arrangement: Arrangement, lane: str | None = None) -> None:
        """Show another arrangement, with the cursor on a lane, or where it was."""
        self.ladder.arrangement = arrangement
        self.ladder.repaint()
        self._changed(arrangement)
        self._offer(self.list.cursor if lane is None else arrangement.order.index(lane))

    @property
    def _line(self) -> Line | None:
        value = self.list.value
        return value if isinstance(value, Line) else None

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        line: Line = message.value
        arrangement = self.ladder.arrangement
        if line.host is None:
            self._take(arrangement.shrunk(line.lane))
            return
        # to the next lane; after the last, to where the traffic puts it
        order = arrangement.order
        by_hand = arrangement.hosts.get(line.host)
        at = order.index(by_hand) + 1 if by_hand in order else 0
        self._take(arrangement.placed(line.host, order[at] if at < len(order) else None))

    def action_shrink(self) -> None:
        """The lane narrow, or wide."""
        if (line := self._line) is not None:
            self._take(self.ladder.arrangement.shrunk(line.lane))

    def action_shift(self, by: int) -> None:
        """The lane to the left or right."""
        if (line := self._line) is not None and line.host is None:
            self._take(self.ladder.arrangement.moved(line.lane, by), line.lane)

    def action_unused(self) -> None:
        """Lanes that nobody stands on get two columns, or as much as the others."""
        self.ladder.shrink = not self.ladder.shrink
        self.ladder.repaint()
        if self.ladder.shrink and not self.ladder.painter.diagram.narrow:
            self.notify("Every lane is in use.", timeout=3)
        self._offer(self.list.cursor)

    def action_reset(self) -> None:
        """All as it was in the beginning."""
        self.ladder.shrink = False
        self._take(Arrangement())

    def action_rename(self) -> None:
        """Ask for the lane's name."""
        if (line := self._line) is not None and line.host is None:
            self._field.value = self.ladder.arrangement.names.get(line.lane, "")
            self._field.display = True
            self._field.focus()

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        if (line := self._line) is not None:
            self._take(self.ladder.arrangement.renamed(line.lane, event.value))
        self.action_back()

    def action_back(self) -> None:
        """Leave the name, or the lanes."""
        if self._field.display:
            self._field.display = False
            self.list.focus()
        else:
            self.dismiss(None)
