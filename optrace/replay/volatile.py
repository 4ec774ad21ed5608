"""Texts that are alike but for ids, times and addresses that are made anew in each run, and stand for each other."""

from __future__ import annotations

import re

# what is made anew: URLs' origins, times, UUIDs, hex and base64 of some length that isn't a word
_VOLATILE = re.compile(
    r"https?(?:://|%3A%2F%2F)[^\s/?#\"'&<>%]+(?:%3A\d+)?"
    r"|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}\b",
    re.A,
)


class Twins:
    """Pairs of values that stood at the same place first; from then on neither may stand for anything else."""

    def __init__(self) -> None:
        self._other: dict[str, str] = {}
        self._one: dict[str, str] = {}

    def alike(self, one: str | None, other: str | None) -> bool:
        """Whether two texts differ in nothing but values made anew, each the twin of the one in its place."""
        if one is None or other is None:
            return False
        if _VOLATILE.sub("\0", one) != _VOLATILE.sub("\0", other):
            return False
        pairs = list(zip(_VOLATILE.findall(one), _VOLATILE.findall(other), strict=True))
        if any(self._other.get(a, b) != b or self._one.get(b, a) != a for a, b in pairs):
            return False
        for a, b in pairs:
            self._other[a], self._one[b] = b, a
        return True
