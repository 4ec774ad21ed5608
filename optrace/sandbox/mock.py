"""A recorded ASE that answers again: the sandbox with its settings, and the recording before its servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from starlette.types import ASGIApp

from optrace.core.errors import Usage
from optrace.core.urls import canonical, parse
from optrace.sandbox.config import Role, SandboxConfig, Side
from optrace.sandbox.recalled import OnMiss, Recall, Recalled, Tell
from optrace.sandbox.recollection import Recollection
from optrace.sandbox.remote import Answer, Fetch
from optrace.sandbox.serve import Sandbox, utc_now
from optrace.sandbox.state import Ase


def mock_config(recollection: Recollection, sides: Sequence[Side], base: SandboxConfig) -> SandboxConfig:
    """The settings of a mock: what `base` says of ports, consent and TLS, and all else from the recording.

    Raises:
        Usage: a side isn't in the recording.
    """
    for side in sides:
        if side not in recollection.sides:
            there = next(iter(recollection.sides))
            raise Usage(f"The recording has no {side}'s ASE", remedy=f"Leave it out: --as {there}")
    known = {side: replace(config, ports=base.ase(side).ports) for side, config in recollection.sides.items()}
    return replace(
        base,
        sender=known.get(Side.SENDER, base.sender),
        recipient=known.get(Side.RECIPIENT, base.recipient),
        sides=tuple(sides),
        client=replace(recollection.client, port=base.client.port, key=base.client.key),
        rates=recollection.rates,
        timing=recollection.timing,
    )


def mock_of(
    recollection: Recollection,
    config: SandboxConfig,
    *,
    fetch: Fetch,
    on_miss: OnMiss,
    tell: Tell,
    clock: Callable[[], datetime] = utc_now,
) -> Sandbox:
    """A sandbox that answers for the ASEs of a recording.

    Args:
        config: from `mock_config`.
        fetch: carries the servers' own calls, and what is forwarded.
        tell: is told of each miss, and of each refusal of what was once accepted.
    """
    recalls: dict[Side, Recall] = {}

    def around(side: Side, role: Role, ase: Ase, app: ASGIApp) -> ASGIApp:
        if role not in (Role.RESOURCE, Role.AUTH):
            return app
        if side not in recalls:
            recalls[side] = _recall(recollection, side, ase, on_miss=on_miss, tell=tell, forward=fetch)
        return Recalled(app, recalls[side])

    return Sandbox(config, fetch=_Remembering(fetch, recollection.documents), clock=clock, around=around)


def _recall(recollection: Recollection, side: Side, ase: Ase, *, on_miss: OnMiss, tell: Tell, forward: Fetch) -> Recall:
    places = recollection.places[side]
    steps = [step for step in recollection.script.steps if canonical(parse(step.exchange.request.url).origin) in places]
    homes: dict[str, str] = {}
    for step in steps:
        role = Role.AUTH if step.target.endswith("as") else Role.RESOURCE
        homes.setdefault(canonical(parse(step.exchange.request.url).origin), ase.urls[role])
    slots = recollection.script.slots.values()
    return Recall(steps, slots, homes, on_miss=on_miss, tell=tell, forward=forward)


class _Remembering:
    """Answers the servers' own reads of what the recorded clients published, and carries all other calls."""

    def __init__(self, fetch: Fetch, documents: Mapping[str, bytes]) -> None:
        self._fetch, self._documents = fetch, documents

    async def __call__(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, /) -> Answer:
        document = self._documents.get(canonical(url)) if method == "GET" else None
        if document is not None:
            return 200, (("content-type", "application/json"),), document
        return await self._fetch(method, url, headers, body)
