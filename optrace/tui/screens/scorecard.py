"""Client, sender's ASE and recipient's ASE held against the requirements; what wasn't seen stands apart from a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from textual import on

from optrace.core.text import safe
from optrace.diagnosis.requirements.requirement import Level
from optrace.diagnosis.scorecard import Card, Outcome, Score, scorecard
from optrace.diagram.segments import Segment, Segments
from optrace.session.trace import Trace
from optrace.tui.bridge import Bridge
from optrace.tui.questions import Question
from optrace.tui.screens.sheet import Sheet
from optrace.tui.widgets.choices import Choice, Choices

_ORDER = (Outcome.FAILED, Outcome.PASSED, Outcome.NOT_SEEN)
_MARKS = {Outcome.PASSED: ("✓", "pass"), Outcome.FAILED: ("✗", "fail"), Outcome.NOT_SEEN: ("·", "nothing")}
_SLIGHT = ("!", "alert")  # a failure that isn't grave
_NUMBERS = 6  # exchanges that are listed of one requirement


class ScorecardScreen(Sheet):
    """Enter goes to the first exchange that broke a requirement, or that kept it."""

    QUESTION = "scorecard"

    def __init__(self, bridge: Bridge, trace: Trace, profile: str) -> None:
        self.list = Choices()
        super().__init__(bridge, f"scorecard · {profile}", self.list)
        self._trace = trace
        self._profile = profile
        self._done = (0, len(trace))

    def on_mount(self) -> None:
        """Begin; it takes a moment in a long session."""
        super().on_mount()
        self.set_interval(0.2, self._progress)

        def work(breathe: Callable[[], None]) -> Any:
            def told(done: int, total: int) -> None:
                self._done = done, total
                breathe()

            return scorecard(self._trace, self.bridge.source.exchange, profile=self._profile, told=told)

        self.ask(Question(self.QUESTION, work, self._answered))

    def _progress(self) -> None:
        if not len(self.list):
            done, total = self._done
            share = f" {100 * done // total} %" if total else ""
            self.head(f"scorecard · {self._profile} · looking{share}")

    def _answered(self, cards: Sequence[Card] | None, why: str) -> None:
        self.head(f"scorecard · {self._profile}", "enter shows the exchange · esc closes")
        self.list.offer(list(choices(cards)) if cards is not None else [Choice([Segment(safe(why), "alert")])])

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        self.dismiss(message.value)


def choices(cards: Sequence[Card]) -> Iterator[Choice]:
    """A heading and a line a requirement for each party: what was broken, what was kept, what wasn't seen."""
    for number, card in enumerate(cards):
        if number:
            yield Choice([])
        yield Choice(_head(card))
        for outcome in _ORDER:
            for score in card.scores:
                if score.outcome is outcome:
                    shown = score.failed or score.passed
                    yield Choice(_line(score), shown[0] if shown else None, _end(score))


def _head(card: Card) -> Segments:
    line: Segments = [Segment(f"{card.party.value:<16}", "head")]
    for outcome in _ORDER:
        count = card.count(outcome)
        grave = outcome is not Outcome.FAILED or any(score.failed and score.grave for score in card.scores)
        mark, style = _MARKS[outcome] if grave else _SLIGHT
        line.append(Segment(f"{mark} {count} {outcome.value}   ", style if count else "dim"))
    return line


def _line(score: Score) -> Segments:
    asked = score.requirement
    mark, style = _MARKS[score.outcome]
    if score.failed and not score.grave:
        mark, style = _SLIGHT
    unseen = score.outcome is Outcome.NOT_SEEN
    line: Segments = [Segment(f"{mark} ", style), Segment(f"{asked.id:<8}", "dim" if unseen else "key")]
    line.append(Segment(safe(asked.text), "dim" if unseen else "text"))
    if asked.level is Level.SHOULD:
        line.append(Segment(" (should)", "dim"))
    if score.failed:
        line.append(Segment(f"   {asked.spec}", "dim"))
    return line


def _end(score: Score) -> Segments:
    if score.failed:
        more = f" and {len(score.failed) - _NUMBERS} more" if len(score.failed) > _NUMBERS else ""
        return [Segment(f"  in {', '.join(map(str, score.failed[:_NUMBERS]))}{more} ", "fail")]
    return [Segment(f"  kept in {len(score.passed)} " if score.passed else "  not seen ", "dim")]
