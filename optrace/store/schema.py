"""The tables of a session file. One file is one session; its format version is SQLite's `user_version`.

Everything that happened is a row of `records`, and `seq` is the order in which it was recorded, without gaps. An
exchange has a request row and, once it ended, a response row with the same `n`. Five columns are plain so that any
SQLite tool can query them (the views name them well); the rest is packed into `data` (see `codec`).

    kind        n   at              word     text             status  error
    REQUEST     n   started         method   url
    AMENDED     n   started         method   url                              the request as it was really sent on
    RECEIVED    n   ended                                     status  error   the response as it came
    RESPONSE    n   ended                                     status  error
    KEY             seen            how      wallet address           error
    NOTE            at              level    text

Instants are microseconds since 1970, UTC. A text that isn't valid Unicode (lone surrogates) is kept as a blob of UTF-8.
"""

from __future__ import annotations

from enum import IntEnum

APPLICATION_ID = 0x4F505452  # "OPTR", at offset 68 of the file
FORMAT = 1  # at offset 60; an older one has a function in migrate.MIGRATIONS


class Kind(IntEnum):
    """What a row of `records` holds. The numbers are part of the format."""

    REQUEST = 1
    RESPONSE = 2
    KEY = 3
    NOTE = 4
    AMENDED = 5
    RECEIVED = 6


COLUMNS = ("kind", "n", "at", "word", "text", "status", "error", "data")

TABLES = """
CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, n INTEGER, at INTEGER,
    word TEXT, text TEXT, status INTEGER, error TEXT, data BLOB NOT NULL
);
CREATE TABLE bodies (number INTEGER PRIMARY KEY, content BLOB NOT NULL);
"""

INDEX_AND_VIEWS = """
CREATE INDEX records_by_n ON records (n, kind) WHERE n IS NOT NULL;
CREATE VIEW exchanges AS
    SELECT q.n, strftime('%Y-%m-%dT%H:%M:%fZ', q.at / 1e6, 'unixepoch') AS started, q.word AS method, q.text AS url,
           a.status, (a.at - q.at) / 1e3 AS milliseconds, a.error
    FROM records q LEFT JOIN records a
        ON a.seq = (SELECT max(seq) FROM records WHERE n = q.n AND kind = 2)
    WHERE q.kind = 1;
CREATE VIEW keys AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS seen, word AS how, text AS wallet_address, error
    FROM records WHERE kind = 3;
CREATE VIEW notes AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at, word AS level, text FROM records WHERE kind = 4;
"""
