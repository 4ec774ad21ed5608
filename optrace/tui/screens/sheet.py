"""A sheet over the home screen: a title, and something to read or to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from optrace.tui.questions import EVERYTHING, Question

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from optrace.tui.bridge import Bridge


class Sheet(ModalScreen[int | None]):
    """Comes back with the number of an exchange to go to, or None. What it asked the worker is withdrawn with it."""

    CSS_PATH = "sheet.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", key_display="esc"),
        Binding("q", "dismiss(None)", "close", show=False),
    ]
    QUESTION = ""

    def __init__(self, bridge: Bridge, title: str, body: Widget) -> None:
        super().__init__()
        self.bridge = bridge
        self.body = body
        self._title = title

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="sheet")
        sheet.border_title = self._title
        sheet.border_subtitle = "esc closes"
        with sheet:
            yield self.body

    def on_mount(self) -> None:
        """The body has the keys."""
        self.body.focus()

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        self.bridge.withdraw(self.QUESTION)

    def head(self, title: str, subtitle: str = "esc closes") -> None:
        """Another title."""
        sheet = self.query_one("#sheet")
        sheet.border_title = title
        sheet.border_subtitle = subtitle

    def ask(self, question: Question) -> None:
        """Have the worker do something that takes the whole session; only the last question counts."""
        question.until = EVERYTHING
        self.bridge.ask(question)

    def action_back(self) -> None:
        """Close; a sheet of two pages goes to the first one instead."""
        self.dismiss(None)
