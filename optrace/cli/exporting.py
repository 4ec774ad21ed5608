"""What the processes do that write a big export together: they look at exchanges, put them aside, and write them.

One process writes into a file of its own and any of them reads from it, so that little is handed around.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from zstandard import ZstdCompressor, ZstdDecompressor

from optrace.core.glance import Glance
from optrace.core.masking import Secrets
from optrace.core.needles import Needles
from optrace.core.sweep import words_in
from optrace.exporters import EXPORTERS, Exporter, Material, one
from optrace.session.packing import unpack_steps
from optrace.session.steps import Payment, Step
from optrace.store.ahead import Ahead
from optrace.store.reader import SessionReader

_ORDER, _SECRETS = "order", "secrets"
_TEXT = ("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Look:
    """Exchanges to look at."""

    numbers: tuple[int, ...]
    exporter: str | None  # for which they are put aside


@dataclass(frozen=True, slots=True)
class Place:
    """Where exchanges were put aside."""

    file: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Exchanges to write."""

    numbers: tuple[int, ...]
    steps: bytes | None  # packed, if the exporter asks for them
    place: Place | None


def prepare(path: str, aside: str) -> None:
    """Make a process ready.

    Args:
        path: the session.
        aside: a directory for what is put aside.
    """
    _Hand.ready = _Hand(path, Path(aside))


def look(task: Look) -> tuple[list[str], Place | None]:
    """Returns the secrets of some exchanges, but for those that this process told before, and where they were put."""
    return _Hand.ready.look(task)


def write(batch: Batch) -> str:
    """Write the text of some exchanges into a file that `read_back` reads: it is too much for a pipe."""
    hand = _Hand.ready
    path = hand.aside / f"{batch.numbers[0]}"
    path.write_bytes(hand.write(batch).encode(*_TEXT))
    return str(path)


def read_back(path: str) -> str:
    """What `write` wrote; the file is gone then."""
    try:
        return Path(path).read_bytes().decode(*_TEXT)
    finally:
        os.unlink(path)


def give_order(aside: Path, exporter: Exporter, material: Material) -> None:
    """Leave word for all processes of what is to be written."""
    said = (
        exporter.name,
        material.source,
        dict(material.versions),
        material.profile,
        dict(material.notes),
        list(material.marks),
    )
    (aside / _ORDER).write_bytes(marshal.dumps(said))
    if material.secrets is not None:
        (aside / _SECRETS).write_bytes(marshal.dumps(list(material.secrets.added())))


class _Order:
    """What is to be written, as it was left."""

    def __init__(self, aside: Path, source: SessionReader) -> None:
        name, *self._said = marshal.loads((aside / _ORDER).read_bytes())
        self._secrets = aside / _SECRETS
        self._source = source
        self.exporter = EXPORTERS[name]

    @cached_property
    def words(self) -> Needles | None:
        """What has to be masked anew if it is in there; None if that can't be told by words."""
        words = words_in(marshal.loads(self._secrets.read_bytes()))
        return None if words is None else Needles(words)

    @cached_property
    def material(self) -> Material:
        """All but the steps."""
        source, versions, profile, notes, marks = self._said
        secrets = Secrets() if self._secrets.exists() else None
        if secrets is not None:
            for secret in marshal.loads(self._secrets.read_bytes()):
                secrets.add(secret)
        return Material(
            trace=_Sent(()), lookup=Ahead(self._source).exchange, numbers=(), source=source, versions=versions,
            secrets=secrets, profile=profile, notes=notes, marks=frozenset(marks),
        )  # fmt: skip


class _Hand:
    """One process, and what it has at hand."""

    ready: _Hand

    def __init__(self, path: str, aside: Path) -> None:
        self._reader = SessionReader.open(path)
        self.aside = aside
        self._glance = Glance()
        self._packer, self._unpacker = ZstdCompressor(level=1), ZstdDecompressor()
        self._end = 0  # of what this process put aside

    @cached_property
    def _order(self) -> _Order:
        return _Order(self.aside, self._reader)

    def look(self, task: Look) -> tuple[list[str], Place | None]:
        span = self._reader.span(task.numbers[0], task.numbers[-1])
        if task.exporter is None or tuple(exchange.n for exchange in span) != task.numbers:
            for exchange in span:
                self._glance.learn(exchange)
            return self._glance.taken()[0], None
        listing, glance = EXPORTERS[task.exporter].listing, self._glance
        assert listing is not None
        wires = [listing.wire(glance.exchange(exchange), glance.sweep) for exchange in span]
        secrets, words = glance.taken()
        return secrets, self._put(wires, words)

    def write(self, batch: Batch) -> str:
        order, listing = self._order, self._order.exporter.listing
        assert listing is not None
        wires = None if batch.place is None else self._clean(batch.place)
        if wires is not None and listing.whole is None and order.exporter.swept:
            return listing.between.join(wires)
        material = order.material
        if batch.steps is not None:
            material = replace(material, trace=_Sent(unpack_steps(batch.steps)))
        known = {} if wires is None else dict(zip(batch.numbers, wires, strict=True))
        return listing.between.join(one(order.exporter, material, n, known.get(n)) for n in batch.numbers)

    def _put(self, wires: list[str], words: bytes) -> Place:
        packed = self._packer.compress(marshal.dumps((wires, words)))
        place = Place(f"{os.getpid()}.packed", self._end, len(packed))
        with open(self.aside / place.file, "ab") as file:
            file.write(packed)
        self._end += len(packed)
        return place

    def _clean(self, place: Place) -> list[str] | None:
        """What was put aside; None if a secret may be in it."""
        with open(self.aside / place.file, "rb") as file:
            file.seek(place.start)
            wires, words = marshal.loads(self._unpacker.decompress(file.read(place.size)))
        secret = self._order.words
        if secret is None:
            return None
        long: bytes = b" ".join([word for word in words.split() if len(word) >= secret.shortest])
        return None if secret.within(long) else wires


class _Sent:
    """The steps of one batch."""

    payments: Sequence[Payment] = ()
    lane_hosts: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = {step.n: step for step in steps}

    def __len__(self) -> int:
        return max(self._steps, default=0)

    def has(self, n: int) -> bool:
        return n in self._steps

    def step(self, n: int) -> Step:
        return self._steps[n]
