"""DIG-002: The body escapes characters that Rafiki writes plainly."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-002",
    title="The body escapes characters that Rafiki writes plainly",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Write UTF-8: `ensure_ascii=False` in Python, JSON_UNESCAPED_UNICODE (and _LINE_TERMINATORS) in PHP.",
)
def non_ascii_escaped(case: Case) -> Iterator[Found]:
    """You see it fail only when a description has an accent or an emoji: AS 401 "invalid signature headers", RS 401
    "provided signature is invalid".

    Cause: Python's `ensure_ascii` and PHP's json_encode write \\uXXXX; the PHP SDK un-escapes slashes only. Rafiki
    takes the digest of JSON.stringify(parsed body), which has UTF-8.

    Detected: the digest fits the bytes sent, and the body has \\uXXXX where JSON.stringify writes the character.

    Source: open-payments-php lib/ApiClient.php.
    """
    yield from rewritten(case, "DIG-002")
