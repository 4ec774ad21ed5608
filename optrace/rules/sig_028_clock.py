"""SIG-028: The signature is old, or from the future."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Weight, rule

_TIME = re.compile(r";\s*(created|expires)=(-?\d{1,15})(?![\d.])")
_AHEAD, _BEHIND = 5, 60  # seconds
_MILLISECONDS = 10**11


@rule(
    code="SIG-028",
    title="The signature is old, or from the future",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=RFC9421("7.2.4"),
    remedy="Set the clock by NTP, and sign each request just before it is sent.",
)
def clock(case: Case) -> Iterator[Found]:
    """You see nothing at Rafiki, which never reads `created` or `expires`; other servers may refuse. The documentation
    lets each wallet choose how old a signature may be.

    Cause: a clock that is wrong, a signature made long before it was sent, or a captured request that is sent again.

    Detected: `created` is more than 5 s ahead of the time of the request or more than 60 s behind it; the server's Date
    tells whose clock is wrong. `expires` has passed.

    Source: open-payments docs, implement/security; pyauth/http-message-signatures (5 s of skew by default).
    """
    inputs = case.exchange.request.fields.get("signature-input")
    if not inputs:
        return
    now, created, expires = case.started.timestamp(), None, None
    for name, digits in _TIME.findall(inputs):
        if name == "created":
            created = int(digits)
        else:
            expires = int(digits)
    if created is not None and created <= _MILLISECONDS and not -_AHEAD <= now - created <= _BEHIND:
        how = "ahead of" if now < created else "behind"
        detail = f"`created` is {round(abs(now - created))} s {how} the time of the request.{_whose(case, created)}"
        yield Found(detail=detail, where="created")
    if expires is not None and expires < now:
        late = round(now - expires)
        yield Found(
            detail=f"The signature had expired {late} s before it was sent.", where="expires", severity=Severity.RISK
        )


def _whose(case: Case, created: int) -> str:
    """Whose clock it is, by the Date of the answer."""
    response = case.exchange.response
    date = response.fields.get("date") if response is not None else None
    try:
        server = parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    if abs(server - created) <= 10:
        return " The server's clock agrees with it, so the recorder's is wrong."
    if abs(server - case.started.timestamp()) <= 10:
        return " The server's clock agrees with the recorder's, so the client's is wrong."
    return ""
