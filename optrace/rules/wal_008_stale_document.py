"""WAL-008: The servers come from an old wallet address document."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.wallets import Document, document_of, documents, named_wallets, resource_base
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-008",
    title="The servers come from an old wallet address document",
    severity=Severity.WARN,
    weight=Weight.EXPLAINS,
    remedy="Read the wallet address again, and don't keep its document for long.",
    operations=("grant_request", *RESOURCE_CALLS),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def stale_document(case: Case) -> Iterator[Found]:
    """You see 404 or an inactive token after a wallet was moved or got tenants.

    Cause: authServer and resourceServer were kept from an earlier read.

    Detected: the called URL is in an older document of a wallet address whose newer one, also read before this call,
    names another.

    Source: rafiki PR 3413, PR 3728.
    """
    if not case.memory.places.moved:
        return
    grant = case.row.operation == "grant_request"
    used = case.view.url.partition("?")[0] if grant else resource_base(case.view.url)
    if not used:
        return
    member = "authServer" if grant else "resourceServer"
    for document in documents(case) if case.refused else _movers(case):
        now = document.auth_server if grant else document.resource_server
        if document.n >= case.row.n or not now or canonical(now) == canonical(used):
            continue
        for n, auth_server, resource_server in document.moved:
            was = auth_server if grant else resource_server
            if canonical(was) != canonical(used):
                continue
            detail = f"{member} of {document.id} was {was} in exchange {n}, and is {now} since exchange {document.n};"
            yield Found(
                detail=f"{detail} this call still uses the old one.",
                where="url",
                related=(n, document.n),
                weight=Weight.EXPLAINS if case.refused else Weight.SMELL,
            )
            return


def _movers(case: Case) -> Iterator[Document]:
    """The wallet addresses that an accepted call names."""
    for _, wallet in named_wallets(case):
        known = case.memory.places.wallets.get(canonical(wallet))
        if known is not None and known.moved and (document := document_of(case, wallet)) is not None:
            yield document
