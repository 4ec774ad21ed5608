"""GNT-011: limits.receiver isn't the incoming payment that is paid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_limits, about_schema
from optrace.rules.evidence.money import limits_asked, limits_of, price_of
from optrace.rules.evidence.wallets import difference
from optrace.rules.rule import Found, Outcome, Weight, rule

_INCOMING = re.compile(r"/incoming-payments/[^/?#]+$")


@rule(
    code="GNT-011",
    title="limits.receiver isn't the incoming payment that is paid",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/grants"),
    remedy="Set limits.receiver to the incoming payment's `id`, byte for byte, or leave it out.",
    operations=("grant_request", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED, Outcome.OK),
    accepted=("grant_request",),
    absorbs=("GNT-014",),
)
def limits_receiver(case: Case) -> Iterator[Found]:
    """You see 403 "unauthorized" when the outgoing payment is created.

    Cause: `limits.receiver` must be the exact URL of the incoming payment. A wallet address, or another payment, never
    fits.

    Detected: compared byte for byte with the receiver of the quote, or with the incoming payment that is paid directly.
    At the grant request a URL of another kind is named: as the cause where the server refuses it by its schema, else as
    a risk.

    Source: rafiki 3112; rafiki PR 3248.
    """
    if case.row.operation == "grant_request":
        if case.refused and not about_schema(case):
            return
        for where, limits in limits_asked(case):
            receiver = text(limits.get("receiver"))
            if receiver and not _INCOMING.search(receiver):
                detail = f"`{where}.receiver` is {receiver}, which is no incoming payment."
                if case.refused:
                    yield Found(detail=detail, where=f"{where}.receiver")
                else:
                    yield Found(detail=detail, where=f"{where}.receiver", severity=Severity.RISK, weight=Weight.SMELL)
                return
        return
    if not case.refused or not about_limits(case) or case.grant is None:
        return
    receiver = text((limits_of(case.grant) or {}).get("receiver"))
    price = price_of(case)
    if receiver is None or price.receiver is None or receiver == price.receiver:
        return
    how = difference(receiver, price.receiver)
    detail = f"The grant of exchange {case.grant.n} is limited to {receiver}; this payment goes to {price.receiver}."
    if not _INCOMING.search(receiver):
        detail += " The limit isn't even an incoming payment."
    elif canonical(receiver) == canonical(price.receiver):
        detail += f" They differ only by {how}, and are compared byte for byte."
    related = tuple(n for n in (case.grant.n, price.quote) if n is not None)
    yield Found(detail=detail, where="limits.receiver", related=related)
