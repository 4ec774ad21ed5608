"""What the mouse can do: rows, wheel, lane names, divider, tabs, footer, the line at the bottom."""

from __future__ import annotations

import pytest
from textual import events

from optrace.tui.screens.help import HelpScreen
from optrace.tui.screens.payments import PaymentsScreen
from tests.tui.fakes import two_payments
from tests.tui.test_keys import make_app, press, running, seen


async def test_a_click_on_a_lane_shows_what_concerns_it() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        column = home.ladder.painter.geometry.lanes[5]
        await pilot.click("#ladder-head", offset=(column, 1))
        await press(app, pilot)
        assert home.ladder.view.filter.text == "role:r.as"
        assert 0 < len(home.ladder.view) < 23
        await pilot.click("#ladder-head", offset=(column, 1))
        await press(app, pilot)
        assert len(home.ladder.view) == 23
        await pilot.click("#ladder-head", offset=(column, 0))
        assert not home.ladder.view.filter.text
        await press(app, pilot, "u")
        assert home.ladder.view.filter.text == "role:r.as"
        await press(app, pilot, "u")
        assert len(home.ladder.view) == 23


@pytest.mark.slow
@pytest.mark.parametrize("size", [(120, 40), (200, 50)])
async def test_the_divider_is_dragged_and_stays(size: tuple[int, int]) -> None:
    app = make_app()
    async with running(app, size) as (pilot, home):
        wide = size[0] >= 160
        region = home.detail.region
        before = region.x if wide else region.y
        start = (region.x, region.y + 3) if wide else (region.x + 1, region.y)
        end = (start[0] - 20, start[1]) if wide else (start[0], start[1] - 5)
        await pilot.mouse_down(offset=start)
        await pilot.hover(offset=end)
        await pilot.mouse_up(offset=end)
        await press(app, pilot)
        after = home.detail.region
        assert (after.x if wide else after.y) == before - (20 if wide else 5)
        await press(app, pilot, "enter")
        assert home.detail.region.width == size[0]
        await press(app, pilot, "escape")
        assert home.detail.region == after
        await pilot.hover(offset=(5, 5))  # it was let go of
        assert home.detail.region == after


@pytest.mark.slow
async def test_the_divider_leaves_room_for_both() -> None:
    app = make_app()
    async with running(app, (100, 30)) as (pilot, home):
        for y in (0, 29):
            await pilot.mouse_down(offset=(2, home.detail.region.y))
            await pilot.hover(offset=(2, y))
            await pilot.mouse_up(offset=(2, y))
            await press(app, pilot)
            assert home.detail.region.height >= 4
            assert home.ladder.region.height >= 2


async def test_the_wheel_scrolls_what_is_under_it() -> None:
    app = make_app()
    async with running(app, (80, 20)) as (pilot, home):
        await pilot._post_mouse_events([events.MouseScrollDown], "#ladder", (5, 3), button=0)
        await press(app, pilot)
        assert home.ladder.scroll_offset.y > 0
        assert home.ladder.selected == 1


@pytest.mark.slow
async def test_footer_and_bottom_line() -> None:
    steps, payments = two_payments()
    app = make_app(steps, payments)
    async with running(app) as (pilot, home):
        assert home.ladder.view.payment == 1
        await pilot.click(offset=(1, app.size.height - 1))
        await press(app, pilot)
        assert isinstance(app.screen, HelpScreen)
        await press(app, pilot, "escape")
        assert "payment 1/2" in seen(app).splitlines()[-2]
        await pilot.click("#bottom", offset=(4, 0))
        await press(app, pilot)
        assert isinstance(app.screen, PaymentsScreen)
