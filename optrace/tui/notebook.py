"""What the screen asks of a recording that the user can note things in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class Notebook(Protocol):
    """A recording that the user can note things in."""

    def notes(self) -> Mapping[int, str]:
        """What was noted, by exchange."""

    def note(self, n: int, text: str, *, at: datetime) -> None:
        """Note something; an empty text takes it back. Raises OptraceError if it can't be kept."""
