"""What the user notes on exchanges, kept in the session file beside what was recorded.

    CREATE TABLE annotations (seq, n, at, text)

One row each time somebody says something of exchange n; the last one holds, and an empty text takes it back. The table
is made with the first note. A viewer writes it while the recorder is at work: what it locks, it locks for one small
row that waits for no disk, far less than the recorder's patience.
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
_TABLE = """
CREATE TABLE IF NOT EXISTS annotations (
    seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL
)
"""
_EPOCH = datetime.fromtimestamp(0, UTC)
Query = Callable[[str], sqlite3.Cursor]


class NotKept(OptraceError):
    """A note can't be written."""

    title = "The note can't be kept: {why}"
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


def write_note(path: Path, n: int, text: str, *, at: datetime) -> None:
    """Note something on an exchange; an empty text takes back what was noted.

    Raises:
        NotKept: the file can't be written.
    """
    if not os.access(path, os.W_OK):
        raise NotKept(why=f"{path.name} is read-only")
    text = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)) as db:
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA wal_autocheckpoint=0").fetchall()
            db.execute(_TABLE)
            micros = (at - _EPOCH) // timedelta(microseconds=1)
            db.execute("INSERT INTO annotations (n, at, text) VALUES (?, ?, ?)", (n, micros, text))
    except sqlite3.Error as error:
        raise NotKept(why=str(error)) from None
