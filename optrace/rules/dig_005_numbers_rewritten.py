"""DIG-005: The body has numbers that JavaScript writes otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-005",
    title="The body has numbers that JavaScript writes otherwise",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Send such values as strings.",
)
def numbers_rewritten(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: 1.0, 1e2, -0 and whole numbers above 2^53 become 1, 100, 0 and a rounded number when JavaScript reads and
    writes them; in metadata they are allowed.

    Detected: the digest fits the bytes sent, and a number differs after the round trip.
    """
    yield from rewritten(case, "DIG-005")
