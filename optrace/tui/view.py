"""Which exchanges the ladder shows, in which order: all, those of one payment, those that a filter lets through."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from optrace.session.filter import Filter, parse_filter
from optrace.session.steps import Payment, Step

if TYPE_CHECKING:
    from optrace.tui.bridge import Trace

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_BITE = 0.01  # seconds of filtering at a time


def step_at(trace: Trace, n: int) -> Step:
    """An exchange as it is understood now; a number that the recording has lost is shown as just that."""
    try:
        return trace.step(n)
    except IndexError:
        return Step(
            n=n, operation="unknown", method="", url="", started=LONG_AGO, ended=LONG_AGO, label="(not recorded)"
        )


def before_of_its_kind(trace: Trace, n: int, breathe: Callable[[], None] = lambda: None) -> int | None:
    """The last exchange before `n` that does the same: the same variant and payment rather than just the operation."""
    step = step_at(trace, n)
    found = None
    for other in range(n - 1, 0, -1):
        breathe()
        one = step_at(trace, other)
        if one.operation == step.operation and one.source == step.source:
            if one.variant == step.variant:
                return other
            found = found or other
    return found


def the_only(payments: tuple[Payment, ...]) -> Payment | None:
    """The only payment there is; a grant that nothing was done with yet, for nobody known, doesn't count beside one."""
    if len(payments) == 1:
        return payments[0]
    known = islice((payment for payment in payments if payment.sender or payment.recipient), 2)
    return only if (only := next(known, None)) is not None and next(known, None) is None else None


class View:
    """Positions from 0 to exchange numbers and back. The whole trace costs nothing; a filter is applied in bites."""

    def __init__(self, trace: Trace, *, payment: int | None = None, keep: Filter | None = None) -> None:
        self.trace = trace
        self.payment = payment
        self.filter = keep or parse_filter("")
        self.complete = False  # everything that is known has been looked at
        self._kept: array[int] | None = array("L") if payment is not None or self.filter else None
        self._looked_at = 0
        self._payments: tuple[Payment, ...] = ()
        self._payments_of = -1  # the version of the trace
        self._waiting: set[int] = set()  # in flight when they were looked at
        self.refresh()

    def refresh(self) -> None:
        """Take in what is new, for a moment at most; `complete` says whether that was enough. Needs the lock."""
        if self._kept is None:
            self._looked_at = len(self.trace)
            self.complete = True
        elif self.payment is not None:
            self._refresh_payment()
        else:
            self._refresh_filtered()

    def _refresh_payment(self) -> None:
        payment = self.find_payment()
        numbers = sorted({*payment.exchanges, *payment.context}) if payment is not None else []
        if self.filter:
            numbers = [n for n in numbers if self.filter.matches(step_at(self.trace, n))]
        self._kept = array("L", numbers)
        self.complete = True

    def _refresh_filtered(self) -> None:
        assert self._kept is not None
        for n in sorted(self._waiting):
            step = step_at(self.trace, n)
            if not step.in_flight:
                self._waiting.discard(n)
                self._look(n)
        end = time.perf_counter() + _BITE
        total = len(self.trace)
        while self._looked_at < total and time.perf_counter() < end:
            for n in range(self._looked_at + 1, min(self._looked_at + 100, total) + 1):
                self._look(n)
            self._looked_at = min(self._looked_at + 100, total)
        self.complete = self._looked_at == total

    def _look(self, n: int) -> None:
        assert self._kept is not None
        step = step_at(self.trace, n)
        if step.in_flight:
            self._waiting.add(n)
        if self.filter.matches(step):
            at = bisect_left(self._kept, n)
            if at == len(self._kept) or self._kept[at] != n:
                self._kept.insert(at, n)

    def payments(self) -> tuple[Payment, ...]:
        """All payments as they are understood now; put together anew only after a change. Needs the lock."""
        version = self.trace.version
        if self._payments_of != version:
            self._payments, self._payments_of = self.trace.payments, version
        return self._payments

    def find_payment(self) -> Payment | None:
        """The payment that is shown, as it is understood now. Needs the lock."""
        payments = self.payments()
        at = (self.payment or 0) - 1
        if 0 <= at < len(payments) and payments[at].id == self.payment:
            return payments[at]
        return next((payment for payment in payments if payment.id == self.payment), None)

    def the_payment(self) -> Payment | None:
        """The payment whose ladder this is: the chosen one, or the only one that there is. Needs the lock."""
        if self.payment is not None:
            return self.find_payment()
        return the_only(self.payments())

    def __len__(self) -> int:
        return self._looked_at if self._kept is None else len(self._kept)

    def n_at(self, position: int) -> int:
        """The number of the exchange at a position."""
        return position + 1 if self._kept is None else self._kept[position]

    def position(self, n: int) -> int | None:
        """Where an exchange stands; None if it isn't shown."""
        if self._kept is None:
            return n - 1 if 1 <= n <= len(self) else None
        at = bisect_left(self._kept, n)
        return at if at < len(self._kept) and self._kept[at] == n else None

    def nearest(self, n: int) -> int:
        """The position of an exchange, or of the first one after it that is shown, or of the last."""
        if self._kept is None:
            return max(0, min(n - 1, len(self) - 1))
        return max(0, min(bisect_left(self._kept, n), len(self._kept) - 1))
