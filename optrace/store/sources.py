"""Any recording as a source of events: a session file, live or finished, a mitmproxy flow file, a HAR, JSON lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from optrace.core.errors import NotASession
from optrace.core.messages import Exchange
from optrace.session.events import Event, ExchangeSeen, KeyLearned
from optrace.store.files import SQLITE_MAGIC, head_of
from optrace.store.importers import IMPORTERS, Imported, Progress
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter

_SNIFFED = 4096  # bytes that tell the formats apart


class Source(Protocol):
    """What can be opened and looked at. Exchanges are numbered from 1 in the order of their requests."""

    name: str  # of the file, without its directory

    @property
    def live(self) -> bool:
        """Whether more may come; if not, an empty `poll` is the end."""

    @property
    def total(self) -> int | None:
        """Exchanges that are there by now, for progress bars; None if it isn't known."""

    @property
    def info(self) -> Mapping[str, str]:
        """What the recorder said of the session; `redacted` if its keys are nobody's. Empty for other formats."""

    @property
    def damage(self) -> str | None:
        """What could not be read; final when `poll` has come to the end."""

    def poll(self, limit: int = 500) -> list[Event]:
        """The next events, `limit` at most; empty if there are none at present."""

    def exchange(self, n: int) -> Exchange:
        """One exchange. Raises KeyError for a number that isn't there, DamagedSession if it can't be read."""

    def came(self, n: int) -> Exchange | None:
        """One exchange as its messages came, if the proxy changed them on purpose. Raises as `exchange`."""

    def notes(self) -> Mapping[int, str]:
        """What the user noted, by exchange."""

    def marks(self) -> tuple[int, ...]:
        """The exchanges that the user marked, in the order in which he did."""

    def close(self) -> None:
        """Let go of the file."""


class ImportedSource:
    """A foreign recording, read as a whole: its order is known only at its end."""

    live = False
    info: Mapping[str, str] = MappingProxyType({})

    def __init__(self, name: str, imported: Imported) -> None:
        self.name = name
        self.damage = imported.damage
        self._events: Sequence[Event] = (*imported.notes, *(ExchangeSeen(exchange=each) for each in imported.exchanges))
        self._exchanges = imported.exchanges
        self._at = 0

    @property
    def total(self) -> int | None:
        """The number of exchanges."""
        return len(self._exchanges)

    def poll(self, limit: int = 500) -> list[Event]:
        """The next events: notes on the import first, then each exchange, whole."""
        events = list(self._events[self._at : self._at + limit])
        self._at += len(events)
        return events

    def exchange(self, n: int) -> Exchange:
        """One exchange; KeyError for a number that isn't there."""
        if not 1 <= n <= len(self._exchanges):
            raise KeyError(n)
        return self._exchanges[n - 1]

    def came(self, n: int) -> Exchange | None:
        """Nothing is known of what came before."""
        return None

    def notes(self) -> Mapping[int, str]:
        """Other formats have no place for notes."""
        return {}

    def marks(self) -> tuple[int, ...]:
        """Nor for marks."""
        return ()

    def close(self) -> None:
        """Nothing is held."""


def open_source(path: str | os.PathLike[str], progress: Progress | None = None) -> Source:
    """Open a recording of any format; its content decides which, not its name.

    Args:
        path: the file.
        progress: told (bytes read, bytes in all) while a foreign recording is read.

    Raises:
        NotASession: it isn't there, or is in no format that optrace knows.
        NewerSession: a session of a later version of optrace.
        DamagedSession: nothing of it can be read.
    """
    path = Path(path)
    head = head_of(path, _SNIFFED)
    if head.startswith(SQLITE_MAGIC):
        return SessionReader.open(path)
    for importer in IMPORTERS:
        if importer.recognises(head):
            return ImportedSource(path.name, importer.read(path, progress or _silent))
    raise NotASession(path=path, why="its content is none of these")


def copy_events(source: Source, writer: SessionWriter, each: Callable[[int], None] = lambda done: None) -> None:
    """Record all that a finished source gives. Exchanges are numbered anew, in their order.

    Args:
        source: is read to its present end.
        writer: a new session.
        each: told how many events are done, now and then.
    """
    done = 0
    numbers: dict[int, int] = {}
    while events := source.poll():
        with writer.together():
            record_events(events, writer, numbers)
        done += len(events)
        each(done)
    for n, text in source.notes().items():
        if n in numbers:
            writer.annotate(numbers[n], text)
    for n in source.marks():
        if n in numbers:
            writer.mark(numbers[n])


def record_events(events: Iterable[Event], writer: SessionWriter, numbers: dict[int, int]) -> None:
    """Record events of one source, in their order.

    Args:
        numbers: number in the source -> number in the file; kept by the caller from one call to the next.
    """
    for event in events:
        if isinstance(event, ExchangeSeen):
            exchange = event.exchange
            if exchange.n not in numbers:
                numbers[exchange.n] = writer.request(exchange)
            if not exchange.in_flight:
                writer.response(numbers[exchange.n], exchange)
        elif isinstance(event, KeyLearned):
            writer.key(event)
        else:
            writer.note(event)


def _silent(done: int, total: int) -> None:
    """No progress is shown."""
