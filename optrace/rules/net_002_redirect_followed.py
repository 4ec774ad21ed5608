"""NET-002: A signed call is redirected."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask_url
from optrace.core.specs import RFC9421
from optrace.core.urls import join
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.evidence.wallets import difference
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-002",
    title="A signed call is redirected",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Call the final URL (a slash, https instead of http), and turn off following redirects: each URL needs its"
    " own signature.",
    operations=(*API_CALLS, "unknown"),
    outcomes=(
        Outcome.REDIRECTED,
        Outcome.REFUSED,
    ),
    absorbs=("SIG-001", "SIG-002", "SIG-003", "SIG-005", "SIG-025", "SIG-034", "FLO-018"),
)
def redirect_followed(case: Case) -> Iterator[Found]:
    """You see 401, or a POST that becomes a GET and gets 404 or 405.

    Cause: the URL was nearly right, the server redirected, and the HTTP library followed with the signature of the
    first URL. Many libraries also turn the POST into a GET and drop the body.

    Detected: 301, 302, 303, 307 or 308 for a signed call; and the next request with the same signature at the URL that
    the redirect names.

    Source: RFC 9110 15.4.
    """
    view, status = case.view, case.status or 0
    if (case.row.repeats is None and not 300 <= status < 400) or "signature-input" not in view.request.fields:
        return
    if 300 <= status < 400 and view.location:
        target = join(view.url, view.location)
        how = difference(view.url.partition("?")[0], target.partition("?")[0])
        detail = f"{view.method} is answered {status} and sent on to {mask_url(target)}"
        detail += f"; what differs is {how}." if how else "."
        yield Found(detail=detail, where="url")
        return
    first = case.row.repeats
    if first is None or case.row.url == case.trace.row(first).url:
        return
    row, before = case.trace.row(first), case.other(first)
    if not 300 <= (row.status or 0) < 400 or before is None:
        return
    detail = f"This request carries the signature of exchange {first}, which was answered {row.status}; it verifies for"
    detail += f" {mask_url(row.url)} only."
    if row.method != case.row.method:
        detail += f" On the way {row.method} became {case.row.method}."
    yield Found(detail=detail, where="url", related=(first,))
