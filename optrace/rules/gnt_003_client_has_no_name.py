"""GNT-003: The AS can't read the client's wallet address, or it has no public name."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import client_of
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.wallets import document_of
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-003",
    title="The AS can't read the client's wallet address, or it has no public name",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/client-keys"),
    remedy="Give the client's wallet address a public name, and check that the AS can reach its document.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
)
def client_has_no_name(case: Case) -> Iterator[Found]:
    """You see 400 `invalid_client` "missing required request field 'client'" although the request has a `client`.

    Cause: for the consent page the AS reads the client's wallet address and shows its `publicName`. If the read fails
    or the name is empty, the AS reports that the client is missing.

    Detected: those words, and a `client` in the request; the client's document, if it was read in this session, shows
    whether the name is missing.

    Source: rafiki packages/auth/src/client/service.ts, packages/auth/src/grant/routes.ts.
    """
    client = client_of(case.view)
    if client is None or "required request field 'client'" not in words(case):
        return
    document = document_of(case, client)
    if document is None:
        detail = f"The request does name {client}. Its document wasn't read in this session: either the AS can't reach"
        yield Found(detail=f"{detail} it, or it has no `publicName`.", where="client")
    elif not document.name:
        detail = f"{client} has no `publicName` (exchange {document.n}), and this grant needs one for the consent page."
        yield Found(detail=detail, where="client", related=(document.n,))
    else:
        detail = f"{client} has the public name {document.name} (exchange {document.n}),"
        yield Found(
            detail=f"{detail} so the AS could not read that document itself.", where="client", related=(document.n,)
        )
