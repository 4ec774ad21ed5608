"""NET-011: Part of the traffic doesn't pass through optrace."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.wallets import born_in
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-011",
    title="Part of the traffic doesn't pass through optrace",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    remedy="Check the proxy settings of the process that makes the missing calls (optrace run sets them).",
    operations=("quote_create", "grant_continue", "grant_poll", "outgoing_payment_create"),
    outcomes=(Outcome.OK,),
)
def out_of_sight(case: Case) -> Iterator[Found]:
    """You see gaps: a quote for an incoming payment that nobody created, a continuation without its grant request.

    Cause: some stacks ignore the proxy variables; the Go client reads public incoming payments with an HTTP client of
    its own. Or the recording began late, or somebody else made the incoming payment.

    Detected: an id in the request that no earlier exchange brought.

    Source: open-payments-go client.go, NewAuthenticatedClient.
    """
    if case.row.operation in ("grant_continue", "grant_poll"):
        if case.grant is None or case.grant.n >= case.row.n:
            yield Found(detail="The grant request that this continues was not seen.", where="url")
        return
    names = ("receiver",) if case.row.operation == "quote_create" else ("quoteId", "incomingPayment")
    for name in names:
        value = text(case.view.sent.get(name))
        born = born_in(case, value) if value else None
        # one's own answer may bring the id too
        if value and (born is None or born >= case.row.n):
            yield Found(detail=f"The exchange that created {value} was not seen.", where=name)
