"""What was recorded is done again; what that takes is imported only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from optrace.core.text import safe
from optrace.tui.questions import EVERYTHING, Question
from optrace.tui.screens.editing import Editing
from optrace.tui.view import step_at

if TYPE_CHECKING:
    from optrace.replay.script import Script
    from optrace.tui.replays import Replays


class Replaying(Editing):
    """A screen from which what was recorded can be done again."""

    replays: Replays | None

    def action_replay(self) -> None:
        """Do the payment of the selected message again, or the message alone with what it needs."""
        n, session, replays = self.ladder.selected, self._session(), self.replays
        if n is None or session is None:
            return
        if replays is None:
            self.notify("From here nothing can be sent: optrace replay does.", timeout=4)
            return
        from optrace.replay.drive import calls
        from optrace.replay.script import script_of
        from optrace.tui.screens.replay import ReplayScreen

        with self.bridge.lock:
            id = step_at(self.bridge.trace, n).payment
            own = next((one for one in self.bridge.trace.payments if one.id == id), None)
            payment = own or self.ladder.view.the_payment()  # what leads up to one belongs to none
        scopes = [(f"replay message {n} alone, with what it needs", [n])]
        if payment is not None:
            scopes.insert(0, (f"replay payment {payment.id}, {payment.title}", list(payment.exchanges)))

        def work(breathe: Callable[[], None]) -> list[tuple[str, Script]]:
            script = script_of(session, progress=lambda done, all: breathe())
            scripts = [(title, script.only(numbers)) for title, numbers in scopes]
            return [(title, some) for title, some in scripts if calls(some)]

        def reply(scripts: list[tuple[str, Script]] | None, why: str) -> None:
            if not scripts:
                said = why or "The client itself sent nothing of it."
                self.notify(safe(said), title="It can't be replayed", severity="warning", markup=False)
            else:
                self.app.push_screen(ReplayScreen(scripts, replays))

        self.bridge.ask(Question("replay", work, reply, until=EVERYTHING))
