"""TOK-005: A continuation token is used as an access token, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import CONTINUATIONS, MANAGEMENT, RESOURCE_CALLS, about_client, about_signature
from optrace.rules.evidence.tokens import shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-005",
    title="A continuation token is used as an access token, or the reverse",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("5"),
    remedy="Take `access_token.value` for resources and manage URLs, `continue.access_token.value` for continue.uri.",
    operations=(*RESOURCE_CALLS, *CONTINUATIONS, "grant_cancel", *MANAGEMENT),
    outcomes=(Outcome.OK, Outcome.REFUSED),
    accepted=MANAGEMENT,
)
def other_kind(case: Case) -> Iterator[Found]:
    """You see 403 "Inactive Token" at the RS, or 401 `invalid_continuation` "invalid grant" at the AS.

    Cause: an answer holds both tokens, and the other field was read.

    Detected: the value was issued as `continue.access_token` and is used at a resource server, or was issued as
    `access_token` and is used at a continue URL.

    Source: rafiki packages/auth/src/signature/middleware.ts; RFC 9635 5.
    """
    token = case.token
    if token is None or token.born >= case.row.n:
        return
    wanted = "continuation" if case.row.operation in (*CONTINUATIONS, "grant_cancel") else "access"
    if token.kind == wanted:
        return
    if not case.refused:
        if case.row.operation in MANAGEMENT:
            detail = f"The {token.kind} token {shown(token)} was sent to a manage URL; this server doesn't look at it."
            yield Found(
                detail=detail,
                where="Authorization",
                related=(token.born,),
                severity=Severity.RISK,
                weight=Weight.SMELL,
            )
        return
    refused_there = why_refused(case) == "TOK-005" or (
        case.row.operation not in RESOURCE_CALLS and not about_signature(case) and not about_client(case)
    )
    if not refused_there:
        return
    right = next((t for t in reversed(token.grant.tokens) if t.kind == wanted and t.born <= case.row.n), None)
    where = "continue.access_token.value" if token.kind == "continuation" else "access_token.value"
    detail = f"{mask(token.value)} is the {token.kind} token of exchange {token.born} (`{where}`);"
    if right is not None and right.born < case.row.n:
        detail += f" the {wanted} token of this grant is {shown(right)}."
    else:
        detail += f" a call like this needs the {wanted} token, which this grant hasn't given yet."
    yield Found(detail=detail, where="Authorization", related=(token.born,))
