"""RES-001: An amount isn't a string of digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.describe import describe
from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_schema
from optrace.rules.evidence.money import amounts_in
from optrace.rules.rule import Found, Outcome, Weight, rule

_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)


@rule(
    code="RES-001",
    title="An amount isn't a string of digits",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/amounts"),
    remedy='Send the amount times 10^assetScale as text: 12.50 USD with scale 2 is "1250".',
    operations=("grant_request", "incoming_payment_create", "quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
    absorbs=("GNT-014",),
)
def amount_not_digits(case: Case) -> Iterator[Found]:
    """You see 400 "Received error validating OpenAPI request: body.incomingAmount.value must be string", or one about
    the format uint64.

    Cause: a number, a decimal point, a thousands separator or a minus sign; more than 64 bits can hold.

    Detected: `value` of every amount in the request. In the limits of a grant a number passes Rafiki's schema; there it
    is a risk.

    Source: open-payments-node packages/openapi/src/index.ts, uint64.
    """
    for where, value in amounts_in(case.view.sent):
        given = value.get("value")
        if isinstance(given, str) and _DIGITS.fullmatch(given) and int(given) < 2**64:
            continue
        got = describe(given) if "value" in value else "missing"
        fits = isinstance(given, str) and _DIGITS.fullmatch(given)
        wanted = "it must be less than 2^64" if fits else "it must be text of digits only"
        detail = f"`{where}.value` is {got}; {wanted}."
        scale = value.get("assetScale")
        if isinstance(right := _meant(given, scale), str):
            detail += f' With scale {scale} that would be "{right}".'
        if case.refused and (about_schema(case) or case.status in (400, 500)):
            yield Found(detail=detail, where=f"{where}.value")
        else:
            yield Found(detail=detail, where=f"{where}.value", severity=Severity.RISK, weight=Weight.SMELL)
        return


def _meant(given: object, scale: object) -> str | None:
    """A decimal number as units of its scale, if it has no more places than that."""
    if isinstance(given, bool) or not isinstance(given, int | float | str) or not isinstance(scale, int):
        return None
    if isinstance(given, int):
        return str(given) if given >= 0 else None
    whole, point, fraction = (repr(given) if isinstance(given, float) else given.replace(",", "")).partition(".")
    if not point or not whole.isdigit() or not fraction.isdigit() or not 0 <= scale <= 18 or len(fraction) > scale:
        return None
    return (whole + fraction.ljust(scale, "0")).lstrip("0") or "0"
