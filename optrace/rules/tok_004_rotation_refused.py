"""TOK-004: The rotation was refused."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_client, about_schema, about_signature
from optrace.rules.evidence.tokens import dead_before, ended_at, managed_by, shown, successor
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-004",
    title="The rotation was refused",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    spec=RFC9635("6.1"),
    remedy="Use the newest value and manage URL; if they are gone, ask for a new grant.",
    operations=("token_rotate",),
    outcomes=(Outcome.REFUSED,),
)
def rotation_refused(case: Case) -> Iterator[Found]:
    """You see 404 `invalid_rotation`, or 401 `invalid_client` "invalid access token".

    Cause: the token was rotated already, so that its manage URL is gone; or revoked; or its grant was cancelled; or the
    server's database was reset.

    Detected: an earlier rotation, revocation or cancellation of the token that this manage URL was given out for. If
    there is none, the server no longer knows it.

    Source: rafiki 2852; rafiki packages/auth/src/accessToken/routes.ts.
    """
    if about_signature(case) or about_client(case) or about_schema(case) or case.status not in (400, 401, 403, 404):
        return
    token = managed_by(case)
    dead = dead_before(token, case.row.n) if token else None
    if token is None and (ended := ended_at(case)) is not None:
        ending = "rotated" if case.trace.row(ended).operation == "token_rotate" else "revoked"
        detail = f"Exchange {ended} {ending} the token at the same URL, which was given out before this recording."
        yield Found(detail=detail, where="url", related=(ended,), weight=Weight.PROOF)
        return
    if token is None:
        if case.status != 404 or case.code == "invalid_rotation":
            detail = "This manage URL was given out in no answer of this session, and the server doesn't know it."
            yield Found(detail=detail, where="url")
        return
    if dead is None:
        detail = f"Nothing in this session killed token {shown(token)}; the server no longer knows its manage URL."
        yield Found(detail=detail, where="url", related=(token.born,))
        return
    did = {"token_rotate": "rotated", "token_revoke": "revoked"}.get(case.trace.row(dead).operation)
    detail = f"Token {shown(token)} was {did or 'lost with its grant, which was cancelled'} in exchange {dead}"
    after = successor(case, token) if did == "rotated" else None
    if after is not None:
        detail += f"; its successor is {mask(after.value)}, with a manage URL of its own"
    remedy = None if after is not None else "Ask for a new grant; an interactive one needs the user again."
    yield Found(detail=f"{detail}.", where="url", related=(token.born, dead), weight=Weight.PROOF, remedy=remedy)
