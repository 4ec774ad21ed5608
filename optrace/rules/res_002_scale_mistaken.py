"""RES-002: The asset scale isn't the wallet's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.money import asset_mismatches
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-002",
    title="The asset scale isn't the wallet's",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/amounts"),
    remedy="Take assetScale from the wallet address document, and count the value in that unit.",
    operations=("incoming_payment_create", "quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
)
def scale_mistaken(case: Case) -> Iterator[Found]:
    """You see 400 "invalid amount" or 403 "unauthorized"; or amounts that are a hundred times too big or too small.

    Cause: assetScale is a property of the wallet address, and was guessed.

    Detected: the scale in the request against that of the wallet document or of the incoming payment, where the code is
    the same.

    Source: rafiki PR 2748; rafiki packages/backend/src/open_payments/payment/incoming/service.ts.
    """
    for mismatch in asset_mismatches(case):
        given, (code, scale) = mismatch.given, mismatch.asset
        if given.asset_code == code and given.asset_scale != scale:
            detail = f"`{mismatch.member}` has scale {given.asset_scale}; {mismatch.whose} has scale {scale}"
            right = replace(given, asset_scale=scale).format()
            detail += f" (exchange {mismatch.n}). The value {given.value} would be {right}, not {given.format()}."
            yield Found(detail=detail, where=f"{mismatch.member}.assetScale", related=(mismatch.n,))
            return
