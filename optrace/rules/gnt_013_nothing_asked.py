"""GNT-013: The grant request asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.view import access_items, dig
from optrace.rules.evidence.answers import about_client, about_signature
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-013",
    title="The grant request asks for nothing",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("2"),
    remedy="Ask for at least one item in access_token.access, or for a subject.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014", "GNT-015"),
)
def nothing_asked(case: Case) -> Iterator[Found]:
    """You see 400 "subject or access_token required", a schema error, or an opaque 500.

    Cause: `access_token.access` is empty or missing, and there is no `subject` either.

    Detected: in the request's body.

    Source: rafiki packages/auth/src/grant/utils.ts.
    """
    sent = case.view.sent
    if not sent or about_signature(case) or about_client(case) or case.status not in (400, 500):
        return
    asked = dig(sent, "access_token", "access")
    if asked and not isinstance(asked, list):
        return  # of another type: a matter of the schema
    if access_items(case.view) or dig(sent, "subject", "sub_ids") or dig(sent, "subject", "sub_id_formats"):
        return
    if "access_token" not in sent and "subject" not in sent:
        detail, where = "The body has neither `access_token` nor `subject`.", "access_token"
    elif "access_token" in sent:
        detail, where = "`access_token.access` has no item, and there is no `subject`.", "access_token.access"
    else:
        detail, where = "`subject` names nobody, and there is no `access_token`.", "subject"
    yield Found(detail=detail, where=where)
