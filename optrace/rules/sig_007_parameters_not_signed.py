"""SIG-007: The parameters that were sent are not those that were signed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-007",
    title="The parameters that were sent are not those that were signed",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.3"),
    remedy="The last line of the base must equal the value of Signature-Input after the label.",
)
def parameters_not_signed(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature" on every request.

    Cause: the `@signature-params` line of the base was built before `created` or `keyid` went into the field, or it
    was put together a second time in another order or spelling.

    Detected: the signature verifies when the last line ends at `)`, lacks a parameter, or has them in another
    order.

    Source: boniface/open-payments-java HttpSignatureService.java.
    """
    yield from proven(case, "SIG-007")
