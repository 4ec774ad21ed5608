"""Following a live recording: what arrives moves nothing that the user looks at, and what is wrong is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from optrace.tui.app import OptraceApp, settle
from optrace.tui.messages import DetailReady
from optrace.tui.news import News
from optrace.tui.tally import Tally
from tests.diagram.journey import journey
from tests.tui.fakes import FakeSource, FakeTrace
from tests.tui.test_keys import HINT, press, running, seen


def live(count: int) -> tuple[OptraceApp, FakeSource]:
    source = FakeSource(journey()[:count], live=True)
    return OptraceApp(source, FakeTrace(lambda n: source.steps[n - 1]), title="optrace", hint=HINT), source


async def until(app: OptraceApp, pilot: Pilot[None], count: int) -> None:
    for _ in range(200):
        await settle(app, pilot)
        if len(app.home.ladder.view) == count and len(app.bridge.tally.marks) == count:
            await settle(app, pilot)
            return
    raise AssertionError(f"{len(app.home.ladder.view)} of {count} arrived")


async def test_while_following_the_newest_is_selected() -> None:
    app, source = live(3)
    async with running(app, (80, 24)) as (pilot, home):
        source.steps += journey()[3:9]
        await until(app, pilot, 9)
        assert home.ladder.selected == 9
        assert "  follows" in seen(app)


@pytest.mark.slow
async def test_the_selection_stays_and_a_chip_counts_what_is_new_and_out_of_sight() -> None:
    app, source = live(3)
    async with running(app, (80, 24)) as (pilot, home):
        await press(app, pilot, "g")
        source.steps += journey()[3:9]
        await until(app, pilot, 9)
        assert home.ladder.selected == 1
        assert "  G follows" in seen(app)
        source.steps += journey()[9:16]
        await until(app, pilot, 16)
        assert "+7 new G" in seen(app)
        assert "G follows" not in seen(app)
        await press(app, pilot, *("j" * 15))
        assert "new G" not in seen(app)
        await press(app, pilot, "g", "G")
        assert home.ladder.selected == 16
        assert "  follows" in seen(app)


@pytest.mark.slow
async def test_a_finding_is_told_once_and_nothing_moves() -> None:
    app, source = live(17)
    async with running(app) as (pilot, home):
        assert home.bottom.news is None  # what was there is no news
        await press(app, pilot, "g", "tab")
        focused = app.focused
        source.steps.append(journey()[17])
        await until(app, pilot, 18)
        bar = seen(app).splitlines()[-2]
        assert "✗ 18 The signature was made over another URL" in bar
        assert home.ladder.selected == 1
        assert app.focused is focused
        home._forget_news()
        source.steps.append(journey()[18])
        await until(app, pilot, 19)
        assert home.bottom.news is None


async def test_going_there_has_seen_it() -> None:
    app, source = live(12)
    async with running(app) as (pilot, home):
        await press(app, pilot, "g")
        source.steps += journey()[12:18]
        await until(app, pilot, 18)
        assert home.bottom.news is not None
        assert home.bottom.news[2].endswith("(and 1 more)")
        await press(app, pilot, "n", "n")
        assert home.ladder.selected == 18
        assert home.bottom.news is None


def test_what_is_judged_late_is_told_then() -> None:
    steps, tally, news = journey()[:10], Tally("open-payments"), News()
    trace = FakeTrace(lambda n: steps[n - 1])
    trace.count = len(steps)
    while tally.catch_up(trace, seconds=1):
        pass
    assert news.of(tally, quiet=True) == []
    steps[4] = replace(steps[4], error="reset")
    trace.version += 1
    while tally.catch_up(trace, seconds=1):
        pass
    assert news.of(tally, quiet=False) == [5]
    assert news.of(tally, quiet=False) == []


@pytest.mark.slow
async def test_what_is_gone_to_has_something_around_it_and_a_click_moves_nothing() -> None:
    app, _ = live(20)
    async with running(app, (80, 24)) as (pilot, home):
        ladder = home.ladder
        await press(app, pilot, "g", "n")
        assert ladder.selected == 16
        row = ladder.view.position(16) - ladder.scroll_offset.y
        assert row == ladder.size.height - 3  # two more are in sight below it
        await press(app, pilot, "k", "k", "k", "k", "k", "k", "k", "k", "k")
        top = ladder.scroll_offset.y
        assert ladder.view.position(ladder.selected) - top == 2
        await pilot.click(ladder, offset=(2, 0))
        await settle(app, pilot)
        assert (ladder.selected, ladder.scroll_offset.y) == (top + 1, top)


async def test_an_empty_screen_gives_its_commands_to_be_copied() -> None:
    app, source = live(0)
    async with running(app, (80, 24)) as (pilot, home):
        assert home.moment() == "empty"
        assert "y copy" in seen(app)
        await press(app, pilot, "y")
        assert app.clipboard == "export HTTPS_PROXY=http://localhost:8080\n"
        source.steps += journey()[:1]
        await until(app, pilot, 1)
        assert home.moment() == "live"


async def test_the_scroll_bar_tells_of_what_arrives_and_nothing_else_is_laid_out() -> None:
    app, source = live(3)
    async with running(app, (80, 24)) as (pilot, home):
        laid_out: list[object] = []
        home.screen_layout_refresh_signal.subscribe(home, laid_out.append)
        for count in (20, 40, 60):
            laid_out.clear()
            steps = journey()
            source.steps += [replace(steps[n % len(steps)], n=n + 1) for n in range(len(source.steps), count)]
            await until(app, pilot, count)
            ladder = home.ladder
            assert ladder.vertical_scrollbar.window_virtual_size == ladder.virtual_size.height >= count
            assert ladder.scroll_offset.y == ladder.max_scroll_y
        assert not laid_out


async def test_what_comes_while_the_user_leaves_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    app, _ = live(3)
    async with running(app, (80, 24)) as (pilot, home):
        await until(app, pilot, 3)
        shown: list[object] = []
        monkeypatch.setattr(home.detail, "show", lambda *what: shown.append(what))
        app.on_detail_ready(DetailReady(home.ladder.selected or 0, None, "late"))
        assert len(shown) == 1
        app.exit()
        app.on_detail_ready(DetailReady(home.ladder.selected or 0, None, "too late"))
        assert len(shown) == 1
