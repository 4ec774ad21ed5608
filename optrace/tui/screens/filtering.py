"""The home screen's filter: found by the worker while it is typed, shown when it is right, undone by esc."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual import on

from optrace.core.errors import OptraceError
from optrace.session.filter import Filter, WrongFilter, parse_unfinished
from optrace.tui.questions import Question
from optrace.tui.screens.looking import Looking
from optrace.tui.screens.naming import NamingScreen
from optrace.tui.view import Found, View
from optrace.tui.widgets.bars import BottomBar
from optrace.tui.widgets.filter_bar import FilterBar

SaveFilter = Callable[[str, str], None]  # name, text


class Filtering(Looking):
    """A screen with a ladder that can be filtered."""

    bottom: BottomBar
    filter_bar: FilterBar
    saved: dict[str, str]  # filters by name
    save_filter: SaveFilter
    _before: tuple[int | None, Filter]  # what was shown when the filter line was opened
    _hint: str

    def bars_changed(self) -> None:
        """What the bars say has changed."""
        raise NotImplementedError

    def show_view(self, view: View) -> None:
        """Look at another view."""
        self.ladder.hint = "Nothing matches the filter.\n\n  esc clears it, / changes it" if view.filter else self._hint
        self.ladder.show(view)
        self.bars_changed()
        self.expect()

    def show(self, payment: int | None, keep: Filter | None = None) -> None:
        """The messages of a payment, or of all, that pass a filter. What is shown stays until they are found."""
        self.bridge.withdraw("find")
        if keep:
            self._find(payment, keep)
            return
        with self.bridge.lock:
            view = View(self.bridge.trace, payment=payment)
        self.show_view(view)

    def read_filter(self, text: str) -> Filter:
        """A filter text, with the profile that is looked through. Raises WrongFilter."""
        return parse_unfinished(text, profile=self.profile, saved=self.saved)

    # finding

    def _find(self, payment: int | None, keep: Filter) -> None:
        finding = self.bridge.finding

        def reply(found: Found | None, why: str) -> None:
            if found is None:
                self.notify(why, title="The filter can't be looked for", severity="warning", markup=False)
                return
            with self.bridge.lock:
                view = View(self.bridge.trace, payment=payment, keep=keep, found=found)
            self.show_view(view)
            self._count()

        self.bridge.ask(Question("find", lambda breathe: finding.find(keep, payment, breathe), reply))
        self.set_timer(0.2, self.bars_changed)

    def find_more(self) -> None:
        """Look through what arrived since; the filter stays as it is."""
        view, finding = self.ladder.view, self.bridge.finding
        if not view.behind or self.bridge.asked("find") or self.bridge.asked("more"):
            return

        def work(breathe: Callable[[], None]) -> Found:
            if view.payment is not None:
                return finding.find(view.filter, view.payment, breathe)
            return finding.more(view.filter, view.found, breathe)

        def reply(found: Found | None, _: str) -> None:
            if found is not None and view is self.ladder.view:
                view.found = found
                self.ladder.grew()
                self.bars_changed()
                self._count()

        self.bridge.ask(Question("more", work, reply))

    def _count(self) -> None:
        view, total = self.ladder.view, len(self.bridge.trace)
        if self.filter_bar.wrong is None:
            self.filter_bar.tell(f" {len(view):,} of {total:,} " if view.filter else "")

    # the line

    @property
    def filtering(self) -> bool:
        """Whether the filter line is open."""
        return self.has_class("-filtering")

    def action_filter(self) -> None:
        """Open the filter line."""
        view = self.ladder.view
        self._before = view.payment, view.filter
        self.add_class("-filtering")
        self.filter_bar.saved = self.saved
        self.filter_bar.open(view.filter.text)

        def reply(values: Mapping[str, Sequence[str]] | None, _: str) -> None:
            self.filter_bar.offer(values or {})

        self.bridge.ask(Question("values", self.bridge.finding.values, reply))

    @on(FilterBar.Typed)
    def _typed(self, message: FilterBar.Typed) -> None:
        if not self.filtering:
            return
        try:
            keep = self.read_filter(message.text)
        except WrongFilter as error:
            self.filter_bar.tell("", error)  # what was found last stays on the screen
            return
        self.filter_bar.tell("")
        if keep.node != self.ladder.view.filter.node or self.bridge.asked("find"):
            self.show(self.ladder.view.payment, keep)
        self._count()

    @on(FilterBar.Kept)
    def _kept(self) -> None:
        if self.filter_bar.wrong is not None:
            self.app.bell()
            return
        self.filter_bar.remember(self.filter_bar.input.value.strip())  # as typed: it may go on there
        self._close_filter()

    @on(FilterBar.Undone)
    def undo_filter(self) -> None:
        """Show again what was shown before the line was opened."""
        payment, keep = self._before
        self._close_filter()
        if self.ladder.view.filter.node != keep.node or self.bridge.asked("find"):
            self.show(payment, keep)

    def _close_filter(self) -> None:
        self.bridge.withdraw("values")
        self.remove_class("-filtering")
        self.ladder.focus()
        self.bars_changed()

    # saved filters

    @on(FilterBar.Save)
    def _save(self) -> None:
        text = self.filter_bar.input.value.strip()
        if not text or self.filter_bar.wrong is not None:
            self.app.bell()
            return

        def named(name: str | None) -> None:
            if not name:
                return
            try:
                self.save_filter(name, text)
            except OptraceError as error:
                self.notify(error.remedy, title=error.title, severity="warning", markup=False)
            self.saved = {**self.saved, name: text}
            self.filter_bar.saved = self.saved
            self.notify(f"@{name} stands for it from now on.", timeout=4, markup=False)

        self.app.push_screen(NamingScreen(text, self.saved), named)

    def action_match(self, direction: int) -> None:
        """To the next or previous message that passes the filter; once round the end it starts again."""
        view = self.ladder.view
        if not len(view):
            self.notify("Nothing matches the filter.", timeout=3)
            return
        at = view.position(self.ladder.selected) if self.ladder.selected is not None else None
        self.ladder.select(view.n_at(0 if at is None else (at + direction) % len(view)))


def nothing(*_: Any) -> None:
    """Nothing is remembered."""
