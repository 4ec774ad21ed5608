"""FLO-010: Nothing was paid with the grant."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.grants import GrantState


@rule(
    code="FLO-010",
    title="Nothing was paid with the grant",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    spec=OpenPayments("guides/make-onetime-payment"),
    remedy="After the consent: continue the grant with the interact_ref, then create the outgoing payment.",
    operations=("grant_request", "grant_continue", "grant_poll"),
    outcomes=(Outcome.OK,),
    waits=True,
)
def stops_after_the_grant(case: Case) -> Iterator[Found]:
    """You see a consent page, and then nothing.

    Cause: the guides ended at the continuation for a while; or the callback was never written.

    Detected: at the end of a recording: an outgoing-payment grant that is pending or was given, and no outgoing payment
    with it.

    Source: open-payments 560.
    """
    grant = case.grant
    if not case.ended or grant is None or not any(item.get("type") == "outgoing-payment" for item in grant.access):
        return
    if grant.state in (GrantState.REJECTED, GrantState.CANCELLED, GrantState.REFUSED):
        return
    later = [case.trace.row(n) for n in grant.rows[-400:] if n > case.row.n]
    if any(row.operation == "outgoing_payment_create" for row in later):
        return
    given = any(token.kind == "access" and token.born == case.row.n for token in grant.tokens)
    if given:
        yield Found(detail="The token was given; no outgoing payment was tried with it in this recording.")
        return
    continued = any(row.operation in ("grant_continue", "grant_poll") for row in later)
    if case.row.operation == "grant_request" and "interact" in case.view.got and not continued:
        yield Found(detail="The user was to consent; the grant was never continued in this recording.")
