"""SIG-036: A covered field isn't in the message."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity, weight
from optrace.rules.rule import Found, rule


@rule(
    code="SIG-036",
    title="A covered field isn't in the message",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9421("2.5"),
    remedy="Set the field before signing, or don't list it.",
    absorbs=("SIG-034", "SIG-030", "NET-009"),
)
def covered_field_missing(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers" or "invalid signature".

    Cause: the field was never set, or a client library or a proxy dropped it after signing.

    Detected: a listed field is absent. A missing Content-Length of a body is DIG-013.
    """
    seen = flawed(case)
    if seen is None:
        return
    request = case.exchange.request
    for component in seen.components:
        name = component.name.lower()
        if name.startswith("@") or component.params or name in request.fields:
            continue
        if name == "content-length" and request.body:
            continue
        yield Found(
            detail=f"{safe(name)[:80]} is covered, and the message has no such field.",
            where=safe(name)[:80],
            weight=weight(case),
            severity=severity(case),
            remedy=f"Set {safe(name)[:80]} before signing, or take it out of the list.",
        )
