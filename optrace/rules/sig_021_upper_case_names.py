"""SIG-021: A covered component's name is in capital letters."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.rule import Found, rule


@rule(
    code="SIG-021",
    title="A covered component's name is in capital letters",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9421("2.1"),
    remedy="Write the names in the list in lower case; the letters of the header itself are free.",
)
def upper_case_names(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers".

    Cause: `"Content-Type"` stands in the list for `"content-type"`.

    Detected: a listed name differs from its lower case.

    Source: open-payments-node packages/http-signature-utils/src/utils/validation.ts.
    """
    seen = flawed(case)
    if seen is None:
        return
    inner = seen.input_text.partition(")")[0]
    upper = [word for word in inner.strip("( ").replace('"', " ").split() if word != word.lower() and "=" not in word]
    if upper:
        yield Found(
            detail=f"In capital letters: {', '.join(safe(word)[:60] for word in upper)}.",
            where="signature-input",
            weight=weight(case),
            severity=severity(case),
        )
