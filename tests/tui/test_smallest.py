"""60 columns and 16 lines: each key and each word is there as a whole or not at all, and what is wrong is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from optrace.cli.understanding import Understanding
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp, settle
from tests.tui.fakes import FakeSource, FakeTrace
from tests.tui.test_breaking import FakeControl, stopping, until
from tests.tui.test_keys import HINT, make_app, press, running, seen
from tests.tui.test_replaying import FakeReplays

SESSIONS = Path(__file__).parents[2] / "samples" / "sessions"
SMALL = (60, 16)


def recording(name: str = "refused") -> OptraceApp:
    source = open_source(SESSIONS / f"{name}.optrace")
    return OptraceApp(source, Understanding(source.exchange), title="optrace", hint="", replays=FakeReplays())


async def test_the_footer_has_whole_keys_only_at_any_width() -> None:
    app = make_app()
    async with running(app, SMALL) as (pilot, _):
        assert seen(app).splitlines()[-1] == "? help / filter n next ✗ enter open p payments  ▏^p palette"
        await pilot.resize_terminal(120, 40)
        await press(app, pilot, "j")
        assert "p payments d compare r replay" in seen(app).splitlines()[-1]
        await pilot.resize_terminal(*SMALL)
        await press(app, pilot, "j")
        assert seen(app).splitlines()[-1].endswith("p payments  ▏^p palette")


async def test_where_no_why_has_room_the_bottom_says_what_is_wrong() -> None:
    app = recording()
    async with running(app, SMALL) as (pilot, _):
        await press(app, pilot, "n")
        assert " ✗ A slash was added" in seen(app).splitlines()[-2]
        await press(app, pilot, "enter")
        assert "A slash was added" not in seen(app).splitlines()[-2]
        assert "1 Why  2  3  4" in seen(app)  # which tab it is


@pytest.mark.slow
async def test_how_many_there_are_is_said_once() -> None:
    app = recording()
    async with running(app, (80, 24)) as (pilot, _):
        lines = seen(app).splitlines()
        assert "33 msg" in lines[0]
        assert "33" not in lines[-2]
        await press(app, pilot, *"/sig:fail")
        assert "1 of 33" in seen(app)


async def test_where_there_is_no_message_there_are_no_tabs() -> None:
    source = FakeSource([], live=True)
    app = OptraceApp(source, FakeTrace(lambda n: source.steps[n - 1]), title="optrace", hint=HINT)
    async with running(app, (100, 30)):
        assert "1 Why" not in seen(app)
        assert "─" * 100 in seen(app)


async def test_trouble_is_said_before_all_that_may_be_cut_off() -> None:
    source = FakeSource([], live=True, name="a-session-with-quite-a-long-name.optrace")
    source.damage = "NOT RECORDED: the disk is full"
    app = OptraceApp(source, FakeTrace(lambda n: source.steps[n - 1]), title="optrace", hint=HINT)
    async with running(app, SMALL):
        assert "✗ NOT RECORDED: the disk is full" in seen(app).splitlines()[0]


async def test_a_word_of_the_screen_covers_one_line_and_no_proof() -> None:
    app = recording()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(app, pilot)
        await press(app, pilot, "n")
        before = seen(app).splitlines()
        app.notify("There is no message of its kind before 31. space marks two; d compares them.")
        await until(app, pilot, "space marks two; d compares them.")
        after = seen(app).splitlines()
        assert [number for number, line in enumerate(after) if line != before[number]] == [22]


async def test_the_table_of_the_search_stays_one() -> None:
    app = recording()
    async with running(app, SMALL) as (pilot, _):
        await press(app, pilot, "n", "w")
        await until(app, pilot, "✓ verified")
        assert re.search(r"the URL: scheme, slash, … +\d+ +\d+  ✓ verified", seen(app))


@pytest.mark.slow
async def test_where_a_replay_is_recorded_is_in_sight_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tui.test_replaying.PATH", Path("/a-name-of-some-length" * 4) / "again.optrace")
    app = recording("paid")
    async with running(app, SMALL) as (pilot, _):
        await press(app, pilot, "r", "enter")
        await until(app, pilot, "y pays, n doesn't")
        await press(app, pilot, "y")
        await until(app, pilot, "again.optrace")


@pytest.mark.slow
async def test_a_replay_keeps_what_it_asks_in_sight() -> None:
    app = recording("paid")
    async with running(app, SMALL) as (pilot, _):
        await press(app, pilot, "r")
        await until(app, pilot, "Where to?  sandbox")
        await press(app, pilot, "enter")
        await until(app, pilot, "y pays, n doesn't")
        assert "The next step pays" in seen(app)
        assert "continue                   200" in seen(app)
        await press(app, pilot, "y")
        await until(app, pilot, "The replay is in")


async def test_what_waits_keeps_its_name() -> None:
    control = FakeControl()
    async with stopping(control, (80, 24)) as (app, pilot, _):
        control.hold(3)
        await until(app, pilot, "║ 3")
        assert "s] grant" in seen(app)
