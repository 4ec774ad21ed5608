"""Keeping less: mappings and texts for sessions of a million exchanges."""

from __future__ import annotations

from collections.abc import Hashable


class ByHash[V]:
    """A mapping that keeps the hashes of its keys and not the keys: 32 bytes instead of a URL.

    Two keys with one 64-bit hash would be taken for one; with a million keys the odds are one in thirty million.
    """

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[int, V] = {}

    def __contains__(self, key: Hashable) -> bool:
        return hash(key) in self._values

    def __getitem__(self, key: Hashable) -> V:
        return self._values[hash(key)]

    def __setitem__(self, key: Hashable, value: V) -> None:
        self._values[hash(key)] = value

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> V | None:
        """The value of a key, or None."""
        return self._values.get(hash(key))

    def setdefault(self, key: Hashable, value: V) -> V:
        """The value of a key; the given one if there was none."""
        return self._values.setdefault(hash(key), value)


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
