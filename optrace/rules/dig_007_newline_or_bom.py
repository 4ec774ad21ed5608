"""DIG-007: There is something around the JSON of the body."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-007",
    title="There is something around the JSON of the body",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Strip the newline or byte order mark before hashing and sending (`curl --data-binary` keeps it).",
)
def newline_or_bom(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: the body was read from a file, which ends in a newline, or was written by PowerShell with a byte order
    mark. Rafiki takes the digest of JSON.stringify(parsed body), which has neither.

    Detected: the digest fits the bytes sent, and the JSON in them is shorter than they are.
    """
    yield from rewritten(case, "DIG-007")
