"""What the user says of exchanges, kept in the session file beside what was recorded: notes and marks.

    CREATE TABLE annotations (seq, n, at, text)
    CREATE TABLE marks (seq, n, at, marked)

One row each time somebody says something of exchange n; the last one holds, and an empty text, or a mark of 0, takes it
back. A table is made with its first row. A viewer writes it while the recorder is at work: what it locks, it locks for
one small row that waits for no disk, far less than the recorder's patience.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from optrace.core.errors import OptraceError
from optrace.store.files import FAULTS

LONGEST = 4000  # characters of a note
_PATIENCE = 5.0  # seconds, for the recorder's own locks
_NOTES = """
CREATE TABLE IF NOT EXISTS annotations (
    seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL
)
"""
_MARKS = """
CREATE TABLE IF NOT EXISTS marks (
    seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, at INTEGER NOT NULL, marked INTEGER NOT NULL
)
"""
_EPOCH = datetime.fromtimestamp(0, UTC)
Query = Callable[[str], sqlite3.Cursor]


class NotKept(OptraceError):
    """A note or a mark can't be written."""

    title = "It can't be kept in the session: {why}"
    remedy = "Check that the session file and its directory can be written."


def read_notes(query: Query) -> dict[int, str]:
    """The notes that hold, by exchange. What can't be read is left out."""
    notes: dict[int, str] = {}
    try:
        for n, text in query("SELECT n, text FROM annotations ORDER BY seq"):
            if isinstance(n, int) and isinstance(text, str):
                notes.pop(n, None)
                if text:
                    notes[n] = text[:LONGEST]
    except FAULTS:  # nobody has noted anything, or the file is damaged there
        return notes
    return notes


def read_marks(query: Query) -> tuple[int, ...]:
    """The exchanges that are marked, in the order in which they were. What can't be read is left out."""
    marks: dict[int, None] = {}
    try:
        for n, marked in query("SELECT n, marked FROM marks ORDER BY seq"):
            if isinstance(n, int) and isinstance(marked, int):
                marks.pop(n, None)
                if marked:
                    marks[n] = None
    except FAULTS:
        pass
    return tuple(marks)


def write_note(path: Path, n: int, text: str, *, at: datetime) -> None:
    """Note something on an exchange; an empty text takes back what was noted.

    Raises:
        NotKept: the file can't be written.
    """
    text = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    _write(path, _NOTES, "INSERT INTO annotations (n, at, text) VALUES (?, ?, ?)", n, at, text)


def write_mark(path: Path, n: int, marked: bool, *, at: datetime) -> None:
    """Mark an exchange, or take its mark away.

    Raises:
        NotKept: the file can't be written.
    """
    _write(path, _MARKS, "INSERT INTO marks (n, at, marked) VALUES (?, ?, ?)", n, at, int(marked))


def _write(path: Path, table: str, insert: str, n: int, at: datetime, value: str | int) -> None:
    if not os.access(path, os.W_OK):
        raise NotKept(why=f"{path.name} is read-only")
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)) as db:
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA wal_autocheckpoint=0").fetchall()
            db.execute(table)
            db.execute(insert, (n, (at - _EPOCH) // timedelta(microseconds=1), value))
    except sqlite3.Error as error:
        raise NotKept(why=str(error)) from None
