"""The ladder: one scrolled view over painted rows. No widget a message, so a million rows cost what forty do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from optrace.diagram.arrangement import Arrangement
from optrace.diagram.cells import plain
from optrace.diagram.lanes import CLIENT
from optrace.diagram.layout import Diagram, Ghost, elapsed_words
from optrace.diagram.paint import Painter
from optrace.diagram.segments import Segment, Segments
from optrace.session.breakpoints import Waiting
from optrace.session.expected import GhostStep
from optrace.session.steps import Step
from optrace.tui import keys
from optrace.tui.bridge import Bridge
from optrace.tui.messages import StepChosen, StepOpened
from optrace.tui.palette import palette_of
from optrace.tui.view import View, step_at
from optrace.tui.widgets.strips import to_strip

_CACHED = 2000  # steps whose strips are kept
_INLINE_FROM = 112  # columns; from here labels stand on the arrows beside the detail
_LOOKED_AT = 500  # exchanges of a payment that are asked which lanes they need
_ROOM_FOR_WORDS = 28  # cells of a label
_AROUND = 2  # exchanges before and after the selected one that stay in sight, where there is room
_TICK = 0.1  # seconds between two pictures of an exchange in flight


class Ladder(ScrollView, can_focus=True):
    """The exchanges of a view, one of them selected.

    Once the user moves, the selection stays on its message whatever arrives; until then, and after `G`, it follows
    the newest.
    """

    ALLOW_SELECT = False
    PANE: ClassVar[str] = "ladder"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(PANE)

    def __init__(self, bridge: Bridge, *, hint: str, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bridge = bridge
        self.view = View(bridge.trace)
        self.hint = hint
        self.ascii_only = ascii_only
        self.follow = bridge.source.live
        self.selected: int | None = None
        self.unseen = 0  # rows that arrived below while the user looked elsewhere
        self.ghosts: Sequence[GhostStep] = ()  # what should come next, below the last row
        self.ghosts_at: datetime | None = None  # the instant that their clocks count from; None: now
        self.arrangement = Arrangement()
        self.shrink = False  # lanes that nobody stands on get two columns
        self.marked: frozenset[int] = frozenset()
        self.waiting: Mapping[int, Waiting] = {}  # at breakpoints, by number
        self.split = False
        self.profile = bridge.tally.profile
        self.painter = Painter(Diagram(), 80)
        self._strips: dict[tuple[int, bool], tuple[Step, Step | None, list[Strip]]] = {}
        self._steps: dict[int, tuple[Step, Step | None]] = {}  # what is on the screen now, by position
        self._style_key: object = None

    def on_mount(self) -> None:
        """Keep the clocks of exchanges in flight running."""
        self.set_interval(_TICK, self._tick)
        self.set_interval(1.0, self._tick_ghosts)

    # what is shown

    def show(self, view: View) -> None:
        """Look at another view, with the selection on the same message if it is there."""
        self.view = view
        self.unseen = 0
        self.ghosts = ()
        if len(view) and self.follow:
            self._choose(view.n_at(len(view) - 1))
        elif len(view) and self.selected is not None:
            self._choose(view.n_at(view.nearest(self.selected)))
        else:
            self.selected = None
            self.post_message(StepChosen(None))
        self.grew()
        self._keep_visible()

    def grew(self) -> None:
        """Take in what arrived."""
        before = len(self.view)
        with self.bridge.lock:
            self.view.refresh()
        self._steps.clear()
        self._measure()
        count = len(self.view)
        if count and self.selected is None:
            self._choose(self.view.n_at(count - 1 if self.follow else 0))
        if self.follow:
            if count and count != before:
                self._choose(self.view.n_at(count - 1))
            self.scroll_to(y=self._end(), animate=False)
        elif self.bridge.loaded and self.bridge.source.live:
            self.unseen = 0 if self._newest_in_sight() else self.unseen + max(0, count - before)
        self.refresh()

    def _newest_in_sight(self, top: float | None = None) -> bool:
        return self._rows_end() <= (self.scroll_offset.y if top is None else top) + self.size.height

    def expect(self, ghosts: Sequence[GhostStep], at: datetime | None) -> None:
        """Show what should come next below the last row; `at`: clocks that stand still, for what has ended."""
        if (tuple(ghosts), at) == (tuple(self.ghosts), self.ghosts_at):
            return
        self.ghosts, self.ghosts_at = ghosts, at
        self._measure()
        if self.follow:
            self.scroll_to(y=self._end(), animate=False)
        self.refresh()

    def ghosts_outdated(self) -> bool:
        """Whether a clock of what should come next has run out."""
        now = self.bridge.now()
        ends = [at for ghost in self.ghosts for at in (ghost.not_before, ghost.expires) if at is not None]
        return self.ghosts_at is None and any(at <= now for at in ends)

    def mark(self, marked: frozenset[int]) -> None:
        """Show which exchanges are marked."""
        self.marked = marked
        self._strips.clear()
        self.refresh()

    def wait(self, waiting: Mapping[int, Waiting]) -> None:
        """Show what waits at breakpoints."""
        if waiting is not self.waiting:
            self.waiting = waiting
            self._strips.clear()
            self.refresh()

    def repaint(self) -> None:
        """Paint with other settings: width, colours, profile, split."""
        self._strips.clear()
        self._steps.clear()
        self._measure(force=True)
        self._keep_visible()
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Paint at the new width."""
        self.repaint()

    def _measure(self, *, force: bool = False) -> None:
        width = self.scrollable_content_region.width or 80
        highest = max(len(self.bridge.trace), 1)
        hosts = self._hosts()
        # who is placed by now needs the eighth lane no more; if somebody else does, it comes back
        unplaced = self.painter.diagram.with_unplaced and hosts == self.painter.diagram.hosts
        inline = width >= _INLINE_FROM and self.app.size.width >= 160
        narrow = self._unused() if self.shrink else frozenset()
        key = (
            width,
            len(str(highest)),
            unplaced,
            self.split,
            self.profile,
            tuple(hosts.items()),
            narrow,
            len(str(self.view.several)) * bool(self.view.several),
        )
        if force or key != self._style_key:
            self._style_key = key
            self._strips.clear()
            self.painter = Painter(
                Diagram(hosts=hosts, with_unplaced=unplaced, narrow=narrow, arrangement=self.arrangement),
                width,
                highest=highest,
                inline=inline,
                ascii_only=self.ascii_only,
                split=self.split,
                roomy=inline and self.app.size.height >= 36,
                profile=self.profile,
                payments=self.view.several,
            )
            for head in self.screen.query("#ladder-head"):  # none any more, while the screen is taken down
                head.styles.height = len(self.painter.header())
                head.refresh()
        self._take_room(Size(width, self._rows_end() + len(self.ghosts)))

    def _take_room(self, size: Size) -> None:
        """Be of this size within; one that only grows, and has its scroll bar, moves nothing else on the screen."""
        before = self.virtual_size
        if size.width == before.width and size.height >= before.height > self.size.height:
            self.set_reactive(ScrollView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def _hosts(self) -> dict[str, tuple[str, ...]]:
        """The hosts by lane, of which the worker may learn more at any time."""
        with self.bridge.lock:
            return dict(self.bridge.trace.lane_hosts)

    def _rows_end(self) -> int:
        """How many lines the exchanges take; the ghosts come below."""
        return len(self.view) * self.painter.height

    def _end(self) -> int:
        """Where following scrolls to: the newest exchange stays in sight, with as many ghosts as half a screen has."""
        ghosts = min(len(self.ghosts), self.size.height // 2)
        return max(0, self._rows_end() + ghosts - self.size.height)

    def _unused(self) -> frozenset[str]:
        """The lanes that nobody stands on: in the payment that is shown, or, without one, in the whole trace."""
        diagram = Diagram(hosts=self._hosts())
        if self.view.payment is None or len(self.view) > _LOOKED_AT:
            return diagram.unused([*diagram.hosts, CLIENT])
        ends = {role for ghost in self.ghosts for role in (ghost.source, ghost.target)}
        with self.bridge.lock:
            for position in range(len(self.view)):
                step = step_at(self.bridge.trace, self.view.n_at(position))
                ends |= {step.source, step.target}
        return diagram.unused(ends)

    # painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """The visible lines; what they need from the trace is taken under one lock."""
        self._fetch()
        return super().render_lines(crop)

    def _fetch(self) -> None:
        height = self.painter.height
        first = self.scroll_offset.y // height
        last = min(len(self.view), (self.scroll_offset.y + self.size.height) // height + 1)
        if all(position in self._steps for position in range(first, last)):
            return
        with self.bridge.lock:
            trace = self.bridge.trace
            fetched: dict[int, tuple[Step, Step | None]] = {}
            previous = step_at(trace, self.view.n_at(first - 1)) if first else None
            for position in range(first, last):
                step = step_at(trace, self.view.n_at(position))
                fetched[position] = (step, previous)
                previous = step
        self._steps = fetched
        diagram = self.painter.diagram
        if not diagram.with_unplaced and diagram.needs_unplaced(step for step, _ in fetched.values()):
            self.painter.diagram = replace(diagram, with_unplaced=True)
            self._measure(force=True)

    def render_line(self, y: int) -> Strip:
        """One line on the screen."""
        palette = palette_of(self.app)
        base = self.rich_style
        if not len(self.view):
            return to_strip(self._empty(y), self.size.width, palette, base)
        position, part = divmod(self.scroll_offset.y + y, self.painter.height)
        if position >= len(self.view):
            ghost = self.scroll_offset.y + y - self._rows_end()
            return to_strip(self._ghost(ghost), self.size.width, palette, base)
        found = self._steps.get(position)
        if found is None:
            return to_strip(self.painter.gap(), self.size.width, palette, base)
        step, previous = found
        selected = step.n == self.selected
        cached = self._strips.get((step.n, selected))
        if cached is not None and cached[0] == step and cached[1] == previous and not step.in_flight:
            return cached[2][part]
        now = self.bridge.now() if step.in_flight and self.bridge.source.live else None
        waiting = self.waiting.get(step.n)
        lines = self.painter.lines(
            step if waiting is None else replace(step, label=f"[{self._waiting_words(waiting)}] {step.label}"),
            previous,
            selected=selected,
            marked=step.n in self.marked,
            noted=step.n in self.bridge.notes,
            held=waiting is not None,
            now=now,
        )
        strips = [
            to_strip(line, self.size.width, palette, base + self._highlight(index) if selected else base)
            for index, line in enumerate(lines)
        ]
        if len(self._strips) > _CACHED:
            self._strips.clear()
        self._strips[step.n, selected] = (step, previous, strips)
        return strips[part]

    def _waiting_words(self, waiting: Waiting) -> str:
        """`waits 27s`, or `27s` where that would leave no room for what waits; the line above says all of it."""
        seconds = f"{seconds_left(waiting, self.bridge.now())}s"
        geometry = self.painter.geometry
        return f"waits {seconds}" if geometry.inline or geometry.label_width >= _ROOM_FOR_WORDS else seconds

    def _highlight(self, part: int) -> Style:
        palette = palette_of(self.app)
        if part and not (self.split and part == 1):
            return Style.null()
        return palette.selected if self.has_focus else palette.selected_idle

    def _ghost(self, index: int) -> Segments:
        if index >= len(self.ghosts):
            return self.painter.gap()
        step = self.ghosts[index]
        clock = _clock(step, self.ghosts_at or self.bridge.now()) or ("next" if index == 0 else "")
        return self.painter.ghost(
            Ghost(source=step.source, target=step.target, label=step.label, reason=step.reason, clock=clock)
        )

    def _tick_ghosts(self) -> None:
        first = self._rows_end()
        if self.ghosts and self.ghosts_at is None and first < self.scroll_offset.y + self.size.height:
            self.refresh_lines(first, len(self.ghosts))

    def _empty(self, y: int) -> Segments:
        lines = self.hint.splitlines() if self.bridge.loaded else ["Reading the recording…"]
        top = max(1, (self.size.height - len(lines)) // 3)
        if 0 <= y - top < len(lines):
            line = plain(lines[y - top], ascii_only=self.ascii_only)
            style = "title" if y == top else "link" if line.startswith("  ") else "text"
            return [Segment("    ", "space"), Segment(line, style)]
        return []

    @property
    def commands(self) -> list[str]:
        """What an empty screen offers to be copied."""
        return [] if len(self.bridge.trace) else [line.strip() for line in self.hint.splitlines() if line[:2] == "  "]

    def _tick(self) -> None:
        height = self.painter.height
        for position, (step, _) in self._steps.items():
            if step.in_flight and self.bridge.source.live:
                self.refresh_lines(position * height, height)

    def on_focus(self) -> None:
        """The selection is brighter in the focused pane."""
        self._forget_selected()

    def on_blur(self) -> None:
        """The selection is quieter when another pane has the focus."""
        self._forget_selected()

    def _forget_selected(self) -> None:
        if self.selected is not None:
            self._strips.pop((self.selected, True), None)
        self.refresh()

    # moving

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """The rows on the screen."""
        height = self.painter.height
        first = -(-self.scroll_offset.y // height)
        for position in range(first, min(len(self.view), (self.scroll_offset.y + self.size.height) // height)):
            yield Offset(0, position * height - self.scroll_offset.y), partial(self.select, self.view.n_at(position))

    def select(self, n: int, *, around: int = _AROUND) -> None:
        """Put the selection on an exchange and bring it into sight, with some rows around it; the user meant it."""
        self.follow = False
        self._choose(n)
        self._keep_visible(around)

    def _choose(self, n: int) -> None:
        if n == self.selected:
            return
        height = self.painter.height
        for number in (self.selected, n):
            position = self.view.position(number) if number is not None else None
            if position is not None:
                self.refresh_lines(position * height, height)
        self.selected = n
        self.post_message(StepChosen(n))

    def _keep_visible(self, around: int = _AROUND) -> None:
        position = self.view.position(self.selected) if self.selected is not None else None
        if position is None or not self.size.height:
            return
        height = self.painter.height
        margin = min(around, (self.size.height // height - 1) // 4) * height
        top, bottom = max(0, position * height - margin), (position + 1) * height + margin
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif bottom > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=bottom - self.size.height, animate=False)

    def _position(self) -> int:
        return 0 if self.selected is None else self.view.nearest(self.selected)

    def _go(self, position: int) -> None:
        if len(self.view):
            self.select(self.view.n_at(max(0, min(position, len(self.view) - 1))))

    def action_move(self, by: int) -> None:
        """Select the next or the previous message."""
        self._go(self._position() + by)

    def action_page(self, by: int) -> None:
        """Move by what fits on the screen."""
        self._go(self._position() + by * max(1, self.size.height // self.painter.height - 1))

    def action_edge(self, end: int) -> None:
        """To the first message, or to the last and follow."""
        self._go(len(self.view) - 1 if end else 0)
        if end:
            self.follow, self.unseen = self.bridge.source.live, 0
            self.post_message(StepChosen(self.selected))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Leaving the end stops following; coming back to it has seen everything."""
        super().watch_scroll_y(old_value, new_value)
        if self._newest_in_sight(new_value):
            self.unseen = 0
        elif new_value < old_value:
            self.follow = False  # the newest went out of sight; a ladder that became shorter doesn't count

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked on; a double click opens it."""
        position = (self.scroll_offset.y + event.y) // self.painter.height
        if position < len(self.view):
            self.select(self.view.n_at(position), around=0)  # it stays below the pointer
            if event.chain == 2 and self.selected is not None:
                self.post_message(StepOpened(self.selected))


def seconds_left(waiting: Waiting, now: datetime) -> int:
    """How long something still waits at most."""
    return math.ceil(max(0.0, (waiting.until - now).total_seconds()))


def _clock(step: GhostStep, now: datetime) -> str:
    """`in 4s`: not before; `<9m58`: expires."""
    for sign, at in (("in ", step.not_before), ("<", step.expires)):
        if at is not None and at > now:
            seconds = math.ceil((at - now).total_seconds())
            return sign + (f"{seconds}s" if seconds < 100 else elapsed_words(timedelta(seconds=seconds)))
    return ""
