"""GNT-010: The limits are in another asset than the wallet."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import access_items, text
from optrace.openpayments.units import Money, read_money
from optrace.rules.evidence.answers import about_limits
from optrace.rules.evidence.money import limits_asked, limits_of, price_of, resource
from optrace.rules.evidence.wallets import document_of
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-010",
    title="The limits are in another asset than the wallet",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/grants"),
    remedy="Give debitAmount in the asset and scale of the payer's wallet address, receiveAmount in the recipient's.",
    operations=("grant_request", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED, Outcome.OK),
    accepted=("grant_request",),
)
def limits_asset(case: Case) -> Iterator[Found]:
    """You see a grant that is given, and a first payment that gets 403 "unauthorized".

    Cause: a limit only fits payments of the very same asset code and scale. debitAmount is in the payer's asset,
    receiveAmount in the recipient's.

    Detected: at the grant request by the wallet document (as a risk, before anything failed); at the refused payment by
    the amounts of its quote.

    Source: rafiki packages/backend/src/open_payments/payment/outgoing/service.ts, validateAmountAssets.
    """
    if case.row.operation == "grant_request":
        if not case.refused and limits_asked(case):
            yield from _at_the_grant(case)
    elif case.refused and about_limits(case) and case.grant is not None:
        limits, price = limits_of(case.grant) or {}, price_of(case)
        for member, moved in (("debitAmount", price.debit), ("receiveAmount", price.receive)):
            limit = read_money(limits.get(member))
            if limit is None or moved is None or limit.same_asset(moved):
                continue
            asset = f"{moved.asset_code} with scale {moved.asset_scale}"
            detail = f"The limit is {_of(limit)}, and this payment moves {_of(moved)}: it must be in {asset}."
            related = tuple(n for n in (case.grant.n, price.quote) if n is not None)
            yield Found(detail=detail, where=f"limits.{member}", related=related)
            return


def _of(value: Money) -> str:
    return f"{value.format()} (scale {value.asset_scale})"


def _at_the_grant(case: Case) -> Iterator[Found]:
    for index, item in enumerate(access_items(case.view)):
        limits = item.get("limits")
        if not isinstance(limits, dict) or item.get("type") != "outgoing-payment":
            continue
        where = f"access_token.access[{index}].limits"
        payer = document_of(case, text(item.get("identifier")))
        limit = read_money(limits.get("debitAmount"))
        if limit and payer and payer.asset and payer.asset != (limit.asset_code, limit.asset_scale):
            code, scale = payer.asset
            detail = f"`{where}.debitAmount` is {_of(limit)}; {payer.id} holds {code} with scale {scale}"
            yield _risk(f"{detail} (exchange {payer.n}).", f"{where}.debitAmount", payer.n)
            return
        limit = read_money(limits.get("receiveAmount"))
        target = resource(case, text(limits.get("receiver")))
        asked = target.amount("receivedAmount") if target else None
        if limit and asked and target and not limit.same_asset(asked):
            detail = f"`{where}.receiveAmount` is {_of(limit)}; the incoming payment is in {asked.asset_code}"
            yield _risk(f"{detail} with scale {asked.asset_scale} (exchange {target.n}).", where, target.n)
            return


def _risk(detail: str, where: str, n: int) -> Found:
    return Found(detail=detail, where=where, related=(n,), severity=Severity.RISK, weight=Weight.SMELL)
