"""Incoming payments: created at the recipient, paid by somebody, read by anybody (in part)."""

from __future__ import annotations

from typing import Any

from optrace.core.wire import CamelWire, Seq, Timestamp, Uri
from optrace.openpayments.amount import Amount
from optrace.openpayments.page import Page


class IncomingPaymentRequest(CamelWire):
    """The body that creates an incoming payment."""

    wallet_address: Uri
    incoming_amount: Amount | None = None
    expires_at: Timestamp | None = None
    metadata: dict[str, Any] | None = None


class PaymentMethod(CamelWire):
    """How to pay: by ILP, with an address and a secret that are made anew for each read."""

    type: str
    ilp_address: str | None = None
    shared_secret: str | None = None


class IncomingPayment(CamelWire):
    """An incoming payment as its owner's client sees it. Lists and the answer to complete carry no `methods`."""

    id: Uri
    wallet_address: Uri
    completed: bool
    incoming_amount: Amount | None = None
    received_amount: Amount
    expires_at: Timestamp | None = None
    metadata: dict[str, Any] | None = None
    created_at: Timestamp
    updated_at: Timestamp | None = None  # before SDK 7.0.0
    methods: Seq[PaymentMethod] | None = None


class PublicIncomingPayment(CamelWire):
    """What anybody may read of an incoming payment."""

    auth_server: Uri
    received_amount: Amount | None = None


class IncomingPaymentPage(Page):
    """A page of incoming payments."""

    result: Seq[IncomingPayment]
