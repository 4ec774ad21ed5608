"""FLO-011: A quote or payment is created on the receiver's server."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, about_signature
from optrace.rules.evidence.money import payer_is_recipient, price_of, resource
from optrace.rules.evidence.wallets import document_of, documents, loose, resource_base
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-011",
    title="A quote or payment is created on the receiver's server",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Quotes and outgoing payments live at the sender's resourceServer.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("TOK-006", "TOK-008", "GNT-006", "RES-012", "RES-021", "WAL-011"),
)
def at_the_receivers_server(case: Case) -> Iterator[Found]:
    """You see 403 "Insufficient Grant" or "Inactive Token", or 404 "unknown quote".

    Cause: the server of the incoming payment was used again. The money leaves the sender's account, so the sender's
    server must do it.

    Detected: the called server isn't the `resourceServer` of the wallet address in the body; mostly it is that of the
    receiver.

    Source: open-payments PR 576; open-payments docs, sdk/quote-create.
    """
    if about_schema(case) or about_signature(case) or case.status not in (400, 401, 403, 404):
        return
    base = resource_base(case.view.url)
    payer = document_of(case, text(case.view.sent.get("walletAddress")))
    if base is None:
        return
    if payer is None or not payer.resource_server:
        yield from _by_the_receiver(case, base)
        return
    if canonical(payer.resource_server) == canonical(base) or payer_is_recipient(case):
        return
    receiver = text(case.view.sent.get("receiver")) or price_of(case).receiver
    here = receiver is not None and canonical(resource_base(receiver) or "") == canonical(base)
    known = any(canonical(one.resource_server) == canonical(base) for one in documents(case))
    if not here and not known:
        return
    whose = "the receiver's" if here else "another wallet's"
    detail = f"{base} is {whose} server; {payer.id} is served by {payer.resource_server} (exchange {payer.n})."
    yield Found(detail=detail, where="url", related=(payer.n,))


def _by_the_receiver(case: Case, base: str) -> Iterator[Found]:
    """The payer's document wasn't read: the receiver's payment, on the called server, is all there is to go by."""
    wallet = text(case.view.sent.get("walletAddress"))
    receiver = text(case.view.sent.get("receiver")) or price_of(case).receiver
    incoming = resource(case, receiver)
    owner = text(incoming.members.get("walletAddress")) if incoming else None
    if receiver is None or incoming is None or owner is None or wallet is None or loose(owner) == loose(wallet):
        return
    if canonical(resource_base(receiver) or "") == canonical(base):
        detail = f"{base} has the incoming payment of {owner} (exchange {incoming.n}); {wallet} is somebody else's."
        yield Found(detail=detail, where="url", related=(incoming.n,), weight=Weight.EXPLAINS)
