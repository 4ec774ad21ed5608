"""DIG-009: The signature doesn't cover the body."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import borrowed, flawed
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-009",
    title="The signature doesn't cover the body",
    severity=Severity.RISK,
    flawed=True,
    weight=Weight.SMELL,
    spec=RFC9635("7.3.1"),
    remedy="Send Content-Digest, add `content-digest` to the covered components, then sign again.",
)
def body_not_covered(case: Case) -> Iterator[Found]:
    """You see nothing: today's Rafiki takes it. GNAP forbids it, and a proposed fix will refuse it. Anyone in between
    can exchange the body.

    Detected: there is a body, and Content-Digest is missing or not among the covered components.

    Source: open-payments-node 38; rafiki 654.
    """
    seen = flawed(case)
    request = case.exchange.request
    if seen is None or not request.body or not seen.components:
        return
    listed = any(component.name.lower() == "content-digest" for component in seen.components)
    if listed or borrowed(case):
        return
    there = "content-digest" in request.fields
    yield Found(
        detail=f"The body has {len(request.body)} bytes; Content-Digest is {'not covered' if there else 'missing'}.",
        where="content-digest",
    )
