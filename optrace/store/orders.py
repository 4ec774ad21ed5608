"""How a viewer tells the proxy something: four tables in the session file, made when the first breakpoint is set.

    viewers      who has set breakpoints, and until when it is believed to be there (it says so again and again)
    breakpoints  where exchanges are to wait, and for whom
    waiting      the exchanges that wait, with their messages; the proxy writes it
    orders       what is to become of them; the proxy writes the answer

No order is removed: the proxy reads on from the number of the last. Its side is `desk`, the viewer's `remote`. The
tables are gone when the session has ended: what was edited is in its records. Instants are microseconds since 1970,
UTC; exchanges are JSON (`core/exchange_json.py`).
"""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from optrace.core.exchange_json import of_jsonl, to_jsonl
from optrace.core.messages import Exchange
from optrace.session.breakpoints import LONGEST, Breakpoint, Order, Part, Waiting, Word

TABLES = (
    "CREATE TABLE IF NOT EXISTS viewers (id TEXT PRIMARY KEY, until INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS breakpoints (operation TEXT NOT NULL, part TEXT NOT NULL, place TEXT NOT NULL,"
    " patience INTEGER NOT NULL, viewer TEXT NOT NULL, PRIMARY KEY (operation, part))",
    "CREATE TABLE IF NOT EXISTS waiting (n INTEGER PRIMARY KEY, part TEXT NOT NULL, operation TEXT NOT NULL,"
    " since INTEGER NOT NULL, until INTEGER NOT NULL, exchange TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS orders (seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, part TEXT NOT NULL,"
    " word TEXT NOT NULL, exchange TEXT, said TEXT NOT NULL, answer TEXT)",
)
NAMES = ("viewers", "breakpoints", "waiting", "orders")
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


def connect(path: Path, *, patience: float) -> sqlite3.Connection:
    """A connection that writes small rows and waits for no disk. Raises sqlite3.Error.

    Args:
        patience: seconds, for somebody else's lock.
    """
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=patience, check_same_thread=False)
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    return db


def micros(at: datetime) -> int:
    """An instant as it is written."""
    return (at - _EPOCH) // _MICROSECOND


def instant(written: int) -> datetime:
    """An instant as it was written. Raises ValueError or OverflowError if it is none."""
    return _EPOCH + written * _MICROSECOND


def breakpoint_row(breakpoint: Breakpoint, viewer: str) -> tuple[object, ...]:
    """A row of `breakpoints`."""
    patience = breakpoint.patience // _MICROSECOND
    return (breakpoint.operation, str(breakpoint.part), breakpoint.place, patience, viewer)


def read_breakpoint(operation: str, part: str, place: str, patience: int) -> Breakpoint:
    """A breakpoint from its row. Raises ValueError."""
    kept = min(max(patience, 0) * _MICROSECOND, LONGEST)
    return Breakpoint(operation=operation, part=Part(part), place=place, patience=kept)


def waiting_row(waiting: Waiting) -> tuple[object, ...]:
    """A row of `waiting`."""
    since, until = micros(waiting.since), micros(waiting.until)
    return (waiting.n, str(waiting.part), waiting.operation, since, until, to_jsonl(waiting.exchange))


def read_waiting(n: int, part: str, operation: str, since: int, until: int, exchange: str) -> Waiting:
    """What waits, from its row. Raises ValueError or OverflowError."""
    return Waiting(
        exchange=_exchange(n, exchange),
        part=Part(part),
        operation=operation,
        since=instant(since),
        until=instant(until),
    )


def order_row(order: Order) -> tuple[object, ...]:
    """A row of `orders`, without number and answer."""
    exchange = None if order.exchange is None else to_jsonl(order.exchange)
    return (order.n, str(order.part), str(order.word), exchange, order.said)


def read_order(n: int, part: str, word: str, exchange: str | None, said: str) -> Order:
    """An order from its row. Raises ValueError."""
    other = None if exchange is None else _exchange(n, exchange)
    return Order(n=n, part=Part(part), word=Word(word), exchange=other, said=said)


def _exchange(n: int, line: str) -> Exchange:
    exchange = of_jsonl(line)
    if exchange.n != n:
        raise ValueError(f"exchange {exchange.n} in the row of {n}")
    return exchange
