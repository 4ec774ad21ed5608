"""A payment done again from the screen: where to, only where it was named, asked before it pays, step by step."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from optrace.cli.understanding import Understanding
from optrace.core.errors import CannotStart
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.replay.drive import MOVES_MONEY, Outcome, Result, calls
from optrace.replay.kinds import INTERACTION
from optrace.replay.script import Script
from optrace.signatures.keys import SigningKey, generate_ed25519
from optrace.store.reader import SessionReader
from optrace.tui.app import OptraceApp, settle
from optrace.tui.replays import Target, Watch
from optrace.tui.screens.edit import EditScreen
from optrace.tui.screens.replay import ReplayScreen
from optrace.tui.screens.send import SendScreen
from tests.diagram.journey import START
from tests.tui.test_breaking import told, until
from tests.tui.test_keys import press, seen

SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"
PATH = Path("/tmp/again.optrace")


class FakeReplays:
    """Plays without a net: each step goes as recorded, unless `fails` names it."""

    def __init__(self) -> None:
        self.to: Sequence[Target] = ()
        self.script: Script | None = None
        self.fails = 0
        self.paid: bool | None = None
        self.broken = False
        self.opened: list[Path] = []
        self.sent: list[HttpRequest] = []
        self.held = threading.Event()
        self.ended = threading.Event()
        self.hold = False

    def play(self, script: Script, to: Sequence[Target], watch: Watch) -> Path:
        self.to, self.script = to, script
        if self.broken:
            raise CannotStart("No way", remedy="Find one.")
        try:
            for step in calls(script):
                if watch.stopped:
                    break
                if step.operation in INTERACTION:
                    continue
                if self.hold:
                    watch.tell("waiting 5 s, as the AS asks")
                    self.held.wait(10)
                if step.operation in MOVES_MONEY and self.paid is None:
                    self.paid = watch.may_pay(step, "https://rs.example/outgoing-payments")
                    if not self.paid:
                        watch.result(Result(step=step, outcome=Outcome.UNSENT, why="nobody agreed"))
                        break
                if step.n == self.fails:
                    watch.result(Result(step=step, outcome=Outcome.DIFFERS, status=403, why="403 instead of 200"))
                    break
                watch.result(Result(step=step, outcome=Outcome.SAME, status=step.status))
        finally:
            self.ended.set()
        return PATH

    def send(self, request: HttpRequest) -> tuple[Exchange, Path]:
        self.sent.append(request)
        if self.broken:
            raise CannotStart("No way", remedy="Find one.")
        answer = HttpResponse(status=418, reason="Teapot", body=b"short and stout")
        return Exchange(n=1, request=request, response=answer, started=START), PATH

    def open(self, path: Path) -> None:
        self.opened.append(path)


@asynccontextmanager
async def replaying(
    replays: FakeReplays | None, keys: Sequence[tuple[str, SigningKey]] = ()
) -> AsyncIterator[tuple[OptraceApp, Pilot[None]]]:
    source = SessionReader.open(SAMPLE)
    app = OptraceApp(
        source,
        Understanding(source.exchange),
        title="optrace",
        hint="",
        replays=replays,
        signing_keys=lambda: keys,
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        yield app, pilot


@pytest.mark.slow
async def test_where_to_is_asked_and_each_step_shown() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r")
        assert isinstance(app.screen, ReplayScreen)
        assert "replay payment 1, alice → bob" in seen(app)
        assert "pays" in seen(app)
        await press(app, pilot, "enter")
        await until(app, pilot, "The next step pays")
        assert replays.paid is None
        await press(app, pilot, "y")
        await until(app, pilot, "steps with the recorded outcome")
        assert replays.paid
        assert replays.to == [None]
        assert str(PATH) in seen(app)
        await press(app, pilot, "escape")
        assert app.screen is app.home


@pytest.mark.slow
async def test_money_doesnt_move_unless_somebody_agrees() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r", "enter")
        await until(app, pilot, "The next step pays")
        await press(app, pilot, "n")
        await until(app, pilot, "goes otherwise: nobody agreed")
        assert replays.paid is False


@pytest.mark.slow
async def test_leaving_while_it_asks_is_no() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r", "enter")
        await until(app, pilot, "The next step pays")
        await press(app, pilot, "escape", "escape")
        assert replays.ended.wait(10)
        assert replays.paid is False


@pytest.mark.slow
async def test_it_goes_nowhere_that_wasnt_named() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r")
        where = app.screen.query_one(Input)
        where.value = "https://elsewhere.example"
        await until(app, pilot, "! not named: http://127.0.0.1")
        await press(app, pilot, "enter")
        assert told(app) == ["Name each host that it may send to."]
        where.value = "nonsense"
        await until(app, pilot, "names no hosts")
        await press(app, pilot, "enter")
        assert replays.script is None
        origins = {step.exchange.request.url.split("/")[2] for step in calls(app.screen._script)}  # type: ignore[attr-defined]
        where.value = " ".join(f"http://{host}=http://{host.replace('127.0.0.1', 'live.example')}" for host in origins)
        await until(app, pilot, "http://live.example")
        assert "not named" not in seen(app)
        await press(app, pilot, "enter")
        await until(app, pilot, "The next step pays")
        assert len(replays.to) == len(origins)


async def test_the_first_divergence_is_said() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r")
        replays.fails = calls(app.screen._script)[3].n  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        await until(app, pilot, f"step {replays.fails} goes otherwise: 403 instead of 200")


@pytest.mark.slow
async def test_one_message_alone() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r", "ctrl+t")
        assert "message 1 alone" in seen(app)
        await press(app, pilot, "enter")
        await until(app, pilot, "1 step with the recorded outcome")


@pytest.mark.slow
async def test_it_can_be_stopped() -> None:
    replays = FakeReplays()
    replays.hold = True
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r", "enter")
        await until(app, pilot, "… waiting 5 s")
        await press(app, pilot, "escape")
        replays.held.set()
        await until(app, pilot, "Stopped after")


@pytest.mark.slow
async def test_what_cant_be_played_is_said_with_the_cure() -> None:
    replays = FakeReplays()
    replays.broken = True
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "r", "enter")
        await until(app, pilot, "✗ No way")
        assert "Find one." in seen(app)


async def test_without_anybody_who_sends_it_is_said() -> None:
    async with replaying(None) as (app, pilot):
        await press(app, pilot, "r")
        assert told(app) == ["From here nothing can be sent: optrace replay does."]


@pytest.mark.slow
async def test_a_recorded_request_is_edited_and_sent_anew() -> None:
    replays, key = FakeReplays(), generate_ed25519("demo-client-key")
    async with replaying(replays, [("mine", key)]) as (app, pilot):
        app.home.ladder.select(31)
        await press(app, pilot, "e")
        assert isinstance(app.screen, EditScreen)
        await until(app, pilot, "signed again with mine")  # though nothing is changed: the old one is spent
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, SendScreen)
        await until(app, pilot, "This moves money.")
        assert "Send it to http://127.0.0.1" in seen(app)
        assert "Its signature fails (open-payments)" in seen(app)  # the key is not the published one
        assert replays.sent == []
        await press(app, pilot, "y", "y")
        await until(app, pilot, "418")
        assert "short and stout" in seen(app)
        assert str(PATH) in seen(app)
        (request,) = replays.sent
        recorded = app.bridge.source.exchange(31).request
        assert request.fields.get("signature") != recorded.fields.get("signature")
        assert request.body == recorded.body
        await press(app, pilot, "escape")
        assert app.screen is app.home


@pytest.mark.slow
async def test_nothing_is_sent_unless_somebody_says_so() -> None:
    replays = FakeReplays()
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "g", "e", "ctrl+s", "n")
        assert app.screen is app.home
        assert replays.sent == []


@pytest.mark.slow
async def test_what_couldnt_be_sent_is_said() -> None:
    replays = FakeReplays()
    replays.broken = True
    async with replaying(replays) as (app, pilot):
        await press(app, pilot, "g", "e", "ctrl+s", "y")
        await until(app, pilot, "✗ No way. Find one.")
