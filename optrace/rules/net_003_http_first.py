"""NET-003: The first contact goes over plain http."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import join, parse
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-003",
    title="The first contact goes over plain http",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Start with https.",
    operations=(*API_CALLS, "wallet_address_get", "jwks_get", "unknown"),
    outcomes=(Outcome.REDIRECTED,),
)
def http_first(case: Case) -> Iterator[Found]:
    """You see a redirect from http to https, and then all is well.

    Cause: an address without its scheme, or with the wrong one. Body and token went over the wire in clear.

    Detected: 301, 302, 307 or 308 from an http URL to the same host over https.

    Source: RFC 9110 15.4; Open Payments wants https.
    """
    view = case.view
    if view.parts.scheme != "http" or not view.location or (case.status or 0) // 100 != 3:
        return
    if case.row.operation == "unknown" and "json" not in (view.request.fields.get("accept") or ""):
        return  # somebody's page
    target = parse(join(view.url, view.location))
    if target.scheme == "https" and target.host == view.parts.host:
        sent = " The token went along in clear." if view.authorization else ""
        yield Found(detail=f"{view.parts.origin} sends on to https ({case.status}).{sent}", where="url")
