"""WAL-009: The wallet address exists and publishes no keys."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import AUTH_CALLS, RESOURCE_CALLS, about_client, about_signature
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.signatures.keys import KeyState


@rule(
    code="WAL-009",
    title="The wallet address exists and publishes no keys",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/client-keys"),
    remedy="Upload the client's public key in the wallet's settings.",
    operations=("jwks_get", *AUTH_CALLS, *RESOURCE_CALLS),
    outcomes=(Outcome.OK, Outcome.REFUSED),
    accepted=("jwks_get",),
)
def no_keys(case: Case) -> Iterator[Found]:
    """You see 400 "could not determine client", or 401 "could not find key in list of client keys".

    Cause: no key was ever uploaded for this wallet address, or all were removed.

    Detected: its JWKS is `{"keys": []}`.

    Source: rafiki wallet_address/key/routes.ts.
    """
    if case.row.operation == "jwks_get":
        if case.view.succeeded and case.view.got.get("keys") == []:
            owner = case.view.url.partition("?")[0].removesuffix("/jwks.json")
            detail = f"{owner} publishes an empty list of keys: nothing that it signs can be verified."
            yield Found(detail=detail, where="keys", severity=Severity.WARN, weight=Weight.SMELL)
        return
    if not case.refused or not (about_client(case) or about_signature(case)):
        return
    keys = case.keys
    if keys.state is KeyState.KNOWN and not keys.keys and not keys.bad:
        yield Found(detail=f"{keys.owner} publishes an empty list of keys.", where="client")
