"""WAL-001: A payment pointer is used as a URL."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.evidence.wallets import named_wallets
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-001",
    title="A payment pointer is used as a URL",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Write $host/path as https://host/path, and $host as https://host/.well-known/pay.",
    operations=(*API_CALLS, "wallet_address_get", "jwks_get", "unknown"),
    outcomes=(Outcome.REFUSED, Outcome.BROKEN),
    absorbs=("GNT-014", "RES-008", "NET-014", "WAL-011"),
)
def payment_pointer(case: Case) -> Iterator[Found]:
    """You see an exception in the client, a DNS error, 400 or 404.

    Cause: `$host/path` was sent as it is, or as `https://$host`.

    Detected: a `$` at the start of a value that should be a URL, or of the host of the request.

    Source: open-payments 340; web-monetization-extension 1087; open-payments-go client.go.
    """
    for where, value in _urls(case):
        bare = value.partition("://")[2] if "://" in value else value
        if not bare.startswith("$"):
            continue
        host, slash, path = bare[1:].partition("/")
        right = f"https://{host}/{path}" if slash and path else f"https://{host}/.well-known/pay"
        detail = f"`{where}` is {value}, a payment pointer."
        yield Found(detail=detail, where=where, remedy=f"Write {right}.")
        return
    if case.row.operation in ("unknown", "wallet_address_get") and "/%24" in case.view.url.replace("/$", "/%24"):
        detail = f"The path of the request has a payment pointer in it: {case.view.parts.path}."
        asked = case.row.operation == "wallet_address_get"
        severity, weight = (None, None) if asked else (Severity.WARN, Weight.HYPOTHESIS)
        yield Found(detail=detail, where="url", severity=severity, weight=weight)


def _urls(case: Case) -> Iterator[tuple[str, str]]:
    yield "url", case.view.url
    yield from named_wallets(case)
    for name in ("receiver", "incomingPayment"):
        if value := text(case.view.sent.get(name)):
            yield name, value
