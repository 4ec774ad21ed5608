"""SIG-017: Authorization was signed with another value than was sent."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-017",
    title="Authorization was signed with another value than was sent",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9635("7.3.1"),
    remedy="Set Authorization first, then sign, then send, in one place.",
)
def other_authorization(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature" after a token was rotated or refreshed.

    Cause: the token was exchanged between signing and sending; `Bearer` was signed and `GNAP` sent; the value was
    signed in quotes, as a sample of the documentation shows it.

    Detected: the signature verifies with another token of the session, or with another spelling of the scheme.
    Tokens are shown by a short hash.

    Source: open-payments docs, identity/http-signatures.
    """
    yield from proven(case, "SIG-017")
