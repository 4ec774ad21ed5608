"""NET-007: Pages can't read the WWW-Authenticate field."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-007",
    title="Pages can't read the WWW-Authenticate field",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    remedy="Don't rely on the challenge in a page; the server would have to expose it.",
    operations=API_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def challenge_hidden(case: Case) -> Iterator[Found]:
    """You see a 401 in a page without any hint, although the server sends one.

    Cause: scripts see only the response fields that Access-Control-Expose-Headers names.

    Detected: a cross-origin answer with WWW-Authenticate, which isn't exposed.

    Source: rafiki app.ts, the defaults of `cors()`.
    """
    response = case.exchange.response
    if response is None or "origin" not in case.view.request.fields or "www-authenticate" not in response.fields:
        return
    exposed = (response.fields.combined("access-control-expose-headers") or "").lower()
    if "www-authenticate" not in exposed:
        yield Found(detail="The answer has WWW-Authenticate and doesn't expose it.", where="WWW-Authenticate")
