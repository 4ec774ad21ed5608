"""The list of payments: how each stands, in any order, and the way to its ladder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optrace.tui.screens.payments import PaymentsScreen
from tests.diagram.journey import journey
from tests.tui.fakes import payment, two_payments
from tests.tui.test_keys import make_app, press, running, seen


@pytest.mark.slow
async def test_each_payment_is_a_line() -> None:
    app = make_app(*two_payments())
    async with running(app) as (pilot, home):
        await press(app, pilot, "p")
        lines = seen(app).splitlines()
        assert lines[0].split() == [
            "▲#",
            "payer",
            "→",
            "payee",
            "amount",
            "progress",
            "state",
            "judged",
            "msg",
            "took",
            "started",
            "(UTC)",
        ]
        assert lines[1].split()[:4] == ["▶", "1", "alice", "→"]
        assert "1✗ 1≠ 1!" in lines[1]
        assert "failed: outgoing payment" in lines[-2] or "reached:" in lines[-2] or "every step" in lines[-2]
        assert "2 payments" in lines[-2]
        await press(app, pilot, "j", "enter")
        assert home.is_current
        assert home.ladder.view.payment == 2


@pytest.mark.slow
async def test_sorting_keeps_the_cursor_on_its_payment() -> None:
    steps, (one, other) = two_payments()
    app = make_app(steps, (one, replace(other, amount="3.00 USD", state="asked")))
    async with running(app) as (pilot, _):
        await press(app, pilot, "p", "s", "s")
        screen = app.screen
        assert isinstance(screen, PaymentsScreen)
        assert (screen.list.sort, screen.list.backwards) == ("amount", True)
        assert "▼amount" in seen(app)
        assert screen.list.value == 1
        assert screen.list.cursor == 0
        await press(app, pilot, "r")
        assert (screen.list.value, screen.list.cursor) == (1, 1)
        await press(app, pilot, "S", "S", "r")
        assert (screen.list.sort, screen.list.value, screen.list.cursor) == ("n", 1, 1)
        await pilot.click("#payments-head", offset=(12, 0))
        assert screen.list.sort == "title"
        await press(app, pilot, "escape")
        assert app.home.is_current


@pytest.mark.slow
async def test_before_the_first_payment() -> None:
    app = make_app([replace(step, payment=None) for step in journey()], (), live=True)
    app.bridge.trace.payments = ()  # type: ignore[misc]
    async with running(app, (80, 24)) as (pilot, _):
        await press(app, pilot, "p")
        assert "No payment yet." in seen(app)
        assert "0 payments" in seen(app)
        await press(app, pilot, "s", "r", "enter", "escape")
        assert app.home.is_current


async def test_all_at_once_are_told_apart_by_number() -> None:
    app = make_app(*two_payments())
    async with running(app) as (pilot, home):
        assert "▌1" not in seen(app)
        await press(app, pilot, "0", "g")
        assert "▌1" in seen(app)
        await press(app, pilot, "G")
        assert "▌2" in seen(app)
        assert home.ladder.view.several == 2


@pytest.mark.slow
async def test_ten_thousand_payments_are_no_trouble() -> None:
    steps = journey()
    many = tuple(payment(id, (id % 20 + 1,), f"payer {id} → payee") for id in range(1, 10_001))
    app = make_app(steps, many)
    async with running(app) as (pilot, home):
        await press(app, pilot, "p", "end")
        screen = app.screen
        assert isinstance(screen, PaymentsScreen)
        assert screen.list.value == 10_000
        assert len(screen.list._lines) == 10_000
        assert sum(bool(line.reached) for line in screen.list._lines.values()) < 100  # only what was looked at
        await press(app, pilot, "enter")
        assert home.ladder.view.payment == 10_000
