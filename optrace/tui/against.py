"""What a payment can be held against: another one of the recording, or of another recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from optrace.session.trace import Trace

Breathe = Callable[[], None]


class Other(Protocol):
    """Another recording, read and understood."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def trace(self) -> Trace:
        """What is understood of it."""

    def close(self) -> None:
        """Let go of it."""


OpenOther = Callable[[str, Breathe], Other]  # path; raises OptraceError


def no_other(path: str, breathe: Breathe) -> Other:
    """Only payments of this recording can be compared. Raises ValueError."""
    raise ValueError("Other recordings can't be opened from here.")


@dataclass(frozen=True, slots=True)
class Against:
    """What a payment is held against: one of a recording (None: this one), or all that it holds."""

    path: str | None = None
    payment: int | None = None
