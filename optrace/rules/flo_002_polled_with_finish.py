"""FLO-002: Polled, although a finish was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask_url
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_client, about_signature, words
from optrace.rules.evidence.grants import finished_in
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-002",
    title="Polled, although a finish was asked for",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("5.1"),
    remedy="Send the interact_ref from the redirect; or leave interact.finish out of the request and poll.",
    operations=("grant_poll", "grant_continue"),
    outcomes=(Outcome.REFUSED,),
)
def polled_with_finish(case: Case) -> Iterator[Found]:
    """You see 401 `request_denied` "grant cannot be polled"; within `wait` 400 `too_fast` comes first.

    Cause: with `interact.finish` the AS demands the interaction reference. The official example guesses "you probably
    have not accepted the grant", so people look in the wrong place. It doesn't mean that the user refused.

    Detected: the grant had `interact.finish`, and the continuation has no body, or an empty object.

    Source: rafiki packages/auth/src/grant/routes.ts, pollGrantContinuation; mozey/open-payments-example.
    """
    said = words(case)
    told = "cannot be polled" in said
    if case.view.sent or about_signature(case) or about_client(case) or said == "invalid grant":
        return
    grant = case.grant
    asked_for = grant is not None and grant.finish_uri is not None
    if not told and not (asked_for and case.code in ("too_fast", "request_denied", "invalid_request")):
        return
    if asked_for and grant is not None:
        detail = f"The request of exchange {grant.n} asked for a finish at {mask_url(grant.finish_uri or '')}; this"
        detail += " continuation brings no interact_ref."
        related: tuple[int, ...] = (grant.n,)
        if (n := finished_in(case)) is not None:
            detail += f" The reference came in exchange {n}."
            related += (n,)
        yield Found(detail=detail, where="interact_ref", related=related, weight=None if told else Weight.EXPLAINS)
    else:
        yield Found(detail="The server wants an interact_ref for this grant.", where="interact_ref")
