"""What is wrong with a filter, and where in its text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from optrace.core.errors import Usage
from optrace.core.text import safe


class WrongFilter(Usage):
    """A filter that can't be read. `title` says what is wrong, `remedy` what was meant, `start` and `end` where.

    `missing` is what closes a parenthesis or a quotation that is open at the end.
    """

    def __init__(self, title: str, remedy: str, start: int, end: int, text: str = "", missing: str = "") -> None:
        super().__init__(safe(title), remedy=safe(remedy))
        self.start = start
        self.end = end
        self.text = text
        self.missing = missing

    @property
    def excerpt(self) -> tuple[str, ...]:
        """The filter, and below it what points at the place."""
        from wcwidth import width  # slow to import

        before, wrong = safe(self.text[: self.start]), safe(self.text[self.start : self.end])
        return (safe(self.text), " " * max(width(before), 0) + "^" * max(width(wrong), 1)) if self.text else ()


class WrongValue(Exception):
    """A value that a field can't have: what is wrong, and what could stand there instead."""

    def __init__(self, title: str, remedy: str) -> None:
        super().__init__(title)
        self.title = title
        self.remedy = remedy


def meant(said: str, known: Iterable[str]) -> str:
    """`Did you mean ...?`, or all that could have been meant."""
    known = list(known)
    near = difflib.get_close_matches(said, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
