"""Outgoing payments at the sender's resource server: here money moves."""

from __future__ import annotations

from optrace.exchanges.kind import Kind, amount_in_words, answer, listed
from optrace.exchanges.view import View


def _amounts(view: View) -> str:
    debit, receive = amount_in_words(view.got.get("debitAmount")), amount_in_words(view.got.get("receiveAmount"))
    sent = amount_in_words(view.got.get("sentAmount"))
    failed = " It failed." if view.got.get("failed") is True else ""
    return f"{debit or '?'} debited, {receive or '?'} to be received, {sent or '?'} sent so far.{failed}"


def _created(view: View) -> str:
    if not view.succeeded:
        return f"Wants to pay; the RS answers {answer(view)}."
    return f"Pays {view.got.get('receiver')}: {_amounts(view)}"


def _state(view: View) -> str:
    if not view.succeeded:
        return f"Reads an outgoing payment; the RS answers {answer(view)}."
    return _amounts(view)


def _listed(view: View) -> str:
    if not view.succeeded:
        return f"Lists outgoing payments; the RS answers {answer(view)}."
    return f"{listed(view, 'outgoing payment')} of {view.parts.parameter('wallet-address')}."


def _spent(view: View) -> str:
    if not view.succeeded:
        return f"Asks what the grant has spent; the RS answers {answer(view)}."
    debit = amount_in_words(view.got.get("spentDebitAmount"))
    receive = amount_in_words(view.got.get("spentReceiveAmount"))
    return f"The grant has spent {debit or 'nothing'} (debited), {receive or 'nothing'} (received)."


def _label(view: View) -> str:
    amount = amount_in_words(view.got.get("debitAmount")) or amount_in_words(view.sent.get("debitAmount"))
    return f"POST outgoing-payment {amount}".strip()


OUTGOING_PAYMENT_CREATE = Kind(
    id="outgoing_payment_create",
    title="Create an Outgoing Payment",
    target="rs",
    signed=True,
    token="access",
    label=_label,
    sentence=_created,
)
OUTGOING_PAYMENT_GET = Kind(
    id="outgoing_payment_get",
    title="Get an Outgoing Payment",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "GET outgoing-payment",
    sentence=_state,
)
OUTGOING_PAYMENT_LIST = Kind(
    id="outgoing_payment_list",
    title="List Outgoing Payments",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "GET outgoing-payments",
    sentence=_listed,
)
OUTGOING_PAYMENT_GRANT_GET = Kind(
    id="outgoing_payment_grant_get",
    title="Get the amounts spent with an outgoing payment grant",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "GET outgoing-payment-grant",
    sentence=_spent,
)
