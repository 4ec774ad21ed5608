"""Notes of the user in a session file: kept, taken back, written while somebody records."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.core.messages import Exchange
from optrace.store.annotations import LONGEST, NotKept, read_marks, read_notes, write_mark, write_note
from optrace.store.reader import SessionReader
from optrace.store.sources import copy_events, open_source
from optrace.store.writer import SessionWriter
from tests.corpus import exchanges

AT = datetime(2026, 11, 22, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return Path(shutil.copyfile(SAMPLE, tmp_path / "a.optrace"))


def events(path: Path) -> list[Exchange]:
    source = open_source(path)
    try:
        return [source.exchange(n) for n in range(1, (source.total or 0) + 1)]
    finally:
        source.close()


def test_a_session_without_notes_has_none(session: Path) -> None:
    with_notes = SessionReader.open(session)
    assert with_notes.notes() == {}
    assert with_notes.marks() == ()
    with_notes.close()


def test_the_last_word_holds(session: Path) -> None:
    before = events(session)
    reader = SessionReader.open(session)
    reader.note(3, "look", at=AT)
    reader.note(4, "and here", at=AT)
    reader.note(3, "look again", at=AT)
    reader.note(4, "", at=AT)
    assert reader.notes() == {3: "look again"}
    reader.close()
    again = SessionReader.open(session)
    assert again.notes() == {3: "look again"}
    assert again.damage is None
    again.close()
    assert events(session) == before
    assert sorted(path.name for path in session.parent.iterdir()) == ["a.optrace"]


def test_marks_come_and_go_in_their_order(session: Path) -> None:
    before = events(session)
    reader = SessionReader.open(session)
    for n, marked in ((4, True), (2, True), (7, True), (4, False), (2, False), (2, True), (9, False)):
        reader.mark(n, marked, at=AT)
    assert reader.marks() == (7, 2)
    reader.close()
    again = SessionReader.open(session)
    assert (again.marks(), again.damage) == ((7, 2), None)
    again.close()
    assert events(session) == before


def test_any_text_is_kept_as_far_as_it_is_text(session: Path) -> None:
    reader = SessionReader.open(session)
    reader.note(1, "\ud800 \x1b[31m \0 日本", at=AT)
    reader.note(2, "x" * 2 * LONGEST, at=AT)
    reader.close()
    again = SessionReader.open(session)
    assert again.notes() == {1: "? \x1b[31m \0 日本", 2: "x" * LONGEST}
    again.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_can_t_be_written_is_said_for_users(session: Path) -> None:
    session.chmod(0o400)
    with pytest.raises(NotKept, match="read-only"):
        write_note(session, 1, "x", at=AT)


def test_a_file_that_can_t_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotKept):
        write_note(tmp_path / "gone.optrace", 1, "x", at=AT)


def test_a_table_of_somebody_else_s_making_is_no_damage(session: Path) -> None:
    db = sqlite3.connect(session)
    db.execute("CREATE TABLE annotations (seq, n, text)")
    db.execute("INSERT INTO annotations VALUES (1, 'x', 3), (2, 5, NULL), (3, 7, 'fine')")
    db.execute("CREATE TABLE marks (seq, n, marked)")
    db.execute("INSERT INTO marks VALUES (1, 'x', 1), (2, 5, NULL), (3, 7, 1)")
    db.commit()
    db.close()
    db = sqlite3.connect(session)
    assert read_notes(db.execute) == {7: "fine"}
    assert read_marks(db.execute) == (7,)
    db.close()


def test_notes_are_written_while_somebody_records(tmp_path: Path) -> None:
    path, troubles, start = tmp_path / "live.optrace", list[str | None](), threading.Event()
    with SessionWriter.create(path, info={}, clock=lambda: AT, on_trouble=troubles.append) as writer:

        def record() -> None:
            for exchange in exchanges(300):
                writer.response(writer.request(exchange), exchange)
                start.set()

        recorder = threading.Thread(target=record)
        recorder.start()
        start.wait()
        reader = SessionReader.open(path)
        for n in range(1, 31):
            reader.note(n, f"note {n}", at=AT)
        recorder.join()
        assert reader.notes() == {n: f"note {n}" for n in range(1, 31)}
        reader.close()
    assert troubles == []
    assert writer.lost == 0
    assert [path.name for path in tmp_path.iterdir()] == ["live.optrace"]
    source = open_source(path)
    assert source.notes()[30] == "note 30"
    assert source.total == 300
    source.close()


def test_a_copy_takes_them_along(session: Path, tmp_path: Path) -> None:
    write_note(session, 5, "the one", at=AT)
    write_mark(session, 6, True, at=AT)
    source = open_source(session)
    with SessionWriter.create(tmp_path / "b.optrace", info={}, clock=lambda: AT) as writer:
        copy_events(source, writer)
    source.close()
    copied = open_source(tmp_path / "b.optrace")
    assert copied.notes() == {5: "the one"}
    assert copied.marks() == (6,)
    copied.close()
