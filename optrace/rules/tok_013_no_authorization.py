"""TOK-013: A call that needs a token has no Authorization field."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import CONTINUATIONS, MANAGEMENT, RESOURCE_CALLS, about_schema, words
from optrace.rules.evidence.tokens import dead_before, shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.grants import Token


@rule(
    code="TOK-013",
    title="A call that needs a token has no Authorization field",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("7.2"),
    remedy="Send `Authorization: GNAP <token>`, and have the signature cover it.",
    operations=(*RESOURCE_CALLS, *CONTINUATIONS, "grant_cancel", *MANAGEMENT),
    outcomes=(Outcome.OK, Outcome.REFUSED),
    accepted=(*CONTINUATIONS, "grant_cancel", *MANAGEMENT),
)
def no_authorization(case: Case) -> Iterator[Found]:
    """You see 401 "Missing or invalid authorization header value" with a challenge at the RS; 401 "invalid signature
    headers" for a continuation or a cancellation. Rafiki rotates without it.

    Cause: the token was never set, or a client without one made the call.

    Detected: the field is absent. If the signature is absent too, that is refused first, and this is only said beside
    it.

    Source: rafiki packages/backend/src/open_payments/auth/middleware.ts; packages/auth/src/signature/middleware.ts.
    """
    if case.view.authorization is not None:
        return
    kind = "continuation" if case.row.operation in (*CONTINUATIONS, "grant_cancel") else "access"
    detail = f"There is no Authorization field; this call needs the {kind} token."
    if case.grant is not None:
        known = next((t for t in reversed(case.grant.tokens) if t.kind == kind and alive_or_known(t, case)), None)
        detail += f" The grant's is {shown(known)}." if known else ""
    if not case.refused:
        if case.row.operation in (*CONTINUATIONS, "grant_cancel", *MANAGEMENT):
            yield Found(
                detail=f"{detail} This server took it without.",
                where="Authorization",
                severity=Severity.RISK,
                weight=Weight.SMELL,
            )
        return
    signed = "signature" in case.view.request.fields
    said = words(case)
    expected = (
        why_refused(case) == "TOK-013"
        or said in ("invalid signature headers", "missing continuation information", "invalid grant")
        or "authorization" in said
    )
    if case.status == 400 and about_schema(case) and "authorization" not in said:
        weight = Weight.SMELL
    elif expected and (signed or why_refused(case) == "TOK-013"):
        weight = Weight.PROOF
    else:
        weight = Weight.HYPOTHESIS
    yield Found(detail=detail, where="Authorization", weight=weight)


def alive_or_known(token: Token, case: Case) -> bool:
    """Whether a token was there to be sent."""
    return token.born < case.row.n and dead_before(token, case.row.n) is None
