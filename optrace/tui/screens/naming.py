"""A small sheet that asks for the name of a filter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.app import ComposeResult

_NAME = re.compile(r"[^\s()\"'@:]{1,40}")


class NamingScreen(ModalScreen[str | None]):
    """Comes back with the name, or None."""

    CSS_PATH = "naming.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, text: str, taken: Mapping[str, str]) -> None:
        super().__init__()
        self._text = text
        self._taken = taken

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="naming")
        sheet.border_title = "save the filter"
        sheet.border_subtitle = "enter saves it in optrace.toml, esc leaves"
        with sheet:
            yield Input(placeholder="a name; @name stands for the filter then", id="name")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        sheet = self.query_one("#naming")
        name = event.value.strip().removeprefix("@")
        if name and not _NAME.fullmatch(name):
            sheet.border_subtitle = "a name has no blanks, quotes, colons or parentheses"
        elif name in self._taken:
            sheet.border_subtitle = "there is one of that name; enter takes its place"
        else:
            sheet.border_subtitle = "enter saves it in optrace.toml, esc leaves"

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name = event.value.strip().removeprefix("@")
        if _NAME.fullmatch(name):
            self.dismiss(name)
        else:
            self.app.bell()
