"""The viewer's side of `orders`: breakpoints set and cleared, what waits, and what is to become of it.

Who has set a breakpoint says every few seconds that it is still there. When it stops saying so, for whatever reason,
the proxy lets go of what waits for it.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from optrace.core.errors import OptraceError
from optrace.session.breakpoints import Breakpoint, Order, Standing
from optrace.store import orders
from optrace.store.files import FAULTS

LEASE = timedelta(seconds=10)  # for which a viewer is believed to be there
_BEAT = timedelta(seconds=2)  # between two signs of life
_PATIENCE = 2.0  # seconds, for the recorder's own locks
_UNREADABLE = (*FAULTS, ValueError, TypeError, OverflowError)


class NotTold(OptraceError):
    """The proxy can't be told something."""

    title = "The proxy can't be told: {why}"
    remedy = "Check that the session file and its directory can be written, and that the proxy still runs."


class Remote:
    """One viewer of a session that is being recorded. For one thread.

    Args:
        path: the session.
        clock: the present instant, UTC.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._id = uuid.uuid4().hex
        self._db: sqlite3.Connection | None = None
        self._engaged = False  # it has set a breakpoint
        self._beaten: datetime | None = None
        self._version: int | None = None
        self._sent: dict[int, Order] = {}  # without an answer
        self._standing = Standing()

    def set(self, breakpoint: Breakpoint) -> None:
        """Let exchanges wait there, for this viewer. Raises NotTold."""
        self._engaged = True
        self._beat(make=True)
        row = orders.breakpoint_row(breakpoint, self._id)
        self._write("INSERT OR REPLACE INTO breakpoints VALUES (?, ?, ?, ?, ?)", row)

    def clear(self, breakpoint: Breakpoint) -> None:
        """Let nothing wait there any more, whoever has set it. What waits already, waits on. Raises NotTold."""
        where = (breakpoint.operation, str(breakpoint.part))
        self._write("DELETE FROM breakpoints WHERE operation = ? AND part = ?", where)

    def send(self, order: Order) -> None:
        """Say what is to become of an exchange that waits; the answer comes with `look`. Raises NotTold."""
        row = orders.order_row(order)
        cursor = self._write("INSERT INTO orders (n, part, word, exchange, said) VALUES (?, ?, ?, ?, ?)", row)
        self._sent[cursor.lastrowid or 0] = order

    def look(self) -> Standing:
        """How things stand now; each answer is given out once. It also says that this viewer is there."""
        if self._engaged and (self._beaten is None or self._clock() - self._beaten >= _BEAT):
            with suppress(NotTold):
                self._beat()
        try:
            version = self._connected().execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._version, self._standing = version, self._read()
                return self._standing
        except _UNREADABLE:  # nobody has set any yet, or the session has ended
            self._standing = Standing()
        if self._standing.answers:
            self._standing = Standing(breakpoints=self._standing.breakpoints, waiting=self._standing.waiting)
        return self._standing

    def leave(self) -> None:
        """Take this viewer's breakpoints away; what waits for it goes on."""
        if self._db is None:
            return
        with suppress(NotTold):
            if self._engaged:
                self._write("DELETE FROM breakpoints WHERE viewer = ?", (self._id,))
                self._write("DELETE FROM viewers WHERE id = ?", (self._id,))
        self._engaged = False
        self._db.close()
        self._db = None

    def _beat(self, *, make: bool = False) -> None:
        if make:
            for statement in orders.TABLES:
                self._write(statement, ())
        now = self._clock()
        self._write("INSERT OR REPLACE INTO viewers VALUES (?, ?)", (self._id, orders.micros(now + LEASE)))
        self._beaten = now

    def _connected(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = orders.connect(self._path, patience=_PATIENCE)
        return self._db

    def _write(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        self._version = None  # one's own changes don't count for SQLite
        try:
            return self._connected().execute(statement, values)
        except sqlite3.Error as error:
            raise NotTold(why=error) from None

    def _read(self) -> Standing:
        db = self._connected()
        points = [
            orders.read_breakpoint(*row)
            for row in db.execute("SELECT operation, part, place, patience FROM breakpoints ORDER BY rowid")
        ]
        waiting = []
        for row in db.execute("SELECT n, part, operation, since, until, exchange FROM waiting ORDER BY n"):
            with suppress(*_UNREADABLE):
                waiting.append(orders.read_waiting(*row))
        answers = []
        if self._sent:
            query = "SELECT seq, answer FROM orders WHERE seq >= ? AND answer IS NOT NULL"
            for number, text in db.execute(query, (min(self._sent),)):
                if number in self._sent:
                    answers.append((self._sent.pop(number), text))
        return Standing(breakpoints=points, waiting=waiting, answers=answers)
