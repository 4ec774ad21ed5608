"""Quotes at the sender's resource server: what a payment costs, and until when."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from optrace.sandbox.config import Timing
from optrace.sandbox.errors import resource
from optrace.sandbox.money import Asset, Fee, Money, Rates, rate_between, read_money
from optrace.sandbox.state import Ase, Ids, Quote, WalletAddress, iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """An incoming payment as the sender's resource server sees it."""

    url: str
    asset: Asset
    amount: int | None  # wanted; None: any
    received: int
    expires: datetime | None
    open: bool  # not completed, and with a way to pay it

    def is_active(self, now: datetime) -> bool:
        """Whether it can be paid."""
        return self.open and (self.expires is None or now < self.expires)

    @property
    def left(self) -> int | None:
        """What it still takes; None: any amount."""
        return None if self.amount is None else self.amount - self.received


@dataclass(frozen=True, slots=True)
class Price:
    """What is debited, what of it is left after the fee, and what arrives."""

    debit: int
    net: int
    receive: int


def check_amounts(wallet: WalletAddress, body: Mapping[str, Any]) -> None:
    """What can be said of a quote request before the receiver is looked up."""
    if "debitAmount" in body:
        debit = read_money(body["debitAmount"])
        if debit.value <= 0 or debit.asset != wallet.asset:
            raise resource(400, "invalid amount")
    if "receiveAmount" in body and read_money(body["receiveAmount"]).value <= 0:
        raise resource(400, "invalid amount")


def create(
    ase: Ase,
    wallet: WalletAddress,
    receiver: Receiver | None,
    body: Mapping[str, Any],
    *,
    rates: Rates,
    client: str | None,
    ids: Ids,
    timing: Timing,
    now: datetime,
) -> Quote:
    """Write a new quote into the books."""
    if receiver is None or not receiver.is_active(now):
        raise resource(400, "invalid receiver")
    rate = rate_between(rates, wallet.asset, receiver.asset)
    if rate is None:
        raise resource(500, "could not convert between assets")
    fee = ase.config.fee
    if "debitAmount" in body:
        price = fixed_send(int(body["debitAmount"]["value"]), wallet.asset, receiver, fee, rate)
    else:
        price = fixed_receive(_wanted(body, receiver), fee, rate)
    quote_end = now + timing.quote_life
    quote = Quote(
        id=ids.uuid(),
        wallet=wallet,
        client=client,
        receiver=receiver.url,
        debit=Money(price.debit, wallet.asset),
        receive=Money(price.receive, receiver.asset),
        net=price.net,
        created=now,
        expires=min(quote_end, receiver.expires) if receiver.expires else quote_end,
    )
    ase.quotes[quote.id] = quote
    return quote


def _wanted(body: Mapping[str, Any], receiver: Receiver) -> int:
    if "receiveAmount" not in body:
        if receiver.amount is None:
            raise resource(400, "invalid amount")
        return receiver.amount - receiver.received
    wanted = read_money(body["receiveAmount"])
    if wanted.asset != receiver.asset or (receiver.left is not None and receiver.left < wanted.value):
        raise resource(400, "invalid amount")
    return wanted.value


def fixed_receive(receive: int, fee: Fee, rate: Fraction) -> Price:
    """The price when so much shall arrive."""
    net = math.ceil(receive / rate)
    return Price(debit=net + fee.of(net), net=net, receive=receive)


def fixed_send(debit: int, asset: Asset, receiver: Receiver, fee: Fee, rate: Fraction) -> Price:
    """The price when so much shall be debited. Refuses what is too little to arrive, or more than is wanted."""
    net = debit - fee.of(debit)
    receive = math.floor(net * rate)
    if receive <= 0:
        least = Money(fee.least_debit(math.ceil(1 / rate)), asset)
        raise resource(400, "non-positive receive amount", {"minSendAmount": least.json()})
    if receiver.left is not None and receive > receiver.left:
        raise resource(400, "invalid amount")
    return Price(debit=debit, net=net, receive=receive)


def view(ase: Ase, quote: Quote) -> dict[str, Any]:
    """A quote as it stands in bodies."""
    return {
        "id": f"{ase.resource_server}/quotes/{quote.id}",
        "walletAddress": quote.wallet.address,
        "receiveAmount": quote.receive.json(),
        "debitAmount": quote.debit.json(),
        "receiver": quote.receiver,
        "expiresAt": iso(quote.expires),
        "createdAt": iso(quote.created),
        "method": "ilp",
    }
