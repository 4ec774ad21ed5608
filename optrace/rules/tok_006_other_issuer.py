"""TOK-006: The token was issued by another authorization server."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS, challenge
from optrace.rules.evidence.tokens import live_token_for, need, shown, why_refused
from optrace.rules.evidence.wallets import trusted_issuers
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-006",
    title="The token was issued by another authorization server",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("9.1"),
    remedy="Keep one token for each authorization server, and pick it by the wallet address that is called.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def other_issuer(case: Case) -> Iterator[Found]:
    """You see 403 "Inactive Token" with `WWW-Authenticate: GNAP as_uri=...`.

    Cause: the sender's and the receiver's tokens were swapped. A resource server knows only the tokens of its own
    authorization server.

    Detected: the grant endpoint that issued this value isn't the `authServer` of the wallet document whose
    `resourceServer` is called. `as_uri` is a hint only: Rafiki leaves the tenant out of it.

    Source: rafiki packages/backend/src/open_payments/auth/middleware.ts.
    """
    token = case.token
    if why_refused(case) != "TOK-006" or token is None:
        return
    trusted = trusted_issuers(case)
    named = challenge(case)
    trusts = trusted[0] if trusted else (named.as_uri if named else None) or "another"
    detail = f"Token {shown(token)} comes from {token.grant.endpoint}; this server trusts {trusts}."
    wanted = need(case)
    better = live_token_for(case, wanted) if wanted else None
    related: tuple[int, ...] = (token.born,)
    if better is not None:
        detail += f" The token that fits is {shown(better)}."
        related += (better.born,)
    # without the right token at hand the grant itself went astray: GNT-006 says it first
    weight = Weight.PROOF if better is not None else Weight.EXPLAINS
    yield Found(detail=detail, where="Authorization", related=related, weight=weight)
