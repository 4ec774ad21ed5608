"""DIG-013: Content-Length is missing, or isn't the one that was signed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import covered, length_signed_with_it, severity
from optrace.rules.evidence.signatures import flawed, proven, weight
from optrace.rules.rule import Found, rule


@rule(
    code="DIG-013",
    title="Content-Length is missing, or isn't the one that was signed",
    severity=Severity.ERROR,
    flawed=True,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Buffer the body, so that its length is known when it is signed; stop the proxy from re-framing it.",
)
def content_length(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers", or "invalid signature".

    Cause: the body was sent chunked, came over HTTP/2 without Content-Length, or was re-framed by a proxy. Rafiki wants
    the field whenever the digest is covered, even if the length isn't.

    Detected: a covered digest without Content-Length; a length that isn't the body's; or the signature verifies with
    another length: the true one, a count of characters, the length of another body.

    Source: open-payments-node packages/http-signature-utils/src/utils/validation.ts.
    """
    if length_signed_with_it(case):
        return  # DIG-008: the body was changed after both were made
    found = list(proven(case, "DIG-013"))
    yield from found
    seen = flawed(case)
    request = case.exchange.request
    if found or seen is None or request.body is None or not covered(case):
        return
    length = request.fields.get("content-length")
    if length is None and request.body:
        chunked = request.fields.get("transfer-encoding")
        how = f" It is sent with Transfer-Encoding {safe(chunked)[:40]}." if chunked else ""
        detail = f"Content-Digest is covered, and the body of {len(request.body)} bytes has no Content-Length.{how}"
    elif length is not None and length != str(len(request.body)):
        detail = f"Content-Length is {safe(length)[:20]}; the body has {len(request.body)} bytes."
    else:
        return
    yield Found(detail=detail, where="content-length", weight=weight(case), severity=severity(case))
