"""NET-013: The server broke, and answers in plain text."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS, is_html, quoted
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-013",
    title="The server broke, and answers in plain text",
    severity=Severity.INFO,
    weight=Weight.HYPOTHESIS,
    remedy="Try again later; if it stays, tell the wallet's operator the time of this call.",
    operations=(*API_CALLS, "wallet_address_get", "jwks_get", "token_introspect"),
    outcomes=(Outcome.REFUSED,),
)
def plain_500(case: Case) -> Iterator[Found]:
    """You see `Internal Server Error` as text/plain, and no error object.

    Cause: an exception that no route handles; Koa's default answer.

    Detected: 5xx, plain text, no JSON, and no sign of a gateway.

    Source: rafiki route-errors.ts.
    """
    if (case.status or 0) < 500 or case.view.response_body.kind == "json" or is_html(case.view):
        return
    yield Found(detail=f"The answer is {quoted(case)}, without an error object.")
