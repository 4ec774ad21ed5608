"""The payments of the recording, to choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Footer

from optrace.diagram.cells import cell_width, pad, plain
from optrace.diagram.layout import elapsed_words
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Payment
from optrace.tui.bridge import Bridge
from optrace.tui.palette import palette_of
from optrace.tui.widgets.choices import Choices
from optrace.tui.widgets.strips import to_strip

if TYPE_CHECKING:
    from textual.app import ComposeResult

_STATES = {
    "paid": "pass",
    "completed": "pass",
    "paying": "covered",
    "failed": "fail",
    "rejected": "alert",
    "cancelled": "dim",
    "granted": "covered",
}


class PaymentsScreen(Screen[int | None]):
    """Comes back with the id of the payment, or None."""

    CSS_PATH = "payments.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,p", "dismiss", "back", key_display="esc"),
        Binding("q", "app.quit", "quit", show=False),
    ]

    def __init__(self, bridge: Bridge, current: int | None, profile: str) -> None:
        super().__init__()
        self.bridge = bridge
        self.list = PaymentList(bridge, current)

    def compose(self) -> ComposeResult:
        """Head, list, footer."""
        yield PaymentsHead(id="payments-head")
        yield self.list
        yield Footer(compact=True)

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        self.dismiss(message.value)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.list.focus()
        self.list.grew()
        self.set_interval(0.5, self.list.grew)


class PaymentsHead(Widget):
    """The names of the columns."""

    def render_line(self, y: int) -> Strip:
        """The one line."""
        head = [Segment(text, "head") for text in _columns("#", "payment", "amount", "state", "msg", "✗≠!", "took")]
        return to_strip(head, self.size.width, palette_of(self.app), self.rich_style)


class PaymentList(Choices):
    """One line a payment; the selected one is shown on enter."""

    def __init__(self, bridge: Bridge, current: int | None) -> None:
        super().__init__(id="payment-list")
        self.bridge = bridge
        self.payments: tuple[Payment, ...] = ()
        self._current = current

    def __len__(self) -> int:
        return len(self.payments)

    def value_at(self, at: int) -> int:
        """The id of a payment."""
        return self.payments[at].id

    def empty(self) -> str:
        """Before the first."""
        return "No payment yet."

    def grew(self) -> None:
        """Take in new payments."""
        with self.bridge.lock:
            self.payments = self.bridge.trace.payments
        if self._current is not None:
            self.cursor = next((i for i, one in enumerate(self.payments) if one.id == self._current), 0)
            self._current = None
            self.call_after_refresh(self.keep_visible)
        self.count_changed()

    def line_at(self, at: int, *, selected: bool) -> Segments:
        """One payment."""
        return self._line(self.payments[at], selected)

    def _line(self, payment: Payment, selected: bool) -> Segments:
        marks = self.bridge.tally.marks
        wrong = sum(1 for n in payment.exchanges if n <= len(marks) and marks[n - 1] >= 3)
        took = elapsed_words(payment.ended - payment.started) if payment.ended is not None else ""
        n, title, amount, state, messages, flagged, time = _columns(
            str(payment.id),
            plain(payment.title),
            plain(payment.amount or ""),
            plain(payment.state),
            f"{len(payment.exchanges):,}",
            f"{wrong:,}" if wrong else "",
            took,
        )
        return [
            Segment(("▶" if selected else " ") + n[1:], "pointer" if selected else "number"),
            Segment(title, "title"),
            Segment(amount, "text"),
            Segment(state, _STATES.get(payment.state, "dim")),
            Segment(messages, "text"),
            Segment(flagged, "fail"),
            Segment(time, "time"),
        ]


def _columns(n: str, title: str, amount: str, state: str, messages: str, wrong: str, took: str) -> list[str]:
    return [
        f"{n:>6}  ",
        pad(title, 30) + "  ",
        " " * max(0, 14 - cell_width(amount)) + amount + "  ",
        pad(state, 11),
        f"{messages:>6}",
        f"{wrong:>6}",
        f"{took:>8}",
    ]
