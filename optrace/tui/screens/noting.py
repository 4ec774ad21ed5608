"""Notes and marks on messages: kept in the session, undone with a key. A note is written on a small sheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from optrace.tui.questions import Question
from optrace.tui.screens.looking import Looking

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Noting(Looking):
    """A screen whose selected message can be noted on, and marked."""

    _said_so = False  # that marks aren't kept

    def notes_changed(self) -> None:
        """The notes or the marks are others now."""
        raise NotImplementedError

    def action_mark(self) -> None:
        """Mark the selected message, or take the mark away."""
        n = self.ladder.selected
        if n is not None:
            marked = n not in self.bridge.marks
            self._done.append(partial(self._mark_again, n, not marked))
            self._mark(n, marked)

    def _mark_again(self, n: int, marked: bool) -> None:
        self._mark(n, marked)
        self.notify(f"{n}: the mark is {'back' if marked else 'gone'}.", timeout=3)

    def _mark(self, n: int, marked: bool) -> None:
        own = self.bridge.own
        own.mark(n, marked)
        self.notes_changed()
        if not own.can_be_kept:
            self._say_once("This format has no place for marks.", "optrace import FILE -o session.optrace makes one.")
            return

        def work(_: Callable[[], None]) -> bool:
            own.keep_mark(n, at=datetime.now(UTC))
            own.look()
            return True

        def reply(kept: bool | None, why: str) -> None:
            if not kept:
                self._say_once(why, "Marks are lost when you leave.")

        self.bridge.ask(Question(f"mark {n}", work, reply))

    def _say_once(self, title: str, text: str) -> None:
        if not self._said_so:
            self._said_so = True
            self.notify(text, title=title, timeout=6, markup=False)

    def action_marked(self, direction: int) -> None:
        """To the next or previous marked message; round the end it starts again."""
        view = self.ladder.view
        marks = sorted(n for n in self.bridge.marks if view.position(n) is not None)
        if not marks:
            self.notify("Nothing is marked in what is shown: m marks a message.", timeout=3)
            return
        here = self.ladder.selected or 0
        beyond = [n for n in marks if (n > here if direction > 0 else n < here)]
        self.ladder.select((beyond or marks)[0 if direction > 0 else -1])

    def action_note(self) -> None:
        """Write a note on the selected message, or change it."""
        n = self.ladder.selected
        if n is None or not self._can_note():
            return
        before = self.bridge.notes.get(n, "")

        def written(text: str | None) -> None:
            if text is not None and text != before:
                self._done.append(partial(self._note_again, n, before))
                self._note(
                    n, text, f"{n}: noted. u undoes it." if text else f"{n}: the note is gone. u brings it back."
                )

        self.app.push_screen(NoteScreen(n, before), written)

    def action_undo(self) -> None:
        """Take back the last thing done here: a note, a mark, another arrangement of the lanes, a click on one."""
        if self._done:
            self._done.pop()()
        else:
            self.notify("Nothing to undo.", timeout=3)

    def _note_again(self, n: int, text: str) -> None:
        self._note(n, text, f"{n}: the note is as it was before.")
        if self.ladder.view.position(n) is not None:
            self.ladder.select(n)

    def _can_note(self) -> bool:
        if self.bridge.own.can_be_kept:
            return True
        text = "optrace import FILE -o session.optrace makes a session of it, which keeps them."
        self.notify(text, title="This format has no place for notes", timeout=6, markup=False)
        return False

    def _note(self, n: int, text: str, said: str) -> None:
        bridge = self.bridge

        def work(_: Callable[[], None]) -> bool:
            bridge.own.keep_note(n, text, at=datetime.now(UTC))
            bridge.look_at_notes()
            return True

        def reply(kept: bool | None, why: str) -> None:
            if kept:
                self.notify(said, timeout=3, markup=False)
            else:
                self.notify(why, severity="warning", markup=False)
            self.notes_changed()

        bridge.ask(Question(f"note {n}", work, reply))


class NoteScreen(ModalScreen[str | None]):
    """Comes back with the text, or None if nothing is to be changed."""

    CSS_PATH = "naming.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, n: int, text: str) -> None:
        super().__init__()
        self._n = n
        self._text = text

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="naming")
        sheet.border_title = f"note on {self._n}"
        sheet.border_subtitle = "enter keeps it in the session, esc leaves" + (
            ", empty removes it" if self._text else ""
        )
        with sheet:
            yield Input(self._text, placeholder="what should be known of it", id="name", select_on_focus=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())
