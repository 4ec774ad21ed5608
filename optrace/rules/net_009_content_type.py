"""NET-009: The content type isn't JSON."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import POSTS, about_client
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="NET-009",
    title="The content type isn't JSON",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("apis/resource-server"),
    remedy="Send `Content-Type: application/json`, before signing.",
    operations=(*POSTS, "grant_poll"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
    absorbs=("GNT-014", "GNT-013"),
)
def content_type(case: Case) -> Iterator[Found]:
    """You see 400 "body must ...", 400 "body media type is not specified", or 415, although the body is there.

    Cause: the server's parser reads only application/json. A string body of `fetch` is text/plain, a form is
    urlencoded; the parser sees nothing, and the digest is checked against `{}`. Ruby's Net::HTTP calls a POST without a
    body a form, too.

    Detected: a body, and a content type other than JSON, or none.

    Source: open-payments-node packages/openapi; koa body parsing in rafiki's app.ts.
    """
    unsupported = case.status == 415 and "content-type" in case.description.lower()
    body = case.exchange.request.body
    if not body and not unsupported:
        return
    kind = case.view.request.fields.get("content-type")
    if kind and "json" in kind.lower() and not unsupported:
        return
    detail = (f"The body has {len(body)} bytes, and " if body else "There is no body, and ") + (
        f"content-type is {kind}." if kind else "there is no content-type."
    )
    if not case.refused:
        yield Found(detail=detail, where="Content-Type", severity=Severity.WARN, weight=Weight.SMELL)
    elif case.status in (400, 415, 422) and not about_client(case):
        yield Found(detail=detail, where="Content-Type")
    else:
        yield Found(detail=detail, where="Content-Type", weight=Weight.HYPOTHESIS)
