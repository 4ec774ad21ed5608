"""What a recording teaches of the ASEs in it: accounts, assets, prices, waits and lives. Pure.

The rules of an ASE aren't in a recording; the sandbox has them. What differs from one ASE to the next is, and becomes
its settings here. Ids, tokens and nonces are never taken over: they are dead.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from optrace.core.errors import Usage
from optrace.core.scalars import parse_timestamp
from optrace.core.urls import canonical, parse
from optrace.exchanges.view import View, client_of, dig, text
from optrace.replay.script import Script, ScriptStep, script_of
from optrace.sandbox.config import Account, AseConfig, ClientConfig, Side, Timing
from optrace.sandbox.money import Asset, Fee, Rates
from optrace.sandbox.state import is_uuid
from optrace.session.places import Wallet
from optrace.session.trace import Trace

_OWNERS = {Side.SENDER: ("outgoing_payment_create", "quote_create"), Side.RECIPIENT: ("incoming_payment_create",)}
_LEAST_BALANCE = 1_000_000  # smallest units
_UNKNOWN_ASSET = Asset("USD", 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """What a mock needs to know."""

    script: Script
    sides: Mapping[Side, AseConfig]  # only those that the recording shows
    client: ClientConfig
    rates: Rates
    timing: Timing
    places: Mapping[Side, frozenset[str]]  # the canonical authorities at which it stood
    documents: Mapping[str, bytes]  # canonical URL of the client's own document or keys -> what was answered


def recollect(trace: Trace) -> Recollection:
    """What a recording teaches; the trace must be able to give its exchanges again.

    Raises:
        Usage: there is nothing in it that an ASE was asked for.
    """
    script = script_of(trace)
    steps = [step for step in script.steps if step.response is not None]
    owners = {side: owner for side in Side if (owner := _owner(steps, _OWNERS[side]))}
    if not owners:
        raise Usage(
            "No payment is in this recording that could be answered from",
            remedy="A mock needs at least one incoming payment, quote or outgoing payment that was created.",
        )
    wallets = trace.memory.places.wallets
    sides = {side: _ase(trace, steps, side, owner, wallets.get(canonical(owner))) for side, owner in owners.items()}
    rate, fee = _price(steps)
    assets = {side: config.asset for side, config in sides.items()}
    rates: Rates = {}
    if rate is not None and len(assets) == 2 and assets[Side.SENDER].code != assets[Side.RECIPIENT].code:
        rates = {(assets[Side.SENDER].code, assets[Side.RECIPIENT].code): _major(rate, assets)}
    if Side.SENDER in sides:
        sides[Side.SENDER] = replace(sides[Side.SENDER], fee=fee)
    return Recollection(
        script=script,
        sides=sides,
        client=_client(steps),
        rates=rates,
        timing=timing_of(steps),
        places={side: frozenset(_places(wallets, owners[side])) for side in sides},
        documents=_documents(steps),
    )


def _owner(steps: list[ScriptStep], operations: tuple[str, ...]) -> str | None:
    """The wallet address in whose name the first call of these was accepted, or at least tried."""
    made = [step for step in steps if step.operation in operations]
    made.sort(key=lambda step: (step.status or 999) >= 300)
    return next((owner for step in made if (owner := text(View(step.exchange).sent.get("walletAddress")))), None)


def _ase(trace: Trace, steps: list[ScriptStep], side: Side, owner: str, wallet: Wallet | None) -> AseConfig:
    base = (wallet.resource_server if wallet else None) or _base(steps, side)
    asset = _UNKNOWN_ASSET
    if wallet and wallet.asset_code and wallet.asset_scale is not None:
        asset = Asset(wallet.asset_code, wallet.asset_scale)
    known = [each for each in trace.memory.places.wallets.values() if _same_server(each, wallet)]
    accounts = {_account(owner, wallet).name: _account(owner, wallet)}
    for each in known:
        accounts.setdefault(_account(each.id, each).name, _account(each.id, each))
    balance, broke = _balance(steps), _broke(steps)
    paid_from = {_account(address, None).name: 0 for address in broke}
    tenant = next((part for part in reversed(parse(base).segments) if is_uuid(part)), None)
    return AseConfig(
        name=parse(owner).host,
        slug=(_slug(steps) if side is Side.RECIPIENT else None) or "mock",
        tenant=tenant or str(uuid.uuid5(uuid.NAMESPACE_URL, base)),
        asset=asset,
        accounts=tuple(replace(account, balance=paid_from.get(account.name, balance)) for account in accounts.values()),
    )


def _same_server(one: Wallet, other: Wallet | None) -> bool:
    return bool(other and one is not other and one.auth_server and one.auth_server == other.auth_server)


def _account(address: str, wallet: Wallet | None) -> Account:
    parts = parse(address)
    name = parts.path.strip("/") or parts.host.partition(".")[0]
    return Account(name=name, public_name=(wallet.name if wallet else None) or name)


def _base(steps: list[ScriptStep], side: Side) -> str:
    urls = (step.exchange.request.url for step in steps if step.operation in _OWNERS[side])
    return next((url.rpartition("/")[0] for url in urls), "")


def _slug(steps: list[ScriptStep]) -> str | None:
    """The second label of an ILP address: `test.happy-life-bank.…`."""
    for _, got in _answers(steps, "incoming_payment_create", "incoming_payment_get"):
        methods = got.get("methods")
        for method in methods if isinstance(methods, list) else ():
            labels = (text(dig(method, "ilpAddress")) or "").split(".")
            if len(labels) > 2:
                return labels[1]
    return None


# ---- money


def _price(steps: list[ScriptStep]) -> tuple[Fraction | None, Fee]:
    """(smallest units that arrive for one that is sent, the fee), so that the recorded quote comes out exactly."""
    for _, quote in _answers(steps, "quote_create", "quote_get", "outgoing_payment_create"):
        debit, receive = _value(quote, "debitAmount"), _value(quote, "receiveAmount")
        if not debit or not receive:
            continue
        same = dig(quote, "debitAmount", "assetCode") == dig(quote, "receiveAmount", "assetCode")
        sent = _sent(steps)
        if same and dig(quote, "debitAmount", "assetScale") == dig(quote, "receiveAmount", "assetScale"):
            sent = receive
        net = sent if sent and sent <= debit else debit
        return Fraction(receive, net), Fee(fixed=debit - net)
    return None, Fee()


def _sent(steps: list[ScriptStep]) -> int | None:
    """What was really sent of the first payment that completed."""
    reads = _answers(steps, "outgoing_payment_get")
    return next((sent for _, got in reads if (sent := _value(got, "sentAmount"))), None)


def _major(rate: Fraction, assets: Mapping[Side, Asset]) -> Fraction:
    """The rate between major units, as the settings have it."""
    return rate / Fraction(10) ** (assets[Side.RECIPIENT].scale - assets[Side.SENDER].scale)


def _balance(steps: list[ScriptStep]) -> int:
    paid = [_value(got, "debitAmount") or 0 for _, got in _answers(steps, "quote_create", "outgoing_payment_create")]
    return max(_LEAST_BALANCE, 1000 * max(paid, default=0))


def _broke(steps: list[ScriptStep]) -> set[str]:
    """The wallet addresses whose payments failed, and never arrived."""
    reads = [got for _, got in _answers(steps, "outgoing_payment_get")]
    failed = {text(got.get("walletAddress")) or "" for got in reads if got.get("failed") is True}
    return failed - {text(got.get("walletAddress")) for got in reads if _value(got, "sentAmount")}


def _value(holder: Mapping[str, Any], name: str) -> int | None:
    value = dig(holder, name, "value")
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 30 else None


# ---- time


def timing_of(steps: list[ScriptStep]) -> Timing:
    """How long the recorded servers let wait, and how long what they gave out lived."""
    found: dict[str, timedelta] = {}
    for _, got in _answers(steps, "grant_request", "grant_continue"):
        if isinstance(wait := dig(got, "continue", "wait"), int) and 0 <= wait < 86_400:
            found.setdefault("wait", timedelta(seconds=wait))
        if isinstance(life := dig(got, "access_token", "expires_in"), int) and 0 <= life < 10**9:
            found.setdefault("token_life", timedelta(seconds=life))
    for _, got in _answers(steps, "quote_create"):
        if life_of := _life(got):
            found.setdefault("quote_life", _whole(life_of))
    for step, got in _answers(steps, "incoming_payment_create"):
        if "expiresAt" not in View(step.exchange).sent and (life_of := _life(got)):
            found.setdefault("incoming_payment_life", _whole(life_of))
    if arrival := _arrival(steps):
        found["arrival"] = arrival
    return replace(Timing(), **found)


def _life(got: Mapping[str, Any]) -> timedelta | None:
    created, expires = (parse_timestamp(text(got.get(name)) or "") for name in ("createdAt", "expiresAt"))
    return expires - created if created and expires and expires > created else None


def _whole(life: timedelta) -> timedelta:
    """Servers take the two instants some milliseconds apart."""
    return timedelta(seconds=max(1, round(life.total_seconds())))


def _arrival(steps: list[ScriptStep]) -> timedelta | None:
    """From an incoming payment's creation to the first time that money was seen in it."""
    created = {text(got.get("id")): step for step, got in _answers(steps, "incoming_payment_create")}
    for step, got in _answers(steps, "incoming_payment_get"):
        birth = created.get(text(got.get("id")))
        if birth is not None and _value(got, "receivedAmount"):
            return min(step.exchange.started - birth.exchange.started, timedelta(minutes=1))
    return None


