"""Quotes at the sender's resource server: what a payment will cost."""

from __future__ import annotations

from optrace.exchanges.kind import Kind, amount_in_words, answer
from optrace.exchanges.view import View


def _quoted(view: View) -> str:
    if not view.succeeded:
        asks = f"Asks what paying {view.sent.get('receiver')} costs"
        return f"{asks}; the RS answers {answer(view)}."
    debit, receive = amount_in_words(view.got.get("debitAmount")), amount_in_words(view.got.get("receiveAmount"))
    until = view.got.get("expiresAt")
    return f"{debit or '?'} debited becomes {receive or '?'} received" + (f"; good until {until}." if until else ".")


def _label(view: View) -> str:
    amount = amount_in_words(view.got.get("debitAmount")) or amount_in_words(view.sent.get("debitAmount"))
    return f"POST quote {amount}".strip()


QUOTE_CREATE = Kind(
    id="quote_create",
    title="Create a Quote",
    target="rs",
    signed=True,
    token="access",
    label=_label,
    sentence=_quoted,
)
QUOTE_GET = Kind(
    id="quote_get",
    title="Get a Quote",
    target="rs",
    signed=True,
    token="access",
    label=lambda view: "GET quote",
    sentence=_quoted,
)
