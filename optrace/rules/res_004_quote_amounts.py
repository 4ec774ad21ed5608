"""RES-004: The quote has both amounts, or none where one is needed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.evidence.money import resource
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-004",
    title="The quote has both amounts, or none where one is needed",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("guides/make-onetime-payment"),
    remedy="Give debitAmount to fix what is sent, receiveAmount to fix what arrives, or neither if the incoming payment"
    " has an incomingAmount.",
    operations=("quote_create",),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def quote_amounts(case: Case) -> Iterator[Found]:
    """You see 400 "invalid amount", or a schema error about an additional property.

    Cause: both amounts exclude each other, since the rate is what a quote is for. Without either the incoming payment
    must say how much it wants.

    Detected: the members of the request, and the incoming payment as it was last seen.

    Source: rafiki quote/service.ts, createQuote and resolveReceiver.
    """
    if case.status != 400 or not (about_schema(case) or "amount" in words(case)):
        return
    sent = case.view.sent
    given = [name for name in ("debitAmount", "receiveAmount") if sent.get(name) is not None]
    if len(given) == 2:
        yield Found(detail="The request has both debitAmount and receiveAmount.", where="debitAmount")
        return
    if given or about_schema(case) or words(case) != "invalid amount":
        return
    receiver = text(sent.get("receiver"))
    incoming = resource(case, receiver)
    if incoming is None:
        detail = "The request has neither amount; the incoming payment wasn't seen, and seems to have none either."
        yield Found(detail=detail, where="debitAmount", weight=Weight.EXPLAINS)
    elif incoming.members.get("incomingAmount") is None:
        detail = f"The request has neither amount, and the incoming payment of exchange {incoming.n} has no"
        yield Found(detail=f"{detail} incomingAmount.", where="debitAmount", related=(incoming.n,))
