"""GNT-009: The interval isn't an ISO 8601 repeating interval."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.describe import describe
from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.openpayments.interval import parse_interval
from optrace.rules.evidence.answers import about_schema, about_signature, words
from optrace.rules.evidence.money import interval_of, limits_asked, limits_of
from optrace.rules.rule import Found, Outcome, Weight, rule

_ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")


@rule(
    code="GNT-009",
    title="The interval isn't an ISO 8601 repeating interval",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/grants"),
    remedy="Write R[n]/start/duration in UTC with all digits, for example R12/2026-01-05T00:00:00Z/P1M.",
    operations=("grant_request", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED, Outcome.OK),
    accepted=("grant_request",),
    absorbs=("GNT-015",),
)
def interval(case: Case) -> Iterator[Found]:
    """You see 500 `request_denied` "internal server error" at the grant request; or the grant passes and each payment
    gets 403 "unauthorized" or 500 "invalid interval".

    Cause: a month or day without its zero, a date in the words of a locale, no time zone, or no `R` part.

    Detected: `limits.interval` is read strictly; the finding names the part that can't be read.

    Source: ISO 8601 repeating intervals; rafiki packages/backend/src/open_payments/payment/outgoing/limits.ts.
    """
    if case.row.operation == "grant_request":
        for where, limits in limits_asked(case):
            value = limits.get("interval")
            if value is not None and (why := _fault(value, refused=case.refused)):
                yield _at_the_grant(case, f"{where}.interval", value, why)
                return
    elif case.refused and case.status in (403, 500) and not about_signature(case):
        limits = limits_of(case.grant) or {}
        value, unread = limits.get("interval"), interval_of(limits)
        if value is not None and isinstance(unread, str) and case.grant is not None:
            detail = f"The interval of the grant (exchange {case.grant.n}) is {describe(value)}: {unread}."
            yield Found(detail=detail, where="limits.interval", related=(case.grant.n,))


def _fault(value: object, *, refused: bool) -> str:
    if not isinstance(value, str):
        return "it isn't text"
    read = parse_interval(value)
    if isinstance(read, str):
        return read
    instants = [part for part in value.split("/")[1:] if not part.startswith("P")]
    if any("T" in part and not _ZONE.search(part) for part in instants):
        return "a date in it has no time zone"
    if refused and any("T" not in part for part in instants):
        return "a date in it has neither time nor time zone"
    return ""


def _at_the_grant(case: Case, where: str, value: object, why: str) -> Found:
    detail = f"`{where}` is {describe(value)}: {why}."
    if not case.refused:
        detail += " The grant was given all the same; payments with it will be refused."
        return Found(detail=detail, where=where, severity=Severity.RISK, weight=Weight.SMELL)
    explains = case.status == 500 or "interval" in words(case) or about_schema(case)
    return Found(detail=detail, where=where, weight=Weight.PROOF if explains else Weight.SMELL)
