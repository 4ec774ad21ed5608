"""Exchanges read in spans are those that are read one by one."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.core.errors import DamagedSession
from optrace.store.ahead import Ahead
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from tests.corpus import exchanges


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "x.optrace"
    with SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC)) as writer:
        for exchange in exchanges(150):
            number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
            if number % 7:
                writer.response(number, exchange)
    return path


def test_spans_hold_what_single_reads_hold(session: Path) -> None:
    reader = SessionReader.open(session)
    one_by_one = [reader.exchange(n) for n in range(1, 151)]
    assert reader.span(1, 150) == one_by_one
    assert reader.span(149, 200) == one_by_one[148:]
    ahead = Ahead(reader)
    assert [ahead.exchange(n) for n in (*range(1, 151), 3, 149)] == [*one_by_one, one_by_one[2], one_by_one[148]]
    with pytest.raises(KeyError):
        ahead.exchange(151)
    assert reader.numbers() == range(1, 151)


def test_a_row_that_is_lost_is_no_whole_session(session: Path) -> None:
    db = sqlite3.connect(session)
    db.execute("DELETE FROM records WHERE n = 70")
    db.commit()
    db.close()
    assert SessionReader.open(session).numbers() is None


def test_damage_in_a_span_hits_only_what_is_damaged(session: Path) -> None:
    db = sqlite3.connect(session)
    db.execute("UPDATE records SET data = x'01ff' WHERE n = 70")
    db.commit()
    db.close()
    reader = SessionReader.open(session)
    with pytest.raises(DamagedSession):
        reader.span(1, 100)
    ahead = Ahead(reader)
    assert ahead.exchange(69).n == 69
    with pytest.raises(DamagedSession):
        ahead.exchange(70)
