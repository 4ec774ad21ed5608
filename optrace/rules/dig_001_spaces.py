"""DIG-001: The body has spaces that Rafiki's digest doesn't."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-001",
    title="The body has spaces that Rafiki's digest doesn't",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy='Send compact JSON: `separators=(",", ":")` in Python, httpx 0.28 or later.',
)
def spaces(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers"; RS 401 "provided signature is invalid". A strict
    verifier says that all is well.

    Cause: Rafiki takes the digest of JSON.stringify(parsed body). Python's default dump, requests' `json=` and
    httpx before 0.28 put blanks after commas and colons; pretty-printed JSON has more.

    Detected: the digest fits the bytes sent and not the compact form, and white space is in between.

    Source: open-payments-node validation.ts; encode/httpx 3563.
    """
    yield from rewritten(case, "DIG-001")
