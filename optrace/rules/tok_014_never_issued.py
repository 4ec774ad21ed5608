"""TOK-014: No answer of this session issued this token."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import CONTINUATIONS, RESOURCE_CALLS, words
from optrace.rules.evidence.tokens import SHAPE, authorization, near_misses, shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-014",
    title="No answer of this session issued this token",
    severity=Severity.INFO,
    weight=Weight.EXPLAINS,
    remedy="Check where the value comes from: an old store, another environment, a value cut on its way.",
    operations=(*RESOURCE_CALLS, *CONTINUATIONS, "grant_cancel"),
    outcomes=(Outcome.REFUSED,),
)
def never_issued(case: Case) -> Iterator[Found]:
    """You see 403 "Inactive Token" at the RS, 401 "invalid grant" at the AS.

    Cause: a value from elsewhere: stored by an earlier run, of another environment, or damaged. It may also have been
    issued before this recording began.

    Detected: the value occurs in no answer of the session. Known tokens that it nearly equals are named: other case,
    cut off, with quotation marks or blanks.

    Source: rafiki packages/auth/src/accessToken/service.ts.
    """
    found = authorization(case)
    value = found.token if found else None
    if value is None or found is None:
        return
    if case.row.operation in RESOURCE_CALLS:
        if why_refused(case) != "TOK-014":
            return
    elif SHAPE & set(found.faults) or not _invalid_grant(case) or (case.token and case.token.born < case.row.n):
        return
    raw = (found.raw.partition(" ")[2] or found.raw).strip()
    near = next(near_misses(case, raw), None)
    if near is None:
        detail = f"{mask(value)} occurs in no answer before exchange {case.row.n}."
        yield Found(detail=detail, where="Authorization")
        return
    token, why = near
    detail = f"{mask(raw)} is nearly the {token.kind} token {shown(token)}: {why}."
    yield Found(
        detail=detail,
        where="Authorization",
        related=(token.born,),
        severity=Severity.ERROR,
        weight=Weight.PROOF,
        remedy="Send the token as it was issued, without quotation marks, changes of case or cuts.",
    )


def _invalid_grant(case: Case) -> bool:
    return case.code == "invalid_continuation" and words(case) == "invalid grant"
