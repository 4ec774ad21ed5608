"""FLO-007: A grant that is still pending was taken for a final one."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.gnap.tokens import TokenFault
from optrace.rules.evidence.answers import RESOURCE_CALLS, about_token
from optrace.rules.evidence.tokens import authorization
from optrace.rules.rule import Found, Outcome, Weight, rule

_NOTHING = frozenset({TokenFault.PLACEHOLDER, TokenFault.NO_TOKEN, TokenFault.EMPTY})


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
    found = authorization(case)
    if found is not None and not _NOTHING & set(found.faults):
        return
    if found is None and not about_token(case):
        return
    polls = case.earlier(lambda row: row.operation in ("grant_poll", "grant_continue", "grant_request"), limit=200)
    last = next((row for row in polls if row.status is not None and row.status < 300), None)
    view = case.other(last.n) if last is not None else None
    if last is None or view is None or "access_token" in view.got or "continue" not in view.got:
        return
    what = f'"{found.raw}"' if found else "absent"
    detail = (
        f"Exchange {last.n} was answered {last.status} with `continue` and without a token; Authorization is {what}."
    )
    yield Found(detail=detail, where="Authorization", related=(last.n,))
