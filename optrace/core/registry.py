"""Named things of one kind, with the nearest right name when a wrong one is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator

from optrace.core.errors import Usage


class Registry[T]:
    """A fixed, ordered set of things by name.

    Raises `Usage` with a suggestion on an unknown name, and `ValueError` when two things claim one name.
    """

    def __init__(self, kind: str, items: Iterable[T], name: Callable[[T], str]) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}
        for item in items:
            if name(item) in self._items:
                raise ValueError(f"two {kind}s are called {name(item)!r}")
            self._items[name(item)] = item

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._items, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(self._items)}."
            raise Usage(f"There is no {self.kind} called {name}", remedy=hint) from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._items)
