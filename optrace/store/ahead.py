"""Exchanges that are looked up one after the other: the next ones are read along with the first."""

from __future__ import annotations

from optrace.core.errors import DamagedSession
from optrace.core.messages import Exchange
from optrace.store.reader import SessionReader
from optrace.store.sources import Source

_READ = 64  # exchanges in one go


class Ahead:
    """A source's exchanges; a session file is read in spans where one is asked for after the other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[int, Exchange] = {}
        self._last = self._end = 0  # that was asked for; that was read ahead

    def exchange(self, n: int) -> Exchange:
        """One exchange. Raises KeyError and DamagedSession, as the source does."""
        follows, self._last = n - 1 in (self._last, self._end), n
        if n in self._read:
            return self._read[n]
        if follows and isinstance(self._source, SessionReader) and not self._source.live:
            self._end = n + _READ - 1
            try:
                self._read = {each.n: each for each in self._source.span(n, self._end)}
            except DamagedSession:
                self._read = {}
        return self._read[n] if n in self._read else self._source.exchange(n)
