"""NET-010: The client gave up before the answer came."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.rows import Row

_HELD = re.compile(r"The (request|response) waited ([\d.]+ s) at a breakpoint")
_SOONER = "Let the message go on before the client gives up, or give the client a longer timeout while you debug it."
_GONE = re.compile(r"client.{0,20}(?:disconnect|closed|gone|abort|reset|cancel|hung up)|disconnected by client", re.I)


@rule(
    code="NET-010",
    title="The client gave up before the answer came",
    severity=Severity.WARN,
    weight=Weight.PROOF,
    remedy="Wait longer (Node's SDK gives up after 5 s), and read the resource before you try again: the server may"
    " have done it.",
    operations=(*API_CALLS, "wallet_address_get"),
    outcomes=(Outcome.BROKEN,),
    absorbs=("NET-014",),
)
def client_gave_up(case: Case) -> Iterator[Found]:
    """You see a timeout in the SDK; the second try says "invalid quote".

    Cause: the client's timeout is shorter than the server's work, which goes on all the same; or than optrace held
    the message at a breakpoint.

    Detected: the client closed the connection before the answer, or before its end; the same call soon afterwards is
    named.

    Source: web-monetization-extension PR 1161, 877; open-payments PR 485.
    """
    error = case.exchange.error or ""
    if not _GONE.search(error):
        return
    ended = case.exchange.ended
    waited = f" after {(ended - case.started).total_seconds():.1f} s" if ended else ""
    if (held := next(filter(None, map(_HELD.match, case.exchange.notes)), None)) is not None:
        detail = f"The client closed the connection{waited}: optrace held the {held[1]} at a breakpoint for {held[2]}."
        yield Found(detail=detail, severity=Severity.INFO, remedy=_SOONER)
        return
    detail = f"The client closed the connection{waited}"
    status = case.status
    detail += f", while the server answered {status}." if status else "; no answer was seen."
    again = next((row.n for row in case.trace.rows_after(case.row.n, 64) if _same(case, row)), None)
    if again is not None:
        detail += f" Exchange {again} makes the same call again, and got {case.trace.row(again).status or 'no answer'}."
    yield Found(detail=detail, related=(again,) if again else ())


def _same(case: Case, row: Row) -> bool:
    if row.operation != case.row.operation or row.url != case.row.url:
        return False
    other = case.other(row.n)
    return other is not None and other.request.body == case.exchange.request.body
