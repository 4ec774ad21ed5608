"""Amounts, quotes, incoming payments and limits, as the session last saw them before an exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optrace.core.scalars import parse_timestamp
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig, text
from optrace.openpayments.interval import Interval, Period, parse_interval
from optrace.openpayments.units import Money, read_money
from optrace.rules.evidence.answers import about_schema, about_signature, about_token
from optrace.rules.evidence.wallets import document_of, loose, resource_base
from optrace.session.grants import Grant

_MANY = 400  # exchanges of one payment or grant that are looked at


def amounts_in(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(where, object) of everything in a request that should be an amount, the limits of grants included."""
    for name in ("incomingAmount", "debitAmount", "receiveAmount"):
        if isinstance(member := body.get(name), dict):
            yield name, member
    for where, limits in limits_in(body):
        for name in ("debitAmount", "receiveAmount"):
            if isinstance(member := limits.get(name), dict):
                yield f"{where}.{name}", member


def limits_asked(case: Case) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """(where, limits) of the access items in the grant request at hand."""
    return case.once(_limits_asked)


def _limits_asked(case: Case) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple(limits_in(case.view.sent))


def limits_in(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(where, limits) of the access items in a grant request."""
    items = dig(body, "access_token", "access")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(limits := dig(item, "limits"), dict):
            yield f"access_token.access[{index}].limits", limits


def limits_of(grant: Grant | None) -> Mapping[str, Any] | None:
    """The limits of a grant: as they were given, or else as they were asked for."""
    if grant is None:
        return None
    items = [item for token in grant.tokens for item in token.access] or grant.access
    return next((limits for item in items if isinstance(limits := item.get("limits"), dict)), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as an exchange showed it."""

    members: Mapping[str, Any]
    n: int

    def amount(self, name: str) -> Money | None:
        """One of its amounts."""
        return read_money(self.members.get(name))

    def instant(self, name: str) -> datetime | None:
        """One of its timestamps."""
        value = text(self.members.get(name))
        return parse_timestamp(value) if value else None


def resource(case: Case, url: str | None) -> Seen | None:
    """A quote or payment as it was last seen in full before this exchange; None if it never was."""
    if not url:
        return None
    key = canonical(url)
    numbers = {n for n in (case.memory.birth(url),) if n is not None}
    flow = case.memory.flows.find(url)
    if flow is not None:
        numbers.update(case.memory.flows[flow].rows[-_MANY:])
    for n in sorted((n for n in numbers if n < case.row.n), reverse=True):
        row = case.trace.row(n)
        if row.status is None or not 200 <= row.status < 300:
            continue
        view = case.other(n)
        if view is not None and canonical(text(view.got.get("id")) or "") == key:
            return Seen(view.got, n)
    return None


def quote_of(case: Case) -> Seen | None:
    """The quote that an outgoing payment is made from. Rafiki goes by the last segment of `quoteId` alone."""
    quote = text(case.view.sent.get("quoteId"))
    if quote is None:
        return None
    base = resource_base(case.view.url)
    last = quote.rstrip("/").rpartition("/")[2]
    return resource(case, quote) or (resource(case, f"{base}/quotes/{last}") if base else None)


@dataclass(frozen=True, slots=True)
class Price:
    """What a payment would cost and bring."""

    debit: Money | None
    receive: Money | None
    receiver: str | None
    quote: int | None  # the exchange that brought the quote


def price_of(case: Case) -> Price:
    """What an outgoing payment that is being created moves, from its quote or its own body."""
    sent = case.view.sent
    if (quote := quote_of(case)) is not None:
        receiver = text(quote.members.get("receiver"))
        return Price(quote.amount("debitAmount"), quote.amount("receiveAmount"), receiver, quote.n)
    return Price(read_money(sent.get("debitAmount")), None, text(sent.get("incomingPayment")), None)


def interval_of(limits: Mapping[str, Any] | None) -> Interval | str | None:
    """The interval of limits; words if it can't be read; None if there is none."""
    value = limits.get("interval") if limits else None
    if value is None:
        return None
    return parse_interval(value) if isinstance(value, str) else "it isn't text"


def payments_of(case: Case, grant: Grant) -> Iterator[tuple[int, datetime, Mapping[str, Any]]]:
    """(exchange, time, answer) of the outgoing payments that were made with a grant before this exchange."""
    for n in grant.rows[-_MANY:]:
        if n >= case.row.n:
            continue
        row = case.trace.row(n)
        if row.operation == "outgoing_payment_create" and row.status == 201 and (view := case.other(n)) is not None:
            yield n, row.started, view.got


def failed_later(case: Case, payment: Mapping[str, Any]) -> bool:
    """Whether a payment was seen to have failed, which gives its amount back to the grant."""
    flow = case.memory.flows.find(text(payment.get("id")) or "")
    return flow is not None and case.memory.flows[flow].failed


@dataclass(frozen=True, slots=True)
class Spending:
    """What a grant had spent of a limit before an exchange."""

    spent: int
    payments: tuple[int, ...]
    reported: int | None  # by the server
    reported_in: int | None

    @property
    def most(self) -> int:
        """The larger of what was seen and what the server said: payments may have been made out of sight."""
        return max(self.spent, self.reported or 0)


def spending(case: Case, grant: Grant, member: str, period: Period | None) -> Spending:
    """What was spent of `debitAmount` or `receiveAmount`, in the running period if there is one."""
    total, made = 0, []
    reported: int | None = None
    reported_in: int | None = None
    said = "grantSpentDebitAmount" if member == "debitAmount" else "grantSpentReceiveAmount"
    for n, at, answer in payments_of(case, grant):
        if period is not None and not period.start <= at < period.end:
            continue
        if failed_later(case, answer):
            continue
        mine = read_money(answer.get(member))
        if (before := read_money(answer.get(said))) is not None:
            reported, reported_in = before.value + (mine.value if mine else 0), n
        if mine is not None:
            total += mine.value
            made.append(n)
    return Spending(total, tuple(made), reported, reported_in)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An amount in a request whose asset isn't the one that it must have."""

    member: str
    given: Money
    asset: tuple[str, int]  # code and scale that it must have
    whose: str
    n: int  # the exchange that says so


def asset_mismatches(case: Case) -> tuple[Mismatch, ...]:
    """The amounts of a refused request that are in another asset than their wallet or payment."""
    return case.once(_asset_mismatches)


def _asset_mismatches(case: Case) -> tuple[Mismatch, ...]:
    if case.status not in (400, 403) or about_schema(case) or about_token(case) or about_signature(case):
        return ()
    sent = case.view.sent
    own = document_of(case, text(sent.get("walletAddress")))
    found = []
    members = ("incomingAmount",) if case.row.operation == "incoming_payment_create" else ("debitAmount",)
    for member in members:
        given = read_money(sent.get(member))
        if given and own and own.asset and own.asset != (given.asset_code, given.asset_scale):
            found.append(Mismatch(member, given, own.asset, own.id, own.n))
    given = read_money(sent.get("receiveAmount"))
    incoming = resource(case, text(sent.get("receiver")))
    asset = incoming.amount("receivedAmount") if incoming else None
    if given and incoming and asset and not given.same_asset(asset):
        right = (asset.asset_code, asset.asset_scale)
        found.append(Mismatch("receiveAmount", given, right, "the incoming payment", incoming.n))
    return tuple(found)


def payer_is_recipient(case: Case) -> bool:
    """Whether the wallet address that should pay is the one that the incoming payment belongs to."""
    wallet = text(case.view.sent.get("walletAddress"))
    receiver = text(case.view.sent.get("receiver")) or price_of(case).receiver
    incoming = resource(case, receiver)
    owner = text(incoming.members.get("walletAddress")) if incoming else None
    return wallet is not None and owner is not None and loose(wallet) == loose(owner)
