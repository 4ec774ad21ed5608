"""Writing exports: one exchange after the other, or many of a big session on all cores, which gives the same text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from optrace.cli.cores import cores, in_order
from optrace.cli.output import Output, Progress
from optrace.core.masking import Secrets
from optrace.exporters import EXPORTERS, Exporter, Material, export, one
from optrace.session.packing import pack_steps, unpack_steps
from optrace.session.steps import Payment, Step
from optrace.store.ahead import Ahead
from optrace.store.reader import SessionReader
from optrace.store.sources import Source, open_source

_WORTH_PROCESSES = 4000  # exchanges; fewer are done before processes have started
_SPAN = 256  # exchanges that are learned at once
_BATCH = 100  # exchanges that are written at once


def learned(source: Source, path: str, numbers: Sequence[int], output: Output) -> Secrets:
    """The secrets of all exchanges of a source."""
    secrets, done = Secrets(), 0
    with Progress(output, "looking for secrets") as progress:
        if _worth(source, numbers):
            spans = list(batched(numbers, _SPAN))
            ends = [(span[0], span[-1]) for span in spans]
            for span, found in zip(spans, in_order(_learn, ends, prepare=_open, told=(path,)), strict=True):
                for secret in found:
                    secrets.add(secret)
                progress(done := done + len(span), len(numbers))
            return secrets
        ahead = Ahead(source)
        for done, n in enumerate(numbers, 1):
            secrets.learn(ahead.exchange(n))
            progress(done, len(numbers))
    return secrets


def pieces(exporter: Exporter, material: Material, source: Source, path: str, progress: Progress) -> Iterator[str]:
    """The text of an export, in pieces, telling the progress.

    Raises:
        Usage: the exchanges aren't fit for this format.
    """
    numbers, total = material.numbers, len(material.numbers)
    if exporter.listing is None or not _worth(source, numbers):
        told = replace(material, lookup=Ahead(source).exchange, progress=lambda done: progress(done, total))
        yield from export(exporter, told)
        return
    listing, done, before = exporter.listing, 0, ""
    secrets = None if material.secrets is None else tuple(material.secrets)
    order = _Order(
        exporter=exporter.name, source=material.source, versions=dict(material.versions), profile=material.profile,
        secrets=secrets, notes=dict(material.notes), marks=material.marks,
    )  # fmt: skip
    yield listing.head(material)
    tasks = (_task(exporter, material, batch) for batch in batched(numbers, _BATCH))
    for text in in_order(_write, tasks, prepare=_take, told=(path, order)):
        yield before + text
        before = listing.between
        progress(done := done + _BATCH, total)
    yield listing.tail(material)


def _worth(source: Source, numbers: Sequence[int]) -> bool:
    """Whether other processes could read the source, too, and there is enough to do for them."""
    if len(numbers) < _WORTH_PROCESSES or not isinstance(source, SessionReader):
        return False
    return not source.live and source.damage is None and cores() > 1


# what is sent to other processes, and what they do


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a process has to know of an export."""

    exporter: str
    source: str
    versions: Mapping[str, str]
    profile: str
    secrets: tuple[str, ...] | None
    notes: Mapping[int, str]
    marks: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Batch:
    numbers: tuple[int, ...]
    steps: bytes | None


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


class _Hand:
    """What one process has at hand."""

    reader: SessionReader
    material: Material
    exporter: Exporter


def _task(exporter: Exporter, material: Material, numbers: tuple[int, ...]) -> _Batch:
    steps = pack_steps([material.trace.step(n) for n in numbers]) if exporter.understood else None
    return _Batch(numbers, steps)


def _open(path: str) -> None:
    _Hand.reader = SessionReader.open(path)


def _learn(span: tuple[int, int]) -> list[str]:
    secrets = Secrets()
    for exchange in _Hand.reader.span(*span):
        secrets.learn(exchange)
    return list(secrets)


def _take(path: str, order: _Order) -> None:
    source, secrets = open_source(path), None
    if order.secrets is not None:
        secrets = Secrets()
        for secret in order.secrets:
            secrets.add(secret)
    _Hand.exporter = EXPORTERS[order.exporter]
    _Hand.material = Material(
        trace=_Sent(()), lookup=Ahead(source).exchange, numbers=(), source=order.source, versions=order.versions,
        secrets=secrets, profile=order.profile, notes=order.notes, marks=order.marks,
    )  # fmt: skip


def _write(batch: _Batch) -> str:
    material, exporter = _Hand.material, _Hand.exporter
    if batch.steps is not None:
        material = replace(material, trace=_Sent(unpack_steps(batch.steps)))
    assert exporter.listing is not None
    return exporter.listing.between.join(one(exporter, material, n) for n in batch.numbers)
