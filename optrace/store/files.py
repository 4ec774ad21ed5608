"""Opening the file of a session, in whatever state it was left; and whether its recorder is alive."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from optrace.core.errors import DamagedSession, NewerSession, NotASession
from optrace.store.migrate import migrate
from optrace.store.schema import APPLICATION_ID, COLUMNS, FORMAT

if sys.platform != "win32":
    import fcntl

# what reading a damaged file raises; the last is for a message of SQLite's that quotes a damaged name
FAULTS = (sqlite3.Error, UnicodeDecodeError)
SQLITE_MAGIC = b"SQLite format 3\x00"
_HEADER = 100  # bytes of SQLite's file header
_PROBE = "SELECT 1 FROM sqlite_schema LIMIT 1"
_ROWS = f"SELECT seq, {', '.join(COLUMNS)} FROM records LIMIT 0"
_SIDE_FILES = ("-wal", "-journal")
_SETTLED = 3.0  # seconds without a change; the clocks of file systems tick every two at worst


def head_of(path: Path, size: int) -> bytes:
    """The first bytes of a recording.

    Raises:
        NotASession: there is none, or it can't be opened.
    """
    try:
        with path.open("rb") as file:
            head = file.read(size)
    except FileNotFoundError:
        raise NotASession(path=path, why="there is no such file") from None
    except IsADirectoryError:
        raise NotASession(path=path, why="it is a directory") from None
    except OSError as error:
        raise NotASession(path=path, why=error.strerror) from None
    if not head:
        raise NotASession(path=path, why="it is empty")
    return head


def open_database(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """The session's database, to be read, in the present format; and the directory of the copy if it had to be copied.

    Raises:
        NotASession, NewerSession, DamagedSession: as `SessionReader.open` says.
    """
    found = _format(path)
    copy: Path | None = None
    db: sqlite3.Connection | None = None
    try:
        db = _connect(path)
        if db is None or found < FORMAT:
            copy = Path(tempfile.mkdtemp(prefix="optrace-"))  # only its owner may look into it
            db = _copied(path, db, copy)
            migrate(db, found)
        db.execute(_ROWS)
        return db, copy
    except (*FAULTS, OSError) as error:
        if db is not None:
            db.close()
        if copy is not None:
            shutil.rmtree(copy, ignore_errors=True)
        raise DamagedSession(path=path, why=error, remedy="Nothing of it can be read.") from None


def hold(path: Path) -> int | None:
    """Show readers that the session is live: a lock on the WAL file, which the system drops however the process ends.

    SQLite's own locks are of another kind and on other files, so neither disturbs the other. The descriptor that comes
    back holds the lock.
    """
    if sys.platform == "win32":
        return None
    fd = os.open(f"{path}-wal", os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def is_live(path: Path) -> bool:
    """Whether somebody holds the session."""
    try:
        fd = os.open(f"{path}-wal", os.O_RDONLY)
    except OSError:
        return False
    try:
        if sys.platform != "win32":
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        return True  # without such locks, a session that was killed looks live
    except BlockingIOError:
        return True
    finally:
        os.close(fd)


def state_of(path: Path, *, now: float) -> str | None:
    """What tells the present state of a session's file from any other; None while it is recorded, or may be changing.

    Whoever writes into a file moves its times, of which the second can't be set back. A file that was touched within
    the last seconds has no state yet: the next change could come within the same tick of the file system's clock.

    Args:
        path: the file.
        now: seconds since 1970.
    """
    if any(os.path.exists(f"{path}{side}") for side in _SIDE_FILES):
        return None
    try:
        found = os.stat(path)
        with path.open("rb") as file:
            head = file.read(_HEADER)
    except OSError:
        return None
    if now - max(found.st_mtime, found.st_ctime) < _SETTLED:
        return None
    parts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, head.hex())
    return " ".join(map(str, parts))


def settle(path: Path) -> None:
    """Make one file of a session whose recorder is gone, if this may be done and nobody else reads it."""
    if not Path(f"{path}-wal").exists() or is_live(path):
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(_uri(path, "mode=rw"), uri=True, timeout=0)) as db:
        db.execute("PRAGMA journal_mode=DELETE").fetchall()


def _format(path: Path) -> int:
    head = head_of(path, _HEADER)
    if not head.startswith(SQLITE_MAGIC):
        raise NotASession(path=path, why="it is no SQLite database")
    if len(head) < _HEADER:
        raise DamagedSession(path=path, why="it is cut off", remedy="Nothing of it can be read.")
    found, application = int.from_bytes(head[60:64]), int.from_bytes(head[68:72])
    if application != APPLICATION_ID:
        raise NotASession(path=path, why="it is an SQLite database of another program")
    if found > FORMAT:
        raise NewerSession(path=path, found=found, known=FORMAT)
    return found


def _connect(path: Path) -> sqlite3.Connection | None:
    """A connection that only reads; None if the file can't be read where it is."""
    if Path(f"{path}-journal").exists():
        return None  # killed in the one moment in which SQLite has to roll back
    # without a WAL file nobody writes, and nobody will: sessions aren't reopened. So nothing is locked or created
    how = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    db = sqlite3.connect(_uri(path, how), uri=True, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA cell_size_check=ON")
        try:
            db.execute(_PROBE)
        except sqlite3.OperationalError:  # a read-only directory, for one: WAL needs a file beside it
            if how == "immutable=1":
                raise
            db.close()
            return None
        except FAULTS:
            db.execute(
                "PRAGMA writable_schema=ON"
            )  # a file shorter than it says is refused without; nothing is written
            db.execute(_PROBE)
    except FAULTS:
        db.close()
        raise
    return db


def _copied(path: Path, db: sqlite3.Connection | None, directory: Path) -> sqlite3.Connection:
    target = directory / "session"
    if db is None:
        for side in ("", *_SIDE_FILES):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{side}", f"{target}{side}")
    copy = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
    if db is not None:
        with closing(db):
            db.backup(copy)
    return copy


def _uri(path: Path, how: str) -> str:
    return f"file:{quote(os.fsencode(path.absolute()))}?{how}"
