"""WAL-005: The wallet address is spelled differently."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical, parse
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS, about_client, about_signature, words
from optrace.rules.evidence.wallets import difference, document_of, named_wallets
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-005",
    title="The wallet address is spelled differently",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Read the wallet address once, and use the `id` of its document from then on.",
    operations=("wallet_address_get", "jwks_get", "grant_request", "unknown", *RESOURCE_CALLS),
    outcomes=(Outcome.REFUSED,),
    absorbs=("WAL-011", "RES-021"),
)
def spelling(case: Case) -> Iterator[Found]:
    """You see 404, 403 "Insufficient Grant" or 400 "Could not get wallet address", depending on where it is used.

    Cause: a slash at the end, upper case, another scheme, a port or the default path. A person takes both for one, a
    server doesn't.

    Detected: a value differs from the `id` of a known wallet address document only by these.

    Source: rafiki packages/auth/src/access/utils.ts.
    """
    said = words(case)
    about = case.status == 404 or "wallet address" in said or about_client(case) or said == "insufficient grant"
    if not about or about_signature(case):
        return
    asked = case.view.url.partition("?")[0]
    reads = case.row.operation in ("wallet_address_get", "jwks_get", "unknown")
    values = [("url", asked.removesuffix("/jwks.json"))] if reads else list(named_wallets(case))
    for where, value in values:
        document = document_of(case, value)
        if document is None and "%" in value and (document := document_of(case, unquote(value))) is not None:
            detail = f"{value} is {document.id} (exchange {document.n}) with its escapes escaped: it was encoded twice."
            yield Found(detail=detail, where=where, related=(document.n,))
            return
        if document is None or value == document.id or (reads and value == document.url):
            continue
        only_scheme = canonical(value) == canonical(document.id) and parse(value).path == parse(document.id).path
        if only_scheme and (reads or about_client(case)):
            continue  # development stacks are called over http, and take their clients' addresses so
        how = difference(value, document.id)
        detail = f"{value} isn't {document.id} (exchange {document.n}): what differs is {how}."
        weight = Weight.EXPLAINS if said == "insufficient grant" else Weight.PROOF
        yield Found(detail=detail, where=where, related=(document.n,), weight=weight)
        return
