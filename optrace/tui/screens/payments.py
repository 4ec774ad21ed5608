"""The payments of the recording: how each stands, in any order; the chosen one's ladder is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Footer

from optrace.diagram.payments import COLUMNS, SORTABLE, Line, PaymentTable, in_order
from optrace.diagram.segments import Segment, Segments
from optrace.session.progress import STAGES, Reach, progress
from optrace.session.steps import Payment
from optrace.tui import keys
from optrace.tui.bridge import Bridge
from optrace.tui.palette import palette_of
from optrace.tui.tally import MARKS
from optrace.tui.view import step_at
from optrace.tui.widgets.choices import Choices
from optrace.tui.widgets.strips import between, to_strip

if TYPE_CHECKING:
    from textual.app import ComposeResult

_WORST = frozenset("?!≠✗")
_PASS = MARKS.index("✓")
_STEPS = 200  # exchanges of a payment that are looked at for its bar


class PaymentsScreen(Screen[int | None]):
    """Comes back with the id of the payment, or None."""

    CSS_PATH = "payments.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings("payments"),
        Binding("q", "app.quit", "quit", show=False),
    ]

    def __init__(
        self, bridge: Bridge, current: int | None, profile: str, hold: Callable[[int, int], None] | None = None
    ) -> None:
        super().__init__()
        self.bridge = bridge
        self._hold = hold
        self.list = PaymentList(bridge, current)
        self.head = PaymentsHead(self.list, id="payments-head")
        self.foot = PaymentsFoot(self.list, profile, id="payments-foot")

    def compose(self) -> ComposeResult:
        """Head, list, what the selected one has reached, footer."""
        yield self.head
        yield self.list
        yield self.foot
        yield Footer(compact=True)

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        self.dismiss(message.value)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.list.focus()
        self._grew()
        self.set_interval(0.5, self._grew)

    def _grew(self) -> None:
        if self.list.grew():
            self.head.refresh()
            self.foot.refresh()

    def action_mark(self) -> None:
        """Mark the selected payment, or take the mark away; of three the oldest loses its mark."""
        if (one := self.list.value) is not None:
            before = self.list.marked
            self.list.marked = [each for each in before if each != one] if one in before else [*before, one][-2:]
            self.list.refresh()

    def action_diff(self) -> None:
        """The two that are marked; one with the selected one; or the selected one with the one before it."""
        selected, marked = self.list.value, self.list.marked
        if selected is None or self._hold is None:
            return
        chosen = sorted({*marked, selected} if len(marked) < 2 else marked)
        if len(chosen) < 2 and selected > 1:
            chosen = [selected - 1, selected]
        if len(chosen) < 2:
            self.notify("Mark two payments with space.", timeout=3)
        else:
            self._hold(chosen[0], chosen[1])

    def action_sort(self, by: int) -> None:
        """By the next column, or the one before."""
        shown = [column.id for column, _ in self.list.table.columns]
        at = shown.index(self.list.sort) if self.list.sort in shown else 0
        self._sort(shown[(at + by) % len(shown)])

    def action_reverse(self) -> None:
        """The other way round."""
        self._sort(self.list.sort, backwards=not self.list.backwards)

    def _sort(self, column: str, *, backwards: bool | None = None) -> None:
        self.list.sort_by(column, backwards=backwards)
        self.head.refresh()

    @on(Choices.Moved)
    def _moved(self) -> None:
        self.foot.refresh()

    def clicked_on(self, column: str) -> None:
        """Sort by a column; once more: the other way round."""
        self._sort(column, backwards=not self.list.backwards if column == self.list.sort else None)


class PaymentsHead(Widget):
    """The names of the columns; a click sorts."""

    def __init__(self, payments: PaymentList, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._list = payments

    def render_line(self, y: int) -> Strip:
        """The one line."""
        head = self._list.table.head(self._list.sort, backwards=self._list.backwards)
        return to_strip(head, self.size.width, palette_of(self.app), self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Sort by what was clicked on."""
        if (column := self._list.table.at(event.x)) is not None and isinstance(self.screen, PaymentsScreen):
            self.screen.clicked_on(column)


