"""RES-019: The incoming payment is completed already."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import quoted, words
from optrace.rules.evidence.money import resource
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-019",
    title="The incoming payment is completed already",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Nothing to do: a payment that got its whole amount completes itself.",
    operations=("incoming_payment_complete",),
    outcomes=(Outcome.REFUSED,),
)
def completed_already(case: Case) -> Iterator[Found]:
    """You see 409 "wrong state".

    Cause: it was completed before, by a call or by receiving all that it asked for; or it has expired.

    Detected: by the words; an earlier completion, or a read with `completed: true`, is named.

    Source: rafiki incoming/errors.ts.
    """
    if case.status != 409 and "wrong state" not in words(case):
        return
    url = case.view.url.partition("?")[0].removesuffix("/").removesuffix("/complete")
    seen = resource(case, url)
    if seen is None or seen.members.get("completed") is not True:
        yield Found(detail=f"The server says {quoted(case)}: it was completed, or it has expired.", where="url")
        return
    row = case.trace.row(seen.n)
    how = "was completed" if row.operation == "incoming_payment_complete" else "showed `completed: true`"
    yield Found(detail=f"It {how} in exchange {seen.n}.", where="url", related=(seen.n,))
