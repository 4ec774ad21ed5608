"""RES-005: More is asked for than the incoming payment still takes."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.openpayments.units import format_units, read_money
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.evidence.money import resource
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-005",
    title="More is asked for than the incoming payment still takes",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Ask for what is left, or create a new incoming payment.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
)
def more_than_it_takes(case: Case) -> Iterator[Found]:
    """You see 400 "invalid amount".

    Cause: a payment can't bring more than incomingAmount minus receivedAmount.

    Detected: receiveAmount of the request, or debitAmount where the asset is the same, against the incoming payment as
    it was last seen.

    Source: rafiki quote/service.ts.
    """
    sent = case.view.sent
    member = "receiveAmount" if "receiveAmount" in sent else "debitAmount"
    wanted = read_money(sent.get(member))
    incoming = resource(case, text(sent.get("receiver")) or text(sent.get("incomingPayment")))
    if case.status != 400 or wanted is None or incoming is None or about_schema(case):
        return
    if member == "debitAmount" and words(case) != "invalid amount":
        return
    whole, received = incoming.amount("incomingAmount"), incoming.amount("receivedAmount")
    if whole is None or not whole.same_asset(wanted):
        return
    left = whole.value - (received.value if received else 0)
    if wanted.value > left:
        rest = format_units(left, whole.asset_scale)
        detail = f"{member} is {wanted.format()}; the incoming payment takes {whole.format()} in all, and {rest}"
        detail += f" {whole.asset_code} were left in exchange {incoming.n}."
        weight = Weight.PROOF if member == "receiveAmount" else Weight.EXPLAINS  # fees and rates come off a debitAmount
        yield Found(detail=detail, where=member, related=(incoming.n,), weight=weight)
