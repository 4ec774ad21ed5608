"""The screen over a session whose steps are known: all of it is there at once, and little of it is read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest
from textual.pilot import Pilot

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.session.events import Event, ExchangeSeen
from optrace.session.recalled import Recalled
from optrace.session.trace import Trace
from optrace.tui.app import OptraceApp, settle
from tests.corpus import exchanges
from tests.tui.test_keys import press, seen

COUNT = 400


@cache
def made() -> list[Exchange]:
    return list(exchanges(COUNT))


class Finished:
    """A finished recording; `read` says how far it was read."""

    live = False
    name = "long.optrace"
    damage = None
    total = COUNT

    def __init__(self) -> None:
        self.read = 0

    def poll(self, limit: int) -> list[Event]:
        some = made()[self.read : self.read + min(limit, 20)]
        self.read += len(some)
        return [ExchangeSeen(exchange=exchange) for exchange in some]

    def exchange(self, n: int) -> Exchange:
        return made()[n - 1]

    def notes(self) -> Mapping[int, str]:
        return {}

    def close(self) -> None:
        """Nothing is held."""


@cache
def whole() -> Trace:
    trace = Understanding(lambda n: made()[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in made())
    return trace


def app_of(source: Finished) -> OptraceApp:
    return OptraceApp(source, Recalled(whole(), Understanding(source.exchange)), title="optrace", hint="")


async def start(app: OptraceApp, pilot: Pilot[None]) -> None:
    await settle(app, pilot)


@pytest.mark.slow
async def test_all_is_there_and_little_was_read() -> None:
    source = Finished()
    app = app_of(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(app, pilot)
        await press(app, pilot, "0")
        assert f"{COUNT} msg" in seen(app)
        assert len(app.bridge.tally.marks) == COUNT
        assert app.home.ladder.view.payments() == whole().payments
        assert source.read <= 20


@pytest.mark.slow
async def test_the_last_message_is_read_for_and_shown_whole() -> None:
    source = Finished()
    app = app_of(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(app, pilot)
        await press(app, pilot, "0", "G")
        await settle(app, pilot)
        assert app.home.ladder.selected == COUNT
        assert source.read == COUNT
        detail = app.home.detail.detail
        assert detail is not None
        wanted = whole().detail(COUNT, made()[-1])
        assert (detail.step, detail.facts, detail.signature) == (wanted.step, wanted.facts, wanted.signature)
        assert app.bridge.reading is None


@pytest.mark.slow
async def test_another_message_that_is_wanted_meanwhile_takes_its_place() -> None:
    source = Finished()
    app = app_of(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(app, pilot)
        app.bridge.want(COUNT)
        app.bridge.want(30)
        await settle(app, pilot)
        assert 30 <= source.read < COUNT


@pytest.mark.slow
async def test_a_filter_looks_at_all_and_reads_nothing_for_it() -> None:
    source = Finished()
    app = app_of(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(app, pilot)
        await press(app, pilot, "0", "slash", *"op:quote_create", "enter")
        await settle(app, pilot)
        wanted = [n for n in range(1, COUNT + 1) if whole().step(n).operation == "quote_create"]
        view = app.home.ladder.view
        assert [view.n_at(position) for position in range(len(view))] == wanted
        assert source.read <= 20


@pytest.mark.slow
async def test_the_scorecard_reads_everything_first() -> None:
    source = Finished()
    app = app_of(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(app, pilot)
        app.home.action_scorecard()
        await settle(app, pilot)
        assert source.read == COUNT
        assert app.bridge.reading is None


async def test_leaving_ends_the_reading() -> None:
    source = Finished()
    app = app_of(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await start(app, pilot)
        app.bridge.want(COUNT)
    assert not app.bridge._thread.is_alive()
