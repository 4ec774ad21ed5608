"""SIG-019: A covered component is one that Rafiki can't resolve."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.rule import Found, rule

_KNOWN = ("@method", "@target-uri")


@rule(
    code="SIG-019",
    title="A covered component is one that Rafiki can't resolve",
    severity=Severity.ERROR,
    flawed=True,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Cover @method, @target-uri, authorization, content-digest, content-length and content-type, bare.",
)
def unsupported_component(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature", though strict verifiers are content.

    Cause: any `@name` besides method and target is looked up as a field of that name, which isn't there; the parameters
    `;sf`, `;bs`, `;req` break the split of the list.

    Detected: the list has such a component.

    Source: open-payments-node packages/http-signature-utils/src/utils/validation.ts.
    """
    seen = flawed(case)
    if seen is None:
        return
    odd = [c.identifier for c in seen.components if c.params or (c.name.startswith("@") and c.name not in _KNOWN)]
    if odd:
        also = " By RFC 9421 the signature is right." if seen.verifies else ""
        yield Found(
            detail=f"Covered: {', '.join(odd)}.{also}",
            where="signature-input",
            weight=weight(case),
            severity=severity(case),
        )
