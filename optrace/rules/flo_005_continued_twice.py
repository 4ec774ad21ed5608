"""FLO-005: The grant was continued already."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_client, about_signature, words
from optrace.rules.evidence.grants import cancelled_in, issued_in
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-005",
    title="The grant was continued already",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("5.1"),
    remedy="Keep the token of the first answer; make the finish handler safe against a second call.",
    operations=("grant_continue", "grant_poll"),
    outcomes=(Outcome.REFUSED,),
)
def continued_twice(case: Case) -> Iterator[Found]:
    """You see 401 "grant interaction not approved" or "grant cannot be continued".

    Cause: the finish handler ran twice: a page was reloaded, a browser repeated its call, a retry after a timeout.

    Detected: an earlier answer of this grant already gave the token.

    Source: rafiki packages/auth/src/grant/routes.ts.
    """
    if about_signature(case) or about_client(case) or case.code == "too_fast" or words(case) == "invalid grant":
        return
    if case.status == 404 and case.code is None:
        return  # no such route: TOK-011
    n = issued_in(case)
    grant = case.grant
    if n is None or grant is None or cancelled_in(case) is not None:
        return
    token = next((t for t in grant.tokens if t.kind == "access" and t.born == n), None)
    detail = f"Exchange {n} gave the access token{f' {mask(token.value)}' if token else ''}; it is gone only when it"
    yield Found(detail=f"{detail} expires, and the grant can't be continued again.", related=(n,))
