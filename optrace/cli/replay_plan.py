"""Where a replay goes, with whose keys, and what it is played with; the same for the command and the screen."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from optrace.cli.version import versions
from optrace.core.errors import Usage
from optrace.core.urls import canonical
from optrace.replay.bind import Bindings
from optrace.replay.drive import Driving, Means, calls, drive
from optrace.replay.kinds import ValueKind
from optrace.replay.routes import Outside, Routes, read_target
from optrace.replay.script import Script
from optrace.session.events import KeyLearned
from optrace.signatures.keys import SigningKey

if TYPE_CHECKING:
    from optrace.net.consent import Callback
    from optrace.net.player import Player


def target(text: str) -> tuple[str, str] | None:
    """(recorded, live), or None for the sandbox; for argparse."""
    try:
        return read_target(text)
    except Usage as error:
        raise ArgumentTypeError(f"{error.title}; {error.remedy}") from None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay is made of."""

    script: Script
    routes: Routes
    clients: dict[str, str]  # canonical recorded wallet address -> live
    keys: dict[str, SigningKey]  # live wallet address -> key
    sandbox: bool

    def key_of(self, client: str | None) -> SigningKey | None:
        """A client's key; that of the only client there is for one that isn't known."""
        same = (key for url, key in self.keys.items() if client and canonical(url) == canonical(client))
        return next(same, None) or next(iter(self.keys.values()), None)


@contextmanager
def planned(to: Sequence[tuple[str, str] | None], script: Script, keys: Mapping[str, SigningKey]) -> Iterator[Plan]:
    """A plan; the sandbox runs within, if it is asked for.

    Args:
        to: (recorded, live) URLs; None for the sandbox.
        keys: live wallet address of the client -> its key.

    Raises:
        Usage: there is no key, and one is needed.
        CannotStart: the sandbox can't be started.
    """
    with ExitStack() as stack:
        pairs = [pair for pair in to if pair is not None]
        clients: dict[str, str] = {}
        own = dict(keys)
        sandbox = None in to
        if sandbox:
            from optrace.cli.embedded import embedded

            stage = stack.enter_context(embedded(script))
            pairs += stage.routes
            clients |= stage.clients
            own[stage.endpoints.client.wallet_address] = stage.endpoints.client.key
        elif own:
            first = next(iter(own))
            routes = Routes(pairs)
            clients |= {canonical(url): first for url in clients_of(script) if routes.live(url) not in own}
        elif any("signature-input" in step.exchange.request.fields for step in calls(script)):
            raise Usage(
                "The calls are signed, and there is no key to sign them with",
                remedy="--key WALLET_ADDRESS=KEY names your client and its private key.",
            )
        yield Plan(script, Routes(pairs), clients, own, sandbox)


def clients_of(script: Script) -> list[str]:
    """The wallet addresses of the clients, as recorded."""
    return [slot.recorded for slot in script.slots.values() if slot.kind is ValueKind.CLIENT]


@dataclass(frozen=True, slots=True)
class Playing:
    """What a replay is played with."""

    plan: Plan
    player: Player
    callback: Callback | None
    bindings: Bindings
    means: Means

    def driving(self, *, start: int = 1, keep_going: bool = False) -> Driving:
        """Begin."""
        return drive(self.plan.script, self.bindings, self.means, start=start, keep_going=keep_going)


@contextmanager
def playing(plan: Plan, path: Path, *, verify: Path | bool, trouble: Callable[[str | None], None]) -> Iterator[Playing]:
    """The player, and the session file in which the replay is recorded. Raises CannotStart or Usage."""
    from optrace.net.consent import Callback
    from optrace.net.player import Player
    from optrace.store.writer import SessionWriter

    now, info = _now(), {**versions(), "mode": "replay"}
    with ExitStack() as stack:
        writer = stack.enter_context(SessionWriter.create(path, info=info, clock=_now, on_trouble=trouble))
        for client, key in plan.keys.items():  # so that the replay's signatures can be verified later
            document = json.dumps({"keys": [key.public_jwk()]}).encode()
            writer.key(KeyLearned(wallet_address=client, document=document, seen=now, how="given"))
        callback = None if plan.sandbox else stack.enter_context(Callback())
        player = stack.enter_context(Player(plan.routes.reach, writer, _now, verify=verify))
        later = now - plan.script.steps[0].exchange.started
        bindings = Bindings(
            Outside(
                plan.routes,
                clients=plan.clients,
                finish_uri=callback.uri if callback else None,
                nonce=lambda: secrets.token_hex(16),
                later=later,
            )
        )
        means = Means(key_of=plan.key_of, reach=plan.routes.reach, now=_now, nonce=lambda: secrets.token_urlsafe(16))
        yield Playing(plan, player, callback, bindings, means)


def _now() -> datetime:
    return datetime.now(UTC)
