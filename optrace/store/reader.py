"""Reading a session file, finished or growing: events in the order in which they were recorded, and single exchanges.

A reader never holds a transaction between calls, so the recorder is never held up. What is damaged is passed over:
everything that can be read is given out, and `damage` tells the rest.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from optrace.core.errors import DamagedSession, NewerSession, NotASession
from optrace.core.messages import Exchange
from optrace.session.events import Event, ExchangeSeen
from optrace.store import codec
from optrace.store.compress import Unreadable, unpack_body
from optrace.store.migrate import migrate
from optrace.store.schema import APPLICATION_ID, COLUMNS, FORMAT, Kind

if sys.platform != "win32":
    import fcntl

SQLITE_MAGIC = b"SQLite format 3\x00"
_ROW = f"SELECT seq, {', '.join(COLUMNS)} FROM records"
_REQUESTS = (Kind.REQUEST, Kind.AMENDED)
_REMEMBERED = 2048  # requests whose responses are still to come in the file


class SessionReader:
    """A session file as a `Source`. Not for use by several threads at once."""

    def __init__(self, path: Path, db: sqlite3.Connection, *, copies: Path | None = None) -> None:
        self.path = path
        self.name = path.name
        self._db = db
        self._copies = copies  # a directory with a copy that is read instead of the file
        self._seq = 0
        self._version: int | None = None  # of the data that was read to its end
        self._requests: dict[int, codec.Sent] = {}
        self._lost = 0  # rows that can't be read
        self._damage: str | None = None
        self._last_n = 0

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> SessionReader:
        """Open a session, whoever writes it, or wrote it and was killed.

        Raises:
            NotASession: it isn't there, or something else.
            NewerSession: its format is of a later version of optrace.
            DamagedSession: nothing of it can be read.
        """
        path = Path(path)
        found = _format(path)
        copies: Path | None = None
        try:
            db = _connect(path)
            if db is None or found < FORMAT:
                copies = Path(tempfile.mkdtemp(prefix="optrace-"))  # only its owner may read it
                db = _copy(path, db, copies)
                migrate(db, found)
            return cls(path, db, copies=copies)
        except (sqlite3.Error, OSError) as error:
            if copies is not None:
                shutil.rmtree(copies, ignore_errors=True)
            raise DamagedSession(path=path, why=error, remedy="Nothing of it can be read.") from None

    @property
    def live(self) -> bool:
        """Whether a recorder is still at work on the file."""
        return self._copies is None and is_live(self.path)

    @property
    def damage(self) -> str | None:
        """What can't be read, as far as is known by now; None if all is well."""
        return self._damage

    @property
    def info(self) -> Mapping[str, str]:
        """What the recorder said of the session, and `created`; after a clean end also `closed` and `records`."""
        try:
            return dict(self._db.execute("SELECT name, value FROM session"))
        except sqlite3.DatabaseError:
            return {}

    @property
    def total(self) -> int:
        """The number of exchanges in the file at this moment."""
        try:
            query = "SELECT count(*) FROM records WHERE n IS NOT NULL AND kind = 1"
            count: int = self._db.execute(query).fetchone()[0]
        except sqlite3.DatabaseError:
            return self._last_n
        return count

    def poll(self, limit: int = 500) -> list[Event]:
        """What was recorded since the last call, in order, `limit` events at most; empty if there is nothing new.

        It costs next to nothing while nothing happens. An exchange comes when its request was sent and again, whole,
        when it ended.
        """
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return []
        events: list[Event] = []
        for seq, row in self._rows_after(self._seq, limit):
            if seq > self._seq + 1:
                self._lose(seq - self._seq - 1)
            self._seq = seq
            try:
                event = self._event(row)
            except Unreadable:
                self._lose(1)
                continue
            if event is not None:
                events.append(event)
            if len(events) == limit:
                return events
        self._version = version
        self._expect_end()
        return events

    def exchange(self, n: int) -> Exchange:
        """One exchange as far as it has come.

        Raises:
            KeyError: there is none of this number.
            DamagedSession: it can't be read.
        """
        try:
            rows = self._db.execute(f"{_ROW} WHERE n = ? ORDER BY seq", (n,)).fetchall()
            asked = [row for _, *row in rows if row[0] in _REQUESTS]
            if not asked:
                raise KeyError(n)
            sent = codec.read_request(codec.Row(*asked[-1]), self._body)
            answers = [row for _, *row in rows if row[0] == Kind.RESPONSE]
            if not answers:
                return sent.exchange
            return codec.read_response(codec.Row(*answers[-1]), sent, self._body)
        except (sqlite3.DatabaseError, Unreadable) as error:
            raise DamagedSession(path=self.path, why=f"exchange {n}: {error}") from None

    def close(self) -> None:
        """Let go of the file. If its recorder is gone and left side files behind, they are put in order."""
        self._db.close()
        if self._copies is not None:
            shutil.rmtree(self._copies, ignore_errors=True)
        elif self._damage is None and _wal(self.path).exists() and not is_live(self.path):
            _settle(self.path)

    def _rows_after(self, seq: int, limit: int) -> Iterator[tuple[int, codec.Row]]:
        """Rows in order; where the file is torn, the next ones that can be found."""
        reach = self._size()
        while True:
            try:
                for at, *row in self._db.execute(f"{_ROW} WHERE seq > ? ORDER BY seq", (seq,)):
                    seq = at
                    yield at, codec.Row(*row)
                return
            except sqlite3.DatabaseError as error:
                self._damage = self._damage or f"{error}, after exchange {self._last_n}"
                seq = self._next_readable(seq + 1, reach)
                if seq < 0:
                    return

    def _next_readable(self, seq: int, reach: int) -> int:
        """The smallest `seq` found after which a row can be looked up again; -1 if there is none."""
        step = 0
        while step <= reach:
            try:
                if self._db.execute("SELECT seq FROM records WHERE seq > ? LIMIT 1", (seq + step,)).fetchone() is None:
                    return -1
                return seq + step
            except sqlite3.DatabaseError:
                step = step * 2 + 1 if step > 256 else step + 1
        return -1
