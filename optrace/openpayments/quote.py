"""Quotes: what a payment would cost, for a while."""

from __future__ import annotations

from optrace.core.wire import CamelWire, Timestamp, Uri
from optrace.openpayments.amount import Amount


class QuoteRequest(CamelWire):
    """The body that asks for a quote. At most one of the amounts; none if the incoming payment has its own."""

    wallet_address: Uri
    receiver: Uri  # an incoming payment
    method: str
    debit_amount: Amount | None = None
    receive_amount: Amount | None = None


class Quote(CamelWire):
    """A quote as the sender's resource server gives it."""

    id: Uri
    wallet_address: Uri
    receiver: Uri
    receive_amount: Amount
    debit_amount: Amount
    method: str
    expires_at: Timestamp | None = None
    created_at: Timestamp
