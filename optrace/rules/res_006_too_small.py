"""RES-006: The amount is too small to deliver one unit."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig
from optrace.openpayments.units import read_money
from optrace.rules.evidence.answers import words
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-006",
    title="The amount is too small to deliver one unit",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/amounts"),
    remedy="Send more: after conversion and fees at least one unit of the receiver's asset must be left.",
    operations=("incoming_payment_create", "quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
)
def too_small(case: Case) -> Iterator[Found]:
    """You see 400 "non-positive receive amount"; newer servers add `details.minSendAmount`. 400 "invalid amount" for
    an amount of nothing.

    Cause: what conversion and fees leave is less than one unit of the receiver's asset.

    Detected: by the words. The smallest amount is the server's own, or is estimated from the last quote between the two
    wallet addresses.

    Source: web-monetization-extension 1071; rafiki quote/service.ts.
    """
    said = words(case)
    if said == "invalid amount":
        for member in ("debitAmount", "receiveAmount", "incomingAmount"):
            nothing = read_money(case.view.sent.get(member))
            if nothing is not None and nothing.value == 0:
                yield Found(
                    detail=f"{member} is {nothing.format()}.", where=member, remedy="Ask for more than nothing."
                )
        return
    if "non-positive receive amount" not in said and "negative receive amount" not in said:
        return
    asked = read_money(case.view.sent.get("debitAmount")) or read_money(case.view.sent.get("receiveAmount"))
    detail = f"{asked.format() if asked else 'The amount'} leaves nothing to deliver."
    least = read_money(dig(case.view.got, "error", "details", "minSendAmount"))
    if least is not None:
        detail += f" The server wants at least {least.format()}."
        yield Found(detail=detail, where="debitAmount", remedy=f"Send at least {least.format()}.")
        return
    related: tuple[int, ...] = ()
    for row in case.earlier(lambda row: row.operation == "quote_create" and row.status == 201, limit=200):
        view = case.other(row.n)
        debit, receive = (read_money(view.got.get(name)) if view else None for name in ("debitAmount", "receiveAmount"))
        if debit and receive:
            detail += f" The quote of exchange {row.n} turned {debit.format()} into {receive.format()}."
            related = (row.n,)
            break
    yield Found(detail=detail, where="debitAmount", related=related)
