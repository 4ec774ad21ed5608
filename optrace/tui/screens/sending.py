"""A recorded request is edited and sent anew; what that takes is imported only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optrace.core.messages import Exchange, HttpRequest
from optrace.core.text import safe
from optrace.tui.questions import Question
from optrace.tui.screens.replaying import Replaying

if TYPE_CHECKING:
    from optrace.tui.screens.edit import Edited


class Sending(Replaying):
    """A screen on which what waits is edited, and what was recorded is edited and sent anew."""

    def action_edit(self) -> None:
        """Edit what waits; if nothing does, the selected request, to be sent anew."""
        n = self.ladder.selected
        if self.selected_waiting() is not None or self.replays is None or n is None:
            super().action_edit()
            return
        source = self.bridge.source

        def reply(exchange: Exchange | None, why: str) -> None:
            if exchange is None:
                self.notify(safe(why), severity="warning", markup=False)
            elif exchange.request.body is None:
                self.notify("The body of this request was not recorded.", timeout=4)
            else:
                self._edit_recorded(exchange)

        self.bridge.ask(Question("edit", lambda _: source.exchange(n), reply))

    def _edit_recorded(self, exchange: Exchange) -> None:
        from optrace.tui.screens.edit import EditScreen
        from optrace.tui.screens.send import SendScreen

        subject = self.subject(exchange, exchange.request, same_server=False)

        def edited(found: Edited | None) -> None:
            if found is not None and isinstance(found.message, HttpRequest) and self.replays is not None:
                self.app.push_screen(SendScreen(found.message, subject, found.said, self.replays))

        title = f"the request of {exchange.n}, to be sent anew"
        self.app.push_screen(EditScreen(subject, title, anew=True), edited)
