"""RES-015: Nobody looked whether the payment was made."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import place
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-015",
    title="Nobody looked whether the payment was made",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=OpenPayments("concepts/resources"),
    remedy="Read the outgoing payment until it is sent or has failed, or the incoming payment's receivedAmount.",
    operations=("outgoing_payment_create",),
    outcomes=(Outcome.OK,),
    waits=True,
)
def created_is_not_paid(case: Case) -> Iterator[Found]:
    """You see nothing: 201 looks like a paid bill.

    Cause: 201 means that the wallet will try. It may fail afterwards.

    Detected: at the end of a recording: neither this payment nor its incoming payment was read after it was created.

    Source: publisher-tools PR 443; web-monetization-extension PR 1161.
    """
    if not case.ended or case.view.got.get("failed") is True or case.row.flow is None:
        return
    reads = ("outgoing_payment_get", "incoming_payment_get", "incoming_payment_get_public", "outgoing_payment_list")
    lists = ("outgoing_payment_list", "incoming_payment_list")
    for n in case.memory.flows[case.row.flow].rows[-400:]:
        if n > case.row.n and case.trace.row(n).operation in reads:
            return
    listed = (row for row in case.trace.rows_after(case.row.n, 400) if row.operation in lists)
    if any(place(row.url) == place(case.view.url) or row.operation == "incoming_payment_list" for row in listed):
        return
    yield Found(detail="After 201 neither the outgoing nor the incoming payment was read in this recording.")
