"""What was left when a message was sent: of the limits of its grant, and of the life of its token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from optrace.diagnosis.case import Case
from optrace.exchanges.kind import seconds_in_words
from optrace.openpayments.interval import Interval
from optrace.openpayments.units import Money, read_money
from optrace.rules.evidence.money import interval_of, limits_of, price_of, spending
from optrace.session.steps import Detail, Fact
from optrace.session.trace import Trace

_AMOUNTS = ("debitAmount", "receiveAmount")


def with_what_is_left(trace: Trace, detail: Detail) -> Detail:
    """The same detail, with what was left. Other exchanges of the grant are read again for it."""
    case = Case(trace, detail.exchange)
    return replace(detail, left=(*_limits(case), *_token(case)))


def _limits(case: Case) -> Iterator[Fact]:
    grant = case.grant
    limits = limits_of(grant)
    if grant is None or not limits:
        return
    interval = interval_of(limits)
    period = interval.current_period(case.started) if isinstance(interval, Interval) else None
    for member in _AMOUNTS:
        if (limit := read_money(limits.get(member))) is None:
            continue
        before = spending(case, grant, member, period).most
        left = limit.value - before
        words = f"{limit.format()} at most"
        words += f", {_same(limit, before)} of it spent before" if before else ", nothing of it spent before"
        if case.row.operation == "outgoing_payment_create" and (price := _price(case, member)) is not None:
            words += f"; {price.format()} wanted here"
            if case.status == 201 and price.same_asset(limit):
                left -= price.value
        words += f"; {_same(limit, left)} left" if left >= 0 else f"; {_same(limit, -left)} too much"
        yield Fact(name=member, value=words, born_in=grant.n)
    if period is not None:
        yield Fact(name="interval", value=f"the amounts start anew at {period.end:%Y-%m-%d %H:%M:%S} UTC")
    elif isinstance(interval, Interval):
        yield Fact(name="interval", value=f"{interval}: no period is running, so nothing may be paid")


def _price(case: Case, member: str) -> Money | None:
    price = price_of(case)
    return price.debit if member == "debitAmount" else price.receive


def _same(limit: Money, value: int) -> str:
    return replace(limit, value=value).format()


def _token(case: Case) -> Iterator[Fact]:
    token = case.token
    if token is None:
        return
    name = "token" if token.kind == "access" else "continuation token"
    if token.dead is not None and token.dead < case.exchange.n:
        yield Fact(name=name, value="dead already: rotated or revoked", born_in=token.dead)
    elif token.expires_in is not None:
        left = token.issued + timedelta(seconds=token.expires_in) - case.started
        seconds = int(abs(left).total_seconds())
        words = seconds_in_words(seconds) or f"{seconds} s"
        late = left < timedelta(0)
        yield Fact(name=name, value=f"had expired {words} before" if late else f"{words} to live", born_in=token.born)
