"""What the user says of exchanges: kept by recordings that have a place for it, shown by the screen."""

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

    def marks(self) -> tuple[int, ...]:
        """The exchanges that are marked, in the order in which they were."""

    def mark(self, n: int, marked: bool, *, at: datetime) -> None:
        """Mark an exchange, or take its mark away. Raises OptraceError if it can't be kept."""


class Annotations:
    """Notes and marks as the recording has them, and marks that it doesn't have: not yet, or it can't keep them."""

    def __init__(self, source: object) -> None:
        self.notes: Mapping[int, str] = {}  # by exchange
        self.marks: tuple[int, ...] = ()  # the one that was marked last is the last
        self.version = 0  # grows with every change
        self._source = source if isinstance(source, Notebook) else None
        self._kept: tuple[int, ...] = ()  # marks in the recording
        self._here: dict[int, bool] = {}  # marks that were set, or taken away, on this screen alone

    @property
    def can_be_kept(self) -> bool:
        """Whether the recording has a place for them."""
        return self._source is not None

    def look(self) -> bool:
        """Read the recording's again, for the worker; whether they changed."""
        if self._source is None:
            return False
        notes, self._kept = self._source.notes(), self._source.marks()
        marks = self._all_marks()
        if (notes, marks) == (self.notes, self.marks):
            return False
        self.notes, self.marks = notes, marks
        self.version += 1
        return True

    def mark(self, n: int, marked: bool) -> None:
        """Mark an exchange, or take its mark away, at once and on this screen."""
        here = dict(self._here)
        here.pop(n, None)
        self._here = {**here, n: marked}
        self.marks = self._all_marks()
        self.version += 1

    def keep_mark(self, n: int, *, at: datetime) -> None:
        """Write a mark of this screen into the recording, for the worker. Raises OptraceError if it can't be kept."""
        marked = self._here.get(n)
        if marked is None or self._source is None:
            return
        self._source.mark(n, marked, at=at)
        if self._here.get(n) is marked:
            self._here = {other: its for other, its in self._here.items() if other != n}

    def keep_note(self, n: int, text: str, *, at: datetime) -> None:
        """Write a note into the recording, for the worker. Raises OptraceError if it can't be kept."""
        if self._source is not None:
            self._source.note(n, text, at=at)

    def _all_marks(self) -> tuple[int, ...]:
        here = self._here
        return (*(n for n in self._kept if n not in here), *(n for n, marked in here.items() if marked))
