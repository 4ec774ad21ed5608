"""A message edited as a form or as text, with the signature as it would be while one types."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, TextArea

from optrace.core.messages import Exchange, HttpRequest
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagram.cells import cut_start
from optrace.diagram.segments import Segment, Segments
from optrace.replay.edit import Draft, Message, WrongEdit, changes
from optrace.replay.places import Place
from optrace.replay.signing import keyid_of, signed_again, with_length
from optrace.session.steps import Detail, Step
from optrace.signatures.keys import KeySet, SigningKey
from optrace.signatures.verify import verify_request
from optrace.tui.comparing import Same, compare
from optrace.tui.screens.compare import pair_lines
from optrace.tui.tabs.look import Look, heading, line
from optrace.tui.tabs.signature import signature
from optrace.tui.widgets.lines import Lines
from optrace.tui.widgets.value import Value

if TYPE_CHECKING:
    from textual.app import ComposeResult

_NAME = 28  # cells of a row's name
_SOON = 0.08  # seconds after the last key that was typed
_GONE = "It doesn't wait any more: nothing can be sent now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is edited: a message of an exchange, and all that it takes to judge it."""

    step: Step
    exchange: Exchange
    draft: Draft  # of the message, with secrets masked unless they are shown
    keys: KeySet  # of the client, for the verdict
    own: Sequence[tuple[str, SigningKey]]  # that the user can sign with
    same_server: bool  # it waits on its way to one, and can't go to another
    look: Look
    now: Callable[[], datetime]

    def with_message(self, message: Message) -> Exchange:
        """The exchange with another message in the place of this one."""
        if isinstance(message, HttpRequest):
            return replace(self.exchange, request=message)
        return replace(self.exchange, response=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is edited waits in the proxy."""

    since: datetime  # UTC
    waits: Callable[[], bool]  # whether it still does
    stay: Callable[[], object]  # tells the proxy that somebody is at work on it
    every: int  # seconds between two times


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What is to be sent; `said` is for the record, empty if nothing was changed."""

    message: Message
    said: str


class EditScreen(ModalScreen[Edited | None]):
    """Comes back with what is to be sent, or None.

    Args:
        title: what is edited, and what sending does.
        held: it waits, and does so as long as somebody is at work on it.
        anew: it is sent a second time, so it is signed again in any case.
    """

    CSS_PATH = "edit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", priority=True),
        Binding("ctrl+r", "raw", "form or text", priority=True),
        Binding("ctrl+k", "key", "another key", priority=True),
        Binding("escape", "leave", "leave", priority=True),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, subject: Subject, title: str, *, held: Held | None = None, anew: bool = False) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (130, "-wide")]
        self._subject = subject
        self._title = title
        self._held = held
        self._gone = False  # it was held, and isn't any more
        self._told_at = 0  # seconds that it had been held when the proxy was told last
        self._draft = subject.draft
        self._original = subject.draft.message
        self._raw = False
        self._leaving = False
        self._timer_set = False
        self._turning = False  # between form and text: neither is whole
        self.preview = Lines(id="edit-preview")
        keyid = keyid_of(self._original) if isinstance(self._original, HttpRequest) else None
        self._signed = keyid is not None
        self._keyid = keyid or ""
        fitting = [at for at, (_, key) in enumerate(subject.own) if key.kid == keyid]
        self._signer: int | None = fitting[0] if fitting else None
        self._anew = anew
        self._forced = anew and self._signer is not None  # it is to be signed again in any case

    def compose(self) -> ComposeResult:
        """The form and the text, of which one is shown; beside them what comes of it."""
        sheet = Vertical(id="edit-sheet")
        sheet.border_title = self._title
        sheet.border_subtitle = "^s send   ^r form or text   ^k key   esc leave"
        with sheet, Horizontal(id="edit-panes"):
            with Vertical(id="edit-left"):
                yield VerticalScroll(*self._rows(), id="edit-form", can_focus=False)
                yield TextArea(self._draft.text, id="edit-text", soft_wrap=True, tab_behavior="focus")
            yield self.preview

    def on_mount(self) -> None:
        """The first value that is likely to be wanted has the keys."""
        self.query_one("#edit-text").display = False
        inputs = self.query(Input)
        first = next((one for one in inputs if one.name and one.name.startswith("body")), inputs.first())
        first.focus()
        self.call_after_refresh(self._judge)
        if self._held is not None:  # from now on it is somebody's work
            self._held.stay()
            self.set_interval(1.0, self._at_work)
            self._at_work()

    def on_resize(self) -> None:
        """What is beside one another needs to know the width."""
        self.call_after_refresh(self._judge)

    def _rows(self) -> Iterator[Horizontal]:
        for at, row in enumerate(self._draft.rows):
            name = Label(cut_start(safe(row.name), _NAME), classes="edit-name", markup=False)
            value = Value(row.text, id=f"row-{at}", name=str(row.place[0]), select_on_focus=False)
            yield Horizontal(name, value, classes="edit-row")

    def _at_work(self) -> None:
        """Say how long it has been held, and keep it."""
        held = self._held
        if held is None or self._gone:
            return
        sheet = self.query_one("#edit-sheet")
        if not held.waits():
            self._gone = True
            sheet.border_title = f"{self._title} doesn't wait any more"
            self._judge()
            return
        seconds = int((self._subject.now() - held.since).total_seconds())
        sheet.border_title = f"{self._title} waits while you edit, {seconds} s so far"
        if seconds - self._told_at >= held.every:
            self._told_at = seconds
            held.stay()

    # what it would be

    def message(self) -> Message:
        """What is written now. Raises WrongEdit."""
        if self._raw:
            return self._draft.with_text(self.query_one(TextArea).text)
        texts: dict[Place, str] = {}
        for at, row in enumerate(self._draft.rows):
            texts[row.place] = self.query_one(f"#row-{at}", Input).value
        return self._draft.with_rows(texts)

    def edited(self) -> Edited:
        """What would be sent. Raises WrongEdit."""
        written = self.message()
        said = changes(self._original, written)
        if isinstance(written, HttpRequest) and isinstance(self._original, HttpRequest):
            here, there = parse(self._original.url).origin, parse(written.url).origin
            if self._subject.same_server and here != there:
                raise WrongEdit(f"it waits on its way to {here}, and can't go elsewhere")
            if self._signer is not None and (said or self._forced):
                name, key = self._subject.own[self._signer]
                created = int(self._subject.now().timestamp())
                again = signed_again(
                    written, self._original, key, created=created, nonce=lambda: randomness.token_urlsafe(16)
                )
                signing = f"it was signed again with {name}"
                return Edited(message=again, said=f"{said}; {signing}" if said else signing)
        return Edited(message=with_length(written) if said else written, said=said)

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._leaving = False
        if not self._timer_set:
            self._timer_set = True
            self.set_timer(_SOON, self._judge)

    def _judge(self) -> None:
        self._timer_set = False
        if self.is_attached and not self._turning:
            self.preview.show(list(self._judged()), keep_place=True)

    def _judged(self) -> Iterator[Segments]:
        if self._gone:
            yield line(f"✗ {_GONE} esc leaves; message {self._subject.step.n} says what came of it.", "fail")
            return
        try:
            edited = self.edited()
        except WrongEdit as why:
            yield line(f"It can't be sent: {why}.", "fail")
            return
        if not edited.said:
            yield line("Nothing is changed: it goes as it is.", "dim")
        else:
            yield line(f"{edited.said[0].upper()}{edited.said[1:]}.", "strong")
        yield from self._about_key(bool(edited.said))
        exchange = self._subject.with_message(edited.message)
        look = replace(self._subject.look, width=self.preview.scrollable_content_region.width)
        if isinstance(edited.message, HttpRequest) and self._signed:
            found = verify_request(edited.message, self._subject.keys, now=self._subject.now())
            detail = Detail(
                step=replace(self._subject.step, findings=()),
                exchange=exchange,
                sentence="",
                signature=found,
                digest=found.digest,
            )
            yield line()
            yield from signature(detail, look)
        pairs = [
            pair
            for pair in compare(self._subject.exchange, exchange, look)
            if pair.same in (Same.OTHER, Same.LEFT, Same.RIGHT)
        ]
        if edited.said and pairs:
            yield line()
            yield heading("what is other now")
            yield from pair_lines(pairs, ("as it was", "as it is now"), 0)

    def _about_key(self, changed: bool) -> Iterator[Segments]:
        if not self._signed:
            return
        if self._signer is not None:
            name, key = self._subject.own[self._signer]
            other = "" if key.kid == self._keyid else f", not {self._keyid} as before"
            when = "It is" if changed else "What is changed is"
            yield line(f"{when} signed with {name} (keyid {key.kid}){other}; ^k takes another, or none.", "dim")
        elif changed or self._anew:
            none = not any(key.kid == self._keyid for _, key in self._subject.own)
            why = f"No key of yours is called {self._keyid}" if none else "It isn't signed again"
            what = "breaks" if changed else "may be too old"
            yield [Segment(f" ! {safe(why)}: the signature stays the old one, and {what}.", "alert")]
            if none:
                yield line("optrace keys add NAME FILE keeps one; then it is signed again here.", "dim", indent=3)

    # doing

    def action_key(self) -> None:
        """Sign with the next key, or leave the signature as it is."""
        count = len(self._subject.own)
        if not self._signed or not count:
            self.notify("There is nothing to sign, or no key to sign with: optrace keys add", timeout=4)
            return
        at = -1 if self._signer is None else self._signer
        self._signer = None if at + 1 >= count else at + 1
        self._forced = self._signer is not None
        self._judge()

    async def action_raw(self) -> None:
        """The form, or the message as text."""
        if self._turning:
            return
        try:
            message = self.message()
        except WrongEdit as why:
            self.notify(safe(f"{why}"), severity="warning", markup=False)
            return
        self._turning = True
        try:
            await self._turn(message)
        finally:
            self._turning = False
        self._judge()

    async def _turn(self, message: Message) -> None:
        self._raw = not self._raw
        self._draft = self._draft.again(message)
        form, text = self.query_one("#edit-form", VerticalScroll), self.query_one(TextArea)
        if self._raw:
            text.load_text(self._draft.text)
        else:
            await form.remove_children()
            await form.mount(*self._rows())
        form.display, text.display = not self._raw, self._raw
        (text if self._raw else self.query(Input).first()).focus()

    def action_send(self) -> None:
        """Send what is written."""
        if self._turning:
            return
        self._at_work()
        if self._gone:
            self.notify(_GONE, severity="warning", timeout=4)
            return
        try:
            self.dismiss(self.edited())
        except WrongEdit as why:
            self.notify(safe(f"{why}"), title="It can't be sent", severity="warning", markup=False)

    def action_leave(self) -> None:
        """Leave it as it was; asks again if something was changed."""
        if self._turning:
            return
        try:
            changed = bool(changes(self._original, self.message()))
        except WrongEdit:
            changed = True
        if changed and not (self._leaving or self._gone):
            self._leaving = True
            self.notify("esc again leaves without what you changed.", timeout=4)
            return
        self.dismiss(None)
