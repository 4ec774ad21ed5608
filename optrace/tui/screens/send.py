"""A recorded request edited and sent anew: asked first, then the answer; it is recorded in a session of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen

from optrace.core.errors import OptraceError
from optrace.core.findings import Verdict
from optrace.core.messages import Exchange, HttpRequest
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagram.segments import Segment, Segments
from optrace.exchanges.view import View
from optrace.replay.drive import MOVES_MONEY
from optrace.session.steps import Detail, Step
from optrace.signatures.verify import verify_request
from optrace.tui.replays import Replays
from optrace.tui.screens.edit import Subject
from optrace.tui.tabs.look import line
from optrace.tui.tabs.message import response
from optrace.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult


class SendScreen(ModalScreen[None]):
    """Asks whether a request is to be sent, sends it, and shows what came of it."""

    CSS_PATH = "replaying.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close", priority=True),
        Binding("y", "send", "send"),
        Binding("n", "dismiss(None)", "don't send"),
        Binding("o", "open", "open the recording of it"),
    ]

    class Over(Message):
        """It has been sent, or couldn't be."""

        def __init__(self, exchange: Exchange | None, path: Path | None, why: str) -> None:
            super().__init__()
            self.exchange = exchange
            self.path = path
            self.why = why

    def __init__(self, request: HttpRequest, subject: Subject, said: str, replays: Replays) -> None:
        super().__init__()
        self._request = request
        self._subject = subject
        self._said = said
        self._replays = replays
        self._sent = False
        self._over: SendScreen.Over | None = None
        self.lines = Lines(id="replay-lines")

    def compose(self) -> ComposeResult:
        """One sheet."""
        sheet = Vertical(id="replay-sheet")
        sheet.border_title = f"send the request of {self._subject.exchange.n} anew"
        with sheet:
            yield self.lines

    def on_mount(self) -> None:
        """Ask."""
        self.lines.focus()
        self._paint("y sends it   n or esc doesn't")

    def action_send(self) -> None:
        """Send it, once."""
        if not self._sent:
            self._sent = True
            self._paint("esc closes; it is recorded all the same")
            threading.Thread(target=self._send, name="optrace-send", daemon=True).start()

    def _send(self) -> None:
        try:
            exchange, path = self._replays.send(self._request)
            self.post_message(self.Over(exchange, path, ""))
        except OptraceError as error:
            self.post_message(self.Over(None, None, f"{error.title}. {error.remedy}"))
        except Exception as error:  # whatever it is, the screen says so
            self.post_message(self.Over(None, None, str(error) or type(error).__name__))

    @on(Over)
    def _came(self, message: Over) -> None:
        self._over = message
        self._paint(("o opens the recording of it   " if message.path else "") + "esc closes")

    def action_open(self) -> None:
        """Look at the recording of it; then this screen comes back."""
        if self._over is None or self._over.path is None:
            return
        try:
            with self.app.suspend():
                self._replays.open(self._over.path)
        except SuspendNotSupported:
            self.notify(f"optrace open {safe(str(self._over.path))}", timeout=8, markup=False)

    def _paint(self, subtitle: str) -> None:
        self.query_one("#replay-sheet").border_subtitle = subtitle
        self.lines.show(list(self._lines()))

    def _lines(self) -> Iterator[Segments]:
        request, look = self._request, self._subject.look
        yield [
            Segment(f" {safe(request.method)} ", "method"),
            Segment(safe(look.url(request.url)), "title"),
        ]
        yield line(f"{self._said[0].upper()}{self._said[1:]}." if self._said else "Nothing is changed.", "dim")
        yield line()
        if not self._sent:
            from optrace.faults.injector import operation_of

            view = View(replace(self._subject.exchange, request=request, response=None))
            if operation_of(view) in MOVES_MONEY:
                yield [Segment(" This moves money. ", "chip"), Segment(" ", "space")]
            found = verify_request(request, self._subject.keys, now=self._subject.now())
            if found.judgements[look.profile].verdict is Verdict.FAIL:
                yield [Segment(f" ! Its signature fails ({look.profile}); esc and e show why.", "alert")]
            yield [
                Segment(" Send it to ", "text"),
                Segment(safe(parse(request.url).origin), "strong"),
                Segment("?   ", "text"),
                Segment("y", "key"),
                Segment(" sends it, ", "text"),
                Segment("n", "key"),
                Segment(" doesn't", "text"),
            ]
        elif self._over is None:
            yield line("Sending …", "running")
        elif self._over.exchange is None:
            yield line(f"✗ {self._over.why}", "fail")
        else:
            yield from response(_detail(self._subject.step, self._over.exchange), look)
            yield line()
            yield line(f"Recorded in {self._over.path}", "dim")


def _detail(step: Step, exchange: Exchange) -> Detail:
    return Detail(step=replace(step, findings=()), exchange=exchange, sentence="")
