"""Sessions of older formats are brought up to date in a copy; the file itself is never touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from optrace.store.schema import FORMAT, INDEX_AND_VIEWS


def _bodies_apart(db: sqlite3.Connection) -> None:
    """Format 0 had all bodies beside their fields, called the table of facts `meta`, and had no index or views."""
    db.execute("ALTER TABLE meta RENAME TO session")
    db.execute("CREATE TABLE bodies (number INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    for statement in INDEX_AND_VIEWS.split(";"):
        db.execute(statement)


# format -> what makes the next one of it
MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {
    0: _bodies_apart,
}


def migrate(db: sqlite3.Connection, found: int) -> None:
    """Bring a copy of a session from format `found` to the present one, in one transaction.

    Raises:
        sqlite3.Error: it isn't what its format number says.
    """
    db.execute("BEGIN")
    for version in range(found, FORMAT):
        MIGRATIONS[version](db)
    db.execute(f"PRAGMA user_version={FORMAT}")
    db.execute("COMMIT")
