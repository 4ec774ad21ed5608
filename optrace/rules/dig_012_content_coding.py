"""DIG-012: The digest and the body are on two sides of a content coding."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity, Verdict
from optrace.core.specs import RFC9530
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import covered, made_of, severity
from optrace.rules.evidence.signatures import weight
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-012",
    title="The digest and the body are on two sides of a content coding",
    severity=Severity.ERROR,
    spec=RFC9530("2"),
    remedy="Don't compress the bodies of signed calls, in the client or in a proxy.",
    flawed=True,
)
def content_coding(case: Case) -> Iterator[Found]:
    """You see it refused by strict verifiers, and taken by Rafiki, where the digest is of the JSON and the body was
    compressed after that; or the reverse.

    Cause: a proxy compressed the request, or the client hashed before it compressed. Content-Digest is over the content
    as it is sent, coding and all; Rafiki decodes first.

    Detected: Content-Encoding on the request, and the digest fits one side only.
    """
    request = case.exchange.request
    coding = request.fields.combined("content-encoding")
    verdict = case.row.verdicts.digest
    if not coding or verdict.rfc not in (Verdict.PASS, Verdict.FAIL):
        return
    if verdict.rfc is Verdict.FAIL:
        found = made_of(case)
        if found is None or found.variant is None or found.variant.id not in ("decoded", "javascript"):
            return
        detail = f"The digest is that of {found.variant.words}; what was sent is its {coding} form."
    elif verdict.rafiki is Verdict.FAIL and covered(case):
        detail = f"The digest is that of the {coding} bytes, as RFC 9530 wants it; Rafiki takes it of the decoded JSON."
    else:
        return
    yield Found(
        detail=detail,
        where="content-encoding",
        weight=weight(case) if case.refused else Weight.PROOF,
        severity=severity(case),
    )
