"""The money's way from one ASE to the other: what ILP packets do in real life, done in one step when its time has come.

Nothing runs in the background. Each request first settles what is due by the clock, so that a test with its own clock
decides when the money arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from optrace.sandbox import incoming
from optrace.sandbox.state import Ase, IncomingPayment, OutgoingPayment, OutgoingState


def settle(ases: Sequence[Ase], *, after: timedelta, now: datetime, strangers: bool = False) -> None:
    """Deliver every payment that was created at least `after` ago; with `strangers`, also to receivers elsewhere."""
    for ase in ases:
        while ase.unsettled and ase.unsettled[0].created + after <= now:  # oldest first
            _deliver(ases, ase.unsettled.pop(0), now, strangers=strangers)


def receive_from_strangers(ases: Sequence[Ase], *, after: timedelta, now: datetime) -> None:
    """Pay what was asked for at least `after` ago, where no sender is here to do it."""
    for ase in ases:
        for payment in ase.incoming.values():
            if payment.amount and payment.created + after <= now and incoming.is_open(payment, now):
                incoming.receive(payment, payment.amount.value - payment.received)


def _deliver(ases: Sequence[Ase], payment: OutgoingPayment, now: datetime, *, strangers: bool) -> None:
    receiver = _receiver(ases, payment.quote.receiver)
    elsewhere = strangers and not any(payment.quote.receiver.startswith(f"{ase.resource_server}/") for ase in ases)
    if payment.wallet.balance < payment.quote.debit.value:
        _fail(payment, "Insufficient balance")
    elif not elsewhere and (receiver is None or not incoming.is_open(receiver, now)):
        _fail(payment, "The receiver can't be paid")
    else:
        payment.wallet.balance -= payment.quote.debit.value
        if receiver is not None:
            incoming.receive(receiver, payment.quote.receive.value)
        payment.state, payment.sent = OutgoingState.COMPLETED, payment.quote.net


def _receiver(ases: Sequence[Ase], url: str) -> IncomingPayment | None:
    found = (ase.incoming.get(url.rpartition("/")[2]) for ase in ases)
    return next((payment for payment in found if payment and payment.url == url), None)


def _fail(payment: OutgoingPayment, why: str) -> None:
    payment.state = OutgoingState.FAILED
    payment.metadata = {**(payment.metadata or {}), "cancellationReason": why}
