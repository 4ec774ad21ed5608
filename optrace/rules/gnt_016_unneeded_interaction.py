"""GNT-016: The interaction was not needed: the token came at once."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-016",
    title="The interaction was not needed: the token came at once",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    spec=RFC9635("3.3"),
    remedy="Take the token from this answer; don't wait for a redirect. Leave `interact` out for such access.",
    operations=("grant_request",),
    outcomes=(Outcome.OK,),
)
def unneeded_interaction(case: Case) -> Iterator[Found]:
    """You see a grant request with `interact` that gets a token at once, and code that waits for a redirect that never
    comes.

    Cause: whether the user is needed is for the AS to decide. Incoming payments and quotes usually don't need him.

    Detected: `interact.finish` in the request, a token and no `interact` in the answer.

    Source: rafiki packages/auth/src/grant/routes.ts, createApprovedGrant.
    """
    if dig(case.view.sent, "interact", "finish") is None or "interact" in case.view.got:
        return
    if dig(case.view.got, "access_token", "value"):
        detail = "The request offered an interaction with a finish; the answer has a token and asks for none."
        yield Found(detail=detail, where="interact")
