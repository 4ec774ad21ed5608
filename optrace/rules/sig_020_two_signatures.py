"""SIG-020: There is more than one signature on the message."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.rule import Found, rule


@rule(
    code="SIG-020",
    title="There is more than one signature on the message",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9421("4.3"),
    remedy="Take the extra signature off before the wallet gets it, or leave the wallet out of what the proxy signs.",
    absorbs=("SIG-011", "SIG-010"),
)
def two_signatures(case: Case) -> Iterator[Found]:
    """You see 401, or "could not determine client" with a garbled keyid.

    Cause: a CDN, a service mesh or a bot-identification agent added a signature of its own. The specification
    allows several; Rafiki reads the fields as if there were one.

    Detected: Signature-Input has more than one member. Whether one of them verifies alone is said.

    Source: open-payments-node packages/http-signature-utils/src/utils/headers.ts; gnap-core-protocol 479.
    """
    seen = flawed(case)
    verification = case.verification
    if seen is None or verification is None:
        return
    labels = [one.label for one in verification.signatures if one.input_text]
    if len(labels) > 1:
        own = f" {safe(seen.label or 'one')} alone verifies." if seen.verifies else ""
        yield Found(
            detail=f"Signatures: {', '.join(safe(label or 'without label')[:40] for label in labels)}.{own}",
            where="signature-input",
            weight=weight(case),
            severity=severity(case),
        )
