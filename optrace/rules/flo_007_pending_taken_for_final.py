"""FLO-007: A grant that is still pending was taken for a final one."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.grants import pending_answer
from optrace.rules.evidence.tokens import authorization, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-007",
    title="A grant that is still pending was taken for a final one",
    severity=Severity.WARN,
    weight=Weight.PROOF,
    spec=RFC9635("5.2"),
    remedy="Go on only if the answer has access_token; if it has only `continue`, wait and poll again.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def pending_taken_for_final(case: Case) -> Iterator[Found]:
    """You see a crash about an undefined access_token, or a call with `GNAP undefined`.

    Cause: a poll of a pending grant is answered 200 with only `continue`.

    Detected: a call without a real token after such an answer, in the same session.

    Source: open-payments 385, PR 386, PR 540.
    """
    if why_refused(case) != "FLO-007" or (n := pending_answer(case)) is None:
        return
    found = authorization(case)
    what = f'"{found.raw}"' if found else "absent"
    detail = f"Exchange {n} was answered with `continue` and without a token; Authorization is {what}."
    yield Found(detail=detail, where="Authorization", related=(n,))
