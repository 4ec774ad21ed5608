"""Recording: the one process that appends to a session file.

A row is in the file before its method returns, and survives the death of the process from then on. Nothing that goes
wrong here reaches the traffic: after `create` no method raises; what can't be written is counted, said through
`on_trouble`, and recording goes on by itself as soon as the disk takes rows again.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from optrace.core.errors import CannotStart, Usage
from optrace.core.messages import Exchange
from optrace.core.quick import replace
from optrace.session.events import KeyLearned, Noted
from optrace.store import codec
from optrace.store.annotations import NotKept, write_mark, write_note
from optrace.store.compress import pack_body
from optrace.store.files import hold
from optrace.store.schema import APPLICATION_ID, COLUMNS, FORMAT, INDEX_AND_VIEWS, TABLES, Kind

Clock = Callable[[], datetime]  # the present instant, UTC
OnTrouble = Callable[[str | None], None]  # the reason when recording fails, None when it works again

_INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_KNOWN_BODIES = 4096  # bodies that are recognised when they come again
_PATIENCE = 0.05  # seconds, for somebody else's lock; the client waits meanwhile
_PAGE = 2048  # bytes: a session of thirty exchanges should not be half empty
_MERGE_EVERY = 4000  # rows; then the WAL file is merged into the main file, in a thread: it waits for the disk
_MERGE_AT_LAST = 100_000  # pages of the WAL file that are never exceeded, if the thread can't keep up


class SessionWriter:
    """A session file that is being recorded. Its methods may be called from any thread.

    Use `create`; close it (or use it in a `with`), so that one file without side files remains.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, clock: Clock, on_trouble: OnTrouble) -> None:
        self.path = path
        self._db = db
        self._clock = clock
        self._on_trouble = on_trouble
        self._lock = threading.RLock()  # `on_trouble` may call back
        self._n = 0
        self._sent: dict[int, codec.Sent] = {}  # in flight
        self._missing: set[int] = set()  # in flight, and their requests could not be written
        self._bodies = _Bodies()
        self._trouble: str | None = None
        self._lost = 0
        self._life = hold(path)
        self._unmerged = 0
        self._merger: threading.Thread | None = None
        self._closed = False

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        info: Mapping[str, str],
        clock: Clock,
        on_trouble: OnTrouble = lambda reason: None,
    ) -> SessionWriter:
        """Start a session in a new file that only its owner may read.

        Args:
            path: must not exist yet.
            info: what a reader should know of the session, such as the version of optrace and the proxy's mode.
            clock: the present instant, UTC.
            on_trouble: called with the reason when recording fails, and with None when it works again.

        Raises:
            Usage: there is a file already.
            CannotStart: the file can't be made.
        """
        path = Path(path)
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            os.close(fd)
        except FileExistsError:
            remedy = "Give another name: a session is never written over."
            raise Usage(f"{path} exists already", remedy=remedy) from None
        except OSError as error:
            raise CannotStart(f"{path} can't be written: {error.strerror}", remedy="Give another place.") from None
        try:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_PATIENCE)
            _prepare(db, {**info, "created": clock().isoformat()})
            return cls(path, db, clock, on_trouble)
        except (sqlite3.Error, OSError) as error:
            path.unlink(missing_ok=True)
            raise CannotStart(f"{path} can't be written: {error}", remedy="Give another place.") from None

    @property
    def trouble(self) -> str | None:
        """Why nothing can be recorded at present; None if all is well."""
        return self._trouble

    @property
    def lost(self) -> int:
        """Exchanges that are not, or not wholly, in the file."""
        return self._lost

    def request(self, exchange: Exchange) -> int:
        """Record a request that is about to be sent on, and number it. Returns when it is in the file.

        The exchange's own `n` is ignored; the number given here is the one to use for the response.
        """
        with self._lock:
            self._n += 1
            n = self._n
            exchange = replace(exchange, n=n)
            if self._write(lambda: self._record_request(exchange)):
                return n
            self._missing.add(n)
            self._lost += 1
            return n

    def response(self, n: int, exchange: Exchange) -> None:
        """Record how an exchange ended: the whole exchange as it is now. Returns when it is in the file.

        If the request was changed since `request`, or could not be recorded then, it is recorded again first; so is the
        response that came, if another one went on.
        """
        with self._lock:
            exchange = replace(exchange, n=n)
            if self._write(lambda: self._record_response(exchange)):
                self._lost -= n in self._missing
            else:
                self._lost += n not in self._missing
            self._sent.pop(n, None)
            self._missing.discard(n)

    def key(self, event: KeyLearned) -> None:
        """Record a key document that did not pass by as traffic."""
        with self._lock:
            self._write(lambda: self._insert(codec.key_row(event, self._bodies.keep)))

    def note(self, event: Noted) -> None:
        """Record something that a reader should be told."""
        with self._lock:
            self._write(lambda: self._insert(codec.note_row(event)))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is recorded in here is in the file at its end only, in half the time: where nobody waits for each row.

        When a row can't be written, all before it in here may be lost as well, though `lost` counts only one.
        """
        with self._lock:
            self._write(lambda: self._do("BEGIN IMMEDIATE"))  # if that fails, each row is written by itself
            try:
                yield
            finally:
                if self._db.in_transaction and not self._write(lambda: self._do("COMMIT")):
                    self._lost += 1

    def changed(self) -> int | None:
        """A number that is another one once somebody else has written into the file; it costs next to nothing."""
        with self._lock, suppress(sqlite3.Error):
            version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
            return version
        return None

    def annotate(self, n: int, text: str) -> None:
        """Keep what the user noted on an exchange of another recording."""
        with self._lock, suppress(NotKept):
            write_note(self.path, n, text, at=self._clock())

    def mark(self, n: int) -> None:
        """Mark an exchange that was marked in another recording."""
        with self._lock, suppress(NotKept):
            write_mark(self.path, n, True, at=self._clock())

    def close(self) -> None:
        """End the session: one file remains. With a reader still attached, the reader removes the side files."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._merger is not None:
                self._merger.join()
            try:
                self._db.execute(
                    "INSERT OR REPLACE INTO session SELECT 'closed', ? UNION SELECT 'records', coalesce(max(seq), 0)"
                    " FROM records",
                    (self._clock().isoformat(),),
                )
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                self._db.execute("PRAGMA journal_mode=DELETE").fetchall()
            except sqlite3.Error as error:
                self._say(str(error))
            finally:
                self._db.close()
                if self._life is not None:
                    os.close(self._life)

    def __enter__(self) -> SessionWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record_request(self, exchange: Exchange) -> None:
        row, sent = codec.request_row(exchange, self._bodies.keep)
        self._insert(row)
        self._sent[exchange.n] = sent

    def _record_response(self, exchange: Exchange) -> None:
        rows = []
        sent = self._sent.get(exchange.n)
        if sent is None or not _same_request(sent.exchange, exchange):
            kind = Kind.REQUEST if exchange.n in self._missing else Kind.AMENDED
            row, sent = codec.request_row(exchange, self._bodies.keep, kind=kind)
            rows.append(row)
        if exchange.received is not None:
            came = replace(exchange, response=exchange.received, notes=())
            rows.append(codec.response_row(came, sent, self._bodies.keep, kind=Kind.RECEIVED))
        self._insert(*rows, codec.response_row(exchange, sent, self._bodies.keep))

    def _write(self, record: Callable[[], None]) -> bool:
        try:
            record()
        except Exception as error:  # whatever it is, the traffic must not feel it
            self._bodies.forget()
            self._say(str(error) or type(error).__name__)
            return False
        if self._trouble is not None:
            self._say(None)
        self._unmerged += 1
        if self._unmerged >= _MERGE_EVERY and (self._merger is None or not self._merger.is_alive()):
            self._unmerged = 0
            merger = threading.Thread(target=_merge, args=(self.path,), name="optrace-merge", daemon=True)
            with suppress(RuntimeError):  # no thread to be had: SQLite merges by itself, later
                merger.start()
                self._merger = merger
        return True

    def _insert(self, *rows: codec.Row) -> None:
        bodies = self._bodies.pending
        if len(rows) == 1 and not bodies:
            self._db.execute(_INSERT, rows[0])
            return
        alone = not self._db.in_transaction
        try:
            if alone:
                self._do("BEGIN IMMEDIATE")
            self._db.executemany("INSERT INTO bodies VALUES (?, ?)", bodies)
            self._db.executemany(_INSERT, rows)
            if alone:
                self._do("COMMIT")
        except BaseException:
            if alone and self._db.in_transaction:
                self._do("ROLLBACK")
            raise
        bodies.clear()

    def _do(self, statement: str) -> None:
        self._db.execute(statement)

    def _say(self, trouble: str | None) -> None:
        if trouble == self._trouble:
            return
        if trouble is None and self._lost:
            text = f"Recording works again. Exchanges that were not recorded: {self._lost}."
            try:
                self._insert(codec.note_row(Noted(at=self._clock(), text=text, level="warn")))
            except Exception:
                return  # not yet, then
        self._trouble = trouble
        with suppress(Exception):
            self._on_trouble(trouble)


