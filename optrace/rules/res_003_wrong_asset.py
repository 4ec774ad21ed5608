"""RES-003: The amount is in the wrong asset."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.kind import amount_in_words
from optrace.exchanges.view import text
from optrace.openpayments.units import read_money
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.money import asset_mismatches, resource
from optrace.rules.evidence.wallets import document_of
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-003",
    title="The amount is in the wrong asset",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/amounts"),
    remedy="incomingAmount and receiveAmount are in the receiver's asset, debitAmount in the sender's.",
    operations=("incoming_payment_create", "quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
)
def wrong_asset(case: Case) -> Iterator[Found]:
    """You see 400 "invalid amount".

    Cause: an incoming payment and a quote's receiveAmount are in the receiver's asset, a debitAmount in the sender's.

    Detected: code and scale against the two wallet documents, or the incoming payment that is paid.

    Source: rafiki incoming/service.ts, quote/service.ts.
    """
    for mismatch in asset_mismatches(case):
        given, (code, scale) = mismatch.given, mismatch.asset
        if given.asset_code != code:
            detail = f"`{mismatch.member}` is in {given.asset_code}; {mismatch.whose} is in {code} with scale {scale}"
            yield Found(
                detail=f"{detail} (exchange {mismatch.n}).", where=f"{mismatch.member}.assetCode", related=(mismatch.n,)
            )
            return
    # nothing proves it: the server's words still mean one of a few things
    sent, told = case.view.sent, words(case) == "invalid amount"
    asked = [name for name in ("incomingAmount", "debitAmount", "receiveAmount") if isinstance(sent.get(name), dict)]
    if told and asked and not asset_mismatches(case) and not _right(case, asked[0]):
        detail = f"The server refuses `{asked[0]}` ({amount_in_words(sent[asked[0]]) or '?'}): another asset or scale"
        yield Found(
            detail=f"{detail} than its wallet's, more than the incoming payment still takes, or nothing at all.",
            where=asked[0],
            weight=Weight.HYPOTHESIS,
        )


def _right(case: Case, member: str) -> bool:
    """Whether the amount is known to be in the asset that it must have."""
    given, own = read_money(case.view.sent.get(member)), document_of(case, text(case.view.sent.get("walletAddress")))
    incoming = resource(case, text(case.view.sent.get("receiver"))) if member == "receiveAmount" else None
    wanted = incoming.amount("receivedAmount") if incoming else None
    if given is None:
        return False
    if member == "receiveAmount":
        return wanted is not None and given.same_asset(wanted)
    return own is not None and own.asset == (given.asset_code, given.asset_scale)
