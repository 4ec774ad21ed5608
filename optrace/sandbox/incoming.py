"""Incoming payments at the recipient's resource server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from optrace.sandbox.config import Timing
from optrace.sandbox.errors import resource
from optrace.sandbox.money import Money, read_money
from optrace.sandbox.state import Ase, Ids, IncomingPayment, WalletAddress, iso


def create(
    ase: Ase,
    wallet: WalletAddress,
    body: Mapping[str, Any],
    *,
    client: str | None,
    ids: Ids,
    timing: Timing,
    now: datetime,
) -> IncomingPayment:
    """Write a new incoming payment into the books."""
    latest = now + timing.incoming_payment_life
    expires = _instant(body["expiresAt"]) if "expiresAt" in body else latest
    if not now < expires <= latest:
        raise resource(400, "invalid expiresAt")
    amount = read_money(body["incomingAmount"]) if "incomingAmount" in body else None
    if amount and (amount.value <= 0 or amount.asset != wallet.asset):
        raise resource(400, "invalid amount")
    payment_id = ids.uuid()
    payment = IncomingPayment(
        id=payment_id,
        url=f"{ase.resource_server}/incoming-payments/{payment_id}",
        wallet=wallet,
        client=client,
        created=now,
        expires=expires,
        amount=amount,
        metadata=body.get("metadata"),
    )
    ase.incoming[payment.id] = payment
    return payment


def _instant(text: str) -> datetime:
    """An RFC 3339 instant; the schema has accepted it, yet the calendar may not (30 February)."""
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise resource(400, "invalid expiresAt") from None


def find(ase: Ase, payment_id: str, now: datetime) -> IncomingPayment | None:
    """A payment by id. One that expired without having received anything is gone."""
    payment = ase.incoming.get(payment_id)
    return None if payment is None or is_gone(payment, now) else payment


def is_gone(payment: IncomingPayment, now: datetime) -> bool:
    """Whether a payment expired without having received anything."""
    return not payment.completed and payment.expires <= now and not payment.received


def is_open(payment: IncomingPayment, now: datetime) -> bool:
    """Whether money may still come."""
    return not payment.completed and now < payment.expires


def complete(payment: IncomingPayment, now: datetime) -> None:
    """No more money is wanted."""
    if not is_open(payment, now):
        raise resource(409, "wrong state")
    payment.completed = True


def receive(payment: IncomingPayment, value: int) -> None:
    """Money has come: so many smallest units. Enough of it completes the payment."""
    payment.received += value
    payment.wallet.balance += value
    if payment.amount and payment.received >= payment.amount.value:
        payment.completed = True


def view(payment: IncomingPayment) -> dict[str, Any]:
    """As it stands in lists and in the answer to its completion."""
    shown: dict[str, Any] = {"id": payment.url, "walletAddress": payment.wallet.address}
    if payment.amount:
        shown["incomingAmount"] = payment.amount.json()
    shown |= {"receivedAmount": _received(payment), "completed": payment.completed}
    if payment.metadata is not None:
        shown["metadata"] = payment.metadata
    return shown | {"createdAt": iso(payment.created), "expiresAt": iso(payment.expires)}


def view_with_methods(ase: Ase, payment: IncomingPayment, *, ids: Ids, now: datetime) -> dict[str, Any]:
    """With the ways to pay it, which are new each time; a closed payment has none."""
    methods = []
    if is_open(payment, now):
        address = f"test.{ase.config.slug}.{ids.secret_text(69)}"
        methods.append({"type": "ilp", "ilpAddress": address, "sharedSecret": ids.secret_text(32)})
    return view(payment) | {"methods": methods}


def public_view(ase: Ase, payment: IncomingPayment) -> dict[str, Any]:
    """What anybody may see."""
    return {"receivedAmount": _received(payment), "authServer": ase.grant_endpoint}


def _received(payment: IncomingPayment) -> dict[str, Any]:
    return Money(payment.received, payment.wallet.asset).json()
