"""GNT-006: The grant was asked from another wallet's authorization server."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import access_items, text
from optrace.rules.evidence.answers import RESOURCE_CALLS, challenge
from optrace.rules.evidence.tokens import live_token_for, need, why_refused
from optrace.rules.evidence.wallets import document_of, trusted_issuers
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-006",
    title="The grant was asked from another wallet's authorization server",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    spec=OpenPayments("concepts/auth"),
    remedy="Ask for incoming-payment access at the receiver's authServer, for quotes and outgoing payments at the"
    " sender's.",
    operations=("grant_request", *RESOURCE_CALLS),
    outcomes=(Outcome.OK, Outcome.REFUSED),
    accepted=("grant_request",),
    absorbs=("TOK-008",),
)
def wrong_authorization_server(case: Case) -> Iterator[Found]:
    """You see a grant that succeeds, and then 403 "Inactive Token" at the resource server.

    Cause: each wallet address has its own authorization server. One hard-coded in the settings, or the other party's,
    gives tokens that the called resource server doesn't know.

    Detected: at the call, by comparing the grant endpoint that issued the token with the `authServer` of the wallet
    document whose `resourceServer` is called. At the grant request already (as a warning), if an identifier in it
    belongs to a wallet address with another `authServer`.

    Source: open-payments docs, sdk/grant-create; open-payments PR 576.
    """
    if case.row.operation == "grant_request":
        yield from _at_the_grant(case)
    elif case.refused and why_refused(case) == "TOK-006" and case.token is not None:
        token, trusted = case.token, trusted_issuers(case)
        wanted = need(case)
        if wanted is not None and live_token_for(case, wanted) is not None:
            return  # the right token was there: TOK-006
        issuer = token.grant.endpoint
        detail = f"The grant of exchange {token.grant.n} was asked from {issuer}"
        if trusted:
            detail += f"; the resource server that was called here belongs to {trusted[0]}."
        else:
            detail += f"; the server here sends you to {_named(case)}."
        yield Found(detail=detail, where="Authorization", related=(token.grant.n,), weight=Weight.PROOF)


def _named(case: Case) -> str:
    named = challenge(case)
    return named.as_uri or "another" if named else "another"


def _at_the_grant(case: Case) -> Iterator[Found]:
    if case.refused:
        return
    for index, item in enumerate(access_items(case.view)):
        document = document_of(case, text(item.get("identifier")))
        if document is None or canonical(document.auth_server) == case.view.key:
            continue
        where = f"access_token.access[{index}].identifier"
        detail = f"`{where}` is {document.id}, whose authServer is {document.auth_server} (exchange {document.n});"
        yield Found(
            detail=f"{detail} this request went to {case.view.url}.",
            where=where,
            related=(document.n,),
            severity=Severity.WARN,
            weight=Weight.SMELL,
        )
        return
