"""SIG-016: The signature doesn't cover Authorization."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import borrowed, flawed, severity, weight
from optrace.rules.rule import Found, rule


@rule(
    code="SIG-016",
    title="The signature doesn't cover Authorization",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9635("7.3.1"),
    remedy="Set Authorization first and sign after that, in one place, with `authorization` in the list.",
)
def authorization_not_covered(case: Case) -> Iterator[Found]:
    """You see AS continue and rotate 401 "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: the token was added after signing, by an interceptor or by the order of the code.

    Detected: Authorization is there, and `authorization` isn't among the covered components.

    Source: Velocity-BPA/n8n-nodes-interledger nodes/Interledger/transport/openPaymentsClient.ts.
    """
    seen = flawed(case)
    if seen is None or not seen.components or "authorization" not in case.exchange.request.fields:
        return
    if any(component.name.lower() == "authorization" for component in seen.components):
        return
    if borrowed(case):
        return
    rest = " The rest verifies: it was added after signing." if seen.verifies else ""
    covered = " ".join(component.name for component in seen.components)
    yield Found(
        detail=f"Covered: {covered}.{rest}", where="authorization", weight=weight(case), severity=severity(case)
    )  # fmt: skip
