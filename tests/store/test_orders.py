"""Breakpoints and orders through the session file: what one side says, the other finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest
from optrace.session.breakpoints import Breakpoint, Order, Part, Waiting, Word, place_of, read_breakpoint
from optrace.store.desk import Desk
from optrace.store.orders import NAMES
from optrace.store.reader import SessionReader
from optrace.store.remote import LEASE, NotTold, Remote
from optrace.store.writer import SessionWriter

QUOTE = Breakpoint(operation="quote_create", part=Part.REQUEST)
START = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class Pair:
    """A session that is recorded, with a desk, and a viewer of it."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.path = path
        self.writer = SessionWriter.create(path, info={}, clock=self.clock)
        self.desk = Desk(path, self.writer.changed, self.clock, again=0)
        self.remote = self.viewer()

    def viewer(self) -> Remote:
        return Remote(self.path, self.clock)

    def wait(self, n: int = 1) -> Waiting:
        request = HttpRequest(
            method="POST", url="https://rs.example/quotes", fields=Fields([(b"X", b"\xff")]), body=b"{"
        )
        exchange = Exchange(n=n, request=request, started=START)
        waiting = Waiting(
            exchange=exchange,
            part=Part.REQUEST,
            operation="quote_create",
            since=START,
            until=START + timedelta(seconds=30),
        )
        self.desk.hold(waiting)
        return waiting


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path / "a.optrace")
    yield made
    made.remote.leave()
    made.desk.close()
    made.writer.close()


def test_a_breakpoint_is_found_and_goes_again(pair: Pair) -> None:
    assert pair.desk.breakpoints() == ()
    pair.remote.set(QUOTE)
    assert [point for point, _ in pair.desk.breakpoints()] == [QUOTE]
    assert pair.remote.look().breakpoints == [QUOTE]
    pair.remote.clear(QUOTE)
    assert pair.desk.breakpoints() == ()
    assert pair.remote.look().breakpoints == []


def test_what_waits_is_seen_whole_and_answered(pair: Pair) -> None:
    pair.remote.set(QUOTE)
    assert pair.desk.breakpoints()
    waiting = pair.wait()
    assert pair.remote.look().waiting == [waiting]
    order = Order(n=1, part=Part.REQUEST, word=Word.GO, exchange=waiting.exchange, said="nothing")
    pair.remote.send(order)
    ((number, found),) = pair.desk.orders()
    assert found == order
    assert pair.desk.orders() == []
    pair.desk.answer(number, "it was let go")
    pair.desk.release(1)
    standing = pair.remote.look()
    assert standing.waiting == []
    assert standing.answers == [(order, "it was let go")]
    assert not pair.remote.look().answers


def test_no_order_is_overlooked_after_an_answer(pair: Pair) -> None:
    pair.remote.set(QUOTE)
    for n in range(1, 5):
        pair.remote.send(Order(n=n, part=Part.REQUEST, word=Word.GO))
        ((number, found),) = pair.desk.orders()
        assert found.n == n
        pair.desk.answer(number, "done")
        assert [order.n for order, _ in pair.remote.look().answers] == [n]


def test_a_viewer_that_shows_no_sign_of_life_has_no_breakpoints(pair: Pair) -> None:
    pair.remote.set(QUOTE)
    ((_, viewer),) = pair.desk.breakpoints()
    for _ in range(8):
        pair.clock.pass_by(seconds=3)
        pair.remote.look()
        assert pair.desk.is_there(viewer)
    pair.clock.pass_by(seconds=LEASE.total_seconds())
    assert not pair.desk.is_there(viewer)
    assert list(pair.desk.breakpoints()) == []


def test_a_viewer_that_leaves_takes_its_own_along(pair: Pair) -> None:
    other = pair.viewer()
    answers = Breakpoint(operation="quote_create", part=Part.RESPONSE, place="POST x", patience=timedelta(seconds=5))
    pair.remote.set(QUOTE)
    other.set(answers)
    assert other.look().breakpoints == [QUOTE, answers]
    other.leave()
    assert [point for point, _ in pair.desk.breakpoints()] == [QUOTE]


def test_an_ended_session_holds_nothing_of_it(pair: Pair) -> None:
    pair.remote.set(QUOTE)
    assert pair.desk.breakpoints()
    pair.wait()
    pair.remote.leave()
    pair.desk.close()
    pair.writer.close()
    with closing(sqlite3.connect(pair.path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert not tables & set(NAMES)


def test_a_session_in_which_nobody_stops_anything_has_no_such_tables(pair: Pair) -> None:
    assert pair.remote.look().breakpoints == ()
    with closing(sqlite3.connect(pair.path)) as db:
        assert not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'breakpoints'").fetchall()
    reader = SessionReader.open(pair.path)
    assert reader.poll() == []
    reader.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders (n, part, word, exchange, said) VALUES (1, 'request', 'explode', NULL, '')",
        "INSERT INTO orders (n, part, word, exchange, said) VALUES (1, 'request', 'go', '{\"n\": 2}', '')",
        "INSERT INTO breakpoints VALUES ('x', 'neither', '', 1, 'me')",
        "INSERT INTO viewers VALUES ('me', 9223372036854775807)",
        "DROP TABLE orders",
    ],
)
def test_what_cant_be_read_stops_nothing(pair: Pair, statement: str) -> None:
    pair.remote.set(QUOTE)
    with closing(sqlite3.connect(pair.path, isolation_level=None)) as db:
        db.execute(statement)
    assert list(pair.desk.orders()) == []
    assert len(pair.desk.breakpoints()) <= 1
    pair.remote.look()


def test_telling_nobody_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotTold):
        Remote(tmp_path / "none.optrace", Clock()).set(QUOTE)


def test_a_place_is_known_in_any_spelling() -> None:
    point = Breakpoint(
        operation="unknown_one", part=Part.REQUEST, place=place_of("GET", "https://W.example:443/alice?x=1")
    )
    assert point.matches("unknown", place_of("GET", "https://w.example/alice"))
    assert not point.matches("unknown", place_of("POST", "https://w.example/alice"))
    nobody = replace(point, operation="unknown")
    assert not nobody.matches("unknown", place_of("GET", "https://w.example/bob"))
    assert nobody.matches("unknown", place_of("GET", "https://w.example/alice"))


def test_breakpoints_as_the_user_writes_them() -> None:
    assert read_breakpoint("quote_create") == QUOTE
    assert read_breakpoint("quote_create:response").part is Part.RESPONSE
    for text, hint in (
        ("quote_creat", "quote_create"),
        ("quote_create:body", ":response"),
        ("quote_create:", "OPERATION"),
    ):
        with pytest.raises(Usage) as caught:
            read_breakpoint(text)
        assert hint in caught.value.remedy
