"""Outgoing payments at the sender's resource server, and the limits of the grants that they are made under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optrace.openpayments.interval import Period, parse_interval
from optrace.sandbox.errors import Refusal, broken, resource
from optrace.sandbox.money import Money, read_money
from optrace.sandbox.quotes import Receiver
from optrace.sandbox.state import Ase, OutgoingPayment, OutgoingState, Quote, WalletAddress, iso


@dataclass(frozen=True, slots=True)
class Right:
    """The grant that a payment is made under, as introspection tells it."""

    grant_id: str
    limits: Mapping[str, Any]


def quote_id(text: str) -> str:
    """The last segment of a quote's URL; nothing before it is looked at."""
    return text.rstrip("/").rpartition("/")[2]


def create(
    ase: Ase,
    wallet: WalletAddress,
    quote: Quote,
    receiver: Receiver | None,
    right: Right,
    *,
    client: str | None,
    metadata: dict[str, Any] | None,
    now: datetime,
) -> OutgoingPayment:
    """Write a new outgoing payment into the books; the money follows later."""
    if receiver is None or not receiver.is_active(now):
        raise resource(400, "invalid quote")
    if quote.id in ase.outgoing or quote.wallet is not wallet or quote.expires <= now:
        raise resource(400, "invalid quote")
    spent = _within(ase, right, quote, now)
    payment = OutgoingPayment(
        id=quote.id,
        wallet=wallet,
        client=client,
        quote=quote,
        grant_id=right.grant_id,
        created=now,
        metadata=metadata,
        grant_spent=spent,
    )
    ase.outgoing[payment.id] = payment
    ase.outgoing_by_grant.setdefault(right.grant_id, []).append(payment)
    ase.unsettled.append(payment)
    return payment


def _within(ase: Ase, right: Right, quote: Quote, now: datetime) -> tuple[int, int]:
    """What the grant has spent before, as (debit, receive); refuses what its limits don't allow."""
    limits, refused = right.limits, resource(403, "unauthorized")
    if limits.get("receiver") and limits["receiver"] != quote.receiver:
        raise refused
    pairs = [
        (read_money(limits[name]), asked, which)
        for which, (name, asked) in enumerate((("debitAmount", quote.debit), ("receiveAmount", quote.receive)))
        if limits.get(name)
    ]
    if any(limit.asset != asked.asset for limit, asked, _ in pairs):
        raise refused
    period = _period(limits, now)
    if limits.get("interval") and period is None:
        raise refused
    if not pairs:
        return (0, 0)  # without limits of amount nothing is counted
    spent = _sum(_payments(ase, right.grant_id, period))
    if any(limit.value - spent[which] < asked.value for limit, asked, which in pairs):
        raise refused
    return spent


def _period(limits: Mapping[str, Any], now: datetime) -> Period | None:
    text = limits.get("interval")
    if not text:
        return None
    if text.count("/") != 2:
        raise broken()
    interval = parse_interval(text)
    return None if isinstance(interval, str) else interval.current_period(now)


def _payments(ase: Ase, grant_id: str, period: Period | None) -> Iterable[OutgoingPayment]:
    for payment in ase.outgoing_by_grant.get(grant_id, ()):
        if payment.state is OutgoingState.FAILED:
            continue
        if period is None or period.start <= payment.created < period.end:
            yield payment


def _sum(payments: Iterable[OutgoingPayment]) -> tuple[int, int]:
    pairs = [(payment.quote.debit.value, payment.quote.receive.value) for payment in payments]
    return sum(debit for debit, _ in pairs), sum(receive for _, receive in pairs)


def spent_view(ase: Ase, right: Right, now: datetime) -> dict[str, Any]:
    """What a grant has spent in its current period, or in all; null if it never paid or lies outside its periods."""
    nothing = {"spentDebitAmount": None, "spentReceiveAmount": None}
    try:
        period = _period(right.limits, now)
    except Refusal:  # an interval that can't be read: a payment fails on it, this only shows nothing
        return nothing
    payments = ase.outgoing_by_grant.get(right.grant_id)
    if not payments or (right.limits.get("interval") and period is None):
        return nothing
    latest = payments[-1]
    debit, receive = _sum(_payments(ase, right.grant_id, period))
    return {
        "spentDebitAmount": Money(debit, latest.quote.debit.asset).json(),
        "spentReceiveAmount": Money(receive, latest.quote.receive.asset).json(),
    }


def view(ase: Ase, payment: OutgoingPayment) -> dict[str, Any]:
    """A payment as it stands in bodies."""
    quote = payment.quote
    shown: dict[str, Any] = {
        "id": f"{ase.resource_server}/outgoing-payments/{payment.id}",
        "walletAddress": payment.wallet.address,
        "quoteId": f"{ase.resource_server}/quotes/{quote.id}",
        "receiveAmount": quote.receive.json(),
        "debitAmount": quote.debit.json(),
        "sentAmount": Money(payment.sent, payment.wallet.asset).json(),
        "receiver": quote.receiver,
        "failed": payment.state is OutgoingState.FAILED,
    }
    if payment.metadata is not None:
        shown["metadata"] = payment.metadata
    return shown | {"createdAt": iso(payment.created)}


def created_view(ase: Ase, payment: OutgoingPayment) -> dict[str, Any]:
    """The answer to its creation, with what the grant had spent before."""
    debit, receive = payment.grant_spent
    return view(ase, payment) | {
        "grantSpentReceiveAmount": Money(receive, payment.quote.receive.asset).json(),
        "grantSpentDebitAmount": Money(debit, payment.quote.debit.asset).json(),
    }
