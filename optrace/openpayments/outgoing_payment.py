"""Outgoing payments: made from a quote or straight to an incoming payment."""

from __future__ import annotations

from typing import Any

from optrace.core.wire import CamelWire, Seq, Timestamp, Uri
from optrace.openpayments.amount import Amount
from optrace.openpayments.page import Page


class OutgoingPaymentFromQuote(CamelWire):
    """The body that pays a quote."""

    wallet_address: Uri
    quote_id: Uri
    metadata: dict[str, Any] | None = None


class DirectOutgoingPayment(CamelWire):
    """The body that pays an incoming payment without a quote."""

    wallet_address: Uri
    incoming_payment: Uri
    debit_amount: Amount
    metadata: dict[str, Any] | None = None


class OutgoingPayment(CamelWire):
    """An outgoing payment.

    The answer to its creation also says what the grant has spent: with this payment by the specification's example,
    before it in Rafiki.
    """

    id: Uri
    wallet_address: Uri
    quote_id: Uri | None = None
    failed: bool | None = None
    receiver: Uri
    receive_amount: Amount
    debit_amount: Amount
    sent_amount: Amount
    grant_spent_debit_amount: Amount | None = None
    grant_spent_receive_amount: Amount | None = None
    metadata: dict[str, Any] | None = None
    created_at: Timestamp
    updated_at: Timestamp | None = None  # before SDK 7.0.0


class OutgoingPaymentPage(Page):
    """A page of outgoing payments."""

    result: Seq[OutgoingPayment]


class GrantSpentAmounts(CamelWire):
    """What a grant has spent in its current interval; null: nothing yet, or it lies outside all intervals."""

    spent_debit_amount: Amount | None
    spent_receive_amount: Amount | None


def outgoing_payment_request(body: Any) -> type[OutgoingPaymentFromQuote] | type[DirectOutgoingPayment]:
    """The model for a body that creates an outgoing payment: direct if it names an incoming payment and no quote."""
    direct = isinstance(body, dict) and "incomingPayment" in body and "quoteId" not in body
    return DirectOutgoingPayment if direct else OutgoingPaymentFromQuote
