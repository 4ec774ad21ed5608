"""SIG-012: Key and keyid don't belong together."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-012",
    title="Key and keyid don't belong together",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("3.2"),
    remedy="Send the keyid that belongs to the private key in use.",
)
def key_and_keyid(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature", although the JWKS has the kid.

    Cause: the private key of one wallet address under the keyid of another, or a key that was made anew:
    load-or-generate helpers of several SDKs silently make one when the file is missing or unreadable.

    Detected: the signature verifies with another key of the same JWKS, or of another client seen in the session. If
    none verifies, that is SIG-034: an unknown private key can't be told from a damaged signature.

    Source: open-payments-node packages/http-signature-utils/src/utils/key.ts.
    """
    yield from proven(case, "SIG-012")
