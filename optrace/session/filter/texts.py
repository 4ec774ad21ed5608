"""What went over the wire, packed in blocks: a search through a hundred thousand exchanges unpacks some hundreds."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

import zstandard

from optrace.session.filter.index import Members, members

_BLOCK = 256  # exchanges
_LEVEL = 1
_END = b"\xff"  # between two texts: no byte of UTF-8
_ROOM = 48 * 1024 * 1024  # packed bytes that are kept; what comes then is read again by whoever searches


class Texts:
    """The texts of the first exchanges, in lower case, without gaps.

    Args:
        store: makes the file that keeps the packed texts, unbuffered, once there are some. If not given: in memory.
    """

    def __init__(self, store: Callable[[], IO[bytes]] = io.BytesIO, *, room: int = _ROOM) -> None:
        self._room = room
        self._store = store
        self._file: IO[bytes] | None = None
        self._ends: list[int] = []  # of the blocks in the file, which lie one behind the other
        self._open: list[bytes] = []
        self._packer = zstandard.ZstdCompressor(level=_LEVEL)
        self._unpacker = zstandard.ZstdDecompressor()

    def __len__(self) -> int:
        """How many exchanges it covers, from the first on."""
        return len(self._ends) * _BLOCK + len(self._open)

    @property
    def full(self) -> bool:
        """Whether there is room for no more."""
        return self._room <= 0

    def add(self, text: str) -> None:
        """The text of the next exchange."""
        self._open.append(text.casefold().encode("utf-8", "surrogatepass"))
        if len(self._open) == _BLOCK:
            try:
                self._write(self._packer.compress(_END.join(self._open)))
            except OSError:  # the disk is full: those that came so far are all that there will be
                self._room = 0

    def _write(self, packed: bytes) -> None:
        self._file = self._file or self._store()
        start = self._file.seek(self._ends[-1] if self._ends else 0)
        if self._file.write(packed) < len(packed):
            raise OSError("there is no room for more")
        self._ends.append(start + len(packed))
        self._room -= len(packed)
        self._open = []

    def close(self) -> None:
        """Let go of the file; nothing can be found or added any more."""
        if self._file is not None:
            self._file.close()

    def find(self, word: str, among: Members, breathe: Callable[[], None] = lambda: None) -> Members:
        """Those of a set in whose text a word stands. `breathe` is called now and then, and may raise."""
        needle = word.casefold().encode("utf-8", "surrogatepass")
        blocks, unpacked, count = len(self._ends), list(self._open), len(self)  # more may come while it breathes
        wanted = (among & ((1 << 8 * count) - 1)).to_bytes(count, "little")
        found = bytearray(count)
        for number in range(blocks):
            first = number * _BLOCK
            if wanted.find(1, first, first + _BLOCK) >= 0:
                _mark(self._unpacker.decompress(self._read(number)), needle, found, first)
                breathe()
        if unpacked:
            _mark(_END.join(unpacked), needle, found, blocks * _BLOCK)
        return members(found) & among

    def _read(self, number: int) -> bytes:
        assert self._file is not None  # there are blocks
        start = self._file.seek(self._ends[number - 1] if number else 0)
        return self._file.read(self._ends[number] - start)


def _mark(text: bytes, needle: bytes, found: bytearray, which: int) -> None:
    """Put 1 at each exchange of a block, whose first is `which`, in whose text the needle stands."""
    begin, at = 0, text.find(needle)
    while at >= 0:
        which += text.count(_END, begin, at)
        found[which] = 1
        begin = text.find(_END, at)
        if begin < 0:
            return
        at = text.find(needle, begin)
