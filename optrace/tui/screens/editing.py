"""What waits is edited; what it is signed with, and what it is judged by. What that takes is imported only then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from optrace.core.messages import Exchange, HttpRequest
from optrace.session.breakpoints import Order, Part, Waiting, Word
from optrace.signatures.keys import KeySet, SigningKey
from optrace.tui.screens.breaking import Breaking
from optrace.tui.view import step_at

if TYPE_CHECKING:
    from optrace.replay.edit import Message
    from optrace.tui.screens.edit import Edited, Subject

_STAY = 10  # seconds, at most, between two words to the proxy that somebody is at work on what waits
SigningKeys = Callable[[], Sequence[tuple[str, SigningKey]]]  # the user's own, by name


def no_keys() -> Sequence[tuple[str, SigningKey]]:
    """Where the user has none."""
    return ()


class Editing(Breaking):
    """A screen on which a message that waits can be edited."""

    signing_keys: SigningKeys

    def action_edit(self) -> None:
        """Edit what waits."""
        waiting = self.selected_waiting()
        if waiting is not None:
            self._edit_waiting(waiting)
        else:
            self.notify("Nothing waits. b sets a breakpoint; what waits there can be edited.", timeout=4)

    def _edit_waiting(self, waiting: Waiting) -> None:
        from optrace.tui.screens.edit import EditScreen, Held

        message = waiting.exchange.request if waiting.part is Part.REQUEST else waiting.exchange.response
        if message is None:
            return
        subject = self.subject(waiting.exchange, message, same_server=True)

        held = Held(
            since=waiting.since,
            waits=lambda: waiting.n in self.bridge.stops.waiting,
            stay=lambda: self.order([waiting], Word.STAY),
            every=min(_STAY, max(1, int((waiting.until - waiting.since).total_seconds() / 2))),
        )

        def edited(found: Edited | None) -> None:
            if found is not None:
                exchange = subject.with_message(found.message) if found.said else None
                self.send_orders(
                    [Order(n=waiting.n, part=waiting.part, word=Word.GO, exchange=exchange, said=found.said)]
                )

        title = f"the {waiting.part} of {waiting.n}"
        self.app.push_screen(EditScreen(subject, title, held=held), edited)

    def subject(self, exchange: Exchange, message: Message, *, same_server: bool) -> Subject:
        """A message to be edited, with the keys that it can be signed with and is judged by."""
        from optrace.core.masking import Secrets
        from optrace.replay.edit import Draft
        from optrace.tui.screens.edit import Subject

        secrets = None
        if not self.revealed:
            secrets = Secrets()
            secrets.learn(exchange)
        with self.bridge.lock:
            step = step_at(self.bridge.trace, exchange.n)
            session = self.bridge.session
            keys = KeySet.unseen("the client", "the client's keys were not seen")
            if session is not None and session.has(exchange.n) and isinstance(message, HttpRequest):
                keys = session.keys_of(session.row(exchange.n))
        return Subject(
            step=step,
            exchange=exchange,
            draft=Draft(message, secrets),
            keys=keys,
            own=tuple(self.signing_keys()) if isinstance(message, HttpRequest) else (),
            same_server=same_server,
            look=self.look,
            now=self.bridge.now,
        )
