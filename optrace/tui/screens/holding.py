"""Holding the payment that is shown against another one: two that are marked, or one that is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from optrace.tui.against import Against, OpenOther
from optrace.tui.screens.looking import Looking
from optrace.tui.view import step_at

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Holding(Looking):
    """A screen whose payment can be held against another."""

    open_other: OpenOther

    def action_diff(self) -> None:
        """Hold the payments of the two messages marked last against each other; or ask for another one."""
        if self._session() is None:
            return
        with self.bridge.lock:
            marked = [step_at(self.bridge.trace, n).payment for n in sorted(self.bridge.marks[-2:])]
            shown = self.ladder.view.the_payment()
        if len(marked) == 2 and None not in marked and marked[0] != marked[1]:
            self.hold(marked[0], Against(payment=marked[1]))
            return
        payment = self.ladder.view.payment if shown is not None else None

        def chosen(against: Against | None) -> None:
            if against is not None:
                self.hold(payment or (shown.id if shown is not None and against.path is None else None), against)

        self.app.push_screen(AgainstScreen(payment), chosen)

    def hold(self, payment: int | None, against: Against) -> None:
        """Hold a payment, or all, against another."""
        from optrace.tui.screens.diff import hold  # what aligns is imported when somebody asks

        hold(self, self.bridge, self.look, payment, against, self.open_other)


class AgainstScreen(ModalScreen[Against | None]):
    """Comes back with what is to be held against a payment (None: against all that is recorded), or None."""

    CSS_PATH = "naming.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, payment: int | None) -> None:
        super().__init__()
        self._payment = payment

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="naming")
        sheet.border_title = "hold it against" if self._payment is None else f"hold payment {self._payment} against"
        sheet.border_subtitle = "enter aligns them, esc leaves"
        with sheet:
            yield Input(placeholder="a payment's number, or another recording's file", id="name")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if re.fullmatch(r"\d{1,9}", text) and not Path(text).exists():
            self.dismiss(Against(payment=int(text)))
        elif text and Path(text).expanduser().is_file():
            self.dismiss(Against(path=str(Path(text).expanduser()), payment=self._payment))
        else:
            self.query_one("#naming").border_subtitle = "there is no such file" if text else "enter aligns, esc leaves"
            self.app.bell()
