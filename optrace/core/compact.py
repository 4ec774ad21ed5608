"""Keeping less: mappings and texts for sessions of a million exchanges."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable
from itertools import repeat

_SMALL = 0xFFFFFFFF  # larger numbers take four bytes more, in all of their shelf
_SHELVES = 256  # so many that a new key moves little out of its way


class ByHash:
    """A mapping to numbers below 2**63 that keeps the hashes of its keys and not the keys: 12 bytes instead of a URL.

    Two keys with one 64-bit hash would be taken for one; with a million keys the odds are one in thirty million.
    """

    __slots__ = ("_shelves",)

    def __init__(self) -> None:
        self._shelves = [(array("q"), array("I")) for _ in range(_SHELVES)]  # hashes in their order, and the values

    def __contains__(self, key: Hashable) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: Hashable) -> int:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: Hashable, value: int) -> None:
        code = hash(key)
        codes, values = self._shelves[code % _SHELVES]
        if not 0 <= value <= _SMALL and values.typecode == "I":
            values = array("q", values)
            self._shelves[code % _SHELVES] = codes, values
        at = bisect_left(codes, code)
        if at < len(codes) and codes[at] == code:
            values[at] = value
        else:
            codes.insert(at, code)
            values.insert(at, value)

    def __len__(self) -> int:
        return sum(len(codes) for codes, _ in self._shelves)

    def get(self, key: Hashable) -> int | None:
        """The value of a key, or None."""
        code = hash(key)
        codes, values = self._shelves[code % _SHELVES]
        at = bisect_left(codes, code)
        return values[at] if at < len(codes) and codes[at] == code else None

    def setdefault(self, key: Hashable, value: int) -> int:
        """The value of a key; the given one if there was none."""
        found = self.get(key)
        if found is None:
            self[key] = found = value
        return found


class ByNumber[T]:
    """A mapping from numbers that are given out one after the other: 8 bytes each, where a dictionary takes seven times
    as much.
    """

    __slots__ = ("_things",)

    def __init__(self) -> None:
        self._things: list[T | None] = []

    def __getitem__(self, number: int) -> T:
        found = self.get(number)
        if found is None:
            raise KeyError(number)
        return found

    def __setitem__(self, number: int, thing: T) -> None:
        if number >= len(self._things):
            self._things.extend(repeat(None, number + 1 - len(self._things)))
        self._things[number] = thing

    def get(self, number: int) -> T | None:
        """The thing of a number, or None."""
        return self._things[number] if number < len(self._things) else None

    def pop(self, number: int) -> T | None:
        """The same, and there is none any more."""
        found = self.get(number)
        if found is not None:
            self._things[number] = None
        return found


class Shared:
    """One copy of texts that come again and again. It forgets all when there are too many different ones."""

    __slots__ = ("_limit", "_texts")

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._texts: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """The text, as the copy that is kept."""
        if len(self._texts) >= self._limit:
            self._texts.clear()
        return self._texts.setdefault(text, text)
