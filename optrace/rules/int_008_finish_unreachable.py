"""INT-008: The finish URI is wrong or can't be reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig, text
from optrace.rules.rule import Found, Weight, rule
from optrace.session.grants import GrantState

_LIFE = timedelta(minutes=10)  # of an interaction, by default


@rule(
    code="INT-008",
    title="The finish URI is wrong or can't be reached",
    severity=Severity.ERROR,
    spec=RFC9635("2.5.2"),
    remedy="Give a complete URL that the user's browser can reach, and answer its GET.",
    operations=("grant_request", "finish_redirect", "finish_push"),
    waits=True,
)
def finish_unreachable(case: Case) -> Iterator[Found]:
    """You see an error page after consent, and no continuation.

    Cause: localhost on another device, a route that isn't there, a URL without scheme.

    Detected: the callback was answered with 4xx or 5xx, or not at all; `finish.uri` isn't a complete URL; or a
    recording that goes on for longer than an interaction lives (10 min) has no callback to it.

    Source: mozey/open-payments-example README.md; open-payments-node 18; rafiki 2032.
    """
    if case.row.operation != "grant_request":
        if case.refused or case.exchange.error:
            how = f"answered {case.status}" if case.status else f"failed: {case.exchange.error}"
            yield Found(detail=f"The call to the finish URI {how}.", where="interact.finish.uri", weight=Weight.PROOF)
        return
    uri = text(dig(case.view.sent, "interact", "finish", "uri"))
    if uri is None:
        return
    parts = parse(uri)
    if not parts.scheme or not (parts.host or parts.scheme not in ("http", "https")):
        yield Found(
            detail=f"finish.uri is {uri[:200]}, without {'host' if parts.scheme else 'scheme'}.",
            where="interact.finish.uri",
            weight=Weight.EXPLAINS if case.refused else Weight.SMELL,
            severity=Severity.ERROR if case.refused else Severity.RISK,
        )
    elif case.ended and _never_came_back(case):
        yield Found(
            detail=f"Nobody came to {uri[:200]} within ten minutes. A user who decided couldn't reach it.",
            where="interact.finish.uri",
            weight=Weight.SMELL,
            severity=Severity.INFO,
        )


def _never_came_back(case: Case) -> bool:
    grant = case.grant
    if grant is None or grant.state is not GrantState.PENDING or grant.finish_locations or grant.interact_refs:
        return False
    return case.trace.row(len(case.trace)).started - case.started > _LIFE
