"""Where the fold keeps what it may put aside: in place of a thing stands the number of the box that it is in.

Who asks for a thing gets it: its box is brought back first. See `archive`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, cast, overload

from optrace.core.compact import ByHash
from optrace.session.grants import Grant
from optrace.session.rows import Row

Bring = Callable[[int], None]  # puts what is in a box back where it was

_NONE, _HERE = -2, -1  # instead of a box


def nothing(box: int) -> None:
    """There are no boxes."""


class Rows:
    """The fold's records by the number of their exchange; None where there is none."""

    __slots__ = ("_boxes", "_rows", "bring")

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}  # those that are here
        self._boxes = array("i", [_NONE])  # of the others
        self.bring: Bring = nothing

    def __len__(self) -> int:
        return len(self._boxes)

    def __getitem__(self, n: int) -> Row | None:
        row = self._rows.get(n)
        while row is None and (box := self._boxes[n]) != _NONE:
            if box != _HERE:  # another thread may have brought it by now
                self.bring(box)
            row = self._rows.get(n)
        return row

    def __setitem__(self, n: int, row: Row) -> None:
        if n >= len(self._boxes):
            self._boxes.extend(repeat(_NONE, n + 1 - len(self._boxes)))
        self._boxes[n] = _HERE
        self._rows[n] = row

    def at(self, numbers: Iterable[int]) -> Iterator[Row]:
        """Those records of these that there are."""
        return (row for n in numbers if (row := self[n]) is not None)

    def has(self, n: int) -> bool:
        """Whether there is such an exchange."""
        return 0 < n < len(self._boxes) and self._boxes[n] != _NONE

    def is_here(self, n: int) -> bool:
        """Whether there is such an exchange, and its record isn't in a box."""
        return n in self._rows

    def here(self, n: int) -> Row:
        """A record that is here."""
        return self._rows[n]

    def leave(self, n: int, box: int) -> None:
        """A record is in a box now."""
        self._boxes[n] = box
        del self._rows[n]


class Grants(Sequence[Grant]):
    """The grants of a session, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._numbers = array("q")  # of the exchanges that asked
        self._grants: list[Grant | int] = []
        self.bring: Bring = nothing

    def __len__(self) -> int:
        return len(self._grants)

    @overload
    def __getitem__(self, index: int) -> Grant: ...
    @overload
    def __getitem__(self, index: slice) -> list[Grant]: ...
    def __getitem__(self, index: int | slice) -> Grant | list[Grant]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self._grants)))]
        grant = self._grants[index]
        if isinstance(grant, int):
            self.bring(grant)
            grant = cast(Grant, self._grants[index])
        return grant

    def append(self, grant: Grant) -> None:
        """One more."""
        self._numbers.append(grant.n)
        self._grants.append(grant)

    def before(self, n: int, limit: int) -> Iterator[Grant]:
        """Those that were asked for before an exchange, the latest first."""
        end = bisect_left(self._numbers, n)
        return (self[index] for index in range(end - 1, max(-1, end - 1 - limit), -1))

    def has(self, grant: Grant) -> bool:
        """Whether a grant is one of these; those that were asked for before the session began aren't."""
        index = bisect_left(self._numbers, grant.n)
        return index < len(self._numbers) and self._grants[index] is grant

    def put(self, grant: Grant, there: Grant | int) -> None:
        """A grant is in a box now, or back from one."""
        index = bisect_left(self._numbers, grant.n)
        if index < len(self._numbers) and self._numbers[index] == grant.n:
            self._grants[index] = there


class Named[T](dict[str, T]):
    """Things by name. Of what is in boxes, the hashes of its names are known."""

    def __init__(self) -> None:
        super().__init__()
        self.bring: Bring = nothing
        self._boxes: ByHash | None = None

    def __missing__(self, name: str) -> T:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return self.get(cast(str, name)) is not None

    @overload
    def get(self, name: str, default: None = None, /) -> T | None: ...
    @overload
    def get[D](self, name: str, default: T | D, /) -> T | D: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        """The thing of a name."""
        found = super().get(name)
        if found is None and self._boxes is not None and (box := self._boxes.get(name)) is not None:
            self.bring(box)
            found = super().get(name)
        return default if found is None else found

    def setdefault(self, name: str, default: Any = None, /) -> Any:
        """The thing of a name; the given one if there was none."""
        found = self.get(name)
        if found is None:
            found = self[name] = default
        return found

    def here(self, name: str) -> T | None:
        """The thing of a name, if it isn't in a box."""
        return super().get(name)

    def leave(self, name: str, box: int) -> None:
        """The thing of a name is in a box now."""
        if self._boxes is None:
            self._boxes = ByHash()
        self._boxes[name] = box
        del self[name]
