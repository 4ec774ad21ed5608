"""FLO-012: walletAddress names the other party."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, about_signature
from optrace.rules.evidence.money import payer_is_recipient
from optrace.rules.evidence.wallets import document_of, documents, resource_base
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-012",
    title="walletAddress names the other party",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="An incoming payment names the recipient's wallet address, a quote and an outgoing payment the sender's.",
    operations=("incoming_payment_create", "quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-017", "RES-021", "RES-012"),
)
def other_party(case: Case) -> Iterator[Found]:
    """You see 400 or 403.

    Cause: the two wallet addresses were mixed up.

    Detected: the wallet address in the body belongs to another resource server than the called one; or a quote or
    payment names the wallet address that owns the incoming payment.

    Source: rafiki wallet_address/middleware.ts.
    """
    if about_schema(case) or about_signature(case) or case.status not in (400, 401, 403, 404):
        return
    base, wallet = resource_base(case.view.url), text(case.view.sent.get("walletAddress"))
    document = document_of(case, wallet)
    if base is None or document is None or not document.resource_server:
        return
    if canonical(document.resource_server) == canonical(base):
        return
    known = any(canonical(one.resource_server) == canonical(base) for one in documents(case))
    at = f"its server is {document.resource_server} (exchange {document.n}), and {base} was called."
    if case.row.operation == "incoming_payment_create":
        if known:
            detail = f"walletAddress is {document.id}: {at}"
            yield Found(detail=detail, where="walletAddress", related=(document.n,))
    elif payer_is_recipient(case):
        detail = f"walletAddress is {document.id}, which owns the incoming payment: {at}"
        yield Found(detail=detail, where="walletAddress", related=(document.n,))
