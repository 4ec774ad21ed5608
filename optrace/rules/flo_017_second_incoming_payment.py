"""FLO-017: The same incoming payment was created twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule

_SOON = timedelta(seconds=60)


@rule(
    code="FLO-017",
    title="The same incoming payment was created twice",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=OpenPayments("concepts/resources"),
    remedy="Keep the first answer, and create the payment once for each order; there is no idempotency key.",
    operations=("incoming_payment_create",),
    outcomes=(Outcome.OK,),
)
def second_incoming_payment(case: Case) -> Iterator[Found]:
    """You see two incoming payments for one order.

    Cause: a retry, a page that was loaded twice, a double click.

    Detected: the same body with the same token within a minute, both answered 201.

    Source: none: Open Payments has no idempotency for creations.
    """
    if case.token is None or not case.exchange.request.body:
        return
    calls = case.memory.calls_with(case.token.value, 12)
    for row in reversed(calls):
        if row.n >= case.row.n or row.operation != "incoming_payment_create" or row.status != 201:
            continue
        if case.started - row.started > _SOON:
            return
        view = case.other(row.n)
        if view is not None and view.request.body == case.exchange.request.body:
            seconds = (case.started - row.started).total_seconds()
            detail = f"Exchange {row.n} created the same {seconds:.1f} s before, with the same token."
            yield Found(detail=detail, related=(row.n,))
            return
