"""Boxes of what was put aside, in a file without a name: it is gone with the process, and nobody else can open it."""

from __future__ import annotations

import io
import pickle
import tempfile
import zlib
from array import array
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from optrace.session.grants import NONE, Grant
from optrace.session.places import CLIENT, NOBODY, Ase, Party
from optrace.session.rows import NO_REASONS, Row
from optrace.session.steps import Verdicts

if TYPE_CHECKING:
    from optrace.session.flows import Flow
    from optrace.session.groups import Group

_LEVEL = 1  # of deflate: most of what is written is never read again
_OWN = -1  # stands for the group of the box
_FAULTS = (pickle.PicklingError, TypeError, AttributeError, RecursionError)  # of what can't be put into bytes


class Contents(NamedTuple):
    """What is in one box."""

    rows: list[Row]
    grants: list[Grant]
    flow: Flow | None
    context: list[int]
    named: list[tuple[str, str, Any]]  # which shelf, the name there, what it leads to


class Boxes:
    """All boxes, by their numbers from 0. A group has one and the same box always."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0
        self._starts, self._sizes, self._sums = array("q"), array("L"), array("L")
        self._groups: list[Group | None] = []
        self._kept: list[Any] = [NO_REASONS, NONE]  # what boxes refer to, since there must be only one of it
        self._places: dict[Any, int] = {}
        for one in (CLIENT, NOBODY):
            self._place(one)

    def group(self, box: int) -> Group | None:
        """The payment that a box is of."""
        return self._groups[box]

    def write(self, group: Group | None, contents: Contents) -> int | None:
        """Put something into the box of its payment, or into a new one; None if that can't be done."""
        data = io.BytesIO()
        try:
            _Pickler(data, self, group).dump(tuple(contents))
            packed = zlib.compress(data.getbuffer(), _LEVEL)
            return self._store(group, packed)
        except (*_FAULTS, OSError):
            return None

    def read(self, box: int) -> Contents:
        """What was put into a box. Raises OSError."""
        assert self._file is not None
        self._file.seek(self._starts[box])
        packed = self._file.read(self._sizes[box])
        return Contents(*_Unpickler(io.BytesIO(zlib.decompress(packed)), self._kept, self._groups[box]).load())

    def _store(self, group: Group | None, packed: bytes) -> int:
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it is open as long as there are boxes
        box = group.box if group is not None else None
        if box is None:
            box = len(self._groups)
        elif self._sums[box] == zlib.crc32(packed) and self._sizes[box] == len(packed):
            return box  # it was only looked at
        self._file.seek(self._end)
        if self._file.write(packed) < len(packed):
            raise OSError("there is no room for more")
        if box == len(self._groups):
            self._groups.append(group)
            self._starts.append(self._end)
            self._sizes.append(len(packed))
            self._sums.append(zlib.crc32(packed))
        else:
            self._starts[box], self._sizes[box], self._sums[box] = self._end, len(packed), zlib.crc32(packed)
        self._end += len(packed)
        if group is not None:
            group.box = box
        return box

    def _place(self, one: Any) -> int:
        place = self._places.get(one)
        if place is None:
            place = self._places[one] = len(self._kept)
            self._kept.append(one)
        return place

    def reference(self, one: Any, group: Group | None) -> int | None:
        """What stands for something in a box, in place of a copy of it; None: the box has it itself."""
        kind = type(one)
        if kind is Party or kind is Verdicts or kind is Ase:
            return self._place(one)
        if one is group and group is not None:
            return _OWN
        return 0 if one is NO_REASONS else 1 if one is NONE else None


class _Pickler(pickle.Pickler):
    def __init__(self, file: IO[bytes], boxes: Boxes, group: Group | None) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._boxes = boxes
        self._group = group

    def persistent_id(self, one: Any) -> int | None:
        return self._boxes.reference(one, self._group)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], kept: list[Any], group: Group | None) -> None:
        super().__init__(file)
        self._kept = kept
        self._group = group

    def persistent_load(self, place: int) -> Any:
        return self._group if place == _OWN else self._kept[place]
