"""WAL-004: The read doesn't ask for JSON."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS, is_html
from optrace.rules.rule import Found, Outcome, Weight, rule

_READS = frozenset({"wallet_address_get", "jwks_get", "spsp_get", "unknown"})


@rule(
    code="WAL-004",
    title="The read doesn't ask for JSON",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("apis/wallet-address-server"),
    remedy="Send `Accept: application/json`.",
    operations=(*_READS, *API_CALLS),
    outcomes=(
        Outcome.OK,
        Outcome.REDIRECTED,
        Outcome.REFUSED,
    ),
    accepted=_READS,
)
def accept(case: Case) -> Iterator[Found]:
    """You see 302 to a web page, 406, or an SPSP answer.

    Cause: a wallet address serves people too: with text/html first in Accept Rafiki redirects to a page, and every
    server may answer 406 to a client that takes no JSON.

    Detected: Accept of the request and status or type of the answer.

    Source: rafiki wallet_address/middleware.ts, redirectIfBrowserAcceptsHtml; rafiki 1081.
    """
    view = case.view
    reads = view.method == "GET" and case.row.operation in _READS
    if case.status != 406 and not reads:
        return
    wanted = view.request.fields.combined("accept")
    said = f"Accept is {wanted}" if wanted else "There is no Accept field"
    if case.status == 406:
        if case.row.operation != "unknown" or view.key in case.memory.places.wallets:
            yield Found(detail=f"{said}, and the server answers 406.", where="Accept")
        return
    html = "text/html" in (wanted or "").lower()
    known = case.memory.link(view.key) == "wallet_address" or view.key in case.memory.places.wallets
    if html and known and ((view.status or 0) // 100 == 3 or is_html(view)):
        to = f" to {view.location.partition('?')[0]}" if view.location else ""
        detail = f"{said}; the wallet address answers {view.status}{to}, as it does for a browser."
        browser = "sec-fetch-mode" in view.request.fields
        if browser:
            yield Found(detail=detail, where="Accept", severity=Severity.INFO, weight=Weight.SMELL)
        else:
            yield Found(detail=detail, where="Accept")
    elif known and "destination_account" in view.got and "spsp" not in (wanted or "").lower():
        yield Found(detail=f"{said}, and the answer is SPSP's.", where="Accept")
