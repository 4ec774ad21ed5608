"""Damaged, cut off, foreign and newer files: what can be read is given out, and the rest is told."""

import random
import shutil
import sqlite3

import pytest

from optrace.core.errors import DamagedSession, NewerSession, NotASession, OptraceError
from optrace.session.events import ExchangeSeen
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from tests.store.traffic import clock, payments

COUNT = 120


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "whole.optrace"
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        for exchange in payments(COUNT):
            writer.response(writer.request(exchange), exchange)
    return path


@pytest.fixture(scope="module")
def truth(whole):
    reader = SessionReader.open(whole)
    events = drain(reader)
    reader.close()
    assert len(events) == 2 * COUNT
    return events


def drain(reader, limit=50):
    events = []
    while some := reader.poll(limit):
        events += some
        assert len(events) <= 4 * COUNT  # it comes to an end
    return events


def is_in_order(part, events):
    rest = iter(events)
    return all(any(event == other for other in rest) for event in part)


def check(path, truth):
    """Read what can be read: nothing wrong is given out, and what is missing is told."""
    try:
        reader = SessionReader.open(path)
    except (NotASession, NewerSession, DamagedSession):
        return 0
    events = drain(reader)
    assert is_in_order(events, truth)
    assert events == truth or reader.damage
    for n in (1, COUNT // 2, COUNT):
        try:
            exchange = reader.exchange(n)
            assert any(exchange == event.exchange for event in truth)
        except (KeyError, DamagedSession):
            assert reader.damage
    assert reader.total >= 0
    reader.close()
    return len(events)


@pytest.mark.parametrize("seed", range(12))
def test_a_file_that_was_cut_off(whole, truth, tmp_path, seed):
    path = tmp_path / "cut.optrace"
    raw = whole.read_bytes()
    size = random.Random(seed).randrange(1, len(raw))
    path.write_bytes(raw[:size])
    read = check(path, truth)
    assert read < len(truth)


def test_of_a_file_that_lost_its_second_half_much_is_read(whole, truth, tmp_path):
    path = tmp_path / "half.optrace"
    raw = whole.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    assert check(path, truth) > len(truth) / 4


@pytest.mark.parametrize("seed", range(60))
def test_a_flipped_byte_is_noticed_wherever_it_is(whole, truth, tmp_path, seed):
    path = tmp_path / "flipped.optrace"
    raw = bytearray(whole.read_bytes())
    rng = random.Random(seed)
    raw[rng.randrange(len(raw))] ^= rng.randrange(1, 256)
    path.write_bytes(raw)
    check(path, truth)


def test_a_lost_page_in_the_middle_costs_only_what_stood_in_it(whole, truth, tmp_path):
    path = tmp_path / "holed.optrace"
    raw = bytearray(whole.read_bytes())
    page = int.from_bytes(raw[16:18])
    number = len(raw) // page // 2
    raw[number * page : (number + 1) * page] = b"\xff" * page
    path.write_bytes(raw)
    assert len(truth) - 20 < check(path, truth) < len(truth)


def test_a_bad_row_is_passed_over_and_told(whole, truth, tmp_path):
    path = tmp_path / "row.optrace"
    shutil.copy(whole, path)
    db = sqlite3.connect(path)
    db.execute("UPDATE records SET text = 'https://elsewhere.example/' WHERE n = 7 AND kind = 1")
    db.execute("DELETE FROM records WHERE n = 20")
    db.execute("UPDATE records SET kind = 99 WHERE n = 30 AND kind = 2")
    db.commit()
    db.close()
    reader = SessionReader.open(path)
    events = drain(reader)
    assert [event for event in truth if event not in events] == [
        event
        for event in truth
        if event.exchange.n in (7, 20) or (event.exchange.n == 30 and not event.exchange.in_flight)
    ]
    assert reader.damage.startswith("5 of its records can't be read, the first after exchange 6 (")
    with pytest.raises(DamagedSession):
        reader.exchange(7)
    with pytest.raises(KeyError):
        reader.exchange(20)
    reader.close()


def test_a_missing_end_is_told(whole, truth, tmp_path):
    path = tmp_path / "end.optrace"
    shutil.copy(whole, path)
    db = sqlite3.connect(path)
    db.execute("DELETE FROM records WHERE n > 118")
    db.commit()
    db.close()
    reader = SessionReader.open(path)
    assert drain(reader) == truth[:-4]
    assert reader.damage == "4 of its records can't be read, the first after exchange 118 (the last are missing)"
    reader.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"hello", "it is no SQLite database"),
        (bytes(5000), "it is no SQLite database"),
    ],
)
def test_what_is_no_session(tmp_path, content, why):
    path = tmp_path / "x.optrace"
    path.write_bytes(content)
    with pytest.raises(NotASession) as refused:
        SessionReader.open(path)
    assert refused.value.title == f"{path} is not a recording that optrace can read: {why}"


def test_a_database_of_somebody_else_is_no_session(tmp_path):
    db = sqlite3.connect(tmp_path / "places.sqlite")
    db.execute("CREATE TABLE records (a)")
    db.commit()
    db.close()
    with pytest.raises(NotASession, match="another program"):
        SessionReader.open(tmp_path / "places.sqlite")


def test_a_session_of_a_later_version_is_refused(whole, tmp_path):
    path = tmp_path / "newer.optrace"
    shutil.copy(whole, path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=2")
    db.close()
    with pytest.raises(NewerSession, match="session format 2; this optrace reads up to format 1") as refused:
        SessionReader.open(path)
    assert isinstance(refused.value, OptraceError)


def test_reading_changes_nothing(whole, truth):
    before = whole.read_bytes(), whole.stat().st_mtime_ns
    reader = SessionReader.open(whole)
    assert all(isinstance(event, ExchangeSeen) for event in drain(reader))
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]
    reader.close()
    assert before == (whole.read_bytes(), whole.stat().st_mtime_ns)


def test_a_copy_of_a_live_session_without_its_side_files_is_read_as_far_as_it_goes(tmp_path):
    path, copy = tmp_path / "live.optrace", tmp_path / "copy.optrace"
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        for exchange in payments(20):
            writer.response(writer.request(exchange), exchange)
        writer._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        copy.write_bytes(path.read_bytes())
        reader = SessionReader.open(copy)
        assert len(drain(reader)) == 40
        reader.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.optrace", "live.optrace"]


@pytest.mark.parametrize("child", [0, 1, 7, -1])
def test_pages_that_form_a_ring_are_not_followed_for_ever(whole, truth, tmp_path, child):
    path = tmp_path / "ring.optrace"
    raw = bytearray(whole.read_bytes())
    db = sqlite3.connect(whole)
    root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'records'").fetchone()[0]
    db.close()
    start = (root - 1) * int.from_bytes(raw[16:18])
    assert raw[start] == 5  # an interior page of a table
    cells = int.from_bytes(raw[start + 3 : start + 5])
    place = start + 12 + 2 * child
    at = start + 8 if child < 0 else start + int.from_bytes(raw[place : place + 2])
    assert child < cells
    raw[at : at + 4] = root.to_bytes(4)
    path.write_bytes(raw)
    assert check(path, truth) < len(truth)


def test_of_a_session_whose_columns_have_other_names_nothing_can_be_read(whole, tmp_path):
    path = tmp_path / "columns.optrace"
    path.write_bytes(whole.read_bytes().replace(b"word TEXT, text TEXT", b"ward TEXT, text TEXT"))
    with pytest.raises(DamagedSession, match="no such column"):
        SessionReader.open(path)
