"""A payment driven again from the screen: where to, then step by step, then the recording of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from optrace.core.errors import OptraceError
from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.replay.drive import Outcome, Result
from optrace.replay.rehearse import Rehearsed, rehearse
from optrace.replay.routes import Routes, read_target
from optrace.replay.script import Script, ScriptStep
from optrace.tui.replay_lines import rehearsed_row, step_row, steps_words
from optrace.tui.replays import Replays, Target
from optrace.tui.tabs.look import line
from optrace.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

_TO = "sandbox"
_WHERE = (  # what may be answered, what that means
    (_TO, "two banks here, like the recorded ones"),
    ("RECORDED=LIVE", "for each host, separated by blanks"),
    ("URL", "a host that stays what it is"),
)


class _Told(Message):
    """Something that the player says, for the screen's own thread to take in."""

    def __init__(self, say: Callable[[], None]) -> None:
        super().__init__()
        self.say = say


@dataclass(slots=True)
class _Looking:
    """The look-out of a replay screen, called from the player's thread."""

    screen: ReplayScreen
    stopped: bool = False
    answered: threading.Event = field(default_factory=threading.Event)
    agreed: bool = False

    def result(self, result: Result) -> None:
        """A step is over."""
        self.screen.post_message(_Told(lambda: self.screen.step_is_over(result)))

    def tell(self, text: str) -> None:
        """What happens between two steps."""
        self.screen.post_message(_Told(lambda: self.screen.tell(text)))

    def may_pay(self, step: ScriptStep, url: str) -> bool:
        """Ask, and wait for the answer."""
        self.answered.clear()
        self.screen.post_message(_Told(lambda: self.screen.ask_to_pay(step, url)))
        self.answered.wait()
        return self.agreed and not self.stopped


