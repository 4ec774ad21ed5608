"""NET-014: No answer."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-014",
    title="No answer",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    remedy="Check that the host is right, up, and reachable from here.",
    outcomes=(Outcome.BROKEN,),
)
def no_answer(case: Case) -> Iterator[Found]:
    """You see a connection that is refused, reset, timed out, or closed in the middle of the answer.

    Cause: the host is down, unreachable, or another one than you think.

    Detected: the exchange has no answer or a torn one. If a call waited for it (introspection, keys), that call's
    failure follows from it: 401 "Invalid Token", 400 "could not determine client".

    Source: optrace's recording of the connection.
    """
    host = case.memory.places.host(case.view.url)
    if case.row.operation == "unknown" and host.role == "unknown" and "signature-input" not in case.view.request.fields:
        return
    ended = case.exchange.ended
    waited = f", {(ended - case.started).total_seconds():.1f} s after the request" if ended else ""
    said, authority = case.exchange.error or "no answer", case.view.parts.authority
    detail = f"{said[:1].upper()}{said[1:]}" if authority in said else f"{authority}: {said}"
    detail += f"{waited}."
    if case.status is not None:
        detail += f" The answer ({case.status}) is torn."
    partner = case.row.partner
    if partner is not None and partner != case.row.n and case.trace.has(partner):
        row = case.trace.row(partner)
        if row.error is not None or (row.status or 0) >= 400:
            detail += f" Exchange {partner} waited for it, and got {row.status or 'no answer'}."
    yield Found(detail=detail, where="url", related=(partner,) if partner and partner != case.row.n else ())
