"""SIG-024: A hash of the base was signed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-024",
    title="A hash of the base was signed",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("3.3.6"),
    remedy="Pass the bytes of the base straight to Ed25519.",
)
def base_hashed(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature" on every request of a hand-written signer.

    Cause: the documentation speaks of hashing the base with SHA-512; Ed25519 hashes by itself, so a hash signs
    other bytes.

    Detected: the signature verifies over SHA-512 or SHA-256 of the base, raw or in hexadecimal.

    Source: open-payments docs, identity/http-signatures, "Signature generation".
    """
    yield from proven(case, "SIG-024")
