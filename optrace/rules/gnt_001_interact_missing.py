"""GNT-001: The access needs the user's consent, and the request has no interact."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.grants import interactive_item
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-001",
    title="The access needs the user's consent, and the request has no interact",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("2.5"),
    remedy='Add "interact": {"start": ["redirect"], "finish": {...}}, or drop the access that needs consent.',
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def interact_missing(case: Case) -> Iterator[Found]:
    """You see 400 `invalid_request` "missing required request field 'interact'".

    Cause: outgoing-payment access can only be had with the user's consent, and `list-all` on incoming payments and
    quotes is interactive by default. Without `interact` the AS has no way to send the user anywhere.

    Detected: the request asks for such access and has no `interact`, and the answer is about that field.

    Source: RFC 9635 2.5; rafiki packages/auth/src/grant/utils.ts, LIST_ALL_ACCESS_INTERACTION.
    """
    if "interact" in case.view.sent or "interact" not in words(case):
        return
    forcing = interactive_item(case)
    if forcing is None:
        if isinstance(case.view.sent.get("subject"), dict):
            detail = "The request asks who the user is (`subject`), which needs the user; it has no `interact`."
            yield Found(detail=detail, where="interact")
        return
    index, item, why = forcing
    detail = f"Item {index + 1} of the access, {item.get('type')}, forces it: {why}. The request has no `interact`."
    yield Found(detail=detail, where="interact")
