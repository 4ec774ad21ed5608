"""RES-013: The payment is outside the grant's limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.grant_request import limits_in_words
from optrace.openpayments.interval import Interval, Period
from optrace.openpayments.units import format_units, read_money
from optrace.rules.evidence.answers import about_limits
from optrace.rules.evidence.money import interval_of, limits_of, price_of, spending
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.grants import Grant


@rule(
    code="RES-013",
    title="The payment is outside the grant's limits",
    severity=Severity.ERROR,
    spec=OpenPayments("identity/grants"),
    remedy="Pay within what is left, wait for the next period, or ask for a grant with wider limits.",
    operations=("outgoing_payment_create",),
    outcomes=(Outcome.REFUSED,),
)
def over_the_limits(case: Case) -> Iterator[Found]:
    """You see a bare 403 "unauthorized", easily taken for a signature or a login problem.

    Cause: over the limit, by this payment alone or with earlier ones; another receiver; another asset; outside the
    interval. A quote's debitAmount includes the fees, so a limit equal to the net amount is too low.

    Detected: the amounts of this grant's payments in the running period, or what the server itself says was spent, plus
    this payment, against the limit.

    Source: rafiki outgoing/service.ts; open-payments 469.
    """
    if not about_limits(case):
        return
    grant = case.grant
    limits = limits_of(grant)
    if grant is None or not limits:
        detail = "Rafiki answers 403 “unauthorized” when a payment is outside the limits of its grant. Its limits"
        detail += " are not known here." if grant is None else " are none."
        yield Found(detail=detail, where="limits", bare=True)
        return
    period: Period | None = None
    interval = interval_of(limits)
    if isinstance(interval, Interval):
        period = interval.current_period(case.started)
        if period is None:
            when = "has not begun" if interval.start and case.started < interval.start else "is over"
            detail = f"The interval {interval.text} {when} at {case.started:%Y-%m-%d %H:%M:%S} UTC."
            yield Found(detail=detail, where="limits.interval", related=(grant.n,), weight=Weight.PROOF)
            return
    over = _over(case, grant, limits, period)
    if over is not None:
        yield over
        return
    detail = f"The answer is about the limits of the grant of exchange {grant.n}:{limits_in_words(limits) or ' none'}."
    yield Found(detail=detail, where="limits", related=(grant.n,), bare=True)


def _over(case: Case, grant: Grant, limits: Mapping[str, Any], period: Period | None) -> Found | None:
    price = price_of(case)
    for member, moved in (("debitAmount", price.debit), ("receiveAmount", price.receive)):
        limit = read_money(limits.get(member))
        if limit is None or moved is None or not limit.same_asset(moved):
            continue
        before = spending(case, grant, member, period)
        if before.most + moved.value <= limit.value:
            continue
        left = format_units(max(limit.value - before.most, 0), limit.asset_scale)
        doing = "debits" if member == "debitAmount" else "brings"
        detail = f"The limit is {limit.format()}; {format_units(before.most, limit.asset_scale)} were spent"
        if before.payments:
            detail += f" (exchange{'s' if len(before.payments) > 1 else ''} {', '.join(map(str, before.payments))})"
        detail += f", {left} {limit.asset_code} were left, and this payment {doing} {moved.format()}."
        if member == "debitAmount" and price.receive and price.receive.same_asset(moved):
            fee = moved.value - price.receive.value
            if fee > 0 and before.most + price.receive.value <= limit.value:
                detail += f" {format_units(fee, moved.asset_scale)} {moved.asset_code} of it are fees."
        if period is not None:
            detail += f" The next period begins {period.end:%Y-%m-%d %H:%M:%S} UTC."
        numbers = [grant.n, *before.payments, *([price.quote] if price.quote else [])]
        if before.reported_in is not None:
            numbers.append(before.reported_in)
        related = tuple(dict.fromkeys(numbers))
        return Found(detail=detail, where=f"limits.{member}", related=related, weight=Weight.PROOF)
    return None
