"""A recording played in its own time: everything is as it was at that moment. The clock is the test's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from optrace.cli.understanding import Understanding
from optrace.session.score import Score
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp, settle
from optrace.tui.keys import KEYS
from optrace.tui.playback import NotedPlayback, Playback, PlayedTrace
from optrace.tui.screens.playing import PlayedScreen, SeekScreen
from tests import long
from tests.tui.test_keys import HINT, press, seen

FILE = Path(__file__).parents[2] / "samples" / "sessions" / "refused.optrace"
CONCURRENT = Path(__file__).parents[1] / "recordings" / "files" / "15-concurrent-10.mitm"


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """The app over a recording that is played, its clock, and its bar."""

    def __init__(self, app: OptraceApp, pilot: Pilot[None], clock: Clock, playback: Playback) -> None:
        self.app, self.pilot, self.clock, self.playback = app, pilot, clock, playback
        assert isinstance(app.home, PlayedScreen)
        self.home = app.home

    async def wait(self, seconds: float) -> str:
        self.clock.now += seconds
        self.home.position.tick()
        self.app.bridge.wake()
        await settle(self.app, self.pilot)
        return seen(self.app)

    async def press(self, *keys: str) -> str:
        await press(self.app, self.pilot, *keys)
        return seen(self.app)

    @property
    def count(self) -> int:
        return len(self.app.bridge.trace)


@asynccontextmanager
async def played(path: Path = FILE, size: tuple[int, int] = (120, 60)) -> AsyncIterator[Stage]:
    source, clock = open_source(path), Clock()
    score = Score.of(iter_events(path))
    playback = NotedPlayback(source, score, monotonic=clock)  # type: ignore[arg-type]
    trace = PlayedTrace(lambda: Understanding(playback.exchange))
    app = OptraceApp(playback, trace, title="optrace", hint=HINT)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        yield Stage(app, pilot, clock, playback)


def iter_events(path: Path) -> list[object]:
    source = open_source(path)
    events = []
    while some := source.poll():
        events += some
    source.close()
    return events  # type: ignore[return-value]


def understood(path: Path) -> Understanding:
    source = open_source(path)
    trace = Understanding(source.exchange)
    while events := source.poll():
        trace.feed(events)
    trace.finish()
    source.close()
    return trace


@pytest.mark.slow
async def test_messages_appear_as_they_did() -> None:
    async with played() as stage:
        text = seen(stage.app)
        assert stage.count == 1
        assert "▶ PLAYBACK" in text
        assert stage.app.bridge.trace.step(1).in_flight
        counts = []
        for _ in range(14):
            await stage.wait(0.1)
            counts.append(stage.count)
            assert stage.home.ladder.selected == stage.count  # the newest
        assert counts == sorted(counts)
        assert counts[0] < counts[6] < counts[-1] == 33
        assert "■ end" in seen(stage.app)


@pytest.mark.slow
async def test_in_the_end_everything_is_understood_as_if_it_had_been_opened() -> None:
    whole = understood(FILE)
    async with played() as stage:
        await stage.wait(60)
        trace = stage.app.bridge.trace
        assert [trace.step(n) for n in range(1, 34)] == [whole.step(n) for n in range(1, 34)]
        await stage.press("left_square_bracket", "left_square_bracket", "right_square_bracket")
        await stage.press(*["right_square_bracket"] * 3)
        assert [trace.step(n) for n in range(1, 34)] == [whole.step(n) for n in range(1, 34)]
        assert trace.payments == whole.payments


@pytest.mark.slow
async def test_nothing_is_known_before_it_was() -> None:
    """The refusal is found when it comes, and unknown again before it; so is what the payment has come to."""
    async with played() as stage:
        await stage.wait(60)
        assert "1✗" in seen(stage.app).splitlines()[0]
        assert stage.app.bridge.trace.step(31).findings
        await stage.press("T", *"#31", "enter")  # its request
        step = stage.app.bridge.trace.step(31)
        assert step.in_flight
        assert not step.findings
        assert "1✗" not in seen(stage.app).splitlines()[0]
        await stage.press("T", *"#19", "enter")
        assert stage.count == 19
        with pytest.raises(IndexError):
            stage.app.bridge.trace.step(20)


@pytest.mark.slow
async def test_pause_and_play_on() -> None:
    async with played() as stage:
        await stage.wait(0.05)
        text = await stage.press("space")
        assert "‖ paused" in text
        before = stage.count
        await stage.wait(50)
        assert stage.count == before
        assert "▶ play" in await stage.press("space")
        await stage.wait(0.4)
        assert stage.count > before
        await stage.wait(50)
        await stage.press("space")  # at the end: again
        assert stage.count == 1
        assert stage.playback.playing


async def test_step_by_step_and_back() -> None:
    async with played() as stage:
        await stage.press("full_stop")
        assert not stage.app.bridge.trace.step(1).in_flight  # its answer
        await stage.press("full_stop")
        assert (stage.count, stage.home.ladder.selected) == (2, 2)
        assert stage.app.bridge.trace.step(2).in_flight
        await stage.press("comma", "comma")
        assert stage.count == 1
        assert stage.app.bridge.trace.step(1).in_flight
        await stage.press("comma")
        assert stage.count == 1  # there is nothing before the first
        assert "‖ paused" in seen(stage.app)


@pytest.mark.slow
async def test_a_step_selects_the_message_that_came_also_if_others_began_since() -> None:
    async with played(CONCURRENT) as stage:
        for _ in range(60):
            await stage.press("full_stop")
            came = stage.playback.score.due(stage.playback.position)
            assert stage.home.ladder.selected == stage.playback.score.cues[came - 1].n


@pytest.mark.slow
async def test_faster_and_slower() -> None:
    async with played() as stage:
        assert "4x" in await stage.press("greater_than_sign", "greater_than_sign")
        await stage.wait(0.1)
        assert stage.playback.position == timedelta(seconds=0.4)
        assert "2x" in await stage.press("less_than_sign")
        await stage.press(*["less_than_sign"] * 20)
        assert stage.playback.speed == 0.1
        assert stage.playback.position == timedelta(seconds=0.4)  # it is the speed from now on


@pytest.mark.slow
async def test_an_arrow_in_flight_grows_with_its_clock() -> None:
    async with played(CONCURRENT) as stage:
        await stage.press("T", *"#17", "enter")
        rows = []
        for seconds in (0.0, 0.1, 0.2):
            text = await stage.wait(seconds)
            rows.append(next(row for row in text.splitlines() if row.startswith(("▶ 17", "  17"))))
        lengths = [row.count("═") + row.count("─") for row in rows]
        assert lengths == sorted(lengths)
        assert lengths[0] < lengths[-1]
        assert [row.split()[-1] for row in rows] == ["0.0s", "0.1s", "0.3s"]
        await stage.press("space")
        still = await stage.wait(5)
        assert rows[-1].strip() in still  # paused, so does the clock


@pytest.mark.slow
async def test_what_comes_next_counts_down_in_the_recordings_time() -> None:
    async with played() as stage:
        await stage.press("T", *"#22", "enter", "space")
        clocks = [ghost.expires for ghost in stage.home.ladder.ghosts if ghost.expires]
        assert stage.home.ladder.ghosts_at is None
        assert stage.home.ladder.ghosts
        assert all(at > stage.playback.now() for at in clocks)


@pytest.mark.slow
async def test_a_long_wait_is_cut_short_and_said_to_be() -> None:
    async with played(CONCURRENT) as stage:
        assert "1 wait cut to 2.0s" in seen(stage.app)
        start, end = stage.playback.score.gaps[0]
        stage.playback.seek((start + end) / 2)
        text = await stage.wait(0)
        assert " in 2.0s" in text
        assert "┄" in text


@pytest.mark.slow
async def test_a_click_on_the_bar_goes_there() -> None:
    async with played() as stage:
        await stage.pilot.click("#playback", offset=(60, 0))
        await settle(stage.app, stage.pilot)
        assert stage.count > 10
        await stage.pilot.click("#playback", offset=(16, 0))
        await settle(stage.app, stage.pilot)
        assert stage.count < 10


@pytest.mark.slow
async def test_a_time_that_is_none_is_said() -> None:
    async with played() as stage:
        text = await stage.press("T", *"noon", "enter")
        assert isinstance(stage.app.screen, SeekScreen)
        assert "write 14s, 1:20" in text
        await stage.press("escape")
        assert stage.home.is_current


@pytest.mark.slow
async def test_going_back_keeps_filter_and_selection() -> None:
    async with played() as stage:
        await stage.wait(60)
        await stage.press("slash", *"op:introspect", "enter")
        all_of_them = len(stage.home.ladder.view)
        await stage.press("T", *"#18", "enter")
        view = stage.home.ladder.view
        assert view.filter.text == "op:introspect"
        assert 0 < len(view) < all_of_them
        assert all(view.n_at(at) <= 18 for at in range(len(view)))


@pytest.mark.slow
async def test_marks_have_another_key_and_are_kept_where_they_belong(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(FILE, tmp_path / "a.optrace"))
    async with played(path) as stage:
        await stage.press("m")
        assert stage.home.ladder.marked == {1}
        await stage.press("space")
        assert not stage.playback.playing
    again = open_source(path)
    assert again.marks() == (1,)
    again.close()


async def test_footer_and_palette_name_the_keys() -> None:
    async with played(size=(80, 24)) as stage:
        footer = seen(stage.app).splitlines()[-1]
        for words in ("space pause", ". step", "[ ] seek", "< > speed", "? help", "^p palette"):
            assert words in footer, words
        offered = {command.title for command in stage.app.get_system_commands(stage.app.screen)}
        assert {key.title for key in KEYS if key.pane == "playback"} <= offered


SIZES = [(40, 12), (60, 16), (80, 24), (200, 50)]


@pytest.mark.parametrize("size", long.parted(SIZES, SIZES[1:]))
async def test_the_bar_fits(size: tuple[int, int]) -> None:
    async with played(CONCURRENT, size) as stage:
        await stage.wait(3)
        bar = seen(stage.app).splitlines()[-3]
        assert "play" in bar
        assert " of 11s" in bar
        assert "┷" in bar or size[0] < 60
