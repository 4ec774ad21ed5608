"""SIG-028: The signature is old, or from the future."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Weight, rule

_TIME = re.compile(r";\s*(created|expires)=(\d{1,15})(?![\d.])")
_AHEAD, _BEHIND = timedelta(seconds=5), timedelta(seconds=60)
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
    times = {name: int(digits) for name, digits in _TIME.findall(inputs)}
    created, expires = times.get("created"), times.get("expires")
    now = case.started
    if created is not None and created <= _MILLISECONDS:
        skew = now - datetime.fromtimestamp(created, UTC)
        if skew < -_AHEAD or skew > _BEHIND:
            seconds = round(abs(skew.total_seconds()))
            how = f"{seconds} s ahead of" if skew < timedelta(0) else f"{seconds} s behind"
            yield Found(detail=f"`created` is {how} the time of the request.{_whose(case, created)}", where="created")
    if expires is not None and expires < now.timestamp():
        late = round(now.timestamp() - expires)
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
