"""Notes: written on a message, seen, found, undone; where they can't be kept, that is said."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.cli.understanding import Understanding
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from optrace.tui.app import OptraceApp, settle
from optrace.tui.notebook import Annotations
from optrace.tui.screens.compare import CompareScreen
from optrace.tui.screens.noting import NoteScreen
from tests.corpus import exchanges
from tests.tui.test_keys import make_app, press, running, seen

AT = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return Path(shutil.copyfile(SAMPLE, tmp_path / "a.optrace"))


def app_of(path: Path) -> OptraceApp:
    source = SessionReader.open(path)
    return OptraceApp(source, Understanding(source.exchange), title="optrace", hint="")


@pytest.mark.slow
async def test_a_note_is_kept_shown_and_found(session: Path) -> None:
    app = app_of(session)
    async with running(app) as (pilot, home):
        await press(app, pilot, "g", "j", "j", "a")
        assert isinstance(app.screen, NoteScreen)
        n = home.ladder.selected
        await press(app, pilot, *"why?", "enter")
        assert "✎" in seen(app)
        assert "✎ why?" in seen(app).splitlines()[-2]
        assert app.bridge.notes == {n: "why?"}
        await press(app, pilot, "slash", *"note:why", "enter")
        assert list(home.ladder.view.found.numbers) == [n]
    again = SessionReader.open(session)
    assert again.notes() == {n: "why?"}
    again.close()


@pytest.mark.slow
async def test_what_was_done_is_undone(session: Path) -> None:
    app = app_of(session)
    async with running(app) as (pilot, home):
        await press(app, pilot, "g", "u")
        assert [note.message for note in app._notifications] == ["Nothing to undo."]
        await press(app, pilot, "a", "x", "enter", "a", "y", "enter", "a", "backspace", "backspace", "enter")
        assert app.bridge.notes == {}
        for text in ("xy", "x"):
            await press(app, pilot, "j", "u")
            assert app.bridge.notes == {1: text}
            assert home.ladder.selected == 1
        await press(app, pilot, "u")
        assert app.bridge.notes == {}
        await press(app, pilot, "a", "z", "escape")
        assert app.bridge.notes == {}


@pytest.mark.slow
async def test_notes_that_were_there_are_shown(session: Path) -> None:
    reader = SessionReader.open(session)
    reader.note(1, "\x1b[31mred [bold]", at=AT)
    reader.close()
    app = app_of(session)
    async with running(app, (160, 50)) as (pilot, _):
        await press(app, pilot, "g")
        assert "1✎" in seen(app)
        assert "\\x1b[31mred [bold]" in seen(app)


async def test_other_formats_have_no_place_for_them() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "a")
        assert home.is_current
        (note,) = app._notifications
        assert "optrace import" in note.message


@pytest.mark.slow
async def test_a_note_that_can_t_be_kept_is_said(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(session)
    async with running(app) as (pilot, _):
        session.unlink()
        await press(app, pilot, "a", "x", "enter")
        await settle(app, pilot)
        assert any("can't be kept" in note.message for note in app._notifications)
        assert app.bridge.notes == {}


@pytest.mark.slow
async def test_marks_are_kept_and_walked_between(session: Path) -> None:
    app = app_of(session)
    async with running(app) as (pilot, home):
        await press(app, pilot, "g", "j", "m", "j", "j", "space", "j", "m", "m")
        assert home.bridge.marks == (2, 4)
        assert "◆2" in seen(app)
        walked = []
        for key in ("g", "apostrophe", "apostrophe", "apostrophe", "quotation_mark", "quotation_mark"):
            await press(app, pilot, key)
            walked.append(home.ladder.selected)
        assert walked == [1, 2, 4, 2, 4, 2]
        await press(app, pilot, "slash", *"marked:yes", "enter")
        assert list(home.ladder.view.found.numbers) == [2, 4]
        await press(app, pilot, "escape", "slash", *"n:7", "enter", "apostrophe")
        assert "Nothing is marked" in [note.message for note in app._notifications][-1]
    app = app_of(session)
    async with running(app) as (pilot, home):
        assert home.ladder.marked == {2, 4}
        await press(app, pilot, "d")
        assert isinstance(app.screen, CompareScreen)


async def test_a_second_viewer_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "live.optrace"
    with SessionWriter.create(path, info={}, clock=lambda: AT) as writer:
        for exchange in exchanges(5):
            writer.response(writer.request(exchange), exchange)
        mine, yours = Annotations(SessionReader.open(path)), Annotations(SessionReader.open(path))
        mine.mark(3, True)
        mine.mark(1, True)
        assert mine.marks == (3, 1)
        assert not yours.look()
        for n in (3, 1):
            mine.keep_mark(n, at=AT)
        mine.keep_note(4, "look", at=AT)
        assert yours.look()
        assert (yours.marks, yours.notes) == ((3, 1), {4: "look"})
        yours.mark(3, False)
        yours.keep_mark(3, at=AT)
        assert mine.look()
        assert mine.marks == (1,)


@pytest.mark.slow
async def test_where_marks_can_t_be_kept_they_are_there_all_the_same() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "g", "m", "j", "m")
        assert home.ladder.marked == {1, 2}
        (note,) = app._notifications
        assert "optrace import" in note.message
        await press(app, pilot, "u")
        assert home.ladder.marked == {1}


async def test_a_mark_that_can_t_be_written_is_said_and_there(session: Path) -> None:
    app = app_of(session)
    async with running(app) as (pilot, home):
        session.unlink()
        await press(app, pilot, "g", "m", "j", "m")
        await settle(app, pilot)
        assert home.ladder.marked == {1, 2}
        (note,) = app._notifications
        assert "can't be kept" in note.title


@pytest.mark.slow
async def test_marks_and_lanes_are_undone_too(session: Path) -> None:
    app = app_of(session)
    async with running(app) as (pilot, home):
        names = [lane.name for lane in home.ladder.arrangement.lanes]
        await press(app, pilot, "g", "space", "j", "space", "L", "right", "escape")
        assert [lane.name for lane in home.ladder.arrangement.lanes] != names
        await press(app, pilot, "u")
        assert [lane.name for lane in home.ladder.arrangement.lanes] == names
        assert home.ladder.marked == {1, 2}
        await press(app, pilot, "u")
        assert home.ladder.marked == {1}
        await press(app, pilot, "u")
        assert home.ladder.marked == set()
        await press(app, pilot, "L", "escape", "u")  # nothing was changed there
        assert [note.message for note in app._notifications][-1] == "Nothing to undo."
