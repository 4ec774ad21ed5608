"""SIG-035: created is missing."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-035",
    title="created is missing",
    severity=Severity.RISK,
    flawed=True,
    weight=Weight.SMELL,
    spec=RFC9635("7.3.1"),
    remedy="Add `created`, the seconds since 1970 at the time of signing.",
)
def created_missing(case: Case) -> Iterator[Found]:
    """You see nothing at Rafiki. RFC 9635 demands `created`: without it a captured request is good for ever.

    Detected: Signature-Input has no `created`, or not as a whole number.
    """
    seen = flawed(case)
    if seen is not None and seen.params is not None and seen.params.created is None and seen.input_text:
        sent = next((value for name, value in seen.params.items if name == "created"), None)
        detail = "Signature-Input has no `created`." if sent is None else "`created` isn't a whole number."
        yield Found(detail=detail, where="signature-input")
