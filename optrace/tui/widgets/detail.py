"""What is known of the selected exchange, in tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical

from optrace.diagram.segments import Segments
from optrace.session.steps import Detail
from optrace.tui.tabs import TABS
from optrace.tui.tabs.look import Look, entry, line
from optrace.tui.widgets.heads import DetailHead
from optrace.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult


_TWO_FROM = 160  # columns of the full screen, from which another tab has room beside the chosen one
_BESIDE = {0: (0, 5), 5: (0, 5), 1: (1, 2), 2: (1, 2)}  # what it means and raw; request and response


class DetailPane(Vertical):
    """The title line with the tabs, and the chosen tab; on a wide full screen with its counterpart beside it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.head = DetailHead(id="detail-head")
        self.body = Lines(id="detail-body")
        self.beside = Lines(id="detail-beside")
        self.detail: Detail | None = None
        self.look = Look()
        self.tab = 0
        self._notes: Mapping[int, str] = {}

    def compose(self) -> ComposeResult:
        """The head, and one column or two."""
        yield self.head
        with Horizontal():
            yield self.body
            yield self.beside

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
        pair = _BESIDE.get(self.tab) if self._has_room else None
        two = self.detail is not None and pair is not None
        self.set_class(two, "-two")
        if self.detail is None:
            self.body.show([line(why, "alert")] if why else [])
        elif two and pair is not None:
            width = self.size.width // 2 - 2  # the layout hasn't come to it yet
            self.body.show(self._lines(self.detail, pair[0], width), keep_place=keep_place)
            self.beside.show(self._lines(self.detail, pair[1], width), keep_place=keep_place)
        else:
            width = self.body.scrollable_content_region.width
            self.body.show(self._lines(self.detail, self.tab, width), keep_place=keep_place)

    @property
    def _has_room(self) -> bool:
        return self.screen.has_class("-full") and self.size.width >= _TWO_FROM

    def _lines(self, detail: Detail, tab: int, width: int) -> list[Segments]:
        lines = TABS[tab].paint(detail, replace(self.look, width=width))
        if tab == 0 and (note := self._notes.get(detail.step.n)):
            lines = [entry("✎", (note, "noted"), width=1), line(), *lines]
        return list(lines)
