"""NET-008: A web page signs: the private key is in the browser."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="NET-008",
    title="A web page signs: the private key is in the browser",
    severity=Severity.RISK,
    weight=Weight.SMELL,
    spec=OpenPayments("identity/client-keys"),
    remedy="Sign on a server; whoever opens the page can read the key.",
    operations=API_CALLS,
)
def key_in_the_browser(case: Case) -> Iterator[Found]:
    """You see nothing: it works.

    Cause: the signing code runs in a page, so its key is delivered to every visitor.

    Detected: a signed request with Origin or Sec-Fetch fields of a web page; browser extensions have their own origin
    and are left out.

    Source: Fetch standard, Origin and Sec-Fetch-Site.
    """
    fields = case.view.request.fields
    if "signature-input" not in fields:
        return
    origin = fields.get("origin") or ""
    page = origin.startswith(("http://", "https://"))
    # servers with a fetch of their own send Sec-Fetch-Mode too, and no Sec-Fetch-Site
    if page or ("sec-fetch-site" in fields and not origin):
        yield Found(
            detail=f"The request is signed and comes from a page{f' of {origin}' if page else ''}.", where="Origin"
        )
