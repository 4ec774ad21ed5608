"""NET-015: The server's clock is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from optrace.core.findings import Severity
from optrace.core.specs import RFC9110
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule

_APART = timedelta(minutes=1)


@rule(
    code="NET-015",
    title="The server's clock is wrong",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=RFC9110("6.6.1"),
    remedy="Set the server's clock by NTP, or the recorder's if that is the wrong one. Until then reckon with"
    " `expires_in` and `wait`, which count from now, and not with `expiresAt`.",
    operations=("grant_request", "quote_create", "incoming_payment_create"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def servers_clock(case: Case) -> Iterator[Found]:
    """You see quotes that have expired when they come, signatures that are refused as old, or nothing at all.

    Cause: a server without NTP, a virtual machine that slept, or a wrong clock on this machine.

    Detected: `Date` of an answer is more than a minute from the time at which it came. Looked at where a clock matters:
    grants, quotes and incoming payments.

    Source: RFC 9110 6.6.1.
    """
    date = case.view.response.fields.get("date") if case.view.response else None
    came = case.exchange.response_started or case.exchange.ended
    if date is None or came is None:
        return
    if date[5:23] == _minute(came.year, came.month, came.day, came.hour, came.minute):
        return  # nearly all are of the very same minute
    try:
        skew = parsedate_to_datetime(date) - came
    except (ValueError, TypeError, IndexError, OverflowError):  # TypeError: a date without a zone
        return
    if abs(skew) > _APART:
        way = "ahead of" if skew > timedelta(0) else "behind"
        seconds = round(abs(skew.total_seconds()))
        yield Found(detail=f"{case.view.parts.authority} is {seconds} s {way} the recorder's clock.", where="date")


@lru_cache(maxsize=64)
def _minute(year: int, month: int, day: int, hour: int, minute: int) -> str:
    """A minute as Date writes it: `22 Nov 2026 12:00:`."""
    return format_datetime(datetime(year, month, day, hour, minute, tzinfo=UTC), usegmt=True)[5:23]
