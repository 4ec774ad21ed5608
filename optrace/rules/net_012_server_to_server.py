"""NET-012: What happens between the servers can't be seen from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.rule import Found, Outcome, Weight, rule

_SLOW = timedelta(seconds=3)


@rule(
    code="NET-012",
    title="What happens between the servers can't be seen from here",
    severity=Severity.INFO,
    weight=Weight.HYPOTHESIS,
    remedy="Look at the sender's server: it reads the receiver and asks the receiver's AS for a grant of its own.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def server_to_server(case: Case) -> Iterator[Found]:
    """You see a slow quote, or an error about the receiver that nothing in your request explains.

    Cause: for a quote the sender's server reads the incoming payment at the receiver's server, and asks the receiver's
    AS for a grant. When one of these calls fails, you get only the summary.

    Detected: an error about the receiver, or an answer that took more than three seconds, and no call between the
    servers in the recording.

    Source: rafiki 583, 2852.
    """
    ended = case.exchange.ended
    slow = ended is not None and ended - case.started > _SLOW
    about = case.refused and ("receiver" in words(case) or (case.status or 0) >= 500)
    if not (slow or about) or about_schema(case):
        return
    if any(row.source.role == "rs" and row.partner == case.row.n for row in case.trace.rows_after(case.row.n, 32)):
        return
    took = f"It took {(ended - case.started).total_seconds():.1f} s. " if slow and ended else ""
    detail = f"{took}The sender's server asked the receiver's about it, out of sight of this recording."
    yield Found(detail=detail, weight=Weight.HYPOTHESIS if about else Weight.SMELL)
