"""What is opened from the home screen, over recordings of real software: search, lifelines, scorecard, comparing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.session.events import Event, ExchangeSeen
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp, settle
from optrace.tui.bridge import Bridge
from optrace.tui.questions import Question
from optrace.tui.screens.compare import CompareScreen
from optrace.tui.screens.lifeline import LifelineScreen, values_of
from optrace.tui.screens.scorecard import ScorecardScreen
from optrace.tui.screens.search import SearchScreen
from tests.recordings.truth import FILES, understood
from tests.tui.fakes import FakeSource, FakeTrace
from tests.tui.test_keys import make_app, press, running, seen

HAPPY, SIGNATURES, HASHES = "02b-all-hops", "sig-faults", "13-interact-hash-tampered"


def app_over(name: str) -> OptraceApp:
    source = open_source(FILES / f"{name}.mitm")
    return OptraceApp(source, Understanding(source.exchange), title="optrace", hint="")


def rows(app: OptraceApp) -> list[str]:
    return seen(app).splitlines()


@pytest.mark.slow
async def test_the_search_shows_its_working_and_what_verified() -> None:
    app = app_over(SIGNATURES)
    async with running(app) as (pilot, home):
        threads: list[str] = []
        original = app.bridge._work

        def work(question: Question) -> None:
            threads.append(threading.current_thread().name)
            original(question)

        app.bridge._work = work  # type: ignore[method-assign]
        await press(app, pilot, "n", "w")
        assert isinstance(app.screen, SearchScreen)
        text = seen(app)
        assert "SIGNATURE   proven" in text
        assert "2 candidates verified in" in text
        assert next(row for row in rows(app) if "✓ verified" in row).split("│")[1].split()[:2] == ["the", "URL:"]
        assert "The URL was signed with http://, and the request went out over https." in text
        assert "SIG-001" in text
        assert "DIGEST      fits the body as sent   1 body hashed" in text
        assert set(threads) == {"optrace-bridge"}
        await press(app, pilot, "escape")
        assert app.screen is home


@pytest.mark.slow
async def test_where_nothing_is_wrong_the_search_says_so() -> None:
    app = app_over(HAPPY)
    async with running(app) as (pilot, _):
        await press(app, pilot, "w")
        assert "This request carries no signature." in seen(app)
        await press(app, pilot, "escape", "j", "j", "j", "w")
        assert "The signature verifies as it is." in seen(app)


@pytest.mark.slow
async def test_the_life_of_a_token_and_the_way_to_where_it_was_used() -> None:
    app = app_over("01-happy-path")
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"op:token_rotate", "enter", "o")
        assert isinstance(app.screen, LifelineScreen)
        assert "→ body access_token.value" in seen(app)
        at = next(i for i, value in enumerate(app.screen._values) if value.where.endswith("access_token.value"))
        value = app.screen._values[at]
        assert value.secret
        assert value.text not in seen(app)
        await press(app, pilot, *"j" * at, "enter")
        lines = [row for row in rows(app) if " born " in row or " used " in row or " dead " in row]
        assert [line.split("│")[1].replace("▶", " ").split()[:2] for line in lines] == [
            ["27", "born"],
            ["28", "used"],
            ["29", "used"],
            ["29", "dead"],
        ]
        assert "revoked" in lines[-1]
        assert value.text not in seen(app)
        await press(app, pilot, "escape")  # back to the values, with the cursor where it was
        assert app.screen.list.value == at
        await press(app, pilot, "enter", "j", "enter")
        assert app.screen is home
        assert home.ladder.selected == 28
        assert len(home.ladder.view) == 31  # 28 wasn't among those that the filter showed


def test_values_are_ids_tokens_nonces_keys_and_amounts() -> None:
    trace = understood(HAPPY)
    for n in range(1, len(trace) + 1):
        for value in values_of(trace.exchange(n)):
            assert value.text.strip()
            assert "content-type" not in value.where.lower()
            assert "Amount." not in value.where
    grant = next(n for n in range(1, len(trace) + 1) if trace.step(n).variant == "outgoing-payment")
    where = {value.where for value in values_of(trace.exchange(grant))}
    assert {"URL", "Signature-Input ;keyid", "body client", "→ body continue.uri", "→ body interact.finish"} <= where
    assert "body access_token.access[0].limits.debitAmount" in where


@pytest.mark.slow
async def test_the_scorecard_keeps_apart_what_was_not_seen() -> None:
    app = app_over(SIGNATURES)
    async with running(app, (120, 60)) as (pilot, home):
        await press(app, pilot, "c")
        assert isinstance(app.screen, ScorecardScreen)
        text = seen(app)
        for party in ("client", "sender's ASE", "recipient's ASE"):
            heading = next((row for row in rows(app) if f"│ {party} " in row), None)
            if heading is not None:
                assert "not seen" in heading
                assert "passed" in heading
        assert " not seen" in text
        first = next(row for row in rows(app) if "▶" in row and "C-" in row)
        number = int(first.rpartition(" in ")[2].split(",")[0].split()[0].rstrip("│"))
        await press(app, pilot, "enter")
        assert app.screen is home
        assert home.ladder.selected == number


@pytest.mark.slow
async def test_marks_and_comparing() -> None:
    app = app_over(SIGNATURES)
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "space", "j", "j", "j", "space")
        assert home.ladder.marked == {3, 6}
        assert any(row.startswith("◆  3") for row in rows(app))
        await press(app, pilot, "d")
        assert isinstance(app.screen, CompareScreen)
        text = seen(app)
        assert "3 beside 6" in text
        assert "◀ POST https://auth-sig-001a.example/tenant" in text
        assert "~ signature: " in text
        assert "only" not in text
        await press(app, pilot, "escape", "space")
        assert home.ladder.marked == {3}


@pytest.mark.slow
async def test_without_marks_it_is_compared_with_the_last_of_its_kind() -> None:
    app = app_over(SIGNATURES)
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "d")
        assert app.screen is home
        assert [note.message for note in app._notifications] == [
            "There is no message of its kind before 3. space marks two; d compares them."
        ]
        await press(app, pilot, "0", "g", *"jjjjj", "d")
        assert "3 beside 6" in seen(app)


@pytest.mark.slow
async def test_what_should_come_next_stands_below_the_ladder_of_one_payment() -> None:
    app = app_over(HASHES)
    async with running(app) as (pilot, home):
        await press(app, pilot, "p", "j", "j", "j", "enter")
        expected = [row for row in rows(app) if "┄" in row]
        assert len(expected) == 2
        assert expected[0].split()[:2] == ["in", "5s"]  # time stands still where the recording ends
        assert "continue" in expected[0]
        assert "POST outgoing-payment" in expected[1]
        await press(app, pilot, "G")
        assert home.ladder.selected == home.ladder.view.n_at(len(home.ladder.view) - 1)
        await press(app, pilot, "0")
        assert not any("┄" in row for row in rows(app))
        await press(app, pilot, "p", "g", "enter")
        assert not any("┄" in row for row in rows(app))  # cancelled


@pytest.mark.slow
async def test_lanes_shrink_and_come_back() -> None:
    app = app_over("01-happy-path")
    async with running(app) as (pilot, home):
        wide = home.ladder.painter.geometry.lanes
        await press(app, pilot, "p", "j", "enter")  # a payment that only its recipient took part in
        assert home.ladder.view.payment == 2
        await press(app, pilot, "L", "u", "escape")
        assert home.ladder.painter.diagram.narrow >= {"s.idp", "s.as"}
        assert home.ladder.painter.geometry.lanes[-1] < wide[-1]
        assert "I R A" in rows(app)[2]
        await press(app, pilot, "L", "u", "escape")
        assert home.ladder.painter.geometry.lanes == wide


class Live:
    """The first exchanges of a recording; more come when the test says so."""

    live, name, total, damage = True, "live", None, None

    def __init__(self, name: str) -> None:
        self._full = understood(name)
        self._said = self._told = 0

    def say(self, until: int) -> None:
        self._said = until

    def poll(self, limit: int) -> list[Event]:
        numbers = range(self._told + 1, min(self._said, self._told + limit) + 1)
        self._told += len(numbers)
        return [ExchangeSeen(exchange=self._full.exchange(n)) for n in numbers]

    def exchange(self, n: int) -> Exchange:
        return self._full.exchange(n)

    def close(self) -> None:
        pass


@pytest.mark.slow
async def test_a_live_payment_is_named_followed_and_left_when_a_second_begins() -> None:
    source = Live("15-concurrent-10")
    step_of = understood("15-concurrent-10").step
    incoming = [n for n in range(1, 151) if step_of(n).operation == "incoming_payment_create"]
    app = OptraceApp(source, Understanding(source.exchange), title="optrace", hint="")
    async with running(app) as (pilot, home):
        for until in range(1, incoming[0] + 1):
            source.say(until)
            while len(app.bridge.trace) < until:
                await settle(app, pilot)
            await settle(app, pilot)
            assert home.ladder.selected == until  # follows, whatever is shown
        assert len(app.bridge.trace.payments) >= 1
        source.say(incoming[1])
        while len(app.bridge.trace) < incoming[1]:
            await settle(app, pilot)
        await settle(app, pilot)
        assert home.ladder.view.payment is None
        assert len(home.ladder.view) == incoming[1]
        await press(app, pilot, "p", "enter")
        chosen = home.ladder.view.payment
        source.say(150)
        while len(app.bridge.trace) < 150:
            await settle(app, pilot)
        assert home.ladder.view.payment == chosen  # what the user chose stays


async def test_the_one_live_payment_has_its_name_in_the_title_and_its_clocks_run() -> None:
    source = Live("33a-go-sdk-http")
    app = OptraceApp(source, Understanding(source.exchange), title="optrace", hint="")
    async with running(app) as (pilot, home):
        source.say(11)
        while len(app.bridge.trace) < 11:
            await settle(app, pilot)
        await settle(app, pilot)
        assert "gfranklin → planex" in rows(app)[0]
        assert "consenting" in rows(app)[0]
        labels = [ghost.label for ghost in home.ladder.ghosts]
        assert labels[-2:] == ["continue", "POST outgoing-payment"]
        # a clock that ran out makes the screen ask again
        now = understood("33a-go-sdk-http").step(11).started
        home.ladder.ghosts = (replace(home.ladder.ghosts[0], expires=now - timedelta(days=1)),)
        assert home.ladder.ghosts_outdated()
        home._second()
        await settle(app, pilot)
        assert not home.ladder.ghosts_outdated()


async def test_a_question_that_nobody_waits_for_is_not_answered() -> None:
    app = make_app()
    async with running(app) as (pilot, _):
        answers: list[object] = []
        started, go_on = threading.Event(), threading.Event()

        def slow(breathe: object) -> str:
            started.set()
            go_on.wait(5)
            assert callable(breathe)
            breathe()
            return "slow"

        app.bridge.ask(Question("test", slow, lambda value, why: answers.append((value, why))))
        assert started.wait(5)
        app.bridge.ask(Question("test", lambda _: "quick", lambda value, why: answers.append((value, why))))
        go_on.set()
        await settle(app, pilot)
        assert answers == [("quick", "")]
        app.bridge.ask(Question("test", lambda _: 1 / 0, lambda value, why: answers.append((value, why))))
        await settle(app, pilot)
        assert answers[1:] == [(None, "division by zero")]


async def test_a_trace_that_is_no_session_says_that_it_can_only_be_looked_at() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "w", "o", "c")
        assert app.screen is home
        assert len(app._notifications) >= 1


def test_reading_goes_on_within_long_work() -> None:
    """The worker breathes: events that arrive while it works on a question are fed."""
    steps = understood(HAPPY)
    source = FakeSource([steps.step(1)], live=True)
    trace = FakeTrace(steps.step)
    bridge = Bridge(source, trace, lambda message: None, profile="open-payments")
    seen_within: list[int] = []

    def work(breathe: object) -> None:
        assert callable(breathe)
        source.steps.append(steps.step(2))
        bridge._last_breath = 0.0
        breathe()
        seen_within.append(len(trace))

    bridge._read()
    bridge._work(Question("x", work, lambda value, why: None))
    assert seen_within == [2]


def test_of_a_live_recording_what_never_came_is_said_once_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_source(FILES / f"{HAPPY}.mitm")
    events = list(whole.poll(10_000))
    trace = Understanding(whole.exchange)
    trace.feed(events)
    asked: list[datetime] = []
    last = max(event.exchange.started for event in events if isinstance(event, ExchangeSeen))
    monkeypatch.setattr(trace, "silence", lambda now: asked.append(now) or iter([True]))
    bridge = Bridge(FakeSource([], live=True), trace, lambda message: None, profile="rafiki", now=lambda: last)
    bridge._conclude()
    assert not asked, "not before what there was has been read"
    bridge.loaded = True
    bridge._conclude()
    bridge._conclude()
    assert asked == [last], "not all the time"
    assert bridge._news


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)])
async def test_every_sheet_fits_every_size(size: tuple[int, int]) -> None:
    app = app_over("two-faults")
    async with running(app, size) as (pilot, home):
        await press(app, pilot, "0", "G", "N")
        for key in ("w", "o", "c", "d"):
            await press(app, pilot, key)
            assert app.screen is not home, key
            assert max(len(row) for row in rows(app)) <= size[0]
            await press(app, pilot, "j", "G", "escape")
            assert app.screen is home, key
