"""Reading a session file, finished or growing: events in the order in which they were recorded, and single exchanges.

A reader holds no transaction between calls, so the recorder is never held up. What is damaged is passed over:
everything that can be read is given out, and `damage` tells the rest.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from optrace.core.errors import DamagedSession
from optrace.core.messages import Exchange
from optrace.core.quick import replace
from optrace.session.events import Event, ExchangeSeen
from optrace.store import codec
from optrace.store.annotations import read_marks, read_notes, write_mark, write_note
from optrace.store.compress import Unreadable, unpack_body
from optrace.store.files import FAULTS, is_live, open_database, settle
from optrace.store.schema import COLUMNS, Kind

_COLUMNS = ", ".join(COLUMNS)
_ROW = f"SELECT seq, {_COLUMNS} FROM records"
_REQUESTS = (Kind.REQUEST, Kind.AMENDED)
_WAIT = {5, 6}  # SQLite's BUSY and LOCKED: no damage, try again later
_NOWHERE = -1  # the pages that lead there can't be read
_STEPS = 10_000  # of SQLite's machine, between two looks at the budget
_REMEMBERED = 2048  # requests whose responses are still to come in the file


class SessionReader:
    """A session file as a source of events. For one thread at a time."""

    def __init__(self, path: Path, db: sqlite3.Connection, copy: Path | None) -> None:
        self.path = path
        self.name = path.name
        self._db = db
        self._copy = copy  # the directory of a copy that is read instead of the file
        self._seq = 0
        self._version: int | None = None  # of the data that was read to its end
        self._requests: dict[int, codec.Sent] = {}
        self._last_n = 0  # the last exchange that was given out
        self._lost = 0  # records that can't be read
        self._first_loss = ""
        self._budget = 0  # steps; in a damaged file pages can form a ring, and SQLite would go round for ever
        self._noted: dict[int, str] = {}  # by this reader, which doesn't look for changes in a finished file
        self._marked: dict[int, bool] = {}
        db.set_progress_handler(self._spend, _STEPS)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> SessionReader:
        """Open a session, whoever records it, or recorded it and was killed.

        Raises:
            NotASession: it isn't there, or something else.
            NewerSession: its format is of a later version of optrace.
            DamagedSession: nothing of it can be read.
        """
        path = Path(path)
        db, copy = open_database(path)
        return cls(path, db, copy)

    @property
    def live(self) -> bool:
        """Whether a recorder is still at work on the file."""
        return self._copy is None and is_live(self.path)

    @property
    def damage(self) -> str | None:
        """What can't be read, as far as it is known by now; None if all is well."""
        if not self._first_loss:
            return None
        count = f"{self._lost} of its records can't be read" if self._lost else "its end can't be read"
        return f"{count}, {self._first_loss}"

    @property
    def info(self) -> Mapping[str, str]:
        """What the recorder said of the session, and `created`; after a clean end also `closed` and `records`."""
        try:
            return dict(self._query("SELECT name, value FROM session"))
        except FAULTS:
            return {}

    @property
    def total(self) -> int:
        """The number of exchanges in the file at this moment."""
        try:
            query = "SELECT count(*) FROM records WHERE n IS NOT NULL AND kind = 1"
            count: int = self._query(query).fetchone()[0]
        except FAULTS:
            return self._last_n
        return count

    def poll(self, limit: int = 500) -> list[Event]:
        """What was recorded since the last call, in order, `limit` events at most; empty if there is nothing new.

        It costs next to nothing while nothing happens. An exchange comes when its request was sent and again, whole,
        when it ended.
        """
        version = self._data_version()
        if version is not None and version == self._version:
            return []
        events: list[Event] = []
        while len(events) < limit:
            rows = self._rows(limit - len(events))
            if not rows:
                self._version = version
                self._miss_the_end()
                break
            for seq, row in rows:
                if seq > self._seq + 1:
                    self._lose(seq - self._seq - 1, "some are missing")
                self._seq = seq
                try:
                    event = self._event(seq, row)
                except Unreadable as error:
                    self._lose(1, str(error))
                    continue
                if event is not None:
                    events.append(event)
        return events

    def exchange(self, n: int) -> Exchange:
        """One exchange as far as it has come.

        Raises:
            KeyError: there is none of this number.
            DamagedSession: it can't be read.
        """
        try:
            rows = self._rows_of(n)
            asked = [row for _, row in rows if row.kind in _REQUESTS]
            answers = [row for _, row in rows if row.kind == Kind.RESPONSE]
            if not asked:
                raise KeyError(n)
            return self._whole(asked[-1], answers[-1] if answers else None)
        except OverflowError:
            raise KeyError(n) from None
        except (*FAULTS, Unreadable) as error:
            raise DamagedSession(path=self.path, why=f"exchange {n}: {error}") from None

    def span(self, first: int, last: int) -> list[Exchange]:
        """The exchanges numbered from `first` to `last`, as far as they have come: read in one go.

        Raises:
            DamagedSession: one of them can't be read.
        """
        try:
            query = f"SELECT {_COLUMNS} FROM records WHERE n BETWEEN ? AND ? ORDER BY n, seq"
            asked: dict[int, codec.Row] = {}
            answers: dict[int, codec.Row] = {}
            for row in map(codec.Row._make, self._query(query, (first, last))):
                if row.kind in _REQUESTS:
                    asked[row.n or 0] = row
                elif row.kind == Kind.RESPONSE:
                    answers[row.n or 0] = row
            return [self._whole(row, answers.get(n)) for n, row in asked.items()]
        except (*FAULTS, Unreadable) as error:
            raise DamagedSession(path=self.path, why=f"exchanges {first} to {last}: {error}") from None

    def numbers(self) -> Sequence[int] | None:
        """The numbers of all exchanges, if the session ended cleanly and every record is there; else None."""
        records = self.info.get("records", "")
        if self.live or self.damage or not records.isdecimal():
            return None
        try:
            counted = self._query("SELECT count(*), max(seq), count(DISTINCT n), max(n) FROM records").fetchone()
        except FAULTS:
            return None
        all_, last_seq, exchanges, last = counted
        if str(all_) != records or str(last_seq) != records or exchanges != (last or 0):
            return None
        return range(1, exchanges + 1)

    def came(self, n: int) -> Exchange | None:
        """One exchange as its messages came, before the proxy changed them on purpose; None if it changed none.

        Raises:
            KeyError, DamagedSession: as `exchange`.
        """
        exchange = self.exchange(n)
        try:
            rows = [row for _, row in self._rows_of(n)]
            asked = [codec.read_request(row, self._body) for row in rows if row.kind in _REQUESTS]
            received = [row for row in rows if row.kind == Kind.RECEIVED]
            if len(asked) < 2 and not received:
                return None
            if received:
                exchange = codec.read_response(received[-1], asked[-1], self._body)
            return replace(exchange, request=asked[0].exchange.request)
        except (*FAULTS, Unreadable) as error:
            raise DamagedSession(path=self.path, why=f"exchange {n}: {error}") from None

    def notes(self) -> Mapping[int, str]:
        """What the user noted, by exchange."""
        return {n: text for n, text in {**read_notes(self._query), **self._noted}.items() if text}

    def note(self, n: int, text: str, *, at: datetime) -> None:
        """Note something on an exchange, in the file; an empty text takes it back.

        Raises:
            NotKept: the file can't be written.
        """
        write_note(self.path, n, text, at=at)
        if not self.live:  # what doesn't change is read as if nobody could change it
            self._noted[n] = text

    def marks(self) -> tuple[int, ...]:
        """The exchanges that the user marked, in the order in which he did."""
        kept = [n for n in read_marks(self._query) if n not in self._marked]
        return (*kept, *(n for n, marked in self._marked.items() if marked))

    def mark(self, n: int, marked: bool, *, at: datetime) -> None:
        """Mark an exchange in the file, or take its mark away.

        Raises:
            NotKept: the file can't be written.
        """
        write_mark(self.path, n, marked, at=at)
        if not self.live:
            self._marked.pop(n, None)
            self._marked[n] = marked

    def close(self) -> None:
        """Let go of the file. If its recorder is gone and left side files behind, they are put in order."""
        self._db.close()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)
        elif self.damage is None:
            settle(self.path)

    def _spend(self) -> bool:
        """Whether SQLite has to give up: it has done more than a sound file of this size can ask for."""
        self._budget -= _STEPS
        return self._budget < 0

    def _size(self) -> int:
        """Bytes of the file and its log: more than there can be records, or steps to read them."""
        sizes = (os.stat(path).st_size for path in (self.path, f"{self.path}-wal") if os.path.exists(path))
        return sum(sizes)

    def _query(self, query: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        self._budget = 1_000_000 + self._size()
        return self._db.execute(query, values)

    def _data_version(self) -> int | None:
        """SQLite's own count of what others changed in the file."""
        try:
            version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        except FAULTS:
            return None
        return version

    def _rows(self, limit: int) -> list[tuple[int, codec.Row]]:
        """The next rows that can be read; empty at the end."""
        rows: list[tuple[int, codec.Row]] = []
        while True:
            try:
                last, size = self._seq, self._size()
                for seq, *row in self._query(f"{_ROW} WHERE seq > ? ORDER BY seq LIMIT ?", (last, limit)):
                    if not last < seq <= last + size:
                        rows = [each for each in rows if each[0] < seq]
                        raise sqlite3.DatabaseError("its pages are out of order")
                    last = seq
                    rows.append((seq, codec.Row(*row)))
                return rows
            except FAULTS as error:
                if rows or getattr(error, "sqlite_errorcode", 0) & 0xFF in _WAIT:
                    return rows
                skipped = self._hole()
                self._lose(skipped, str(error))
                if not skipped:
                    return []
                self._seq += skipped

    def _hole(self) -> int:
        """How many numbers have to be left out until a row is found again; 0: none is, to the end."""
        bad, good = 0, 1
        while (found := self._found_after(good)) == _NOWHERE:
            bad, good = good, good * 2
            if good > self._size():
                return 0
        while good - bad > 1:  # the row that was found may not be the first that can be
            middle = (bad + good) // 2
            earlier = self._found_after(middle)
            bad, good = (middle, good) if earlier == _NOWHERE else (bad, middle)
            found = found if earlier == _NOWHERE else earlier
        return 0 if found is None else found - self._seq - 1

    def _found_after(self, skipped: int) -> int | None:
        """The number of the first row beyond those that are skipped; None if there is none."""
        after = self._seq + skipped
        try:
            row = self._query("SELECT seq FROM records WHERE seq > ? LIMIT 1", (after,)).fetchone()
        except FAULTS:
            return _NOWHERE
        if row is None:
            return None
        found: int = row[0]
        return found if found > after else _NOWHERE

    def _miss_the_end(self) -> None:
        """After a clean end the file says how many records it has."""
        records = self.info.get("records", "")
        if records.isdecimal() and len(records) < 19 and int(records) > self._seq:
            self._lose(int(records) - self._seq, "the last are missing")
            self._seq = int(records)

    def _lose(self, count: int, why: str) -> None:
        self._lost += count
        self._first_loss = self._first_loss or f"the first after exchange {self._last_n} ({why})"

    def _event(self, seq: int, row: codec.Row) -> Event | None:
        match row.kind:
            case Kind.REQUEST | Kind.AMENDED:
                sent = codec.read_request(row, self._body)
                self._requests[sent.exchange.n] = sent
                if len(self._requests) > _REMEMBERED:
                    del self._requests[next(iter(self._requests))]
                if row.kind == Kind.AMENDED:
                    return None
                self._last_n = sent.exchange.n
                return ExchangeSeen(exchange=sent.exchange)
            case Kind.RESPONSE:
                request = self._requests.pop(row.n or 0, None) or self._request_before(seq, row.n)
                return ExchangeSeen(exchange=codec.read_response(row, request, self._body))
            case Kind.RECEIVED:
                return None
            case Kind.KEY:
                return codec.read_key(row, self._body)
            case Kind.NOTE:
                return codec.read_note(row)
            case _:
                raise Unreadable(f"there is no kind {row.kind}")

    def _whole(self, asked: codec.Row, answer: codec.Row | None) -> Exchange:
        sent = codec.read_request(asked, self._body)
        return sent.exchange if answer is None else codec.read_response(answer, sent, self._body)

    def _request_before(self, seq: int, n: int | None) -> codec.Sent:
        try:
            asked = [row for at, row in self._rows_of(n) if row.kind in _REQUESTS and at < seq]
        except FAULTS as error:
            raise Unreadable(str(error)) from None
        if not asked:
            raise Unreadable("its request is missing")
        return codec.read_request(asked[-1], self._body)

    def _rows_of(self, n: int | None) -> list[tuple[int, codec.Row]]:
        """All rows of an exchange; if the index doesn't find them, the whole file is searched."""
        rows: list[tuple[int, codec.Row]] = []
        for how in ("", "NOT INDEXED"):
            try:
                found = self._query(f"{_ROW} {how} WHERE n = ? ORDER BY seq LIMIT 1000", (n,))
                rows = [(seq, codec.Row(*row)) for seq, *row in found]
            except FAULTS:
                if how:
                    raise
            if rows:
                break
        return rows

    def _body(self, number: int) -> bytes:
        try:
            found = self._query("SELECT content FROM bodies WHERE number = ?", (number,)).fetchone()
        except FAULTS as error:
            raise Unreadable(str(error)) from None
        if found is None or not isinstance(found[0], bytes):
            raise Unreadable("its body is missing")
        return unpack_body(found[0])
