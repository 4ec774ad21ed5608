"""WAL-007: The resource URL was built from the wallet address."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.wallets import document_of, documents, named_wallets, resource_base
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-007",
    title="The resource URL was built from the wallet address",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Put the collection after the `resourceServer` of the wallet address document.",
    operations=(*RESOURCE_CALLS, "incoming_payment_get_public", "wallet_address_get", "unknown"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("WAL-011", "RES-021"),
)
def built_from_address(case: Case) -> Iterator[Found]:
    """You see 404 or 405.

    Cause: until 2023 the collections stood under the wallet address; now they stand under `resourceServer`.

    Detected: the URL is a wallet address with a collection after it, and its document names another `resourceServer`.

    Source: rafiki PR 2121, PR 2098.
    """
    base = resource_base(case.view.url)
    if base is None or case.status not in (400, 401, 403, 404, 405, 500):
        return
    if any(canonical(one.resource_server) == canonical(base) for one in documents(case)):
        return
    document = document_of(case, base)
    if document is not None and document.resource_server:
        detail = f"{base} is a wallet address; its resources are at {document.resource_server} (exchange {document.n})."
        yield Found(detail=detail, where="url", related=(document.n,))
        return
    if base in {value for _, value in named_wallets(case)}:
        yield Found(detail=f"{base} is the wallet address that the request itself names.", where="url")
