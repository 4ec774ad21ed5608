"""SIG-010: The server can't read keyid."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.rule import Found, rule
from optrace.signatures.profiles.rafiki import keyid_of, node_field


@rule(
    code="SIG-010",
    title="The server can't read keyid",
    severity=Severity.ERROR,
    flawed=True,
    spec=OpenPayments("identity/http-signatures"),
    remedy='Write `;keyid="..."` right behind a semicolon: in quotes, no blanks, not empty.',
)
def keyid_unreadable(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature input"; RS 401 "Signature validation error: missing keyId in signature input".

    Cause: keyid is missing, unquoted, or comes after a blank. Rafiki splits Signature-Input at semicolons and wants
    `keyid="` at the very beginning of a piece.

    Detected: that naive reading finds no keyid, whether or not RFC 9421's does.

    Source: open-payments-node packages/http-signature-utils/src/utils/headers.ts, getKeyId.
    """
    seen = flawed(case)
    inputs = node_field(case.exchange.request.fields, "signature-input")
    if seen is None or not inputs or not seen.input_text or keyid_of(inputs) is not None:
        return
    keyid = seen.params.keyid if seen.params else None
    if keyid is None:
        named = [name for name, _ in seen.params.items] if seen.params else []
        detail = "keyid isn't a text in quotes." if "keyid" in named else "Signature-Input has no keyid."
    else:
        detail = f"keyid is {keyid}, but it doesn't stand right behind a semicolon, where Rafiki looks for it."
    yield Found(detail=detail, where="signature-input", weight=weight(case), severity=severity(case))
