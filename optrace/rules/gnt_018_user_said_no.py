"""GNT-018: The user said no."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import CONTINUATIONS, about_client, about_signature, quoted, words
from optrace.rules.evidence.grants import rejected_in
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="GNT-018",
    title="The user said no",
    severity=Severity.INFO,
    weight=Weight.PROOF,
    spec=RFC9635("3.6"),
    remedy="Nothing to mend: tell the user that nothing was paid. A new grant may be asked for if he changes his mind.",
    operations=("interact_finish_request", "finish_redirect", "finish_push", *CONTINUATIONS),
)
def user_said_no(case: Case) -> Iterator[Found]:
    """You see `result=grant_rejected` at the finish URI, and 401 or 404 for any continuation afterwards.

    Cause: the user refused. It isn't an error in your code.

    Detected: `result` on the way back to the client; `user_denied` in an answer; or a continuation that is refused
    after the user's no was seen.

    Source: rafiki packages/auth/src/interaction/routes.ts; RFC 9635 3.6 `user_denied`.
    """
    if case.row.operation not in CONTINUATIONS:
        target = case.view.location or case.view.url
        if parse(target).parameter("result") == "grant_rejected":
            detail = "The user is sent back with `result=grant_rejected`: no hash and no interaction reference."
            yield Found(detail=detail, where="result")
        return
    if not case.refused or about_signature(case) or about_client(case):
        return
    if case.code == "user_denied":
        yield Found(detail="The AS answers `user_denied`.", where="error.code")
    elif (n := rejected_in(case)) is not None and words(case) != "invalid grant":
        detail = f"The user said no in exchange {n}; the answer {quoted(case)} is what follows from it."
        yield Found(detail=detail, related=(n,))
