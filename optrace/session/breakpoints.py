"""Breakpoints: where an exchange is to wait in the proxy, what waits, and what is to become of it. Pure values.

A viewer sets a breakpoint, the proxy holds what matches it, a viewer says how it goes on; `optrace/store/orders.py`
carries this from one to the other. Nothing waits for ever: each wait has an end, and ends with its viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from optrace.core.errors import Usage
from optrace.core.messages import Exchange
from optrace.core.urls import canonical
from optrace.exchanges import KINDS

PATIENCE = timedelta(seconds=30)  # for which a message waits unless the breakpoint says otherwise
LONGEST = timedelta(hours=1)
BY_ANSWER = frozenset({"wallet_address_get"})  # what a request is about only its answer shows
_UNKNOWN = "unknown"


class Part(StrEnum):
    """Which message of an exchange."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoint:
    """Where exchanges wait: an operation, and which of its messages.

    What a message is about isn't always to be seen in itself (a wallet address is a URL like any other), so a
    breakpoint that was set on an exchange also knows that one's place, and stops what goes there as well.
    """

    operation: str  # an id of optrace.exchanges.KINDS
    part: Part
    place: str = ""  # `place_of` an exchange
    patience: timedelta = PATIENCE

    def matches(self, operation: str, place: str) -> bool:
        """Whether a message of this operation, that goes to this place, is to wait."""
        known = operation == self.operation != _UNKNOWN  # what nobody knows isn't all of one kind
        return known or bool(self.place and place == self.place)

    def __str__(self) -> str:
        return f"{self.operation}:{self.part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An exchange that waits. `exchange` is as it would go on, with its response if that is what waits."""

    exchange: Exchange
    part: Part
    operation: str
    since: datetime  # UTC
    until: datetime  # when it goes on by itself

    @property
    def n(self) -> int:
        """The number of the exchange."""
        return self.exchange.n


class Word(StrEnum):
    """What is to become of what waits."""

    GO = "go"
    DROP = "drop"
    STAY = "stay"  # for as long again, from now


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a viewer says of an exchange that waits. With another `exchange` that one's message goes on instead."""

    n: int
    part: Part
    word: Word
    exchange: Exchange | None = None
    said: str = ""  # what was changed, for the record; in the past tense, without a full stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand: all viewers' breakpoints, what waits, and the proxy's answers to this viewer's orders."""

    breakpoints: Sequence[Breakpoint] = ()
    waiting: Sequence[Waiting] = ()
    answers: Sequence[tuple[Order, str]] = ()


def place_of(method: str, url: str) -> str:
    """Where a request goes: its method and its URL in canonical form, without the query."""
    return f"{method} {canonical(url.partition('?')[0].partition('#')[0])}"


def read_breakpoint(text: str, patience: timedelta = PATIENCE) -> Breakpoint:
    """A breakpoint as the user writes it: `quote_create`, or `quote_create:response`.

    Raises:
        Usage: there is no such operation, or no such message; the nearest name is in the remedy.
    """
    operation, colon, part = text.strip().partition(":")
    if operation in BY_ANSWER and part != Part.RESPONSE:
        raise Usage(
            f"Only the answer shows that a request is {operation}",
            remedy=f"Write {operation}:response; on the screen, b on such a message stops those that go to its place.",
        )
    if colon and part not in tuple(Part):
        raise Usage(
            f"An exchange has no {part or 'part without a name'}", remedy="Write OPERATION:request or :response."
        )
    return Breakpoint(operation=KINDS[operation].id, part=Part(part or Part.REQUEST), patience=patience)
