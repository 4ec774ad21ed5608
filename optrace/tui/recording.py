"""What the screen asks of a recording, and of what is understood of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from optrace.core.messages import Exchange
from optrace.session.events import Event
from optrace.session.steps import Detail, Payment, Step


class Source(Protocol):
    """A recording, finished or still growing."""

    @property
    def name(self) -> str:
        """What the user calls it: a file name."""

    @property
    def live(self) -> bool:
        """Whether more may still be recorded."""

    @property
    def total(self) -> int | None:
        """How many exchanges it holds, if that is known before they are read."""

    @property
    def damage(self) -> str | None:
        """What of the recording could not be read."""

    def poll(self, limit: int) -> Sequence[Event]:
        """The next events, at most so many; none when there is nothing new."""

    def exchange(self, n: int) -> Exchange:
        """One exchange, whole."""

    def close(self) -> None:
        """Let go of the recording."""


class Trace(Protocol):
    """The exchanges as understood so far."""

    @property
    def version(self) -> int:
        """Grows with every change."""

    @property
    def payments(self) -> Sequence[Payment]:
        """All payments, by id."""

    @property
    def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """The host names on each lane."""

    def __len__(self) -> int: ...

    def feed(self, events: Iterable[Event]) -> None:
        """Take in what happened."""

    def step(self, n: int) -> Step:
        """An exchange as it is understood now, from 1."""

    def detail(self, n: int, exchange: Exchange) -> Detail:
        """All that is known of one exchange."""


@runtime_checkable
class Judging(Protocol):
    """A trace whose rules can run apart from the reading."""

    def take(self, events: Iterable[Event]) -> None:
        """Take in a few events, of which the rules say nothing yet."""

    def judging(self) -> Iterator[bool]:
        """Run the rules over them; after each exchange, whether its findings changed."""
