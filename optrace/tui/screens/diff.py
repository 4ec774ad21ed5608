"""Two payments held against each other, of one recording or of two: where the runs part, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.markup import escape
from textual import events, on
from textual.binding import Binding, BindingType

from optrace.core.masking import Secrets
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagram.cells import plain
from optrace.diagram.segments import Segment, Segments
from optrace.replay.align import Cause, Comparison, Side, align
from optrace.session.steps import Payment
from optrace.session.trace import Trace
from optrace.tui import keys
from optrace.tui.against import Against, Breathe, OpenOther
from optrace.tui.alignment import Row, rows, summary
from optrace.tui.questions import EVERYTHING, Question
from optrace.tui.screens.compare import CompareScreen
from optrace.tui.screens.sheet import Sheet
from optrace.tui.widgets.choices import Choice, Choices

if TYPE_CHECKING:
    from textual.screen import Screen

    from optrace.tui.bridge import Bridge
    from optrace.tui.tabs.look import Look

QUESTION = "diff"
_CURSOR = 1  # cell before a line


@dataclass(frozen=True, slots=True)
class Held:
    """The two, held against each other."""

    comparison: Comparison
    names: tuple[str, str]  # in full
    titles: tuple[str, str]  # in short
    secrets: Secrets


def hold(
    screen: Screen[Any], bridge: Bridge, look: Look, payment: int | None, against: Against, open_other: OpenOther
) -> None:
    """Hold a payment of this recording, or all of it, against another; the worker aligns them, then they are shown."""

    def work(breathe: Breathe) -> Held:
        trace = bridge.session
        assert trace is not None
        other = open_other(against.path, breathe) if against.path is not None else None
        try:
            sides = [
                _side(trace, bridge.source.name, payment, breathe),
                _side(other.trace, other.name, against.payment, breathe)
                if other is not None
                else _side(trace, bridge.source.name, against.payment, breathe),
            ]
        finally:
            if other is not None:
                other.close()
        secrets = Secrets()
        for side, _ in sides if not look.revealed else ():
            for step in side.script.steps:
                breathe()
                secrets.learn(step.exchange)
        (one, first), (two, second) = sides
        files = [bridge.source.name, bridge.source.name if other is None else other.name]
        numbers = [payment, against.payment]
        if other is None and None not in numbers:
            titles = [f"payment {number}" for number in numbers]
        else:
            titles = [f if n is None else f"{f} payment {n}" for f, n in zip(files, numbers, strict=True)]
        return Held(align(one, two, profile=look.profile), (first, second), (titles[0], titles[1]), secrets)

    def reply(held: Held | None, why: str) -> None:
        if held is None:
            screen.notify(safe(why), title="They can't be compared", severity="warning", markup=False)
        else:
            screen.app.push_screen(DiffScreen(bridge, held, look))

    screen.notify("Aligning ...", timeout=1)
    bridge.ask(Question(QUESTION, work, reply, until=EVERYTHING))


def _side(trace: Trace, name: str, payment: int | None, breathe: Breathe) -> tuple[Side, str]:
    found, title = None, name
    if payment is not None:
        found = next((each for each in trace.payments if each.id == payment), None)
        if found is None:
            raise ValueError(f"There is no payment {payment} in {name}; it has {len(trace.payments)}.")
        title = f"{name} {describe(found)}"
    return Side.of(trace, found, progress=lambda done, total: breathe()), title


def describe(payment: Payment) -> str:
    """`2 alice → bob 12.09 USD paid`."""
    return " ".join(part for part in (str(payment.id), payment.title, payment.amount or "", payment.state) if part)


def hosts_of_both(comparison: Comparison) -> dict[str, str]:
    """The second side's hosts (with ports) -> the first side's that play their parts."""
    twins: dict[str, str] = {}
    for pair in comparison.pairs:
        if pair.one is not None and pair.other is not None:
            ours, theirs = (parse(step.exchange.request.url).authority for step in (pair.one, pair.other))
            if theirs:
                twins.setdefault(theirs, ours)
    return {theirs: ours for theirs, ours in twins.items() if theirs != ours}


class DiffScreen(Sheet):
    """Opens where the runs part; a message opens beside the one that corresponds to it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings("diff"),
        Binding("escape", "back", "back", key_display="esc"),
    ]
    QUESTION = QUESTION

    def __init__(self, bridge: Bridge, held: Held, look: Look) -> None:
        self.list = Choices(id="diff-list")
        super().__init__(bridge, "", self.list)
        self.add_class("-whole")
        self.comparison = held.comparison
        self._title = " · ".join(f"{side} {title}" for side, title in zip("AB", held.titles, strict=True))
        self._names = tuple(zip("AB", held.names, strict=True))
        self._secrets = held.secrets
        self._look = look
        self._everything = False
        self._rows: list[Row] = []

    def on_mount(self) -> None:
        """Paint at the width that there is, and go to where the runs part."""
        super().on_mount()
        self.call_after_refresh(self._paint, self.comparison.first or 0)

    def on_resize(self, event: events.Resize) -> None:
        """Paint anew."""
        self.call_after_refresh(self._paint)

    def _paint(self, pair: int | None = None) -> None:
        pair = self.list.value if pair is None else pair
        width = self.list.scrollable_content_region.width - _CURSOR
        clean = (lambda text: text) if self._look.revealed else self._secrets.text
        top = [
            Row([Segment(f" {side} ", "head"), Segment(plain(clean(name)), "text")], None) for side, name in self._names
        ]
        self._rows = [*top, Row(self._outcome(), None), Row([], None)]
        self._rows += rows(self.comparison, clean, width, everything=self._everything)
        self.list.offer([Choice(row.line, row.pair if row.head else None) for row in self._rows])
        self._go(next((at for at, row in enumerate(self._rows) if row.head and row.pair == pair), 0))
        shown = "what isn't expected" if self._everything else "all"
        self.head(escape(plain(self._title)), f"n N next ✗ · enter side by side · a {shown} · esc closes")

    def _go(self, at: int) -> None:
        """To a row, with what differs in it in sight."""
        self.list.go(at)
        y = max(0, at - self.list.size.height // 3)
        # forced: a list that has just become longer has no scroll bar yet
        self.call_after_refresh(self.list.scroll_to, y=y, animate=False, force=True)

    def _outcome(self) -> Segments:
        first = self.comparison.first
        if first is None:
            said = f" {len(self.comparison.pairs)} steps correspond; nothing unexpected differs. "
        else:
            said = f" Alike for {first} steps. "
        return [Segment(said, "pass" if first is None else "strong"), *summary(self.comparison)]

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        pair = self.comparison.pairs[message.value]
        if pair.one is None or pair.other is None:
            side = "B" if pair.one is None else "A"
            self.notify(f"Only {side} has this message: there is nothing to put beside it.", timeout=3)
        else:
            one, other = pair.one.exchange, pair.other.exchange
            self.app.push_screen(
                CompareScreen(
                    self.bridge, one, other, self._look, twins=hosts_of_both(self.comparison), sides=("A", "B")
                )
            )

    def action_walk(self, direction: int) -> None:
        """To the next unexpected difference, or the one before; round the end it starts again."""
        cause = Cause.UNEXPECTED if self.comparison.first is not None else Cause.CONSEQUENCE
        places = [
            at
            for at, row in enumerate(self._rows)
            if row.head and row.pair is not None and self.comparison.pairs[row.pair].cause is cause
        ]
        if not places:
            self.notify("Nothing unexpected differs.", timeout=3)
            return
        here = self.list.cursor
        ahead = [at for at in places if at > here] if direction > 0 else [at for at in reversed(places) if at < here]
        self._go((ahead or (places if direction > 0 else places[::-1]))[0])

    def action_everything(self) -> None:
        """Also what differs in any two runs, or no more."""
        self._everything = not self._everything
        self._paint()
