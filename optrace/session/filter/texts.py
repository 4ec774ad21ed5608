"""What went over the wire, packed in blocks: a search through a hundred thousand exchanges unpacks some hundreds."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable

import zstandard

from optrace.session.filter.index import Members, members

_BLOCK = 256  # exchanges
_LEVEL = 1
_END = b"\xff"  # between two texts: no byte of UTF-8
_ROOM = 48 * 1024 * 1024  # packed bytes that are kept; what comes then is read again by whoever searches


class Texts:
    """The texts of the first exchanges, in lower case, without gaps."""

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._blocks: list[tuple[bytes, array[int]]] = []  # packed, where each text starts
        self._open: list[bytes] = []
        self._packer = zstandard.ZstdCompressor(level=_LEVEL)
        self._unpacker = zstandard.ZstdDecompressor()

    def __len__(self) -> int:
        """How many exchanges it covers, from the first on."""
        return len(self._blocks) * _BLOCK + len(self._open)

    @property
    def full(self) -> bool:
        """Whether there is room for no more."""
        return self._room <= 0

    def add(self, text: str) -> None:
        """The text of the next exchange."""
        self._open.append(text.casefold().encode("utf-8", "surrogatepass"))
        if len(self._open) == _BLOCK:
            packed, starts = self._packer.compress(_END.join(self._open)), _starts(self._open)
            self._blocks.append((packed, starts))
            self._room -= len(packed) + len(starts) * starts.itemsize
            self._open = []

    def find(self, word: str, among: Members, breathe: Callable[[], None] = lambda: None) -> Members:
        """Those of a set in whose text a word stands. `breathe` is called now and then, and may raise."""
        needle = word.casefold().encode("utf-8", "surrogatepass")
        blocks, unpacked, count = tuple(self._blocks), list(self._open), len(self)  # more may come while it breathes
        wanted = (among & ((1 << 8 * count) - 1)).to_bytes(count, "little")
        found = bytearray(count)
        for number, (packed, starts) in enumerate(blocks):
            first = number * _BLOCK
            if wanted.find(1, first, first + _BLOCK) >= 0:
                _mark(self._unpacker.decompress(packed), needle, starts, found, first)
                breathe()
        if unpacked:
            _mark(_END.join(unpacked), needle, _starts(unpacked), found, len(blocks) * _BLOCK)
        return members(found) & among


def _starts(texts: list[bytes]) -> array[int]:
    starts, at = array("L"), 0
    for text in texts:
        starts.append(at)
        at += len(text) + 1
    return starts


def _mark(text: bytes, needle: bytes, starts: array[int], found: bytearray, first: int) -> None:
    """Put 1 at each exchange of a block in whose text the needle stands."""
    at = text.find(needle)
    while at >= 0:
        which = bisect_right(starts, at) - 1
        found[first + which] = 1
        if which + 1 == len(starts):
            return
        at = text.find(needle, starts[which + 1])
