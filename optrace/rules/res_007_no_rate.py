"""RES-007: The wallet has no exchange rate between the two assets."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.money import resource
from optrace.rules.evidence.wallets import document_of
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-007",
    title="The wallet has no exchange rate between the two assets",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    remedy="Not your error: the sender's wallet lacks rates for this pair. Ask its operator, or use another wallet.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("NET-013",),
)
def no_rate(case: Case) -> Iterator[Found]:
    """You see 500 "could not convert between assets".

    Cause: the sender's ASE has no rate from its asset to the receiver's.

    Detected: by the words; the pair is taken from the wallet documents of the session.

    Source: rafiki quote/errors.ts.
    """
    if "convert between assets" not in words(case) and "rate" not in words(case).split():
        return
    sender = document_of(case, text(case.view.sent.get("walletAddress")))
    incoming = resource(case, text(case.view.sent.get("receiver")) or text(case.view.sent.get("incomingPayment")))
    asset = incoming.amount("receivedAmount") if incoming else None
    have = sender.asset[0] if sender and sender.asset else "the sender's asset"
    want = asset.asset_code if asset else "the receiver's asset"
    related = tuple(n for n in (sender.n if sender else None, incoming.n if incoming else None) if n is not None)
    yield Found(detail=f"There is no rate from {have} to {want} at this wallet.", related=related)
