"""The filter line: what is typed, how many match, what could stand there, and where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from optrace.core.text import safe
from optrace.diagram.cells import cell_width, cut
from optrace.diagram.segments import Segment, Segments
from optrace.session.filter import WrongFilter
from optrace.session.filter.completion import Completion, complete
from optrace.tui.palette import palette_of
from optrace.tui.widgets.strips import between, to_strip

if TYPE_CHECKING:
    from textual.app import ComposeResult

_PROMPT = " / "
_KEYS = "tab completes   ↑ ↓ earlier ones   ^s saves   enter keeps   esc undoes "
_FEWER = "tab completes   ^s saves   enter keeps   esc undoes "  # where there is no room for all
_TEACH = "words search everywhere; or, not, ( )"


class FilterBar(Vertical):
    """Three lines: the input with the count, completions or the place of a mistake, help or the mistake in words."""

    class Typed(Message):
        """Another text stands there."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Kept(Message):
        """The user is done: the filter stays."""

    class Undone(Message):
        """The user wants back what was before."""

    class Save(Message):
        """The user wants to give it a name."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.input = FilterInput(compact=True, select_on_focus=False, id="filter-input")
        self.hint = FilterHint(self, id="filter-hint")
        self.values: Mapping[str, Sequence[str]] = {}  # what there is in the trace, by field
        self.saved: Mapping[str, str] = {}
        self.history: list[str] = []
        self.wrong: WrongFilter | None = None
        self.completions: tuple[Completion, ...] = ()
        self.chosen: int | None = None  # which completion stands in the line
        self._typed = ""  # before completions or earlier filters took its place
        self._cursor = 0
        self._back: int | None = None  # which earlier one stands there

    def compose(self) -> ComposeResult:
        """The three lines."""
        with Horizontal(id="filter-line"):
            yield Static(_PROMPT, id="filter-prompt")
            yield self.input
            yield Static("", id="filter-count", markup=False)
        yield self.hint

    def open(self, text: str) -> None:
        """Begin with a text."""
        self._put(text, len(text))
        self._back = None
        self._retype()
        self.input.focus()

    def tell(self, count: str, wrong: WrongFilter | None = None) -> None:
        """How many match, or what is wrong."""
        self.wrong = wrong
        self.query_one("#filter-count", Static).update(count)
        self.hint.refresh()

    def offer(self, values: Mapping[str, Sequence[str]]) -> None:
        """What there is in the trace has become known."""
        self.values = values
        if self.chosen is None:
            self._complete()

    def remember(self, text: str) -> None:
        """Offer a filter again later."""
        if text:
            self.history = [*(one for one in self.history if one != text), text]

    # typing

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._typed and (self.chosen is None or event.value != self._completed()):
            self._back = None
            self._retype()

    def _retype(self) -> None:
        self._typed, self._cursor, self.chosen = self.input.value, self.input.cursor_position, None
        self._complete()
        self.post_message(self.Typed(self._typed))

    def _complete(self) -> None:
        self.completions = complete(self._typed, self._cursor, values=self.values, saved=self.saved)
        self.hint.refresh()

    def _put(self, text: str, cursor: int) -> None:
        with self.input.prevent(Input.Changed):
            self.input.value = text
        self.input.cursor_position = cursor

    def _completed(self) -> str:
        """The text with the chosen completion in it."""
        assert self.chosen is not None
        completion = self.completions[self.chosen]
        return self._typed[: completion.start] + completion.text + self._typed[self._cursor :]

    def step(self, by: int) -> None:
        """The next completion in the place of what was typed, or the one before."""
        if not self.completions:
            return
        last = len(self.completions) - 1
        self.chosen = (0 if by > 0 else last) if self.chosen is None else (self.chosen + by) % (last + 1)
        completion = self.completions[self.chosen]
        text = self._completed()
        self._put(text, completion.start + len(completion.text))
        if last == 0:
            self._retype()  # it can only be this: go on with what may stand behind it
            return
        self.hint.refresh()
        self.post_message(self.Typed(text))

    def recall(self, by: int) -> None:
        """An earlier filter, or a later one again."""
        if not self.history:
            return
        at = len(self.history) if self._back is None else self._back
        at = max(0, at + by)
        text = self.history[at] if at < len(self.history) else ""
        self._back = at if at < len(self.history) else None
        back = self._back
        self._put(text, len(text))
        self._retype()
        self._back = back

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Kept())


class FilterInput(Input):
    """The line itself. Tab and the arrows are its own while it is typed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", "complete", show=True, priority=True),
        Binding("shift+tab", "complete(-1)", "complete", show=False, priority=True),
        Binding("up", "recall(-1)", "earlier", show=False),
        Binding("down", "recall(1)", "later", show=False),
        Binding("ctrl+s", "save", "save", show=True),
        Binding("escape", "undo", "undo", show=True, key_display="esc"),
    ]

    @property
    def _bar(self) -> FilterBar:
        return next(node for node in self.ancestors if isinstance(node, FilterBar))

    def action_complete(self, by: int) -> None:
        """Take a completion."""
        self._bar.step(by)

    def action_recall(self, by: int) -> None:
        """An earlier filter."""
        self._bar.recall(by)

    def action_save(self) -> None:
        """Give it a name."""
        self.post_message(FilterBar.Save())

    def action_undo(self) -> None:
        """Back to what was before."""
        self.post_message(FilterBar.Undone())


