"""INT-011: The interaction had expired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.grants import expired_in
from optrace.rules.rule import Found, Weight, rule

_LIFE = timedelta(minutes=10)  # Rafiki's INTERACTION_EXPIRY_SECONDS


@rule(
    code="INT-011",
    title="The interaction had expired",
    severity=Severity.ERROR,
    spec=RFC9635("4.1"),
    remedy="Send the user to the interaction at once; for a late user make a new grant request.",
    operations=("interact_start", "interact_finish_request", "finish_redirect", "finish_push", "consent_accept",
                "consent_reject", "consent_get"),
)  # fmt: skip
def interaction_expired(case: Case) -> Iterator[Found]:
    """You see the callback with `result=invalid_interaction` and a message, or 401 "interaction expired".

    Cause: an interaction lives for ten minutes by default; the link was mailed, or the user went away.

    Detected: the server's words, here or at the finish, or that answer more than ten minutes after the grant request.

    Source: rafiki auth config INTERACTION_EXPIRY_SECONDS.
    """
    begun = case.grant.started if case.grant is not None else None
    age = case.started - begun if begun is not None else None
    said = "expired" in words(case) and "interaction" in words(case)
    query = finish_query(case.view)
    said = said or "expired" in query.get("message", "")
    over = query.get("result") == "invalid_interaction" and age is not None and age > _LIFE
    told = case.refused and "interaction" in words(case) and expired_in(case) is not None
    if not said and not over and not told:
        return
    after = f" {round(age.total_seconds())} s after the grant request" if age is not None else ""
    related = (case.grant.n,) if case.grant is not None else ()
    yield Found(detail=f"The interaction ended{after}.", related=related, weight=Weight.PROOF)
