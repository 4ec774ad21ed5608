"""RES-023: The body is not JSON."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.describe import describe
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

    Cause: text put together by hand, a template that was not filled, a body cut off; JSON that was dumped twice, so
    that it is one string; text in another encoding than UTF-8.

    Detected: the body is parsed; the finding gives line and column, and the content type.

    Source: koa body parsing in rafiki's app.ts.
    """
    body = case.view.request_body
    if body.kind in ("empty", "missing") or case.status not in (400, 415, 422, 500):
        return
    if body.kind == "json":
        yield from _not_an_object(case, body.json)
        return
    kind = case.view.request.fields.get("content-type") or "no content-type"
    if body.kind == "binary":
        yield Found(detail=f"The body is binary ({kind}).", where="body")
        return
    if "json" not in kind.lower():
        return  # NET-009
    why = next((problem for problem in body.problems if problem.startswith("not JSON")), "not JSON")
    yield Found(detail=f"{why[:1].upper()}{why[1:]}; content-type is {kind}.", where="body")


def _not_an_object(case: Case, value: object) -> Iterator[Found]:
    """What a JSON parser takes, and the servers' don't."""
    octets = case.exchange.request.body or b""
    if isinstance(value, dict | list):
        place = _not_utf8(octets) if "content-encoding" not in case.exchange.request.fields else None
        if place is not None and case.code is None:
            detail = f"Byte {place} of the body isn't UTF-8: the text is in another encoding (Latin-1, UTF-16)."
            yield Found(detail=detail, where="body", remedy="Encode the JSON as UTF-8.")
        return
    kind = "a string" if isinstance(value, str) else describe(value)
    detail = f"The body is {kind}, where the server wants an object."
    if isinstance(value, str) and value.lstrip()[:1] in "{[":
        remedy = "Dump the JSON once: what was sent is JSON within a JSON string."
        yield Found(detail="The body is JSON that was dumped twice: one long string.", where="body", remedy=remedy)
    else:
        yield Found(detail=detail, where="body")


def _not_utf8(octets: bytes) -> int | None:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError as why:
        return why.start + 1
    return None
