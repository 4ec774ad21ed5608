"""Which exchanges the ladder shows, in which order: all, those of one payment, those that a filter lets through."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from optrace.session.filter import Filter, parse_filter
from optrace.session.steps import Payment, Step

if TYPE_CHECKING:
    from optrace.tui.recording import Trace

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Found:
    """What passes a filter, of the first `looked_at` exchanges."""

    numbers: array[int]
    looked_at: int
    waiting: set[int] = field(default_factory=set)  # in flight when they were looked at
    provisional: bool = False  # the recording was still being read, and much may be understood otherwise by now


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


def the_only(payments: Sequence[Payment]) -> Payment | None:
    """The only payment there is; a grant that nothing was done with yet, for nobody known, doesn't count beside one."""
    if len(payments) == 1:
        return payments[0]
    known = islice((payment for payment in payments if payment.sender or payment.recipient), 2)
    return only if (only := next(known, None)) is not None and next(known, None) is None else None


class View:
    """Positions from 0 to exchange numbers and back. The whole trace costs nothing; what a filter found is given."""

    def __init__(
        self, trace: Trace, *, payment: int | None = None, keep: Filter | None = None, found: Found | None = None
    ) -> None:
        self.trace = trace
        self.payment = payment
        self.filter = keep or parse_filter("")
        self.found = found or Found(array("L"), 0)
        self._count = 0  # of the whole trace
        self._payments: Sequence[Payment] = ()
        self._payments_of = -1  # the version of the trace
        self.several = 0  # the largest number of a payment, if those of several are shown
        self._kept: array[int] | None = None
        self.refresh()

    def refresh(self) -> None:
        """Take in what is new; what a filter lets through of it is found by the worker. Needs the lock."""
        if self.payment is None:
            payments = self.payments()
            self.several = payments[-1].id if len(payments) > 1 else 0
        if self.filter:
            self._kept = self.found.numbers
        elif self.payment is not None:
            payment = self.find_payment()
            self._kept = array("L", sorted({*payment.exchanges, *payment.context}) if payment is not None else [])
        else:
            self._count = len(self.trace)

    @property
    def behind(self) -> bool:
        """Whether there is more than the filter has looked at."""
        found = self.found
        return bool(self.filter) and (found.looked_at < len(self.trace) or bool(found.waiting) or found.provisional)

    def payments(self) -> Sequence[Payment]:
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
        return self._count if self._kept is None else len(self._kept)

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
