"""SIG-008: The signature is not written as `sig1=:BASE64:`."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.answers import about_signature
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity
from optrace.rules.rule import Found, Weight, rule

_SHAPES = ("has no label", "not between colons", "base64url, not base64", "blanks in")
_REFUSED = ("hexadecimal digits", "base64 of base64")  # by Rafiki, too


@rule(
    code="SIG-008",
    title="The signature is not written as `sig1=:BASE64:`",
    severity=Severity.RISK,
    flawed=True,
    weight=Weight.SMELL,
    spec=RFC9421("4.2"),
    remedy="Send `Signature: sig1=:BASE64:`, plain base64 between colons.",
)
def bare_value(case: Case) -> Iterator[Found]:
    """You see nothing at Rafiki; strict verifiers and gateways call the field malformed.

    Cause: the value is sent as `sig1=BASE64` (PHP SDK), as bare base64 (Rust SDK), or in base64url. In hexadecimal
    digits, or base64 of base64, Rafiki refuses it, too.

    Detected: Signature isn't a dictionary of byte sequences (RFC 9651), yet 64 bytes can be read from it.

    Source: open-payments-php lib/Utils/HttpSignature.php; open-payments-rust src/http_signature/signatures.rs.
    """
    seen = flawed(case)
    if seen is None or not seen.signature:
        return
    shapes = [problem for problem in seen.problems if any(shape in problem for shape in (*_SHAPES, *_REFUSED))]
    if shapes:
        also = " The bytes verify." if seen.verifies else ""
        refused = any(shape in problem for shape in _REFUSED for problem in shapes)
        yield Found(
            detail=f"{'; '.join(shapes)[:1].upper()}{'; '.join(shapes)[1:]}.{also}",
            where="signature",
            weight=Weight.EXPLAINS if seen.verifies and about_signature(case) else Weight.SMELL,
            severity=severity(case) if refused else None,
        )
