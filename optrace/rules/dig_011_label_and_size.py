"""DIG-011: The digest's algorithm doesn't fit its value."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9530
from optrace.diagnosis.bodies import HASHES
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import SIZES, hexadecimal, members, severity, spelled_out
from optrace.rules.evidence.signatures import perfect, weight
from optrace.rules.rule import Found, rule


@rule(
    code="DIG-011",
    title="The digest's algorithm doesn't fit its value",
    severity=Severity.ERROR,
    spec=RFC9530("2"),
    remedy="Name the algorithm that made the value: 32 bytes are sha-256, 64 are sha-512.",
    flawed=True,
)
def label_and_size(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: a value of 32 bytes is called sha-512, as in a sample of the documentation, or one of 64 bytes sha-256.

    Detected: the length of the decoded value; the body's hash by the other name is compared.

    Source: open-payments docs, identity/http-signatures.
    """
    request = case.exchange.request
    if perfect(case) or "content-digest" not in request.fields or hexadecimal(case) or spelled_out(case):
        return
    for name, value in (members(case) or {}).items():
        if name not in SIZES or len(value) == SIZES[name]:
            continue
        fits = next((other for other in HASHES if HASHES[other](request.body or b"") == value), None)
        also = f" It is the {fits} of the body." if fits else ""
        yield Found(
            detail=f"{name} has {SIZES[name]} bytes; the value has {len(value)}.{also}",
            where="content-digest",
            weight=weight(case),
            severity=severity(case),
        )