# ---- who


def _client(steps: list[ScriptStep]) -> ClientConfig:
    default = ClientConfig()
    name = None
    for _, got in _answers(steps, "grant_request"):
        name = name or parse(text(dig(got, "interact", "redirect")) or "").parameter("clientName")
    return replace(default, name="mock-client", public_name=name or default.public_name, kid="mock-client-key")


def _documents(steps: list[ScriptStep]) -> dict[str, bytes]:
    """What the clients of the recording showed of themselves, which may not be there any more."""
    clients = {canonical(client) for step in steps if (client := client_of(View(step.exchange)))}
    wanted = clients | {f"{client}/jwks.json" for client in clients}
    found: dict[str, bytes] = {}
    for step in steps:
        key, response = canonical(step.exchange.request.url), step.exchange.response
        if step.exchange.request.method == "GET" and key in wanted and response and response.status == 200:
            found.setdefault(key, response.body or b"")
    return found


def _places(wallets: Mapping[str, Wallet], owner: str) -> Iterator[str]:
    """The canonical authorities of one side."""
    wallet = wallets.get(canonical(owner))
    urls = [owner, *((wallet.auth_server, wallet.resource_server) if wallet else ())]
    for url in urls:
        if url:
            yield canonical(parse(url).origin)


def _answers(steps: list[ScriptStep], *operations: str) -> Iterator[tuple[ScriptStep, Mapping[str, Any]]]:
    """(step, members of its answer) of what was answered well."""
    for step in steps:
        if step.operation in operations and (step.status or 999) < 300:
            yield step, View(step.exchange).got
