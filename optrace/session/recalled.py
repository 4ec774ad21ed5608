"""A finished session whose steps are known already: nothing of it is read but what somebody looks into.

What an exchange means depends on those before it, and on keys that may come later. So the fold behind a closer look
begins at the beginning, and goes on until it understands the exchange as it was understood in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from optrace.core.messages import Exchange
from optrace.session.events import Event
from optrace.session.steps import Detail, Payment, Step

if TYPE_CHECKING:
    from optrace.session.trace import Trace

# what a closer look shows; the lanes, and how payments are counted, are the whole session's business
_SHOWN = (
    "operation",
    "variant",
    "status",
    "error",
    "verdicts",
    "reasons",
    "problems",
    "grant",
    "key_owner",
    "retry_of",
)


class Steps(Protocol):
    """What is understood of a recording, exchange by exchange: a `Trace`, or what was kept of one."""

    @property
    def payments(self) -> Sequence[Payment]:
        """The payments, in the order of their first exchanges."""

    @property
    def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Lane -> the hosts that were placed on it."""

    def __len__(self) -> int: ...

    def has(self, n: int) -> bool:
        """Whether exchange n was seen."""

    def step(self, n: int) -> Step:
        """Exchange n. Raises IndexError if there is none."""


class Recalled:
    """Steps as they were kept, and a fold that has read as much of the session as was looked into."""

    version = 0  # nothing changes

    def __init__(self, kept: Steps, fold: Trace) -> None:
        self.fold = fold
        self._kept = kept

    def __len__(self) -> int:
        """How many exchanges the session has, read or not."""
        return len(self._kept)

    @property
    def payments(self) -> Sequence[Payment]:
        """All payments."""
        return self._kept.payments

    @property
    def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Lane -> the hosts on it."""
        return self._kept.lane_hosts

    def step(self, n: int) -> Step:
        """Exchange n. Raises IndexError if there is none."""
        return self._kept.step(n)

    def feed(self, events: Iterable[Event]) -> None:
        """Read on."""
        self.fold.feed(events)

    def understands(self, n: int) -> bool:
        """Whether enough was read for a closer look at exchange n."""
        if not self.fold.has(n):
            return False
        now, kept = self.fold.step(n), self.step(n)
        return all(getattr(now, name) == getattr(kept, name) for name in _SHOWN)

    def detail(self, n: int, exchange: Exchange) -> Detail:
        """All that is known of one exchange. Raises IndexError if it wasn't read."""
        return replace(self.fold.detail(n, exchange), step=self.step(n))
