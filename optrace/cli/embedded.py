"""The sandbox inside a command: two ASEs that look like those of a recording, on free ports of this machine."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from optrace.core.urls import canonical, parse
from optrace.exchanges.view import View, text
from optrace.net.fetch import fetcher
from optrace.openpayments.units import read_money
from optrace.replay.kinds import ValueKind
from optrace.replay.script import Script, ScriptStep
from optrace.sandbox.config import Account, AseConfig, Role, SandboxConfig, Timing
from optrace.sandbox.money import Asset, Fee
from optrace.sandbox.recollection import timing_of
from optrace.sandbox.serve import AseEndpoints, Endpoints, Sandbox

_SIDES = {"incoming_payment_create": "r", "quote_create": "s", "outgoing_payment_create": "s"}
_PRICED = frozenset({"quote_create", "outgoing_payment_create"})
_QUICK = Timing(wait=timedelta(seconds=1), settlement=timedelta())
_START = 15.0  # seconds until it must stand


@dataclass(slots=True)
class Cast:
    """Who plays in a recording: for each side (s, r) its wallet addresses, their asset, and its servers."""

    wallets: dict[str, dict[str, str]] = field(default_factory=lambda: {"s": {}, "r": {}})  # canonical -> as written
    names: dict[str, str] = field(default_factory=dict)  # canonical wallet address -> public name
    assets: dict[str, Asset] = field(default_factory=dict)
    servers: list[tuple[str, str, Role]] = field(default_factory=list)  # (side, URL, which)
    refusing: list[tuple[str, str, Role]] = field(default_factory=list)  # servers that only ever refused
    clients: Counter[str] = field(default_factory=Counter)  # wallet address -> grants that it got

    @classmethod
    def of(cls, script: Script) -> Cast:
        """Read it from the calls of the client."""
        cast = cls()
        for step in script.steps:
            cast._look(step)
        return cast

    def _look(self, step: ScriptStep) -> None:
        for hole in step.request.holes:
            if hole.slot.kind is ValueKind.CLIENT and hole.place[0] == "body":
                self.clients[hole.slot.recorded] += (step.status or 500) < 400
        if not step.own:
            return
        view, side = View(step.exchange), step.target[0]
        if (step.status or 500) >= 400:
            if step.target.endswith((".as", ".rs")):
                role = Role.AUTH if step.target.endswith("as") else Role.RESOURCE
                self.refusing.append((side, parse(view.url).origin, role))
            return
        if step.operation == "wallet_address_get" and side in self.wallets:
            self._wallet(side, view)
        elif step.operation == "wallet_address_get":  # nothing in the recording shows on which side it is
            self._wallet("r" if self.wallets["s"] else "s", view)
        elif (wallet := text(view.sent.get("walletAddress"))) and step.operation in _SIDES:
            self.wallets[_SIDES[step.operation]].setdefault(canonical(wallet), wallet)
        for lane, role in (("as", Role.AUTH), ("rs", Role.RESOURCE)):
            if step.target in (f"s.{lane}", f"r.{lane}"):
                self.servers.append((side, parse(view.url).origin, role))

    def _wallet(self, side: str, view: View) -> None:
        self.wallets[side].setdefault(canonical(view.url), view.url)
        got = view.got
        if name := text(got.get("publicName")):
            self.names[canonical(view.url)] = name
        code, scale = text(got.get("assetCode")), got.get("assetScale")
        if code and isinstance(scale, int) and 0 <= scale <= 18:
            self.assets.setdefault(side, Asset(code, scale))
        for url in (view.url, text(got.get("id")), text(got.get("resourceServer"))):
            if url:
                self.servers.append((side, parse(url).origin, Role.RESOURCE))
        if url := text(got.get("authServer")):
            self.servers.append((side, parse(url).origin, Role.AUTH))


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running sandbox, and what the recording's URLs are called there."""

    endpoints: Endpoints
    routes: list[tuple[str, str]]
    clients: dict[str, str]  # canonical recorded client -> the sandbox's


