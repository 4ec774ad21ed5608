"""Packing with a preset dictionary: a signed request of 1.5 kB takes some 300 bytes in a session file.

What is packed can only be unpacked with the same context. zlib keeps Adler-32 checksums of the content and of the
dictionary, and the context is the dictionary's end, so a flipped byte in a row is noticed wherever it is: in the packed
bytes or in the plain columns.
"""

from __future__ import annotations

import zlib
from typing import Final

from optrace.store.dictionary import DICTIONARIES

CURRENT: Final = 1
LIMIT: Final = 64 * 1024 * 1024  # bytes that are unpacked at most, so that a file can't fill the memory
_LEVEL = 6
_HEAD, _TAIL = 7, 4  # bytes: our number, then zlib's header with the sum of the dictionary; the sum of the content
_METHOD, _WITH_DICTIONARY = 0x78, 0x20
_SUMS = {number: zlib.adler32(dictionary) for number, dictionary in DICTIONARIES.items()}
_BIG_LEVEL = 1  # for big bodies: they are packed while the client waits


class Unreadable(ValueError):
    """Packed bytes that are damaged, or don't belong to their row."""


def pack(plain: bytes, context: bytes) -> bytes:
    """Small content, packed: one byte for the dictionary's number, then a zlib stream."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, 9, zdict=DICTIONARIES[CURRENT] + context)
    return bytes((CURRENT,)) + packer.compress(plain) + packer.flush()


def unpack(packed: bytes, context: bytes) -> bytes:
    """The content of `pack`.

    Raises:
        Unreadable: damaged, from an unknown dictionary, with another context, or larger than `LIMIT`.
    """
    dictionary = DICTIONARIES.get(packed[0]) if packed else None
    if dictionary is None:
        raise Unreadable("its dictionary isn't known")
    # what zlib does for its streams (RFC 1950), but for summing up the whole dictionary each time
    head = int.from_bytes(packed[1:_HEAD])
    if len(packed) < _HEAD + _TAIL or head >> 40 != _METHOD or head >> 32 & _WITH_DICTIONARY == 0 or (head >> 32) % 31:
        raise Unreadable("it doesn't begin as it should")
    if head & 0xFFFFFFFF != zlib.adler32(context, _SUMS[packed[0]]):
        raise Unreadable("what it was packed with is another one")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=dictionary + context)
    plain = _inflate(memoryview(packed)[_HEAD:-_TAIL], unpacker)
    if zlib.adler32(plain) != int.from_bytes(packed[-_TAIL:]):
        raise Unreadable("its content is another one")
    return plain


def pack_body(body: bytes) -> bytes:
    """A big body, packed on its own; what can't be made smaller is stored as it is, with its checksum."""
    sample = body[: 16 * 1024]
    small = len(zlib.compress(sample, _BIG_LEVEL)) < 0.9 * len(sample)
    return zlib.compress(body, _BIG_LEVEL if small else 0)


def unpack_body(packed: bytes) -> bytes:
    """The content of `pack_body`.

    Raises:
        Unreadable: damaged, or larger than `LIMIT`.
    """
    return _inflate(memoryview(packed), zlib.decompressobj())


def _inflate(packed: memoryview, unpacker: zlib._Decompress) -> bytes:
    try:
        plain = unpacker.decompress(packed, LIMIT)
    except zlib.error as error:
        raise Unreadable(str(error)) from None
    if not unpacker.eof or unpacker.unused_data:
        raise Unreadable("it doesn't end where it should")
    return plain