class _Bodies:
    """Bodies that stand apart: each content is stored once, under a number."""

    def __init__(self) -> None:
        self.pending: list[tuple[int, bytes]] = []  # numbered, and not in the file yet
        self._numbers: OrderedDict[bytes, int] = OrderedDict()
        self._last = 0

    def keep(self, body: bytes) -> int:
        """The number of a body; a new one is pending until it is in the file."""
        name = hashlib.blake2b(body, digest_size=16).digest()
        if name in self._numbers:
            self._numbers.move_to_end(name)
            return self._numbers[name]
        self._last += 1
        self._numbers[name] = self._last
        self.pending.append((self._last, pack_body(body)))
        if len(self._numbers) > _KNOWN_BODIES:
            self._numbers.popitem(last=False)
        return self._last

    def forget(self) -> None:
        """Take back what is pending: it did not get into the file."""
        numbers = {number for number, _ in self.pending}
        self.pending.clear()
        self._numbers = OrderedDict(item for item in self._numbers.items() if item[1] not in numbers)


def _prepare(db: sqlite3.Connection, info: Mapping[str, str]) -> None:
    # the schema comes before WAL, so that the main file alone tells what it is from the beginning
    identity = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={FORMAT};"
    db.execute(f"PRAGMA page_size={_PAGE}")
    db.executescript(f"BEGIN; {identity} {TABLES} {INDEX_AND_VIEWS} COMMIT;")
    db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(f"PRAGMA wal_autocheckpoint={_MERGE_AT_LAST}").fetchall()
    db.executemany("INSERT OR REPLACE INTO session VALUES (?, ?)", info.items())


def _merge(path: Path) -> None:
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _same_request(sent: Exchange, now: Exchange) -> bool:
    return (sent.request, sent.started, sent.request_ended) == (now.request, now.started, now.request_ended)
