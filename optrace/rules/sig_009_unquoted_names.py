"""SIG-009: The names of the covered components aren't quoted."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.answers import about_signature
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-009",
    title="The names of the covered components aren't quoted",
    severity=Severity.RISK,
    flawed=True,
    weight=Weight.SMELL,
    spec=RFC9421("4.1"),
    remedy='Quote every name, in Signature-Input and in the base alike: ("@method" "@target-uri").',
)
def unquoted_names(case: Case) -> Iterator[Found]:
    """You see nothing at Rafiki; a real parser stops at the first `@`.

    Cause: Signature-Input is written as a list of bare words (Rust SDK, boniface's Java client). Where the names
    lack their quotes in the base as well, no verifier agrees.

    Detected: the inner list can't be parsed, but split at blanks it gives names; or the signature verifies only
    once the quotes are taken off in the base.

    Source: open-payments-rust src/http_signature/signatures.rs.
    """
    yield from proven(case, "SIG-009")
    seen = flawed(case)
    if seen is not None and "the component names are not quoted" in seen.problems:
        yield Found(
            detail=f"The list is {seen.input_text.partition(')')[0]}): no structured field.",
            where="signature-input",
            weight=Weight.EXPLAINS if seen.verifies and about_signature(case) else Weight.SMELL,
        )
