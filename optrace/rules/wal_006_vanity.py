"""WAL-006: The wallet address has another id than the URL that was read."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.wallets import loose
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-006",
    title="The wallet address has another id than the URL that was read",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Use the `id` of the document for grants and payments, not the URL that led to it.",
    operations=("wallet_address_get",),
    outcomes=(Outcome.OK,),
)
def vanity(case: Case) -> Iterator[Found]:
    """You see 403 "Insufficient Grant" later, when the URL is used as an identifier.

    Cause: a domain of one's own, or a redirect, leads to a wallet address elsewhere.

    Detected: `id` in the document differs from the requested URL by more than the scheme or a slash.

    Source: web-monetization-extension 1087; publisher-tools PR 338.
    """
    ident = text(case.view.got.get("id"))
    if ident is None or canonical(ident) == case.view.key or not case.view.got.get("authServer"):
        return
    if loose(ident) == loose(case.view.url):
        return
    detail = f"{case.view.url.partition('?')[0]} was read, and its `id` is {ident}."
    yield Found(detail=detail, where="id")
