"""Breakpoints: set on the operation of the selected message, listed, removed; and what becomes of what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on

from optrace.core.text import safe
from optrace.diagram.segments import Segment
from optrace.exchanges import KINDS
from optrace.session.breakpoints import BY_ANSWER, Breakpoint, Order, Part, Waiting, Word, place_of
from optrace.session.steps import Step
from optrace.tui.bridge import Bridge
from optrace.tui.questions import Question
from optrace.tui.screens.looking import Looking
from optrace.tui.screens.sheet import Sheet
from optrace.tui.view import step_at
from optrace.tui.widgets.choices import Choice, Choices
from optrace.tui.widgets.wait_bar import WaitBar

if TYPE_CHECKING:
    from optrace.tui.stops import Control

_PARTS = {Part.REQUEST: "before it reaches the server", Part.RESPONSE: "before the client gets it"}
_SERVERS = ("token_introspect", "resource_set_register", "infra_health", "infra_admin", "unknown")  # seldom wanted
_LEAVING = 0.1  # seconds between two looks whether all have gone on
_AT_LAST = 3.0  # seconds; then the screen is left anyway


class Breaking(Looking):
    """A screen whose live traffic can be stopped."""

    waits: WaitBar
    _was_waiting: frozenset[int] = frozenset()
    _leaving: float | None = None  # seconds since the user wanted to leave

    def stops_changed(self) -> None:
        """Take in what waits now, and what the proxy has answered."""
        stops = self.bridge.stops
        self.ladder.wait(stops.waiting)
        self.set_class(bool(stops.waiting), "-waiting")
        self.waits.refresh()
        while stops.answers:
            order, text = stops.answers.popleft()
            if order.word is not Word.STAY:
                late = text.startswith("too late")
                self.notify(f"{order.n}: {text}.", timeout=3, severity="warning" if late else "information")
        now = frozenset(stops.waiting)
        if self.ladder.selected in now ^ self._was_waiting and self.ladder.selected is not None:
            self.bridge.want(self.ladder.selected)  # its answer is seen as long as it waits
        self._was_waiting = now

    def action_break(self) -> None:
        """Where messages are to wait."""
        if self._control() is not None:
            n = self.ladder.selected
            with self.bridge.lock:
                step = None if n is None else step_at(self.bridge.trace, n)
            self.app.push_screen(BreakpointScreen(self.bridge, step, self._told))

    def action_let_go(self) -> None:
        """What waits goes on as it is."""
        self._decide(Word.GO)

    def action_drop(self) -> None:
        """Nobody gets what waits."""
        self._decide(Word.DROP)

    def action_stay(self) -> None:
        """It waits as long again."""
        self._decide(Word.STAY)

    def action_let_all_go(self) -> None:
        """All that waits goes on."""
        if self.bridge.stops.waiting:
            self.order(self.bridge.stops.waiting.values(), Word.GO)
        else:
            self._nothing()

    def action_quit(self) -> None:
        """Leave; what waits goes on first, while the proxy can still pass on what comes of it."""
        if not self.bridge.stops.waiting or self._leaving is not None:
            self.app.exit()
            return
        self._leaving = 0.0
        self._told("leave", lambda control: control.leave())
        self.notify("What waits goes on. q again leaves at once.", timeout=_AT_LAST)
        self.set_interval(_LEAVING, self._leave)

    def _leave(self) -> None:
        self._leaving = (self._leaving or 0.0) + _LEAVING
        with self.bridge.lock:
            pending = any(step_at(self.bridge.trace, n).in_flight for n in self._was_waiting)
        if self._leaving >= _AT_LAST or not (self.bridge.stops.waiting or pending):
            self.app.exit()

    def _decide(self, word: Word) -> None:
        waiting = self.selected_waiting()
        if waiting is not None:
            self.order([waiting], word)
        else:
            self._nothing()

    def _nothing(self) -> None:
        """Say why there is nothing to decide."""
        if several := len(self.bridge.stops.waiting):
            self.notify(f"{several} wait: select the one that is meant; F lets all go.", timeout=3)
        elif self._control() is not None:
            self.notify("Nothing waits. b sets a breakpoint.", timeout=3)

    def selected_waiting(self) -> Waiting | None:
        """What is meant: the selected message if it waits, otherwise the only one that does."""
        waiting = self.bridge.stops.waiting
        found = waiting.get(self.ladder.selected or 0)
        return found or (next(iter(waiting.values())) if len(waiting) == 1 else None)

    def order(self, waiting: Iterable[Waiting], word: Word) -> None:
        """Say what is to become of what waits."""
        self.send_orders([Order(n=each.n, part=each.part, word=word) for each in waiting])

    def send_orders(self, orders: Sequence[Order]) -> None:
        """Have the proxy told."""

        def tell(control: Control) -> None:
            for order in orders:
                control.send(order)

        self._told(f"order {orders[0].word} {orders[0].n}" if orders else "order", tell)

    def _told(self, name: str, tell: Callable[[Control], object]) -> None:
        """Have the worker tell the proxy something."""
        control = self.bridge.stops.control
        assert control is not None

        def reply(_: object, why: str) -> None:
            if why:
                self.notify(safe(why), severity="warning", markup=False)

        self.bridge.ask(Question(name, lambda _: tell(control), reply))

    def _control(self) -> Control | None:
        control = self.bridge.stops.control
        if control is None or not self.bridge.source.live:
            self.notify("Nothing is being recorded here; breakpoints stop live traffic: optrace live", timeout=4)
            return None
        return control


class BreakpointScreen(Sheet):
    """Those of the operation that was chosen, then all there are; without one, all operations."""

    def __init__(
        self, bridge: Bridge, step: Step | None, tell: Callable[[str, Callable[[Control], object]], None]
    ) -> None:
        self.list = Choices()
        super().__init__(bridge, "breakpoints", self.list)
        self._step = step
        self._tell = tell
        self._shown: Sequence[Breakpoint] | None = None
        self.add_class("-small")

    def on_mount(self) -> None:
        """The choices, kept up to date."""
        super().on_mount()
        self.head("breakpoints: what matches waits in the proxy", "enter sets and clears, esc closes")
        self._offer()
        self.set_interval(0.1, self._offer)

    def _offer(self) -> None:
        there = list(self.bridge.stops.standing.breakpoints)
        if there == self._shown:
            return
        first, self._shown = self._shown is None, there
        choices: list[Choice] = []
        own = [] if self._step is None else [_on(self._step, part) for part in Part]
        for point in own:
            if point.part is Part.REQUEST:
                choices.append(_heading(f"{KINDS[point.operation].title}   {point.operation}"))
            choices.append(_choice(point, _PARTS[point.part], there))
        others = [point for point in there if not any(_same(point, one) for one in own)]
        if others:
            choices += [_heading(""), _heading("elsewhere")]
            choices += [_elsewhere(point, there) for point in others]
        if self._step is None:
            choices += [_heading(""), _heading("on any operation")]
            for kind in KINDS:
                if kind.id not in _SERVERS:
                    parts = [part for part in Part if part is Part.RESPONSE or kind.id not in BY_ANSWER]
                    points = [Breakpoint(operation=kind.id, part=part) for part in parts]
                    choices += [_elsewhere(point, there) for point in points]
        self.list.offer(choices, cursor=0 if first else self.list.cursor)

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        point: Breakpoint = message.value
        if any(_same(point, other) for other in self.bridge.stops.standing.breakpoints):
            self._tell("clear", lambda control: control.clear(point))
        else:
            self._tell("set", lambda control: control.set(point))


def _on(step: Step, part: Part) -> Breakpoint:
    return Breakpoint(operation=step.operation, part=part, place=place_of(step.method, step.url))


def _same(one: Breakpoint, other: Breakpoint) -> bool:
    return (one.operation, one.part) == (other.operation, other.part)


def _heading(text: str) -> Choice:
    return Choice([Segment(f" {safe(text)}", "head")])


def _elsewhere(point: Breakpoint, there: Sequence[Breakpoint]) -> Choice:
    return _choice(point, KINDS[point.operation].title, there, point.operation)


def _choice(point: Breakpoint, text: str, there: Sequence[Breakpoint], id: str = "") -> Choice:
    found = next((other for other in there if _same(point, other)), None)
    mark, style = ("●", "fail") if found else ("○", "dim")
    kept = (found or point).patience.total_seconds()
    name = Segment(f" {point.part:<9} ", "title" if found else "text")
    line = [Segment(f"  {mark}", style), name, Segment(safe(text), "text")]
    return Choice(line, point, [Segment(f" {id}   {kept:.0f} s ", "dim")])