class PaymentsFoot(Widget):
    """How many there are, and in words how far the selected one has come."""

    def __init__(self, payments: PaymentList, profile: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._list = payments
        self._profile = profile

    def render_line(self, y: int) -> Strip:
        """The one line."""
        left: Segments = [Segment(" ", "space")]
        if (line := self._list.line) is not None:
            left += _stages(line)
        count = len(self._list)
        right = [
            Segment(f" {count:,} payment{'' if count == 1 else 's'}  ", "text"),
            Segment(f"{self._profile} ", "head"),
        ]
        return to_strip(between(left, right, self.size.width), self.size.width, palette_of(self.app), self.rich_style)


def _stages(line: Line) -> Segments:
    """`failed: outgoing payment`, or what was reached last and what comes next."""
    failed = [stage for stage, one in zip(STAGES, line.reached, strict=False) if one is Reach.FAILED]
    done = [stage for stage, one in zip(STAGES, line.reached, strict=False) if one is Reach.DONE]
    ahead = [stage for stage, one in zip(STAGES, line.reached, strict=False) if one is Reach.AHEAD]
    if failed:
        return [Segment(f"failed: {', '.join(failed)}", "fail")]
    if not ahead:
        return [Segment("every step was reached", "text")]
    segments = [Segment(f"reached: {done[-1]}" if done else "nothing reached yet", "text")]
    return [*segments, Segment(f"   next: {ahead[0]}", "dim")]


class PaymentList(Choices):
    """One line a payment; the selected one is shown on enter. The cursor stays on its payment."""

    def __init__(self, bridge: Bridge, current: int | None) -> None:
        super().__init__(id="payment-list")
        self.bridge = bridge
        self.table = PaymentTable(80)
        self.sort, self.backwards = "n", False
        self.marked: list[int] = []  # ids, at most two
        self._current = current
        self._version = -1
        self._payments: Sequence[Payment] = ()
        self._order: list[int] = []
        self._lines: dict[int, Line] = {}  # by position in `_payments`
        self._marks = bytearray()

    def __len__(self) -> int:
        return len(self._order)

    def value_at(self, at: int) -> int:
        """The id of a payment."""
        return self._payments[self._order[at]].id

    def empty(self) -> str:
        """Before the first."""
        return "No payment yet. One begins with the first grant request or wallet address that belongs to it."

    @property
    def line(self) -> Line | None:
        """The selected one, with its bar."""
        return self._whole(self._order[self.cursor]) if self.cursor < len(self) else None

    def on_resize(self, event: events.Resize) -> None:
        """The columns that have room."""
        self._fit()
        self.refresh()

    def _fit(self) -> None:
        highest = self._payments[-1].id if self._payments else 0
        self.table = PaymentTable(self.scrollable_content_region.width or 80, highest=highest)
        if isinstance(self.screen, PaymentsScreen):
            self.screen.head.refresh()

    def grew(self) -> bool:
        """Take in what changed; whether anything did."""
        marks = self.bridge.tally.marks
        if self._version == self.bridge.trace.version and len(marks) == len(self._marks):
            return False
        with self.bridge.lock:
            self._version = self.bridge.trace.version
            self._payments = self.bridge.trace.payments
        self._marks = bytearray(marks)
        self._lines.clear()
        self._fit()
        self._arrange()
        return True

    def sort_by(self, column: str, *, backwards: bool | None = None) -> None:
        """Another order; by default the one that shows first what one looks for."""
        assert column in SORTABLE
        natural = next(one.backwards for one in COLUMNS if one.id == column)
        self.sort, self.backwards = column, natural if backwards is None else backwards
        self._arrange()

    def _arrange(self) -> None:
        current = self._current if self._current is not None else self.value if len(self) else None
        self._current = None
        lines = [self._line(at) for at in range(len(self._payments))]
        self._order = in_order(lines, self.sort, backwards=self.backwards)
        place = next((i for i, at in enumerate(self._order) if lines[at].payment.id == current), 0)
        self.cursor = place
        self.count_changed()
        self.call_after_refresh(self.keep_visible)

    def _line(self, at: int) -> Line:
        """A payment with its marks, which cost little."""
        line = self._lines.get(at)
        if line is None:
            payment = self._payments[at]
            counts = Counter(self._marks[n - 1] & 7 for n in payment.exchanges if n <= len(self._marks))
            found = ((MARKS[code], counts[code]) for code in sorted(counts, reverse=True))
            worst = tuple(pair for pair in found if pair[0] in _WORST)
            passed = (("✓", counts[_PASS]),) if counts[_PASS] else ()
            line = self._lines[at] = Line(payment, worst or passed)
        return line

    def _whole(self, at: int) -> Line:
        """A payment with its bar, for which its exchanges are looked at."""
        line = self._line(at)
        if not line.reached:
            with self.bridge.lock:
                steps = [step_at(self.bridge.trace, n) for n in line.payment.exchanges[:_STEPS]]
            line = self._lines[at] = Line(line.payment, line.marks, progress(steps))
        return line

    def line_at(self, at: int, *, selected: bool) -> Segments:
        """One payment."""
        line = self._whole(self._order[at])
        return self.table.line(line, selected=selected, marked=line.payment.id in self.marked)
