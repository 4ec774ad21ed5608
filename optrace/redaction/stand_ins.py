"""What stands for a text: as long as it, with letters where it had letters and digits where it had digits.

A letter is moved within its kind by an amount that a keyed hash takes from what precedes it in its word. So texts that
begin alike have stand-ins that begin alike, a token in quotes is still that token, and upper case is still the upper
case of the lower. Without the key, which is thrown away, nothing leads back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_HEX = re.compile(r"[0-9a-f]+")
# the scheme of a token, the words of Rafiki's paths, and what programs write when they have nothing
_KEPT = frozenset(
    {"gnap", "bearer", "basic", "dpop", "finish", "accept", "reject"}
    | {"undefined", "null", "none", "nan", "nil", "object", "true", "false"}
)
_Places = Mapping[str, tuple[str, int]]  # character -> (its kind, its place in there)


def _places(*kinds: str) -> _Places:
    return {char: (kind, at) for kind in kinds for at, char in enumerate(kind)}


_LETTERS = _places("0123456789", "aeiou", "bcdfghjklmnpqrstvwxyz")
_DIGITS_OF_HEX = _places("0123456789", "abcdef")
# other letters, by the bytes they take in UTF-8: the first of the range, and how many
_BEYOND = ("?", 0)
_RANGES = {2: (0xE0, 23), 3: (0x3042, 80), 4: (0x20000, 200)}


class StandIns:
    """The stand-ins of one redaction.

    Args:
        key: 32 random bytes; whoever has them can tell whether a stand-in is that of a text.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._fixed: dict[str, str] = {}
        self._word = lru_cache(maxsize=65536)(self._moved)

    def fix(self, text: str, stand_in: str) -> None:
        """Give one text a stand-in that is computed: a hash, a published key."""
        self._fixed[text] = stand_in

    @property
    def fixed(self) -> Iterator[str]:
        """The texts whose stand-ins are computed."""
        return iter(self._fixed)

    def of(self, text: str, *, variant: int = 0) -> str:
        """The stand-in of a text. `variant` gives others, for what has to be tried until it fits."""
        if variant == 0 and (fixed := self._fixed.get(text)) is not None:
            return fixed
        return _WORD.sub(lambda word: self._word(word[0], variant), text)

    def bytes_of(self, data: bytes, length: int | None = None) -> bytes:
        """Random bytes in place of some bytes: as many, and always the same."""
        return hashlib.shake_256(self._key + data).digest(len(data) if length is None else length)

    def _moved(self, word: str, variant: int) -> str:
        lower = word.lower()
        if lower in _KEPT or len(lower) != len(word):  # a letter whose lower case is two
            return word
        places = _DIGITS_OF_HEX if _HEX.fullmatch(lower) else _LETTERS
        moved, state = [], variant
        for char, small in zip(word, lower, strict=True):
            # what a letter becomes hangs on its kind and on all before it; its own value comes in for the next one
            kind, place = places.get(small, _BEYOND)
            said = f"{state} {kind[-1]}".encode()
            amount = int.from_bytes(hashlib.blake2b(said, key=self._key, digest_size=8).digest())
            if kind == "?":
                moved.append(_beyond(char, amount))
            else:
                new = kind[(place + 1 + amount % (len(kind) - 1)) % len(kind)]
                moved.append(new if char == small else new.upper())
            state = amount ^ ord(small)
        return "".join(moved)


def _beyond(char: str, amount: int) -> str:
    first, count = _RANGES.get(len(char.encode("utf-8", "surrogatepass")), (ord(char), 1))
    return chr(first + amount % count)
