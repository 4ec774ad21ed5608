"""TOK-002: The access token has expired."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.kind import seconds_in_words
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.tokens import expiry, shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-002",
    title="The access token has expired",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("3.2.1"),
    remedy="POST to the token's `manage` URL for a fresh value, or ask for a new grant.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def expired(case: Case) -> Iterator[Found]:
    """You see 403 "Inactive Token"; older or other wallets say 401 "Invalid Token".

    Cause: an access token lives for `expires_in` seconds after its issue; ten minutes by default.

    Detected: the time of the call minus the time of the answer that issued this token, against `expires_in` there.

    Source: web-monetization-extension 417; rafiki ACCESS_TOKEN_EXPIRY_SECONDS.
    """
    token = case.token
    end = expiry(token) if token else None
    if why_refused(case) != "TOK-002" or token is None or end is None:
        return
    late = int((case.started - end).total_seconds())
    life = seconds_in_words(token.expires_in) or f"{token.expires_in} s"
    detail = f"Token {shown(token)} was good for {life}, until {end:%H:%M:%S} UTC; this call came {late} s later."
    yield Found(detail=detail, where="Authorization", related=(token.born,))