class ReplayScreen(ModalScreen[None]):
    """Asks where to, shows what would be sent, then what came of each step."""

    CSS_PATH = "replaying.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "stop or close", priority=True),
        Binding("ctrl+t", "scope", "payment or message", priority=True),
        Binding("y", "answer(True)", "pay"),
        Binding("n", "answer(False)", "don't pay"),
        Binding("o", "open", "open the recording of it"),
    ]

    def __init__(self, scopes: Sequence[tuple[str, Script]], replays: Replays) -> None:
        super().__init__()
        self._scopes = list(scopes)  # the first is meant unless the user turns to the next
        self._replays = replays
        self._watch = _Looking(self)
        self._results: dict[int, Result] = {}
        self._said: list[str] = []  # since the last step
        self._asking: tuple[ScriptStep, str] | None = None
        self._playing = False
        self._end: list[Segments] = []
        self._path: Path | None = None
        self.lines = Lines(id="replay-lines")

    def compose(self) -> ComposeResult:
        """Where to, and the steps."""
        sheet = Vertical(id="replay-sheet")
        sheet.border_title = safe(self._scopes[0][0])
        with sheet:
            with Horizontal(id="replay-where"):
                yield Label(" Where to? ")
                yield Input(_TO, placeholder="sandbox, or RECORDED=LIVE URLs", id="replay-to", select_on_focus=False)
            yield self.lines

    def on_mount(self) -> None:
        """First, where to."""
        self.query_one(Input).focus()
        self._subtitle(("^t payment or message   " if len(self._scopes) > 1 else "") + "enter begins   esc leaves")
        self.call_after_refresh(self._paint)

    def on_unmount(self) -> None:
        """Nobody looks on any more."""
        self._stop()

    @on(_Told)
    def _told(self, message: _Told) -> None:
        if self.is_attached:
            message.say()
            self._paint()

    # where to

    @property
    def _script(self) -> Script:
        return self._scopes[0][1]

    def action_scope(self) -> None:
        """The whole payment, or the message alone."""
        if not (self._playing or self._end):
            self._scopes.append(self._scopes.pop(0))
            self.query_one("#replay-sheet").border_title = safe(self._scopes[0][0])
            self._paint()

    def targets(self) -> Sequence[Target]:
        """What is written. Raises Usage."""
        return [read_target(word) for word in self.query_one(Input).value.split()]

    @on(Input.Changed)
    def _typed(self) -> None:
        self._paint()

    @on(Input.Submitted)
    def _begin(self) -> None:
        try:
            to = self.targets()
        except OptraceError:
            self.app.bell()
            return
        if not to or (None not in to and any(each.unnamed for each in self._rehearsed(to))):
            self.notify("Name each host that it may send to.", severity="warning", timeout=4)
            return
        self.query_one("#replay-where").display = False
        self.lines.focus()
        self._playing = True
        self._subtitle("esc stops")
        self._paint()
        threading.Thread(target=self._play, args=(to,), name="optrace-replay", daemon=True).start()

    def _rehearsed(self, to: Sequence[Target]) -> Iterator[Rehearsed]:
        return rehearse(self._script, Routes([pair for pair in to if pair is not None]), {})

    # in the player's thread

    def _play(self, to: Sequence[Target]) -> None:
        path, why, remedy = None, "", ""
        try:
            path = self._replays.play(self._script, to, self._watch)
        except OptraceError as error:
            why, remedy = error.title, error.remedy
        except Exception as error:  # whatever it is, the screen says so
            why = str(error) or type(error).__name__
        self.post_message(_Told(lambda: self._over(path, why, remedy)))

    # what the player says

    def step_is_over(self, result: Result) -> None:
        """Another step has its result."""
        self._results[result.step.n] = result
        self._said.clear()

    def tell(self, text: str) -> None:
        """Something happens between two steps."""
        self._said.append(text)

    def ask_to_pay(self, step: ScriptStep, url: str) -> None:
        """Ask whether money may move."""
        self._asking = (step, url)
        self._subtitle("y pays   n doesn't   esc stops")

    def _over(self, path: Path | None, why: str, remedy: str) -> None:
        self._playing, self._path = False, path
        self._said.clear()
        self._subtitle(("o opens the recording of it   " if path else "") + "esc closes")
        if why:
            self._end = [line(f"✗ {why}", "fail"), line(remedy, "text", indent=3)]
            return
        same = sum(result.outcome is Outcome.SAME for result in self._results.values())
        first = next((each for each in self._results.values() if each.outcome is not Outcome.SAME), None)
        if first is not None:
            self._end = [
                line(f"✗ {steps_words(same)} as recorded; step {first.step.n} goes otherwise: {first.why}", "fail")
            ]
        elif self._watch.stopped:
            self._end = [line(f"Stopped after {steps_words(same)}.", "alert")]
        else:
            self._end = [line(f"✓ {steps_words(same)} with the recorded outcome.", "pass")]
        self._end.append(line(f"The replay is in {path}", "dim", indent=3))

    # what the user does

    def action_answer(self, agreed: bool) -> None:
        """Money may move, or not."""
        if self._asking is not None:
            self._asking = None
            self._subtitle("esc stops")
            self._watch.agreed = agreed
            self._watch.answered.set()
            self._paint()

    def action_open(self) -> None:
        """Look at the recording of the replay; then this screen comes back."""
        if self._path is None:
            return
        try:
            with self.app.suspend():
                self._replays.open(self._path)
        except SuspendNotSupported:
            self.notify(f"optrace open {safe(str(self._path))}", timeout=8, markup=False)

    def action_back(self) -> None:
        """Stop the replay; close when it is over."""
        if self._playing and not self._watch.stopped:
            self._stop()
            self._subtitle("stopping …   esc closes")
        else:
            self.dismiss(None)

    def _stop(self) -> None:
        self._watch.stopped = True
        self._watch.answered.set()

    # painting

    def _subtitle(self, text: str) -> None:
        self.query_one("#replay-sheet").border_subtitle = text

    def _paint(self) -> None:
        if not (self._playing or self._end):
            self.lines.show(list(self._asked()), keep_place=True)
            return
        lines, at = self._done()
        self.lines.show(lines, keep_place=True)
        self.lines.see(at)

    def _done(self) -> tuple[list[Segments], int]:
        """The steps, and which line is to be seen: the last one of what is at work, or of all."""
        lines: list[Segments] = []
        at: int | None = None
        width = self.lines.scrollable_content_region.width
        for each in self._rehearsed(()):
            result = self._results.get(each.step.n)
            if not each.url:
                lines.append(rehearsed_row(each, sandbox=False))
                continue
            now = result is None and at is None and self._playing
            lines.append(step_row(each.step, result, now=now, width=width))
            if now:
                lines += self._at_work()
                at = len(lines) - 1
        if self._end:
            lines += [line(), *self._end]
        return lines, len(lines) - 1 if at is None else at

    def _at_work(self) -> Iterator[Segments]:
        """What is said and asked about the step that is at work."""
        yield from (line(f"… {text}", "running", indent=7) for text in self._said[-3:])
        if self._asking is not None:
            step, url = self._asking
            pays = Segment(" The next step pays ", "chip")
            yield [Segment("       ", "space"), pays, Segment(f" {safe(step.label)}", "strong")]
            yield line(f"at {url}", indent=7)
            yield [Segment("       y pays, n doesn't", "key")]

    def _asked(self) -> Iterator[Segments]:
        for answer, meaning in _WHERE:
            yield [Segment(" " * 12, "space"), Segment(f"{answer:<15}", "key"), Segment(meaning, "dim")]
        yield line()
        try:
            to = self.targets()
        except OptraceError as error:
            yield line(f"! {error.title}", "alert")
            yield line(error.remedy, "dim", indent=3)
            return
        for each in self._rehearsed(to):
            yield rehearsed_row(each, sandbox=None in to)
        unnamed = dict.fromkeys(each.unnamed for each in self._rehearsed(to) if each.unnamed)
        if None not in to and unnamed:
            yield line()
            yield line(f"! not named: {' '.join(safe(origin) for origin in unnamed)}", "alert")
