"""WAL-011: The wallet address does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical, parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import client_of
from optrace.rules.evidence.answers import RESOURCE_CALLS, about_client, is_html, quoted, words
from optrace.rules.evidence.tokens import wallet_of_call
from optrace.rules.evidence.wallets import documents
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-011",
    title="The wallet address does not exist",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Check the spelling with its owner; the wallet shows the right address.",
    operations=("wallet_address_get", "jwks_get", "grant_request", *RESOURCE_CALLS),
    outcomes=(Outcome.REFUSED,),
)
def does_not_exist(case: Case) -> Iterator[Found]:
    """You see 404 at the wallet address or its keys; 400 "could not determine client" at the AS; 404 "unknown wallet
    address" at the RS.

    Cause: a mistyped address, one of another environment, or one that was deleted.

    Detected: the URL answered 404 in this session; a known wallet address with the same name or host is named as the
    one that was probably meant.

    Source: open-payments 511.
    """
    if case.row.operation in ("wallet_address_get", "jwks_get"):
        if case.status in (404, 410) and not is_html(case.view):
            asked = case.view.url.partition("?")[0]
            owner = asked.removesuffix("/jwks.json")
            detail = f"{asked} answers {quoted(case)}.{_meant(case, owner)}"
            yield Found(detail=detail, where="url", weight=Weight.PROOF)
        return
    said = words(case)
    if "unknown wallet address" in said:
        wallet = wallet_of_call(case)
        detail = f"The server doesn't know {wallet or 'the wallet address'}.{_meant(case, wallet) if wallet else ''}"
        yield Found(detail=detail, where="walletAddress")
    elif "could not get wallet address" in said:
        wallet = wallet_of_call(case)
        missed = _missed(case, wallet) if wallet else None
        if wallet and missed is not None:
            detail = f"{case.trace.row(missed).url.partition('?')[0]} answered 404 in exchange {missed}."
            yield Found(
                detail=f"{detail}{_meant(case, wallet)}", where="walletAddress", related=(missed,), weight=Weight.PROOF
            )
    elif case.row.operation == "grant_request" and (about_client(case) or "'client'" in said):
        client = client_of(case.view)
        missed = _missed(case, client) if client else None
        if client and missed is not None:
            detail = f"{case.trace.row(missed).url.partition('?')[0]} answered 404 in exchange {missed}."
            yield Found(detail=f"{detail}{_meant(case, client)}", where="client", related=(missed,))


def _missed(case: Case, wallet: str) -> int | None:
    """The read of a wallet address, or of its keys, that was answered 404; it may lie inside the refused call."""
    keys = {canonical(wallet), canonical(f"{wallet.rstrip('/')}/jwks.json")}
    near = (*case.trace.rows_after(case.row.n, 8), *case.earlier(lambda row: row.status in (404, 410)))
    return next((row.n for row in near if row.status in (404, 410) and canonical(row.url) in keys), None)


def _meant(case: Case, wallet: str) -> str:
    if any(one.n != case.row.n and one.id == wallet for one in documents(case)):
        return ""
    path, host = parse(wallet).path, parse(wallet).host
    for one in documents(case):
        if one.n == case.row.n or one.id == wallet:
            continue
        known = parse(one.id)
        if known.path == path and path.strip("/"):
            return f" The same name is known at {known.authority}."
        if known.host == host and difflib.SequenceMatcher(None, known.path, path).ratio() > 0.8:
            return f" {one.id} was probably meant."
    return ""
