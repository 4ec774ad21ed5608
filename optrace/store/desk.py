"""The proxy's side of `orders`: which breakpoints hold, what waits, what viewers say of it.

Asked before each message, so a question costs one look at a counter while nobody has changed anything, and not even
that where messages come thick and fast. Whatever goes wrong with the file means that there is no breakpoint.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from optrace.session.breakpoints import Breakpoint, Order, Waiting
from optrace.store import orders
from optrace.store.files import FAULTS

_PATIENCE = 0.05  # seconds, for somebody else's lock; traffic waits meanwhile
_AGAIN = 0.02  # seconds between two looks at the file
_WAIT = (5, 6)  # SQLite's BUSY and LOCKED
_UNREADABLE = (*FAULTS, ValueError, TypeError, OverflowError)


class Desk:
    """Where viewers' orders arrive. For one thread.

    Args:
        path: the session that is recorded.
        changed: gives a number that is another one once somebody else has written into the file; None if unknown.
        clock: the present instant, UTC.
        again: seconds between two looks at the file.
    """

    def __init__(
        self,
        path: Path,
        changed: Callable[[], int | None],
        clock: Callable[[], datetime],
        *,
        again: float = _AGAIN,
    ) -> None:
        self._path = path
        self._changed = changed
        self._clock = clock
        self._again = again
        self._looked = 0.0
        self._version = changed()  # None: what stands there wasn't read
        self._db: sqlite3.Connection | None = None
        self._set: list[tuple[Breakpoint, str]] = []  # with its viewer
        self._leases: dict[str, datetime] = {}
        self._gone: set[int] = set()  # they wait no more, and it couldn't be said yet
        self._seq = 0  # the last order that was read
        self._orders: list[tuple[int, Order]] = []  # read, and not given out yet

    def breakpoints(self) -> Sequence[tuple[Breakpoint, str]]:
        """What holds now, each with its viewer; nothing of viewers that have gone."""
        self._look()
        if not self._set:
            return ()
        now = self._clock()
        return [(point, viewer) for point, viewer in self._set if self._there(viewer, now)]

    def is_there(self, viewer: str) -> bool:
        """Whether a viewer still says that it is there."""
        self._look()
        return self._there(viewer, self._clock())

    def hold(self, waiting: Waiting) -> None:
        """Say what waits, or that it waits for longer. Raises sqlite3.Error: nobody can be told."""
        self._gone.discard(waiting.n)
        self._write("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?)", orders.waiting_row(waiting))

    def release(self, n: int) -> None:
        """It waits no more."""
        try:
            self._write("DELETE FROM waiting WHERE n = ?", (n,))
            self._gone.discard(n)
        except sqlite3.Error:
            self._gone.add(n)

    def orders(self) -> Sequence[tuple[int, Order]]:
        """What viewers have said since the last call, each with its number."""
        self._look()
        given, self._orders = self._orders, []
        return given

    def answer(self, number: int, text: str) -> None:
        """Tell a viewer what came of its order."""
        with suppress(sqlite3.Error):
            self._write("UPDATE orders SET answer = ? WHERE seq = ?", (text, number))

    def close(self) -> None:
        """Nothing waits any more, and the tables have had their use."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                for name in orders.NAMES:
                    self._db.execute(f"DROP TABLE IF EXISTS {name}")
            self._db.close()
            self._db = None

    def _there(self, viewer: str, now: datetime) -> bool:
        until = self._leases.get(viewer)
        return until is not None and now < until

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        if self._db is None:
            raise sqlite3.ProgrammingError("the session has ended")
        self._db.execute(statement, values)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < self._again:
            return
        self._looked = now
        version = self._changed()
        if version == self._version:
            return
        self._version = version
        try:
            self._read()
            for n in tuple(self._gone):
                self.release(n)
        except _UNREADABLE as error:
            self._set = []
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _WAIT:
                self._version = None  # somebody else's lock: look again

    def _read(self) -> None:
        if self._db is None:
            self._db = orders.connect(self._path, patience=_PATIENCE)
        self._leases = {viewer: orders.instant(until) for viewer, until in self._db.execute("SELECT * FROM viewers")}
        rows = self._db.execute("SELECT operation, part, place, patience, viewer FROM breakpoints")
        self._set = [(orders.read_breakpoint(*row), viewer) for *row, viewer in rows]
        query = "SELECT seq, n, part, word, exchange, said FROM orders WHERE seq > ? ORDER BY seq"
        for seq, *row in self._db.execute(query, (self._seq,)).fetchall():
            self._seq = seq
            try:
                self._orders.append((seq, orders.read_order(*row)))
            except _UNREADABLE:
                self.answer(seq, "it can't be read")
