"""The filter line: found while it is typed, completed, corrected, undone, recalled, saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from optrace.session.steps import Step
from optrace.tui.app import OptraceApp, settle
from optrace.tui.screens.home import HomeScreen
from optrace.tui.screens.naming import NamingScreen
from tests.diagram.journey import journey
from tests.tui.fakes import FakeSource, FakeTrace, payment, two_payments
from tests.tui.test_keys import HINT, make_app, press, running, seen


async def typed(app: OptraceApp, pilot: Pilot[None], text: str) -> None:
    """Have a text in the filter line, as if it was typed."""
    app.home.filter_bar.input.value = text
    app.home.filter_bar.input.cursor_position = len(text)
    await pilot.pause()
    await settle(app, pilot)


def hints(app: OptraceApp) -> list[str]:
    """The three lines of the filter line."""
    lines = seen(app).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(" /"))
    return [line.rstrip() for line in lines[at : at + 3]]


@pytest.mark.slow
async def test_what_matches_is_shown_and_counted_while_it_is_typed() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"sig:fail")
        assert len(home.ladder.view) == 1
        assert hints(app)[0].endswith("1 of 23")
        await typed(app, pilot, "sig:fail or status:403")
        assert len(home.ladder.view) == 2
        assert hints(app)[0].endswith("2 of 23")
        await press(app, pilot, "enter")
        assert home.ladder.has_focus
        assert "filter sig:fail or status:403" in seen(app)


async def test_words_search_headers_and_bodies() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash")
        await typed(app, pilot, "secret-token keyid")
        assert len(home.ladder.view) == 23
        await typed(app, pilot, "interact_ref -status:2xx")
        assert 0 < len(home.ladder.view) < 23


@pytest.mark.slow
async def test_a_mistake_is_pointed_at_and_what_was_found_stays() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash")
        await typed(app, pilot, "n:5..9")
        await typed(app, pilot, "n:5..9 stauts:4xx")
        line, pointer, words = hints(app)
        assert pointer.index("^^^^^^") == line.index("stauts")
        assert words.strip().startswith("There is no filter field called stauts. Did you mean status?")
        assert len(home.ladder.view) == 5
        await press(app, pilot, "enter")
        assert home.filtering  # a mistake isn't kept
        await press(app, pilot, "escape")
        assert len(home.ladder.view) == 23
        assert home.ladder.has_focus


@pytest.mark.slow
async def test_an_open_parenthesis_is_no_mistake_while_it_is_typed() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash")
        await typed(app, pilot, "n<9 (n:3 or n:5")
        assert len(home.ladder.view) == 2
        assert "isn't closed" not in seen(app)
        await press(app, pilot, "enter")
        assert home.ladder.view.filter.text == "n<9 (n:3 or n:5)"
        await press(app, pilot, "slash")
        assert home.filter_bar.input.value == "n<9 (n:3 or n:5)"


@pytest.mark.slow
async def test_esc_brings_back_the_filter_that_was_there() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"n<4", "enter", "slash")
        await typed(app, pilot, "n<4 zzz")
        assert len(home.ladder.view) == 0
        await press(app, pilot, "escape")
        assert len(home.ladder.view) == 3
        assert home.ladder.view.filter.text == "n<4"
        await press(app, pilot, "escape")
        assert len(home.ladder.view) == 23


@pytest.mark.slow
async def test_letters_in_the_filter_are_letters() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"qps/?0Rn")
        assert home.filter_bar.input.value == "qps/?0Rn"
        await press(app, pilot, "escape")
        assert home.is_current
        assert not home.revealed


@pytest.mark.slow
async def test_fields_and_values_are_completed() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"st", "tab")
        assert home.filter_bar.input.value == "status:"
        assert "status: needs a value. For example status:4xx." in hints(app)[2]
        await press(app, pilot, "tab")  # what there is in the trace
        assert home.filter_bar.input.value == "status:200"
        await press(app, pilot, "shift+tab")
        assert home.filter_bar.input.value == "status:none"
        assert len(home.ladder.view) == 1
        await typed(app, pilot, "host:al")
        await press(app, pilot, "tab")
        assert home.filter_bar.input.value == "host:alice.example"
        await typed(app, pilot, "from:client,r.a")
        await press(app, pilot, "tab")
        assert home.filter_bar.input.value == "from:client,r.as"


@pytest.mark.slow
async def test_earlier_filters_come_back() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        for text in ("n:1", "n:2", "n:1"):
            await press(app, pilot, "slash")
            await typed(app, pilot, text)
            await press(app, pilot, "enter")
        await press(app, pilot, "slash", "up", "up")
        assert home.filter_bar.input.value == "n:2"
        assert home.ladder.selected == 2
        await press(app, pilot, "down")
        assert home.filter_bar.input.value == "n:1"
        await press(app, pilot, "down")
        assert home.filter_bar.input.value == ""


@pytest.mark.slow
async def test_next_and_previous_go_from_match_to_match() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash")
        await typed(app, pilot, "n:3,5,9")
        await press(app, pilot, "enter", "g")
        visited = []
        for key in ("n", "n", "n", "N"):
            await press(app, pilot, key)
            visited.append(home.ladder.selected)
        assert visited == [5, 9, 3, 9]


def with_filters(steps: Sequence[Step], saved: dict[str, str], kept: list[tuple[str, str]]) -> OptraceApp:
    trace = FakeTrace(lambda n: steps[n - 1], payments=(payment(1, [step.n for step in steps]),))
    return OptraceApp(
        FakeSource(steps), trace, title="optrace", hint=HINT, filters=saved, on_filter=lambda *one: kept.append(one)
    )


@pytest.mark.slow
async def test_filters_are_saved_and_offered() -> None:
    kept: list[tuple[str, str]] = []
    app = with_filters(journey(), {"refused": "status:>=400"}, kept)
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash")
        assert "@refused" in hints(app)[1]
        await press(app, pilot, "tab")
        assert len(home.ladder.view) == 2
        await typed(app, pilot, "sig:fail")
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, NamingScreen)
        await press(app, pilot, *"bad one", "enter")
        assert "no blanks" in seen(app)
        assert isinstance(app.screen, NamingScreen)
        await press(app, pilot, *["backspace"] * 4, "enter")
        assert kept == [("bad", "sig:fail")]
        await typed(app, pilot, "@bad or @refused")
        assert len(home.ladder.view) == 2
        await press(app, pilot, "enter")
    assert isinstance(home, HomeScreen)


@pytest.mark.slow
async def test_a_filter_over_one_payment_stays_in_it() -> None:
    app = make_app(*two_payments())
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"quote", "enter")
        first = list(home.ladder.view.found.numbers)
        assert first
        assert max(first) <= 22
        await press(app, pilot, "escape", "0", "slash", *"quote", "enter")
        assert len(home.ladder.view) == 2 * len(first)


@pytest.mark.slow
async def test_what_arrives_is_filtered_too() -> None:
    steps = journey()
    source = FakeSource(steps[:10], live=True)
    trace = FakeTrace(lambda n: source.steps[n - 1])
    app = OptraceApp(source, trace, title="optrace", hint=HINT)
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"status:4xx", "enter")
        assert len(home.ladder.view) == 0
        flying = replace(steps[17], status=None, ended=None, error=None)
        source.steps += [*steps[10:17], flying, *steps[18:20]]
        await arrived(app, pilot, 20)
        assert list(home.ladder.view.found.numbers) == [20]
        source.steps[17] = replace(steps[17], ended=steps[17].started + timedelta(seconds=1))
        source.steps.append(steps[20])
        await arrived(app, pilot, 21)
        assert list(home.ladder.view.found.numbers) == [18, 20]


async def arrived(app: OptraceApp, pilot: Pilot[None], count: int) -> None:
    for _ in range(200):
        await settle(app, pilot)
        if app.home.ladder.view.found.looked_at == count:
            return
    raise AssertionError(f"{app.home.ladder.view.found.looked_at} of {count} were looked at")
