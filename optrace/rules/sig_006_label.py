"""SIG-006: The label of the signature isn't sig1."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.rule import Found, rule
from optrace.signatures.structured import split_members


@rule(
    code="SIG-006",
    title="The label of the signature isn't sig1",
    severity=Severity.ERROR,
    flawed=True,
    spec=OpenPayments("identity/http-signatures"),
    remedy='Give the signature the label `sig1` in Signature-Input and Signature (`label="sig1"`, `name: "sig1"`).',
)
def label(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: the reference verifier searches for the literal `sig1=`. Other libraries have other defaults: `pyhms`
    (Python), `sig` (boniface's Java client, sigkit). By RFC 9421 the label has no meaning.

    Detected: Signature-Input has no member `sig1`. Whether the signature verifies otherwise is said.

    Source: open-payments-node packages/http-signature-utils/src/utils/validation.ts; gnap-core-protocol 477.
    """
    seen = flawed(case)
    inputs = case.exchange.request.fields.combined("signature-input")
    if seen is None or not inputs or "sig1=" in inputs:
        return
    labels = [safe(name.strip())[:40] for name, _ in split_members(inputs)]
    what = f"The label is {', '.join(labels) or 'missing'}; Rafiki knows only sig1."
    also = " All else about the signature is right." if seen.verifies else ""
    yield Found(detail=what + also, where="signature-input", weight=weight(case), severity=severity(case))
