"""Filters over the trace, for the worker: columns and texts kept up to date, and what passes."""

from __future__ import annotations

import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Protocol

from optrace.core.messages import Exchange
from optrace.exchanges.view import View
from optrace.session.events import Event, ExchangeSeen
from optrace.session.filter import Filter, Subject
from optrace.session.filter.completion import values_in
from optrace.session.filter.find import Finder, Own
from optrace.session.filter.index import Index
from optrace.session.filter.subject import wire_text
from optrace.session.filter.texts import Texts
from optrace.session.trace import Trace as SessionTrace
from optrace.tui.notebook import Annotations
from optrace.tui.view import Found, step_at

if TYPE_CHECKING:
    from optrace.tui.recording import Trace

_AHEAD = 100_000  # exchanges whose columns are made before anybody filters: they take some fifty bytes each
_RECENT = 2000  # exchanges that may be understood otherwise by now, in a recording that goes on
_FEW = 500  # exchanges that are looked at one by one

Breathe = Callable[[], None]


class Source(Protocol):
    """What a filter asks of a recording."""

    @property
    def live(self) -> bool:
        """Whether more may come."""

    def exchange(self, n: int) -> Exchange:
        """One exchange, whole."""


class Finding:
    """For the worker alone, but for `done`: how far it is, from 0 to 1; None while nothing is looked for."""

    def __init__(self, source: Source, trace: Trace, own: Annotations) -> None:
        self.done: float | None = None
        self.growing = True  # more may come
        self.index = Index()
        self._source = source
        self._trace = trace
        self._own = own
        self._texts = Texts(_nameless_file)
        self._version = -1  # of the trace, when all columns were made anew
        self._walked = 0  # how far that has come
        self._walking = -1  # the version that it began with

    def close(self) -> None:
        """Let go of what was kept."""
        self._texts.close()

    def saw(self, events: Iterable[Event]) -> None:
        """Keep the texts of exchanges that have just been read."""
        for event in events:
            if isinstance(event, ExchangeSeen) and not event.exchange.in_flight:
                self._keep(event.exchange)

    def _keep(self, exchange: Exchange, view: View | None = None) -> None:
        if exchange.n == len(self._texts) + 1 and not self._texts.full:
            if view is None:
                trace = self._trace
                view = trace.view(exchange) if isinstance(trace, SessionTrace) else View(exchange)
            self._texts.add(wire_text(view))

    # columns

    def work_ahead(self, *, seconds: float) -> bool:
        """Make columns while nobody waits; whether there was something to do."""
        total, end = len(self._trace), time.perf_counter() + seconds
        if total > _AHEAD:
            return False
        if self.growing:  # what changes is recent, and looked at again by whoever filters
            behind = len(self.index) < total
            while len(self.index) < total and time.perf_counter() < end:
                self.index.put(step_at(self._trace, len(self.index) + 1))
            return behind
        if self._version == self._trace.version and len(self.index) == total:
            return False
        self._walk(end)
        return True

    def _walk(self, end: float, breathe: Breathe = lambda: None) -> None:
        """Make the columns of all exchanges anew, as far as time allows."""
        if self._walking != self._trace.version and self._walked >= len(self.index):
            self._walked, self._walking = 0, self._trace.version
        while self._walked < len(self._trace) and time.perf_counter() < end:
            for n in range(self._walked + 1, min(self._walked + 100, len(self._trace)) + 1):
                self.index.put(step_at(self._trace, n))
            self._walked = min(self._walked + 100, len(self._trace))
            self.done = self._walked / len(self._trace) if self.done is not None else None
            breathe()
        if self._walked >= len(self._trace):
            self._version = self._walking

    def _catch_up(self, breathe: Breathe) -> None:
        """Have all columns as they should be."""
        if not self.growing:
            while self._version != self._trace.version or len(self.index) < len(self._trace):
                self._walk(float("inf"), breathe)
            return
        for n in range(max(1, min(len(self.index) - _RECENT, len(self._trace))), len(self._trace) + 1):
            self.index.put(step_at(self._trace, n))
            if n % 100 == 0:
                breathe()

    # filters

    def find(self, keep: Filter, payment: int | None, breathe: Breathe) -> Found:
        """What passes, of everything or of one payment with what leads up to it."""
        self.done = 0.0
        try:
            if payment is not None:
                return self._of_payment(keep, payment, breathe)
            self._catch_up(breathe)

            def told(done: int, total: int) -> None:
                self.done = done / total
                breathe()

            finder = Finder(self.index, self._texts, self._read, self._said, told)
            numbers = array("L", finder.find(keep.node))
            looked_at = len(self.index)
            recent = range(max(1, looked_at - _RECENT), looked_at + 1)
            waiting = {n for n in recent if self.growing and step_at(self._trace, n).in_flight}
            return Found(numbers, looked_at, waiting, self.growing and not self._source.live)
        finally:
            self.done = None

    def more(self, keep: Filter, before: Found, breathe: Breathe) -> Found:
        """What passes of what came since, and of what was in flight."""
        total = len(self._trace)
        fresh = range(before.looked_at + 1, total + 1)
        if len(fresh) > _FEW or (before.provisional and not self.growing):
            return self.find(keep, None, breathe)
        passing, waiting = set(before.numbers), set[int]()
        for n in (*sorted(before.waiting), *fresh):
            subject = self._subject(n)
            if subject.step.in_flight:
                waiting.add(n)
            if keep.matches(subject):
                passing.add(n)
            else:
                passing.discard(n)
            breathe()
        return Found(array("L", sorted(passing)), total, waiting, before.provisional)

    def _of_payment(self, keep: Filter, payment: int, breathe: Breathe) -> Found:
        found = array("L")
        its = next((one for one in self._trace.payments if one.id == payment), None)
        for n in sorted({*its.exchanges, *its.context}) if its is not None else ():
            if keep.matches(self._subject(n)):
                found.append(n)
            breathe()
        return Found(found, len(self._trace))

    def values(self, breathe: Breathe) -> Mapping[str, Sequence[str]]:
        """What there is in the trace, by field."""
        self._catch_up(breathe)
        return values_in(self.index)

    def _subject(self, n: int) -> Subject:
        notes, marks = self._own.notes, self._own.marks
        said = (notes[n],) if n in notes else ()
        return Subject(step_at(self._trace, n), lambda: self._exchange(n), said, marked=n in marks)

    def _read(self, n: int) -> Subject:
        """An exchange that is looked at since its text wasn't kept."""
        subject = self._subject(n)
        if n == len(self._texts) + 1 and not subject.step.in_flight and subject.view is not None:
            self._keep(subject.view.exchange, subject.view)
        return subject

    def _exchange(self, n: int) -> Exchange | None:
        try:
            return self._source.exchange(n)
        except Exception:  # one that can't be read has no words
            return None

    def _said(self) -> Own:
        return Own(self._own.notes, frozenset(self._own.marks))


def _nameless_file() -> IO[bytes]:
    """A file on the disk that only this process gets at, and that is gone with it."""
    return tempfile.TemporaryFile(buffering=0)
