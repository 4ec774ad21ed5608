"""RES-023: The body is not JSON."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import POSTS
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-023",
    title="The body is not JSON",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    remedy="Send one JSON object, made by a JSON library, with content-type application/json.",
    operations=POSTS,
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def body_not_json(case: Case) -> Iterator[Found]:
    """You see 400 in plain text, before any signature is checked.

    Cause: text put together by hand, a template that was not filled, a body cut off.

    Detected: the body is parsed; the finding gives line and column, and the content type.

    Source: koa body parsing in rafiki's app.ts.
    """
    body = case.view.request_body
    if body.kind in ("json", "empty", "missing") or case.status not in (400, 415, 422, 500):
        return
    kind = case.view.request.fields.get("content-type") or "no content-type"
    if body.kind == "binary":
        yield Found(detail=f"The body is binary ({kind}).", where="body")
        return
    if "json" not in kind.lower():
        return  # NET-009
    why = next((problem for problem in body.problems if problem.startswith("not JSON")), "not JSON")
    yield Found(detail=f"{why[:1].upper()}{why[1:]}; content-type is {kind}.", where="body")
