"""HTTP fields as they came: order, case and repeats are kept, since signatures and bugs live in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_OWS = " \t\r\n"
_LISTS = 1024  # lists of names whose places are remembered
_LONG = 2048  # bytes of names that aren't

_Places = dict[str, tuple[int, ...]]


class Fields:
    """An immutable list of (name, value) pairs of raw bytes, looked up without regard to case.

    Text views decode as Latin-1, which maps every byte to one character and back, so nothing is lost.
    """

    __slots__ = ("_known_places", "raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.raw: tuple[tuple[bytes, bytes], ...] = tuple(raw)
        self._known_places: _Places | None = None

    @classmethod
    def of(cls, *pairs: tuple[str, str]) -> Fields:
        """Fields from text pairs, encoded as Latin-1."""
        return cls((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)

    def __reduce__(self) -> tuple[type[Fields], tuple[tuple[tuple[bytes, bytes], ...]]]:
        return Fields, (self.raw,)

    @property
    def _places(self) -> _Places:
        if self._known_places is None:
            self._known_places = _places_of(tuple([name for name, _ in self.raw]))
        return self._known_places

    @property
    def plain(self) -> bool:
        """Whether no field comes twice and none is folded, so that whoever reads them reads the same."""
        values = b"".join([value for _, value in self.raw])
        return len(self._places) == len(self.raw) and values.find(b"\n") < 0 and values.find(b"\r") < 0

    def __contains__(self, name: str) -> bool:
        return name.lower() in (self._known_places or self._places)

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
        places = (self._known_places or self._places).get(name.lower())
        return self.raw[places[0]][1].decode("latin-1").strip(_OWS) if places else None

    def get_all(self, name: str) -> tuple[str, ...]:
        """Each line of a field, as sent, in order."""
        return tuple([self.raw[place][1].decode("latin-1") for place in self._places.get(name.lower(), ())])

    def combined(self, name: str) -> str | None:
        """All lines of a field joined as RFC 9110 §5.3 and RFC 9421 §2.1 say: trimmed, obs-fold to one space, `, `."""
        values = self.get_all(name)
        if not values:
            return None
        if len(values) == 1:
            return _unfold(values[0])
        return ", ".join(_unfold(value) for value in values)


NO_FIELDS = Fields()


_known: dict[tuple[bytes, ...], _Places] = {}  # the same few lists of names come with every message


def _places_of(names: tuple[bytes, ...]) -> _Places:
    """Name in lower case -> where it stands."""
    places = _known.get(names)
    if places is None:
        places = {}
        for place, raw in enumerate(names):
            name = raw.decode("latin-1").lower()
            places[name] = (*places[name], place) if name in places else (place,)
        if len(_known) >= _LISTS:
            _known.clear()
        if sum(map(len, names)) < _LONG:
            _known[names] = places
    return places


def _unfold(value: str) -> str:
    value = value.strip(_OWS)
    if "\n" not in value and "\r" not in value:
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return " ".join(line.strip(_OWS) for line in lines)
