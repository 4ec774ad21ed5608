"""FLO-004: The continuation has a body without an interact_ref."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.describe import describe
from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_client, about_signature, words
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-004",
    title="The continuation has a body without an interact_ref",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("5.1"),
    remedy='Send {"interact_ref": "..."} after an interaction, and no body at all for a poll.',
    operations=("grant_continue", "grant_poll"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def no_reference(case: Case) -> Iterator[Found]:
    """You see 401 `invalid_request` "missing interaction reference".

    Cause: the PHP SDK adds `client` to the body, so that a poll is never empty; others send `{"interact_ref": null}`,
    camelCase, or `[]`, which is what PHP makes of an empty array.

    Detected: the members of the body.

    Source: open-payments-php lib/Services/GrantService.php; rafiki packages/auth/src/grant/routes.ts.
    """
    body = case.view.request_body
    sent = case.view.sent
    if not sent and body.kind == "json" and body.json != {} and not about_signature(case) and not about_client(case):
        yield Found(detail=f"The body is {describe(body.json)}; no `interact_ref` can be in it.", where="interact_ref")
        return
    if not sent or text(sent.get("interact_ref")) or about_signature(case) or about_client(case):
        return
    if words(case) == "invalid grant" or case.code in ("too_fast", "invalid_continuation"):
        return
    if "interact_ref" in sent:
        detail = f"`interact_ref` is {describe(sent['interact_ref'])}."
    else:
        names = ", ".join(f"`{name}`" for name in list(sent)[:6])
        detail = f"The body has {names} and no `interact_ref`."
    yield Found(detail=detail, where="interact_ref")
