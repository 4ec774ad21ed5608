"""SIG-027: The request isn't signed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.evidence.signatures import accepted
from optrace.rules.rule import Found, Weight, rule

_PUBLIC = "incoming_payment_get_public"
_UNSIGNED_BY_DESIGN = frozenset({_PUBLIC, "outgoing_payment_grant_get"})


@rule(
    code="SIG-027",
    title="The request isn't signed",
    severity=Severity.ERROR,
    spec=RFC9635("7.3.1"),
    remedy="Sign every call to an authorization server, and every call with a token. A token alone is never enough.",
    operations=API_CALLS,
)
def not_signed(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers"; RS 401 "missing keyId in signature input"; 400 from the schema
    validator on routes that demand the headers.

    Cause: an unauthenticated client for a protected call; curl, Bruno or Postman without a signing script; an
    interceptor that was skipped: the Node SDK signs POSTs and what has Authorization, nothing else.

    Detected: Signature or Signature-Input is missing on a call to an AS, or on a call to an RS that isn't a public
    read.

    Source: rafiki 665, 699, 3962; open-payments-node requests.ts, requestShouldBeAuthorized.
    """
    fields = case.exchange.request.fields
    if "signature" in fields and "signature-input" in fields:
        return
    missing = [name for name in ("Signature", "Signature-Input") if name.lower() not in fields]
    if case.row.operation in _UNSIGNED_BY_DESIGN and case.view.authorization is None:
        return
    if accepted(case) and case.row.operation in _UNSIGNED_BY_DESIGN:
        return
    token = " The token alone isn't enough." if case.view.authorization is not None else ""
    yield Found(
        detail=f"Missing: {' and '.join(missing)}.{token}",
        where=missing[0].lower(),
        weight=Weight.SMELL if accepted(case) else Weight.PROOF,
        severity=Severity.RISK if accepted(case) else Severity.ERROR,
    )
