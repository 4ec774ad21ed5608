"""GNT-005: A client that is only a key can't ask for consent."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig
from optrace.rules.evidence.answers import about_signature, words
from optrace.rules.evidence.grants import interactive_item
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-005",
    title="A client that is only a key can't ask for consent",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/client-keys"),
    remedy="Name your wallet address as `client`; a bare key is for incoming payments and quotes only.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def jwk_client_interactive(case: Case) -> Iterator[Found]:
    """You see 400 `invalid_client` "JWK client identifier cannot be used for interactive grants".

    Cause: the consent page has to name the client, and a key has no name.

    Detected: `client.jwk` together with access that needs consent, in a request that was refused before anything about
    the signature.

    Source: rafiki packages/auth/src/grant/routes.ts.
    """
    if not isinstance(dig(case.view.sent, "client", "jwk"), dict) or about_signature(case):
        return
    forcing = interactive_item(case)
    if forcing is None and "jwk" not in words(case):
        return
    what = f"{forcing[1].get('type')} access, which needs consent" if forcing else "access that needs consent"
    yield Found(detail=f"`client` is a key (`client.jwk`), and the request asks for {what}.", where="client.jwk")
