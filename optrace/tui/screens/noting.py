"""Notes on messages: written on a small sheet, kept in the session, undone with a key."""

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

from optrace.tui.notebook import Notebook
from optrace.tui.questions import Question
from optrace.tui.screens.looking import Looking

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Noting(Looking):
    """A screen whose selected message can be noted on."""

    def notes_changed(self) -> None:
        """The notes are others now."""
        raise NotImplementedError

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
        """Take back the last thing done here: a note, a mark, another arrangement of the lanes."""
        if self._done:
            self._done.pop()()
        else:
            self.notify("Nothing to undo.", timeout=3)

    def _note_again(self, n: int, text: str) -> None:
        self._note(n, text, f"{n}: the note is as it was before.")
        if self.ladder.view.position(n) is not None:
            self.ladder.select(n)

    def _can_note(self) -> bool:
        if isinstance(self.bridge.source, Notebook):
            return True
        text = "optrace import FILE -o session.optrace makes a session of it, which keeps them."
        self.notify(text, title="This format has no place for notes", timeout=6, markup=False)
        return False

    def _note(self, n: int, text: str, said: str) -> None:
        source, bridge = self.bridge.source, self.bridge

        def work(_: Callable[[], None]) -> bool:
            assert isinstance(source, Notebook)
            source.note(n, text, at=datetime.now(UTC))
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
