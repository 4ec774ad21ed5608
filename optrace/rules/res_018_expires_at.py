"""RES-018: expiresAt isn't acceptable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.describe import describe
from optrace.core.findings import Severity
from optrace.core.scalars import parse_timestamp
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import words
from optrace.rules.rule import Found, Outcome, Weight, rule

_MOST = timedelta(days=30)


@rule(
    code="RES-018",
    title="expiresAt isn't acceptable",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Give a time in the future with its zone, at most 30 days ahead, such as 2026-01-31T12:00:00Z; or leave it"
    " out.",
    operations=("incoming_payment_create",),
    outcomes=(Outcome.REFUSED,),
)
def expires_at(case: Case) -> Iterator[Found]:
    """You see 400 "invalid expiresAt", or a schema error about it.

    Cause: it is past, more than 30 days ahead (Rafiki's default), a local time without a zone, or null.

    Detected: the value is read strictly, and compared with the server's own `Date`.

    Source: rafiki incoming/service.ts, INCOMING_PAYMENT_EXPIRY_MAX_MS.
    """
    said = words(case)
    if "expiresat" not in said or "expiresAt" not in case.view.sent:
        return
    value = case.view.sent["expiresAt"]
    if not isinstance(value, str):
        yield Found(detail=f"expiresAt is {describe(value)}; it must be text, or left out.", where="expiresAt")
        return
    at = parse_timestamp(value)
    if at is None:
        detail = f"expiresAt is {describe(value)}, which is no RFC 3339 timestamp with a zone."
    elif at <= case.started:
        late = case.started - at
        detail = f"expiresAt is {describe(value)}, {_span(late)} before this call."
    elif at - case.started > _MOST:
        detail = f"expiresAt is {describe(value)}, {_span(at - case.started)} ahead; 30 days are the usual most."
    else:
        detail = f"expiresAt is {describe(value)}, {_span(at - case.started)} ahead by this machine's clock;"
        detail += " the server's clock or its own maximum may differ."
    yield Found(detail=detail, where="expiresAt")


def _span(length: timedelta) -> str:
    return f"{length.days} days" if length.days else f"{int(length.total_seconds())} s"
