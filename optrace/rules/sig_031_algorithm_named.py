"""SIG-031: Signature-Input names another algorithm than ed25519."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.core.text import safe
from optrace.diagnosis.answers import about_signature
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-031",
    title="Signature-Input names another algorithm than ed25519",
    severity=Severity.RISK,
    flawed=True,
    weight=Weight.SMELL,
    spec=RFC9421("3.3.7"),
    remedy='Write `alg="ed25519"`, or leave `alg` out: GNAP takes it from the key. `EdDSA` belongs into the JWK only.',
)
def algorithm_named(case: Case) -> Iterator[Found]:
    """You see nothing at Rafiki, which ignores `alg`; strict verifiers refuse.

    Cause: `alg="EdDSA"`, `"Ed25519"`, or the name of an algorithm for RSA, ECDSA or HMAC.

    Detected: `alg` is there, and isn't exactly `ed25519`.

    Source: open-payments-node signatures.ts leaves it out; Go, .NET and Python send `ed25519`; open-payments 421.
    """
    seen = flawed(case)
    items = dict(seen.params.items) if seen is not None and seen.params else {}
    if seen is None or "alg" not in items or items["alg"] == "ed25519":
        return
    strict = not case.row.verdicts.signature.rafiki or seen.verifies
    yield Found(
        detail=f"alg is {safe(str(items['alg']))[:60]}; Open Payments signs with Ed25519.",
        where="alg",
        weight=Weight.EXPLAINS if about_signature(case) and strict else Weight.SMELL,
    )
