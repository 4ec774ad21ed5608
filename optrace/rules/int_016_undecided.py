"""INT-016: The interaction was finished undecided, or the identity provider isn't known to the AS."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.rules.evidence.answers import words
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-016",
    title="The interaction was finished undecided, or the identity provider isn't known to the AS",
    severity=Severity.ERROR,
    spec=OpenPayments("identity/idp"),
    remedy="Send the browser to the finish only after accept or reject was answered; give AS and IdP the same secret.",
    operations=("interact_finish_request", "finish_redirect", "consent_get", "consent_accept", "consent_reject"),
)
def undecided(case: Case) -> Iterator[Found]:
    """You see `result=grant_invalid` at the finish URI; 401 "invalid x-idp-secret" at the consent API.

    Cause: the finish was asked for before the user chose, or the choice never reached the AS; the identity provider
    sends another secret than the AS has (IDENTITY_SERVER_SECRET).

    Detected: the server's words.
    """
    if finish_query(case.view).get("result") == "grant_invalid":
        yield Found(
            detail="The user had neither accepted nor rejected when the finish was asked for.",
            where="result",
            severity=Severity.INFO,
        )
    elif "x-idp-secret" in words(case):
        there = "another secret than the AS has" if "x-idp-secret" in case.exchange.request.fields else "no secret"
        yield Found(detail=f"The identity provider sent {there}.", where="x-idp-secret", weight=Weight.PROOF)
