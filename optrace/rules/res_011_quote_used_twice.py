"""RES-011: The quote was used already."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-011",
    title="The quote was used already",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="GET the payment that was made from it before you try again; a new payment needs a new quote.",
    operations=("outgoing_payment_create",),
    outcomes=(Outcome.REFUSED,),
)
def quote_used_twice(case: Case) -> Iterator[Found]:
    """You see 400 "invalid quote".

    Cause: a quote can be paid once. After a timeout the first call may have worked all the same.

    Detected: an earlier outgoing payment from the same quoteId that was created.

    Source: rafiki PR 748; rafiki outgoing/service.ts.
    """
    quote = text(case.view.sent.get("quoteId"))
    if quote is None or case.status not in (400, 403, 409) or about_schema(case):
        return
    last = quote.rstrip("/").rpartition("/")[2]
    creations = case.earlier(
        lambda row: row.operation == "outgoing_payment_create" and (row.status == 201 or row.error is not None)
    )
    for row in creations:
        view = case.other(row.n)
        used = text(view.sent.get("quoteId")) if view else None
        if view is None or used is None or used.rstrip("/").rpartition("/")[2] != last:
            continue
        weight = Weight.PROOF if "quote" in words(case) else Weight.EXPLAINS
        if row.status == 201:
            detail = f"Exchange {row.n} made a payment from this quote: {text(view.got.get('id')) or '?'}."
        else:
            detail = f"Exchange {row.n} tried to pay this quote and got no answer: the payment was made, most likely."
            weight = Weight.EXPLAINS
        yield Found(detail=detail, where="quoteId", related=(row.n,), weight=weight)
        return