@contextmanager
def embedded(script: Script) -> Iterator[Embedded]:
    """A sandbox with the wallet addresses and assets of a recording. Raises CannotStart."""
    cast = Cast.of(script)
    base = SandboxConfig()
    names: dict[str, str] = {}
    recorded = timing_of(list(script.steps))  # what expired there has to expire here
    config = replace(
        base,
        timing=replace(_QUICK, token_life=recorded.token_life, quote_life=recorded.quote_life),
        sender=replace(_cast(base.sender, cast, "s", names), fee=_fee(script, base.sender.fee)),
        recipient=_cast(base.recipient, cast, "r", names),
    )
    with _running(config) as endpoints:
        routes = _routes(cast, endpoints, names)
        # one client plays all that were known; one that wasn't stays unknown
        clients = {canonical(url): endpoints.client.wallet_address for url, grants in cast.clients.items() if grants}
        yield Embedded(endpoints, routes, clients)


def _fee(script: Script, fee: Fee) -> Fee:
    """The sender's fee with its fixed part or without it, whichever comes nearer to what was paid in the recording."""
    prices: list[tuple[int, int]] = []  # what was debited, and what of it arrived
    for step in script.steps:
        if step.operation in _PRICED and step.status in (200, 201):
            got = View(step.exchange).got
            debit, receive = read_money(got.get("debitAmount")), read_money(got.get("receiveAmount"))
            if debit and receive and debit.same_asset(receive):
                prices.append((debit.value, receive.value))

    def misses(one: Fee) -> int:
        return sum(abs(receive + one.of(receive) - debit) for debit, receive in prices)

    return min(fee, replace(fee, fixed=0), key=misses)


def _cast(ase: AseConfig, cast: Cast, side: str, names: dict[str, str]) -> AseConfig:
    accounts = []
    for key, url in cast.wallets[side].items():
        last = (parse(url).segments or ("account",))[-1]
        name = re.sub(r"[^A-Za-z0-9-]", "", last) or "account"
        while name in names.values() or name == ase.tenant:
            name += "-too"
        names[key] = name
        accounts.append(Account(name=name, public_name=cast.names.get(key, name)))
    asset = cast.assets.get(side) or ase.asset
    return replace(ase, accounts=tuple(accounts) or ase.accounts, asset=asset)


def _routes(cast: Cast, endpoints: Endpoints, names: dict[str, str]) -> list[tuple[str, str]]:
    sides: dict[str, AseEndpoints] = {"s": endpoints.sender, "r": endpoints.recipient}
    found: dict[str, str] = {}
    for side, url, role in (*cast.servers, *cast.refusing):
        if side in sides:
            found.setdefault(url, sides[side].urls[role])
    for side, wallets in cast.wallets.items():
        for key, url in wallets.items():
            found[url] = sides[side].wallet_addresses[names[key]]
    for ase in sides.values():  # the browser's way leads over these
        for role in (Role.AUTH, Role.RESOURCE, Role.IDP):
            found[ase.urls[role]] = ase.urls[role]
    origin = parse(endpoints.client.wallet_address).origin
    found[origin] = origin
    for url in cast.clients:
        found.setdefault(parse(url).origin, origin)
    return list(found.items())


@contextmanager
def _running(config: SandboxConfig) -> Iterator[Endpoints]:
    """The sandbox in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stop, ready = asyncio.Event(), threading.Event()
    found: list[Endpoints] = []

    async def serve() -> None:
        try:
            async with fetcher() as fetch, Sandbox(config, fetch=fetch).running() as endpoints:
                found.append(endpoints)
                ready.set()
                await stop.wait()
        finally:
            ready.set()

    served = asyncio.run_coroutine_threadsafe(serve(), loop)
    try:
        ready.wait(_START)
        if not found:
            served.result(_START)  # raises what went wrong
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        if not served.cancelled() and found:
            served.result(_START)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START)
        loop.close()
