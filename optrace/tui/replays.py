"""What the screen asks of whoever can replay: the net and the sandbox are beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from optrace.core.messages import Exchange, HttpRequest
    from optrace.replay.drive import Result
    from optrace.replay.script import Script, ScriptStep

Target = tuple[str, str] | None  # (recorded URL, live URL); None: the sandbox


class Watch(Protocol):
    """Who looks on. It is called from the thread that plays."""

    @property
    def stopped(self) -> bool:
        """Whether nobody wants any more."""

    def result(self, result: Result) -> None:
        """A step is over."""

    def tell(self, text: str) -> None:
        """What happens between two steps."""

    def may_pay(self, step: ScriptStep, url: str) -> bool:
        """Whether money may move; it waits for the answer."""


class Replays(Protocol):
    """Plays scripts."""

    def play(self, script: Script, to: Sequence[Target], watch: Watch) -> Path:
        """Play a script to hosts that were named, and to no other; where it was recorded.

        It takes as long as it takes, in a thread of its own. Raises OptraceError.
        """

    def send(self, request: HttpRequest) -> tuple[Exchange, Path]:
        """Send one request to the host that its URL names; what came of it, and where it was recorded.

        Raises OptraceError.
        """

    def open(self, path: Path) -> None:
        """Show a recording in the place of this screen, until the user leaves it."""
