"""Replays that the screen asks for: `optrace replay`, with somebody who looks on in the place of a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optrace.cli.clock import utc_now
from optrace.cli.keystore import stored
from optrace.cli.output import Output
from optrace.cli.places import new_session
from optrace.cli.replay_plan import clients_of, planned, playing
from optrace.cli.replayed import Ended, Stage
from optrace.cli.version import versions
from optrace.core.errors import Usage
from optrace.core.messages import Exchange, HttpRequest
from optrace.core.redact import mask_url
from optrace.core.urls import parse
from optrace.replay.drive import Answer, Confirm, Result, Send, calls
from optrace.replay.routes import Routes
from optrace.replay.script import Script
from optrace.replay.signing import keyid_of
from optrace.signatures.keys import SigningKey

if TYPE_CHECKING:
    from optrace.tui.replays import Target, Watch

_PATIENCE = 300.0  # seconds for a person to answer in the browser
OnTrouble = Callable[[str | None], None]
_NAP = 0.1  # seconds between two looks whether anybody still wants it


@dataclass(slots=True)
class _Watched(Stage):
    """A stage before somebody who looks on."""

    watch: Watch | None = None

    def _wanted(self) -> Watch:
        assert self.watch is not None
        if self.watch.stopped:
            raise Ended
        return self.watch

    def _send(self, action: Send) -> Answer:
        self._wanted()
        return Stage._send(self, action)

    def _confirm(self, action: Confirm) -> bool:
        return self.may_pay or self._wanted().may_pay(action.step, mask_url(action.request.url))

    def _tell(self, text: str) -> None:
        self._wanted().tell(text)

    def _say(self, result: Result) -> None:
        self._wanted().result(result)


def play_watched(script: Script, to: Sequence[Target], watch: Watch) -> Path:
    """Play a script with the user's own keys; where it was recorded. Raises Usage or CannotStart."""
    if not calls(script):
        raise Usage("There is nothing that the client itself sent", remedy="Choose another payment.")
    keys = {} if None in to else _keys(script, to)
    path = new_session(utc_now())
    with planned(to, script, keys) as plan, playing(plan, path, verify=True, trouble=_trouble(watch)) as means:
        from optrace.net.consent import Visitor

        stage = _Watched(
            output=Output(),
            player=means.player,
            callback=means.callback,
            visitor=Visitor(means.player.send),
            may_pay=plan.sandbox,
            stepwise=False,
            patience=_PATIENCE,
            browser=True,
            sleep=lambda seconds: _sleep(seconds, watch),
            watch=watch,
        )
        stage.play(means.driving())
    return path


def send_once(request: HttpRequest) -> tuple[Exchange, Path]:
    """Send one request to the host that its URL names; what came of it, and where it was recorded.

    Raises:
        CannotStart: it can't be recorded.
    """
    from optrace.net.player import Player
    from optrace.store.writer import SessionWriter

    path, origin = new_session(utc_now()), parse(request.url).origin
    info = {**versions(), "mode": "replay"}
    with (
        SessionWriter.create(path, info=info, clock=utc_now) as writer,
        Player(Routes([(origin, origin)]).reach, writer, utc_now) as player,
    ):
        return player.send(replace(request, authority=None)), path


def _keys(script: Script, to: Sequence[Target]) -> dict[str, SigningKey]:
    """The live wallet addresses of the clients, each with the user's key that is called as the recorded one was.

    Without one of that name the only key there is counts.
    """
    own = [key for _, key in stored()]
    wanted = {kid for step in calls(script) if not step.refuted and (kid := keyid_of(step.exchange.request))}
    fitting = [key for key in own if key.kid in wanted] or own
    if not wanted or not fitting:
        return {}
    if len(fitting) > 1:
        names = ", ".join(sorted(key.kid for key in fitting))
        raise Usage(
            f"Several of your keys could sign it: {names}",
            remedy="optrace replay FILE --to ... --key WALLET_ADDRESS=KEY says which.",
        )
    routes = Routes([pair for pair in to if pair is not None])
    return {routes.live(url): fitting[0] for url in clients_of(script)}


def _trouble(watch: Watch) -> OnTrouble:
    return lambda reason: watch.tell(f"the replay isn't recorded: {reason}") if reason else None


def _sleep(seconds: float, watch: Watch) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if watch.stopped:
            raise Ended
        time.sleep(min(left, _NAP))
