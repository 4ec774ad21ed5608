"""NET-004: A proxy or CDN answered, not the wallet."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS, is_html, page_title, words
from optrace.rules.rule import Found, Outcome, Weight, rule

_GATEWAYS = ("cf-ray", "x-amzn-requestid", "x-amz-cf-id", "x-azure-ref", "x-served-by", "x-cache", "via")


@rule(
    code="NET-004",
    title="A proxy or CDN answered, not the wallet",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    remedy="Not an Open Payments error: look at the page, and ask whoever runs what stands before the wallet.",
    operations=(*API_CALLS, "wallet_address_get", "jwks_get", "token_introspect"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def not_the_wallet(case: Case) -> Iterator[Found]:
    """You see HTML with 403, 502 or 503, or the SDK's complaint that the answer isn't JSON.

    Cause: a gateway, a bot filter, a login wall or a stopped server behind a load balancer.

    Detected: the answer to an API call is a web page, or a gateway's plain text (502, 503, 504, or 429, its limit of
    requests); `server`, `via` and `cf-ray` are shown.

    Source: RFC 9110 15.6.3.
    """
    view, status = case.view, case.status or 0
    if view.response is None or 300 <= status < 400:
        return
    fields = view.response.fields
    page = is_html(view)
    if page and status < 400 and case.row.operation in ("wallet_address_get", "jwks_get"):
        return  # WAL-003
    if page and status == 404 and not any(name in fields for name in _GATEWAYS) and not page_title(view):
        return
    gateway_text = status in (502, 503, 504) and view.response_body.kind != "json"
    limited = status == 429 and view.response_body.kind != "json"  # of which Open Payments knows nothing
    if not page and not gateway_text and not limited:
        return
    who = [f"{name}: {fields.get(name)}" for name in ("server", *_GATEWAYS) if name in fields]
    title = page_title(view)
    said = f"a page titled {title}" if title else "a web page" if page else words(case)[:80] or "no body"
    detail = f"The answer {status} is {said}"
    detail += f" ({'; '.join(who[:3])})." if who else "."
    if (again := fields.get("retry-after")) and status in (429, 503):
        detail += f" It may be tried again after {again[:40]}" + (" s." if again.isdecimal() else ".")
    yield Found(detail=detail)
