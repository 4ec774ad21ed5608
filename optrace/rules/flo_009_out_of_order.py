"""FLO-009: The steps are out of order."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, about_signature, about_token, words
from optrace.rules.evidence.grants import pending_outgoing
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-009",
    title="The steps are out of order",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("guides/make-onetime-payment"),
    remedy="Incoming payment, quote, grant for the outgoing payment, consent, continuation, outgoing payment.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
)
def out_of_order(case: Case) -> Iterator[Found]:
    """You see a refusal in the middle of a payment whose earlier steps look fine.

    Cause: a quote before there is an incoming payment, a payment before there is a quote, a payment before the user
    has consented.

    Detected: the outgoing-payment grant of this client is still pending, or the request lacks what the missing step
    would have brought.

    Source: open-payments docs, guides.
    """
    if about_signature(case):
        return
    sent = case.view.sent
    if case.row.operation == "quote_create":
        receiver = text(sent.get("receiver"))
        is_payment = receiver is not None and "/incoming-payments/" in receiver
        created = next(case.earlier(lambda row: row.operation == "incoming_payment_create" and row.status == 201), None)
        if not is_payment and created is None and (about_schema(case) or "receiver" in words(case)):
            detail = "The quote names no incoming payment, and none was created before it."
            yield Found(detail=detail, where="receiver", weight=Weight.EXPLAINS)
        return
    names = sent.keys() - {"quoteId", "incomingPayment"}
    misspelled = any("quote" in name.lower() or "incoming" in name.lower() for name in names)  # GNT-014
    there = text(sent.get("quoteId")) or text(sent.get("incomingPayment"))
    if about_schema(case) and not there and not misspelled:
        detail = "The request has neither `quoteId` nor `incomingPayment`: the quote comes before the payment."
        yield Found(detail=detail, where="quoteId")
        return
    token = case.token
    if token is None or token.kind == "continuation" or not about_token(case):
        return  # TOK-005
    if any(i.get("type") == "outgoing-payment" for i in token.access):
        return
    waiting = pending_outgoing(case)
    if waiting is not None:
        detail = f"The outgoing-payment grant of exchange {waiting.n} hasn't given its token yet: the consent, or the"
        detail += " continuation after it, is missing."
        yield Found(detail=detail, where="Authorization", related=(waiting.n,))
