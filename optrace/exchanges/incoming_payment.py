"""Incoming payments at the recipient's resource server."""

from __future__ import annotations

from optrace.exchanges.kind import Kind, amount_in_words, answer, listed
from optrace.exchanges.view import View


def _wish(view: View) -> str:
    amount = amount_in_words(view.sent.get("incomingAmount"))
    return amount or "any amount"


def _created(view: View) -> str:
    what = f"an incoming payment of {_wish(view)} for {view.sent.get('walletAddress')}"
    if view.succeeded:
        return f"Creates {what}: {view.got.get('id')}."
    return f"Wants {what}; the RS answers {answer(view)}."


def _state(view: View) -> str:
    if not view.succeeded:
        return f"Reads an incoming payment; the RS answers {answer(view)}."
    received, wanted = amount_in_words(view.got.get("receivedAmount")), amount_in_words(view.got.get("incomingAmount"))
    done = ", completed" if view.got.get("completed") is True else ""
    return f"Received {received or '?'}" + (f" of {wanted}" if wanted else "") + f"{done}."


def _public(view: View) -> str:
    if not view.succeeded:
        return f"Reads an incoming payment without a token; the answer is {answer(view)}."
    received = amount_in_words(view.got.get("receivedAmount"))
    return f"The public view: received {received or '?'}; grants come from {view.got.get('authServer')}."


def _listed(view: View) -> str:
    if not view.succeeded:
        return f"Lists incoming payments; the RS answers {answer(view)}."
    return f"{listed(view, 'incoming payment')} of {view.parts.parameter('wallet-address')}."


def _completed(view: View) -> str:
    if view.succeeded:
        return "No more money is expected: the incoming payment is completed."
    return f"Completes an incoming payment; the RS answers {answer(view)}."


INCOMING_PAYMENT_CREATE = Kind(
    id="incoming_payment_create",
    title="Create an Incoming Payment",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: " ".join(
        part for part in ("POST incoming-payment", amount_in_words(view.sent.get("incomingAmount"))) if part
    ),
    sentence=_created,
)
INCOMING_PAYMENT_GET = Kind(
    id="incoming_payment_get",
    title="Get an Incoming Payment",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "GET incoming-payment",
    sentence=_state,
)
INCOMING_PAYMENT_GET_PUBLIC = Kind(
    id="incoming_payment_get_public",
    title="Get an Incoming Payment (public)",
    target="rs",
    label=lambda view: "GET incoming-payment (public)",
    sentence=_public,
)
INCOMING_PAYMENT_LIST = Kind(
    id="incoming_payment_list",
    title="List Incoming Payments",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "GET incoming-payments",
    sentence=_listed,
)
INCOMING_PAYMENT_COMPLETE = Kind(
    id="incoming_payment_complete",
    title="Complete an Incoming Payment",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "complete incoming-payment",
    sentence=_completed,
)
