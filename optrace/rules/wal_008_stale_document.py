"""WAL-008: The servers come from an old wallet address document."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.wallets import document_in, documents, resource_base
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
    grant = case.row.operation == "grant_request"
    used = case.view.url.partition("?")[0] if grant else resource_base(case.view.url)
    if not used:
        return
    member = "authServer" if grant else "resourceServer"
    for document in documents(case):
        now = document.auth_server if grant else document.resource_server
        if document.n >= case.row.n or not now or canonical(now) == canonical(used):
            continue
        if document.n not in case.memory.reread:
            continue
        for n in case.memory.reread[document.n]:
            old = document_in(case, n)
            was = (old.auth_server if grant else old.resource_server) if old else ""
            if old is not None and canonical(was) == canonical(used) and old.n < document.n:
                detail = f"{member} of {document.id} was {was} in exchange {old.n}, and is {now} since exchange"
                weight = Weight.EXPLAINS if case.refused else Weight.SMELL
                yield Found(
                    detail=f"{detail} {document.n}; this call still uses the old one.",
                    where="url",
                    related=(old.n, document.n),
                    weight=weight,
                )
                return
