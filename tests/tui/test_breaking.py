"""Breakpoints on the screen: set and cleared, what waits is seen and decided, leaving lets everything go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot

from optrace.session.breakpoints import Breakpoint, Order, Part, Standing, Waiting, Word
from optrace.store.remote import NotTold
from optrace.tui.app import OptraceApp, settle
from optrace.tui.screens.breaking import BreakpointScreen
from optrace.tui.screens.home import HomeScreen
from tests.diagram.journey import journey
from tests.tui.fakes import FakeSource, FakeTrace, exchange_of
from tests.tui.test_keys import HINT, make_app, press, running, seen

STEPS = [step for step in journey() if step.status is not None][:8]


class FakeControl:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.points: list[Breakpoint] = []
        self.waiting: dict[int, Waiting] = {}
        self.orders: list[Order] = []
        self.answers: list[tuple[Order, str]] = []
        self.left = False
        self.broken = False

    def set(self, breakpoint: Breakpoint) -> None:
        if self.broken:
            raise NotTold(why="disk full")
        self.points.append(breakpoint)

    def clear(self, breakpoint: Breakpoint) -> None:
        self.points = [one for one in self.points if str(one) != str(breakpoint)]

    def send(self, order: Order) -> None:
        self.orders.append(order)
        if order.word is not Word.STAY:
            self.waiting.pop(order.n, None)
            self.answers.append((order, "it was let go"))

    def look(self) -> Standing:
        answers, self.answers = self.answers, []
        return Standing(breakpoints=list(self.points), waiting=list(self.waiting.values()), answers=answers)

    def leave(self) -> None:
        self.left = True
        self.waiting.clear()

    def hold(self, n: int, part: Part = Part.REQUEST) -> None:
        now = datetime.now(UTC)
        step = STEPS[n - 1]
        self.waiting[n] = Waiting(
            exchange=exchange_of(step),
            part=part,
            operation=step.operation,
            since=now,
            until=now + timedelta(seconds=30),
        )


@asynccontextmanager
async def stopping(
    control: FakeControl | None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[OptraceApp, Pilot[None], HomeScreen]]:
    app = OptraceApp(
        FakeSource(STEPS, live=True), FakeTrace(lambda n: STEPS[n - 1]), title="optrace", hint=HINT, control=control
    )
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        yield app, pilot, app.home


async def until(app: OptraceApp, pilot: Pilot[None], text: str) -> None:
    """Wait until something stands on the screen."""
    for _ in range(400):
        if text in seen(app):
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{text} never came:\n{seen(app)}")


def told(app: OptraceApp) -> list[str]:
    return [note.message for note in app._notifications]


@pytest.mark.slow
async def test_a_breakpoint_is_set_and_cleared_on_the_selected_operation() -> None:
    control = FakeControl()
    async with stopping(control) as (app, pilot, home):
        await press(app, pilot, "g", "j", "j", "b")
        step = STEPS[2]
        assert isinstance(app.screen, BreakpointScreen)
        assert step.operation in seen(app)
        await press(app, pilot, "enter")
        await until(app, pilot, "● request")
        assert [(one.operation, one.part) for one in control.points] == [(step.operation, Part.REQUEST)]
        await press(app, pilot, "j", "enter")
        await until(app, pilot, "● response")
        await until(app, pilot, "║ 2 breakpoints")
        await press(app, pilot, "k", "enter")
        await until(app, pilot, "○ request")
        assert [one.part for one in control.points] == [Part.RESPONSE]
        await press(app, pilot, "escape")
        assert app.screen is home


@pytest.mark.slow
async def test_all_breakpoints_are_listed_to_be_removed() -> None:
    control = FakeControl()
    control.points = [Breakpoint(operation="token_rotate", part=Part.RESPONSE)]
    async with stopping(control) as (app, pilot, _):
        await press(app, pilot, "b")
        await until(app, pilot, "token_rotate ")
        await press(app, pilot, "G", "enter")
        await pilot.pause(0.2)
        await settle(app, pilot)
        assert control.points == []


async def test_what_waits_is_seen_counted_down_and_let_go() -> None:
    control = FakeControl()
    async with stopping(control) as (app, pilot, home):
        control.hold(3)
        await until(app, pilot, "║ 3")
        text = seen(app)
        assert "the request of" in text
        assert "goes on in" in text
        assert "[waits " in text
        await until(app, pilot, "f let go")
        assert "D drop" in seen(app)
        home.ladder.select(3)
        await press(app, pilot, "plus", "f")
        await pilot.pause(0.2)
        assert [(order.n, order.word) for order in control.orders] == [(3, Word.STAY), (3, Word.GO)]
        assert not home.has_class("-waiting")
        assert "[waits" not in seen(app)
        assert told(app) == ["3: it was let go."]


@pytest.mark.slow
async def test_one_of_several_is_dropped_and_the_others_all_go() -> None:
    control = FakeControl()
    async with stopping(control, (80, 24)) as (app, pilot, home):
        for n in (2, 3, 5):
            control.hold(n)
        await until(app, pilot, "and 2 more")
        await press(app, pilot, "g")
        await press(app, pilot, "f")  # the first doesn't wait, and which of the three is meant nobody knows
        assert control.orders == []
        assert told(app) == ["3 wait: select the one that is meant; F lets all go."]
        home.ladder.select(5)
        await press(app, pilot, "D", "F")
        await pilot.pause(0.2)
        assert sorted((order.n, order.word) for order in control.orders) == [(2, "go"), (3, "go"), (5, "drop")]


async def test_where_nothing_is_recorded_the_keys_say_so() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        for key in ("f", "F", "D", "plus", "b"):
            await press(app, pilot, key)
            assert app.screen is home
        assert len(app._notifications) >= 1


async def test_the_answer_that_waits_can_be_looked_at() -> None:
    control = FakeControl()
    async with stopping(control) as (app, pilot, home):
        home.ladder.select(3)
        control.hold(3, Part.RESPONSE)
        waiting = control.waiting[3]
        assert waiting.exchange.response is not None
        response = replace(waiting.exchange.response, status=299)
        control.waiting[3] = replace(waiting, exchange=replace(waiting.exchange, response=response))
        await until(app, pilot, "the response of")
        await press(app, pilot, "3")
        await until(app, pilot, " 299 ")


async def test_leaving_lets_everything_go_first() -> None:
    control = FakeControl()
    async with stopping(control) as (app, pilot, _):
        control.hold(3)
        await until(app, pilot, "║ 3")
        await pilot.press("q")
        for _ in range(200):
            if not app.is_running:
                break
            await pilot.pause(0.01)
    assert control.left


@pytest.mark.slow
async def test_where_nothing_is_recorded_nothing_can_be_stopped() -> None:
    async with stopping(None) as (app, pilot, home):
        await press(app, pilot, "b", "f")
        assert app.screen is home
        assert all("breakpoints stop live traffic" in text for text in told(app))
        assert len(told(app)) == 2


async def test_a_proxy_that_cant_be_told_is_said() -> None:
    control = FakeControl()
    control.broken = True
    async with stopping(control) as (app, pilot, _):
        await press(app, pilot, "b", "enter")
        assert told(app) == ["The proxy can't be told: disk full"]
