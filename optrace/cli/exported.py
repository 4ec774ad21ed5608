"""Writing exports: one exchange after the other, or many of a big session on all cores, which gives the same text.

Exchanges can be masked once all of them were looked at. So as not to read each of them twice, a big session is written
in one glance (optrace/core/glance.py): what that makes of the exchanges is put aside, in files that only their owner
may read and that are gone at the end, and is taken from there if it proves to hold no secret. What holds one is read
and masked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

from optrace.cli.cores import Crew, cores, crew
from optrace.cli.exporting import Batch, Look, Place, give_order, look, prepare, read_back, write
from optrace.cli.output import Output, Progress
from optrace.core.masking import Secrets
from optrace.exporters import Exporter, Material, export
from optrace.session.packing import BLOCK, pack_steps
from optrace.session.recalled import Steps
from optrace.store.ahead import Ahead
from optrace.store.kept import KeptSteps
from optrace.store.reader import SessionReader
from optrace.store.sources import Source

_WORTH_PROCESSES = 4000  # exchanges; fewer are done before processes have started
_BATCH = BLOCK  # exchanges that are looked at, and written, at once: as they are kept


@contextmanager
def writing(exporter: Exporter, source: Source, path: str, numbers: Sequence[int]) -> Iterator[Writing]:
    """Who writes the export of a source with these exchanges."""
    if not _worth(source, numbers):
        yield Writing(exporter, source, None)
        return
    with TemporaryDirectory(prefix="optrace-") as aside, crew(prepare=prepare, told=(path, aside)) as hands:
        yield Writing(exporter, source, _Shared(hands, Path(aside)))


def _worth(source: Source, numbers: Sequence[int]) -> bool:
    """Whether other processes could read the source, too, and there is enough to do for them."""
    if len(numbers) < _WORTH_PROCESSES or not isinstance(source, SessionReader):
        return False
    return not source.live and source.damage is None and cores() > 1


class Writing:
    """Looks for the secrets of a source, then writes it."""

    def __init__(self, exporter: Exporter, source: Source, shared: _Shared | None) -> None:
        self._exporter = exporter
        self._source = source
        self._shared = shared

    def learned(self, numbers: Sequence[int], output: Output, *, all_: bool) -> Secrets:
        """The secrets of all exchanges of the source.

        Args:
            numbers: of all exchanges.
            all_: all of them will be written.
        """
        secrets, done = Secrets(), 0
        with Progress(output, "looking for secrets") as progress:
            if self._shared is not None:
                listed = self._exporter.name if all_ and self._exporter.listing is not None else None
                for some in self._shared.learned(numbers, listed):
                    for secret in some:
                        secrets.add(secret)
                    progress(done := done + _BATCH, len(numbers))
                return secrets
            ahead = Ahead(self._source)
            for done, n in enumerate(numbers, 1):
                secrets.learn(ahead.exchange(n))
                progress(done, len(numbers))
        return secrets

    def pieces(self, material: Material, progress: Progress) -> Iterator[str]:
        """The text of an export, in pieces, telling the progress.

        Raises:
            Usage: the exchanges aren't fit for this format.
        """
        listing, done, total = self._exporter.listing, 0, len(material.numbers)
        if listing is None or self._shared is None:
            told = replace(
                material, lookup=Ahead(self._source).exchange, progress=lambda done: progress(done, total)
            )  # fmt: skip
            yield from export(self._exporter, told)
            return
        before = ""
        yield listing.head(material)
        for text in self._shared.written(self._exporter, material):
            yield before + text
            before = listing.between
            progress(done := done + _BATCH, total)
        yield listing.tail(material)


class _Shared:
    """The same work, shared among processes."""

    def __init__(self, hands: Crew, aside: Path) -> None:
        self._hands = hands
        self._aside = aside
        self._places: dict[int, Place] = {}  # by the first exchange of a batch

    def learned(self, numbers: Sequence[int], listed: str | None) -> Iterator[list[str]]:
        """The secrets of batch after batch; those that were found before may be left out."""
        tasks = (Look(some, listed) for some in batched(numbers, _BATCH))
        for first, (secrets, place) in zip(numbers[::_BATCH], self._hands.in_order(look, tasks), strict=True):
            if place is not None:
                self._places[first] = place
            yield secrets

    def written(self, exporter: Exporter, material: Material) -> Iterator[str]:
        """The text of batch after batch."""
        give_order(self._aside, exporter, material)
        tasks = (self._task(exporter, material, some) for some in batched(material.numbers, _BATCH))
        return map(read_back, self._hands.in_order(write, tasks))

    def _task(self, exporter: Exporter, material: Material, numbers: tuple[int, ...]) -> Batch:
        steps = _packed(material.trace, numbers) if exporter.understood else None
        return Batch(numbers, steps, self._places.get(numbers[0]))


def _packed(trace: Steps, numbers: Sequence[int]) -> bytes:
    """The steps of these exchanges: as they were kept, perhaps with those between them, or packed now."""
    if isinstance(trace, KeptSteps) and (kept := trace.packed(numbers)) is not None:
        return kept
    return pack_steps([trace.step(n) for n in numbers])
