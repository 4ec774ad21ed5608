"""SIG-033: The key belongs to another wallet address."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.text import safe
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.evidence.wallets import document_of
from optrace.rules.rule import Found, Weight, rule
from optrace.signatures.keys import KeyState


@rule(
    code="SIG-033",
    title="The key belongs to another wallet address",
    severity=Severity.ERROR,
    flawed=True,
    spec=OpenPayments("identity/client-keys"),
    remedy="Name as `client` the wallet address that publishes the key, or sign with a key of this one.",
    absorbs=("SIG-011", "SIG-012"),
)
def key_of_another_wallet(case: Case) -> Iterator[Found]:
    """You see 400 "could not determine client", or "could not find key in list of client keys".

    Cause: keys are made per wallet address; `client` names one of a user's addresses, and the key was uploaded to
    another.

    Detected: the keyid isn't in the JWKS of the client, and is in that of another wallet address of this session.

    Source: testnet 61; open-payments-php 3.
    """
    seen = flawed(case)
    keyid = seen.params.keyid if seen is not None and seen.params else None
    owner, named = case.memory.keyring.owner_of_kid(keyid) if keyid else None, case.keys.owner
    if case.keys.state is KeyState.UNUSABLE or named.startswith("$"):
        return  # SIG-013, WAL-001
    if seen is None or keyid is None or owner is None or not named or named == "client.jwk":
        return
    if case.keys.find(keyid) or case.keys.find_bad(keyid) or canonical(owner) == canonical(named) or seen.verifies:
        return
    # of an address that nobody read it isn't known whether it has keys at all
    exists = case.keys.state is KeyState.KNOWN or document_of(case, named) is not None
    yield Found(
        detail=f"The key {safe(keyid)[:100]} lives at {owner}/jwks.json; the client is {named}.",
        where="client",
        weight=weight(case) if exists else Weight.HYPOTHESIS,
        severity=severity(case),
        remedy=f"Set `client` to {owner}, or sign with a key of {named}.",
    )
