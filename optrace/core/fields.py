"""HTTP fields as they came: order, case and repeats are kept, since signatures and bugs live in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

_OWS = " \t\r\n"


class Fields:
    """An immutable list of (name, value) pairs of raw bytes, looked up without regard to case.

    Text views decode as Latin-1, which maps every byte to one character and back, so nothing is lost.
    """

    __slots__ = ("__dict__", "raw")  # __dict__ holds the cached index

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.raw: tuple[tuple[bytes, bytes], ...] = tuple(raw)

    @classmethod
    def of(cls, *pairs: tuple[str, str]) -> Fields:
        """Fields from text pairs, encoded as Latin-1."""
        return cls((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)

    @cached_property
    def _index(self) -> dict[str, tuple[str, ...]]:
        index: dict[str, tuple[str, ...]] = {}
        for raw, value in self.raw:
            name, text = _key(raw), value.decode("latin-1")
            index[name] = (*index[name], text) if name in index else (text,)
        return index

    @cached_property
    def plain(self) -> bool:
        """Whether no field comes twice and none is folded, so that whoever reads them reads the same."""
        values = b"".join([value for _, value in self.raw])
        return len(self._index) == len(self.raw) and b"\n" not in values and b"\r" not in values

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(name as sent, value as sent) in wire order."""
        for name, value in self.raw:
            yield name.decode("latin-1"), value.decode("latin-1")

    def __len__(self) -> int:
        return len(self.raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Fields({list(self)!r})"

    def get(self, name: str) -> str | None:
        """The first value of a field without surrounding white space, or None if the field is absent."""
        values = self._index.get(name.lower())
        return values[0].strip(_OWS) if values else None

    def get_all(self, name: str) -> tuple[str, ...]:
        """Each line of a field, as sent, in order."""
        return self._index.get(name.lower(), ())

    def combined(self, name: str) -> str | None:
        """All lines of a field joined as RFC 9110 §5.3 and RFC 9421 §2.1 say: trimmed, obs-fold to one space, `, `."""
        values = self._index.get(name.lower())
        if not values:
            return None
        if len(values) == 1:
            return _unfold(values[0])
        return ", ".join(_unfold(value) for value in values)


NO_FIELDS = Fields()


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str:
    """What a field is looked up by: the same few names come with every message."""
    return name.decode("latin-1").lower()


def _unfold(value: str) -> str:
    value = value.strip(_OWS)
    if "\n" not in value and "\r" not in value:
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return " ".join(line.strip(_OWS) for line in lines)
