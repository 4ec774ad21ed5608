"""What the home screen opens on the selected message, and what it asks the worker for.

Screens that stand on much else (rules, models, exporters) are imported when they are opened: so the first rows come
sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.screen import Screen

from optrace.core.messages import Exchange
from optrace.session.expected import GhostStep, expected
from optrace.session.trace import Trace
from optrace.tui.bridge import Bridge
from optrace.tui.questions import Question
from optrace.tui.screens.compare import CompareScreen
from optrace.tui.screens.copying import CopyScreen
from optrace.tui.tabs.look import BODIES, Look
from optrace.tui.view import before_of_its_kind
from optrace.tui.widgets.detail import DetailPane
from optrace.tui.widgets.ladder import Ladder
from optrace.tui.widgets.lines import plain_text

_TRAIL = 100  # messages


class Looking(Screen[None]):
    """A screen with a ladder and a detail, from which more can be looked into."""

    bridge: Bridge
    ladder: Ladder
    detail: DetailPane
    profile: str
    revealed: bool
    body: str = BODIES[0]  # how bodies are shown
    _done: list[Callable[[], None]]  # what takes back each thing that the user did, the last one last
    _trail: list[int]  # the messages that were left by their links

    @property
    def look(self) -> Look:
        """How a message is looked at."""
        return Look(self.profile, self.revealed, body=self.body)

    def show_all(self) -> None:
        """The messages of all payments."""
        raise NotImplementedError

    def expect(self) -> None:
        """Ask what should come next in the payment that is shown."""
        view, session, live = self.ladder.view, self.bridge.session, self.bridge.source.live
        with self.bridge.lock:
            chosen = view.the_payment()
        if session is None or chosen is None or view.filter:
            self.ladder.expect((), None)
            return

        def work(_: Callable[[], None]) -> tuple[tuple[GhostStep, ...], datetime | None]:
            payment = view.the_payment()
            if payment is None:
                return (), None
            # in a recording that has ended, time stands still where the payment stopped
            now = self.bridge.now() if live else payment.ended or session.row(payment.exchanges[-1]).started
            return expected(session, payment, now), None if live else now

        def reply(found: tuple[tuple[GhostStep, ...], datetime | None] | None, _: str) -> None:
            if view is self.ladder.view:
                self.ladder.expect(*(found or ((), None)))

        self.bridge.ask(Question("expected", work, reply, until=chosen.exchanges[-1]))

    def go_to(self, n: int | None) -> None:
        """Put the selection on an exchange; if it isn't among those shown, show all."""
        if n is None:
            return
        if self.ladder.view.position(n) is None:
            self.show_all()
        self.ladder.select(n)

    def follow_to(self, n: int) -> None:
        """Along a link, to be come back from."""
        if self.ladder.selected is not None and n != self.ladder.selected:
            self._trail = [*self._trail, self.ladder.selected][-_TRAIL:]
        self.go_to(n)

    def action_return(self) -> None:
        """Back along the last link."""
        if self._trail:
            self.go_to(self._trail.pop())

    def action_body(self) -> None:
        """Bodies in order, as they were sent, or in hex; where a body can be seen."""
        self.body = BODIES[(BODIES.index(self.body) + 1) % len(BODIES)]
        if self.detail.tab not in (1, 2):
            self.detail.choose(1)
        self.detail.look_with(self.look)

    def action_copy(self) -> None:
        """Copy what is selected with the mouse; otherwise choose what."""
        if text := self.get_selected_text():
            self.app.copy_to_clipboard(text)
            self.notify(f"{len(text):,} selected characters copied.", timeout=3)
        elif (detail := self.detail.detail) is not None:
            from optrace.tui.copies import copies

            shown = plain_text(self.detail.body.lines)
            found = copies(detail, self.bridge, self.look, tab=self.detail.tab, shown=shown)
            self.app.push_screen(CopyScreen(self.bridge, found, masked=not self.revealed))
        elif commands := self.ladder.commands:
            self.app.copy_to_clipboard("\n".join(commands) + "\n")
            self.notify(f"copied: {' · '.join(commands)}", timeout=4, markup=False)

    def action_search(self) -> None:
        """What was really signed."""
        from optrace.tui.screens.search import SearchScreen

        if (session := self._session()) is not None and (detail := self.detail.detail) is not None:
            self.app.push_screen(SearchScreen(self.bridge, session, detail, self.look))

    def action_lifeline(self) -> None:
        """The life of a value of the selected message."""
        from optrace.tui.screens.lifeline import LifelineScreen

        if (session := self._session()) is not None and (detail := self.detail.detail) is not None:
            self.app.push_screen(LifelineScreen(self.bridge, session, detail.exchange, self.look), self.go_to)

    def action_scorecard(self) -> None:
        """Everybody against the requirements."""
        from optrace.tui.screens.scorecard import ScorecardScreen

        if (session := self._session()) is not None:
            self.app.push_screen(ScorecardScreen(self.bridge, session, self.profile), self.go_to)

    def _session(self) -> Trace | None:
        if self.bridge.session is None:
            self.notify("This recording can only be looked at.", timeout=3)
        return self.bridge.session

    def action_compare(self) -> None:
        """The two marked last; one with the selected one; or the selected one with the last of its kind."""
        n, marks = self.ladder.selected, self.bridge.marks[-2:]
        if n is None:
            return
        chosen = sorted({*marks, n} if len(marks) < 2 else marks)

        def work(breathe: Callable[[], None]) -> tuple[Exchange, Exchange] | None:
            pair = chosen if len(chosen) == 2 else [before_of_its_kind(self.bridge.trace, n, breathe), n]
            if pair[0] is None:
                return None
            one, other = (self.bridge.source.exchange(number) for number in pair if number is not None)
            return one, other

        def reply(found: tuple[Exchange, Exchange] | None, why: str) -> None:
            if found is None:
                self.notify(
                    why or f"There is no message of its kind before {n}. space marks two; d compares them.",
                    timeout=3,
                    markup=False,
                )
            else:
                self.app.push_screen(CompareScreen(self.bridge, *found, self.look))

        self.bridge.ask(Question("compare", work, reply))
