"""What is known of the selected exchange, in tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Vertical

from optrace.session.steps import Detail
from optrace.tui.tabs import TABS
from optrace.tui.tabs.look import Look, entry, line
from optrace.tui.widgets.heads import DetailHead
from optrace.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult


class DetailPane(Vertical):
    """The title line with the tabs, and the chosen tab."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.head = DetailHead(id="detail-head")
        self.body = Lines(id="detail-body")
        self.detail: Detail | None = None
        self.look = Look()
        self.tab = 0
        self._notes: Mapping[int, str] = {}

    def compose(self) -> ComposeResult:
        """The two parts."""
        yield self.head
        yield self.body

    def show(self, detail: Detail | None, why: str = "") -> None:
        """Show another exchange, or say why it can't be shown."""
        same = detail is not None and self.detail is not None and detail.step.n == self.detail.step.n
        self.detail = detail
        self._paint(keep_place=same, why=why)

    def on_resize(self) -> None:
        """What stands side by side needs to know the width."""
        if self.detail is not None:
            self._paint(keep_place=True)

    def choose(self, tab: int) -> None:
        """Open a tab."""
        self.tab = tab
        self._paint()

    def look_with(self, look: Look) -> None:
        """Other eyes, or secrets shown or masked."""
        self.look = look
        self._paint(keep_place=True)

    def note_on(self, notes: Mapping[int, str]) -> None:
        """What the user noted, by exchange."""
        self._notes = notes
        self._paint(keep_place=True)

    def _paint(self, *, keep_place: bool = False, why: str = "") -> None:
        self.head.step = self.detail.step if self.detail is not None else None
        self.head.tab = self.tab
        self.head.refresh()
        if self.detail is None:
            self.body.show([line(why, "alert")] if why else [])
        else:
            look = replace(self.look, width=self.body.scrollable_content_region.width)
            lines = TABS[self.tab].paint(self.detail, look)
            if self.tab == 0 and (note := self._notes.get(self.detail.step.n)):
                lines = [entry("✎", (note, "noted"), width=1), line(), *lines]
            self.body.show(lines, keep_place=keep_place)
