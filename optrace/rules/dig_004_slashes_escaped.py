"""DIG-004: The body escapes slashes."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-004",
    title="The body escapes slashes",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Write slashes plainly: JSON_UNESCAPED_SLASHES in PHP.",
)
def slashes_escaped(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: PHP's json_encode writes \\/ by default. Rafiki takes the digest of JSON.stringify(parsed body), which
    has /.

    Detected: the digest fits the bytes sent, and the body has \\/.

    Source: open-payments-php lib/ApiClient.php (the SDK sets the flag; hand-written code doesn't).
    """
    yield from rewritten(case, "DIG-004")
