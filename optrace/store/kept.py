"""What was understood of a session, kept beside it: steps and payments, to be read again in no time.

A session file never changes by being looked at, so this is a file of its own, in the user's cache. It belongs to one
state of the session and to one state of optrace (`Key`): anything else, and any damage, and it counts as not there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import batched
from pathlib import Path
from typing import overload
from urllib.parse import quote

from optrace.core.errors import OptraceError
from optrace.session.packing import BLOCK, is_whole, pack_payments, pack_steps, unpack_payments, unpack_steps
from optrace.session.steps import Payment, Step

_FORMAT = "2"
_AT_HAND = 32  # blocks that stay unpacked
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE steps (block INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE payments (block INTEGER PRIMARY KEY, packed BLOB NOT NULL);
"""
_FAULTS = (sqlite3.Error, OSError, ValueError, TypeError, KeyError, UnicodeError)  # what reading any file may raise


class KeptDamaged(OptraceError):
    """What was kept can't be read after all."""

    title = "What was kept of this recording in the cache is damaged ({why})"
    remedy = "It has been removed: give the same command again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What steps depend on: the very state of the session's file, and of the code that understood it."""

    session: str
    code: str


class KeptSteps:
    """Steps, payments and lanes as they were understood. The same questions as to a `Trace`, without its memory.

    Each raises `KeptDamaged` if the file proves to be damaged; it is gone then. For one thread at a time.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, about: Mapping[str, str]) -> None:
        self._db = db
        self._last = int(about["last"])
        self._all = int(about["steps"]) == self._last  # no number is missing
        self._lanes = {lane: tuple(hosts) for lane, hosts in json.loads(about["lanes"]).items()}
        self._blocks = _Blocks(path, db)
        self._payments = _Payments(self._blocks, int(about["payments"]))
        self._steps = lru_cache(maxsize=_AT_HAND)(self._read)

    def __len__(self) -> int:
        """How many exchanges there are; they are numbered from 1 to this."""
        return self._last

    def has(self, n: int) -> bool:
        """Whether exchange n was seen."""
        return 0 < n <= self._last and (self._all or n in self._steps((n - 1) // BLOCK))

    def step(self, n: int) -> Step:
        """Exchange n. Raises IndexError if there is none."""
        found = self._steps((n - 1) // BLOCK).get(n) if 0 < n <= self._last else None
        if found is None:
            raise IndexError(n)
        return found

    def packed(self, numbers: Sequence[int]) -> bytes | None:
        """A block in which all of these exchanges are, as `unpack_steps` takes it; None if they aren't most of one."""
        block, last = (numbers[0] - 1) // BLOCK, (numbers[-1] - 1) // BLOCK
        return self._blocks.packed("steps", block) if block == last and len(numbers) > BLOCK // 2 else None

    @property
    def payments(self) -> Sequence[Payment]:
        """All payments, in the order of their first exchanges, each read when it is looked at."""
        return self._payments

    @property
    def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Lane -> the hosts that were placed on it."""
        return self._lanes

    def close(self) -> None:
        """Let go of the file."""
        self._steps.cache_clear()
        self._db.close()

    def _read(self, block: int) -> dict[int, Step]:
        return {step.n: step for step in self._blocks.read("steps", block, unpack_steps)}


class _Blocks:
    """The blocks of the file, unpacked."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    def packed(self, table: str, block: int) -> bytes | None:
        """A block as it is kept; None if there is none, since numbers may be missing."""
        try:
            found = self._db.execute(f"SELECT packed FROM {table} WHERE block = ?", (block,)).fetchone()
        except sqlite3.ProgrammingError:  # it was closed: who still asks is leaving
            return None
        except _FAULTS as error:
            raise self._damaged(error) from None
        return None if found is None else found[0]

    def read[T](self, table: str, block: int, unpack: Callable[[bytes], list[T]]) -> list[T]:
        """What a block holds."""
        packed = self.packed(table, block)
        try:
            return [] if packed is None else unpack(packed)
        except _FAULTS as error:
            raise self._damaged(error) from None

    def _damaged(self, why: Exception) -> KeptDamaged:
        with suppress(OSError):
            self._path.unlink()
        return KeptDamaged(why=why)


class _Payments(Sequence[Payment]):
    def __init__(self, blocks: _Blocks, count: int) -> None:
        self._count = count
        self._read = lru_cache(maxsize=_AT_HAND)(lambda block: blocks.read("payments", block, unpack_payments))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Payment: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Payment, ...]: ...
    def __getitem__(self, index: int | slice) -> Payment | tuple[Payment, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(self._count)))
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(index)
        return self._read(at // BLOCK)[at % BLOCK]


def open_kept(path: Path, key: Key) -> KeptSteps | None:
    """What was kept under a key; None if there is nothing that is whole and belongs to it."""
    try:
        uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
        db = sqlite3.connect(uri, uri=True, check_same_thread=False)
    except sqlite3.Error:
        return None
    try:
        about = dict(db.execute("SELECT name, value FROM about"))
        wanted = {"format": _FORMAT, **asdict(key)}
        blocks = db.execute("SELECT packed FROM steps UNION ALL SELECT packed FROM payments")
        if wanted.items() <= about.items() and all(is_whole(packed) for (packed,) in blocks):
            return KeptSteps(path, db, about)
    except _FAULTS:
        pass
    db.close()
    return None


def keeping_steps(
    path: Path,
    key: Key,
    *,
    steps: Iterable[Step],
    payments: Sequence[Payment],
    lane_hosts: Mapping[str, tuple[str, ...]],
    last: int,
) -> Iterator[None]:
    """Write what was understood, block by block; nothing, unless it is walked to its end. Only its owner can read it.

    Args:
        steps: by number; numbers may be missing.
        last: the number of the last exchange.

    Raises:
        OSError: it can't be written there.
    """
    fd, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(fd)
    try:
        with closing(sqlite3.connect(name, isolation_level=None)) as db:
            # nobody else knows of the file, and if the machine fails there is none: no journal, no waiting for the disk
            db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES} BEGIN;")
            count = 0
            for block, some in _step_blocks(steps):
                db.execute("INSERT INTO steps VALUES (?, ?)", (block, pack_steps(some)))
                count += len(some)
                yield
            for at, paid in enumerate(batched(payments, BLOCK)):
                db.execute("INSERT INTO payments VALUES (?, ?)", (at, pack_payments(paid)))
                yield
            about = {
                "format": _FORMAT,
                **asdict(key),
                "last": str(last),
                "steps": str(count),
                "lanes": json.dumps({lane: list(hosts) for lane, hosts in lane_hosts.items()}),
                "payments": str(len(payments)),
            }
            db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
            db.execute("COMMIT")
        os.replace(name, path)
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _step_blocks(steps: Iterable[Step]) -> Iterator[tuple[int, list[Step]]]:
    block, some = 0, list[Step]()
    for step in steps:
        at = (step.n - 1) // BLOCK
        if at != block:
            if some:
                yield block, some
            block, some = at, []
        some.append(step)
    if some:
        yield block, some
