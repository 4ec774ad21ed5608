"""TOK-015: The token was revoked already."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_client, about_signature
from optrace.rules.evidence.tokens import dead_before, ended_at, managed_by, shown
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-015",
    title="The token was revoked already",
    severity=Severity.INFO,
    weight=Weight.PROOF,
    spec=RFC9635("6.2"),
    remedy="Treat it as done: the token is dead.",
    operations=("token_revoke",),
    outcomes=(Outcome.REFUSED,),
)
def second_revocation(case: Case) -> Iterator[Found]:
    """You see 401 `invalid_client` "invalid access token" for a revocation.

    Cause: the token was revoked before, or went with its grant. RFC 9635 would honour a second revocation; Rafiki
    doesn't.

    Detected: an earlier revocation at this manage URL, or cancellation of its grant, that succeeded.

    Source: RFC 9635 6.2; rafiki packages/auth/src/accessToken/routes.ts.
    """
    if about_signature(case) or about_client(case):
        return
    ended = ended_at(case)
    if ended is not None and case.trace.row(ended).operation == "token_revoke":
        yield Found(detail=f"Exchange {ended} revoked it at the same URL.", related=(ended,))
        return
    token = managed_by(case)
    dead = dead_before(token, case.row.n) if token else None
    if token is None or dead is None or case.trace.row(dead).operation == "token_rotate":
        return
    did = "was revoked" if case.trace.row(dead).operation == "token_revoke" else "died with its grant"
    yield Found(detail=f"Token {shown(token)} {did} in exchange {dead}.", related=(token.born, dead))