class FilterHint(Widget):
    """Two painted lines below the input."""

    def __init__(self, bar: FilterBar, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._bar = bar

    def render_line(self, y: int) -> Strip:
        """One of the two."""
        width = self.size.width
        line = self._places(width) if y == 0 else self._words(width)
        return to_strip(line, width, palette_of(self.app), self.rich_style)

    def _mistaken(self) -> bool:
        """Whether something is wrong that typing on can't mend."""
        wrong = self._bar.wrong
        return wrong is not None and not (self._bar.completions and wrong.end == len(wrong.text))

    def _places(self, width: int) -> Segments:
        """What points at the mistake, or the completions."""
        bar = self._bar
        if bar.wrong is not None and self._mistaken():
            text = safe(bar.input.value)
            before, wrong = (
                safe(bar.wrong.text[: bar.wrong.start]),
                safe(bar.wrong.text[bar.wrong.start : bar.wrong.end]),
            )
            at = len(_PROMPT) + cell_width(before) - round(bar.input.scroll_offset.x)
            return (
                [Segment(" " * max(0, at), "space"), Segment("^" * max(1, cell_width(wrong)), "fail")] if text else []
            )
        line, room = [Segment(" " * len(_PROMPT), "space")], width - len(_PROMPT) - 2
        first = 0 if bar.chosen is None else max(0, bar.chosen - 3)
        if first:
            line.append(Segment("… ", "dim"))
            room -= 2
        for number, completion in enumerate(bar.completions[first:], start=first):
            text = safe(completion.text.strip())
            if cell_width(text) + 2 > room:
                line.append(Segment("…", "dim"))
                break
            line += [Segment(text, "chip" if number == bar.chosen else "key"), Segment("  ", "space")]
            room -= cell_width(text) + 2
        return line

    def _words(self, width: int) -> Segments:
        """The mistake in words; or what the completion means, and the keys."""
        bar = self._bar
        margin = Segment(" " * len(_PROMPT), "space")
        if bar.wrong is not None:
            room = width - len(_PROMPT) - 1
            said = cut(bar.wrong.title, room)
            line = [margin, Segment(f"{said}. ", "fail" if self._mistaken() else "dim")]
            return [*line, Segment(cut(bar.wrong.remedy, max(0, room - cell_width(said) - 2)), "text")]
        said = _TEACH if not bar.input.value else ""
        if bar.chosen is not None or len(bar.completions) == 1:
            said = safe(bar.completions[bar.chosen or 0].help)
        left = [margin, Segment(said, "text" if bar.input.value else "dim")]
        room = width - len(_PROMPT) - cell_width(said) - 3
        keys = next((keys for keys in (_KEYS, _FEWER) if len(keys) <= room), "" if said else _FEWER)
        return between(left, [Segment(keys, "dim")], width)
