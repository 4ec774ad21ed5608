"""SIG-018: The signature doesn't cover method and target."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import borrowed, flawed, severity, weight
from optrace.rules.rule import Found, rule


@rule(
    code="SIG-018",
    title="The signature doesn't cover method and target",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9635("7.3.1"),
    remedy='Cover "@method" and "@target-uri"; leave "@authority" and "@path" out, which Rafiki can\'t resolve.',
)
def target_not_covered(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: the default of a library was kept or changed, such as `@method @authority @target-uri` to `@path` alone.

    Detected: the list lacks `@method` or `@target-uri`.

    Source: open-payments-node packages/http-signature-utils/src/utils/validation.ts.
    """
    seen = flawed(case)
    if seen is None or not seen.components:
        return
    covered = [component.name.lower() for component in seen.components]
    missing = [name for name in ("@method", "@target-uri") if name not in covered]
    if missing and not borrowed(case):
        yield Found(
            detail=f"Not covered: {' and '.join(missing)}. Covered: {' '.join(covered)}.",
            where="signature-input",
            weight=weight(case),
            severity=severity(case),
        )
