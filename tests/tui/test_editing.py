"""What waits is edited: as a form or as text, judged while one types, signed again, sent or left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.replay.signing import keyid_of
from optrace.session.breakpoints import Order, Part, Waiting, Word
from optrace.session.events import Event
from optrace.signatures.keys import SigningKey, generate_ed25519
from optrace.store.reader import SessionReader
from optrace.tui.app import OptraceApp, settle
from optrace.tui.screens.edit import EditScreen
from tests.tui.test_breaking import FakeControl, told, until
from tests.tui.test_keys import press, seen

SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"


class LiveSource:
    """A finished recording that says that it goes on."""

    live = True
    damage: str | None = None

    def __init__(self, path: Path) -> None:
        self._reader = SessionReader.open(path)
        self.name = path.name
        self.total: int | None = None

    def poll(self, limit: int) -> Sequence[Event]:
        return self._reader.poll(limit)

    def exchange(self, n: int) -> Exchange:
        return self._reader.exchange(n)

    def close(self) -> None:
        self._reader.close()


def sample(operation: str) -> Exchange:
    """The first exchange of an operation that the client signed."""
    reader = SessionReader.open(SAMPLE)
    trace = Understanding(reader.exchange)
    while events := reader.poll():
        trace.feed(events)
    n = next(n for n in range(1, len(trace) + 1) if trace.step(n).operation == operation)
    found = reader.exchange(n)
    reader.close()
    return found


@asynccontextmanager
async def editing(
    keys: Sequence[tuple[str, SigningKey]], part: Part = Part.REQUEST
) -> AsyncIterator[tuple[OptraceApp, Pilot[None], FakeControl, Exchange]]:
    control, source = FakeControl(), LiveSource(SAMPLE)
    app = OptraceApp(
        source,
        Understanding(source.exchange),
        title="optrace",
        hint="",
        control=control,
        signing_keys=lambda: keys,
    )
    exchange = sample("incoming_payment_create")
    now = datetime.now(UTC)
    async with app.run_test(size=(140, 44)) as pilot:
        await settle(app, pilot)
        control.waiting[exchange.n] = Waiting(
            exchange=exchange if part is Part.RESPONSE else replace(exchange, response=None),
            part=part,
            operation="incoming_payment_create",
            since=now,
            until=now + timedelta(seconds=30),
        )
        await until(app, pilot, "waits")
        await press(app, pilot, "e")
        assert isinstance(app.screen, EditScreen)
        yield app, pilot, control, exchange


async def to_row(app: OptraceApp, pilot: Pilot[None], text: str) -> None:
    """Put the cursor into the row that holds a text."""
    row = next(row for row in app.screen.query(Input) if row.value == text)
    while app.focused is not row:
        await pilot.press("down")


async def sent(app: OptraceApp, pilot: Pilot[None], control: FakeControl) -> Order:
    await press(app, pilot, "ctrl+s")
    for _ in range(200):
        if found := [order for order in control.orders if order.word is not Word.STAY]:
            return found[0]
        await pilot.pause(0.01)
    raise AssertionError(seen(app))


def own_key(exchange: Exchange) -> tuple[str, SigningKey]:
    kid = keyid_of(exchange.request)
    assert kid
    return "mine", generate_ed25519(kid)


@pytest.mark.slow
async def test_an_amount_is_edited_and_signed_again() -> None:
    key = own_key(sample("incoming_payment_create"))
    async with editing([key]) as (app, pilot, control, exchange):
        assert "Nothing is changed" in seen(app)
        assert "GNAP ••••" in seen(app)
        await to_row(app, pilot, "1000")
        await press(app, pilot, "backspace", "backspace", "backspace", "backspace", *"2500")
        await until(app, pilot, "was signed again with mine")
        await until(app, pilot, "✗ open-payments")  # the published key is another one: said before it is sent
        order = await sent(app, pilot, control)
        assert order.exchange is not None
        request = order.exchange.request
        assert request.body == (exchange.request.body or b"").replace(b'"1000"', b'"2500"')
        assert request.fields.get("signature") != exchange.request.fields.get("signature")
        assert request.fields.get("content-digest") != exchange.request.fields.get("content-digest")
        assert request.fields.get("authorization") == exchange.request.fields.get("authorization")
        assert order.said == "the body was changed; it was signed again with mine"
        assert (order.n, order.part, order.word) == (exchange.n, Part.REQUEST, Word.GO)


@pytest.mark.slow
async def test_without_a_key_it_is_said_that_the_signature_breaks() -> None:
    async with editing([("other", generate_ed25519("other"))]) as (app, pilot, control, exchange):
        await to_row(app, pilot, "1000")
        await press(app, pilot, "0")
        await until(app, pilot, "No key of yours is called")
        await until(app, pilot, "✗ content-digest")
        order = await sent(app, pilot, control)
        assert order.exchange is not None
        assert order.exchange.request.fields.get("signature") == exchange.request.fields.get("signature")
        assert order.exchange.request.fields.get("content-length") == str(len(exchange.request.body or b"") + 1)


@pytest.mark.slow
async def test_another_key_is_taken_and_none_again() -> None:
    async with editing([("other", generate_ed25519("another-kid"))]) as (app, pilot, control, _):
        await press(app, pilot, "ctrl+k")
        await until(app, pilot, "keyid another-kid")
        assert keyid_of(app.screen.edited().message) == "another-kid"  # type: ignore[attr-defined]
        await press(app, pilot, "ctrl+k")
        await until(app, pilot, "Nothing is changed")
        order = await sent(app, pilot, control)
        assert order.exchange is None


@pytest.mark.slow
async def test_no_letter_overtakes_a_key_that_edits() -> None:
    async with editing([]) as (app, pilot, _, _):
        await to_row(app, pilot, "1000")
        row = app.focused
        assert isinstance(row, Input)
        for key in ("backspace", "backspace", "2", "left", "5", "end", "7", "home", "delete", "3"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause(0.2)
        assert row.value == "30527"


@pytest.mark.slow
async def test_as_text_and_back() -> None:
    async with editing([]) as (app, pilot, control, _):
        await to_row(app, pilot, "1000")
        await press(app, pilot, "1", "ctrl+r")
        area = app.screen.query_one(TextArea)
        assert '"10001"' in area.text
        assert "GNAP ••••" in area.text
        area.load_text(area.text.replace("10001", "7"))
        await press(app, pilot, "ctrl+r")
        assert any(row.value == "7" for row in app.screen.query(Input))
        order = await sent(app, pilot, control)
        assert order.exchange is not None
        assert b'"value":"7"' in (order.exchange.request.body or b"")
        assert "••••" not in str(order.exchange.request.fields)


@pytest.mark.slow
async def test_it_cant_go_to_another_server() -> None:
    async with editing([]) as (app, pilot, control, exchange):
        row = app.screen.query(Input).first()
        assert row.value == exchange.request.url
        row.value = "https://evil.example/"
        await until(app, pilot, "can't go elsewhere")
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, EditScreen)
        assert [order for order in control.orders if order.word is not Word.STAY] == []


@pytest.mark.slow
async def test_an_answer_is_edited() -> None:
    async with editing([], Part.RESPONSE) as (app, pilot, control, _):
        row = app.screen.query(Input).first()
        row.value = "403"
        await until(app, pilot, "The status was changed.")
        order = await sent(app, pilot, control)
        assert order.exchange is not None
        assert order.exchange.response is not None
        assert (order.exchange.response.status, order.exchange.response.reason) == (403, "Forbidden")


@pytest.mark.slow
async def test_leaving_asks_once_if_something_was_changed() -> None:
    async with editing([]) as (app, pilot, control, exchange):
        await press(app, pilot, "x", "escape")
        assert isinstance(app.screen, EditScreen)
        assert told(app)[-1] == "esc again leaves without what you changed."
        await press(app, pilot, "escape")
        assert app.screen is app.home
        assert exchange.n in control.waiting
        assert {order.word for order in control.orders} == {Word.STAY}  # it waited while somebody was at work


@pytest.mark.slow
async def test_how_long_it_has_waited_is_said_and_that_it_has_gone_on() -> None:
    async with editing([]) as (app, pilot, control, exchange):
        await until(app, pilot, f"the request of {exchange.n} waits while you edit, ")
        del control.waiting[exchange.n]  # its client hung up
        await until(app, pilot, "doesn't wait any more")
        await until(app, pilot, "nothing can be sent now")
        await press(app, pilot, "x", "ctrl+s")
        assert isinstance(app.screen, EditScreen)
        assert told(app)[-1] == "It doesn't wait any more: nothing can be sent now."
        await press(app, pilot, "escape")
        assert app.screen is app.home
        assert {order.word for order in control.orders} == {Word.STAY}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part.REQUEST, "the RS answers nothing yet, since optrace holds the request."),
        (Part.RESPONSE, "optrace holds the response at a breakpoint: the client doesn't have it yet."),
    ],
)
async def test_what_is_held_is_not_said_to_be_the_servers_silence(part: Part, said: str) -> None:
    async with editing([], part) as (app, pilot, _, exchange):
        await press(app, pilot, "escape")
        app.home.ladder.select(exchange.n)
        await press(app, pilot, "enter")
        await until(app, pilot, said)
        assert "so far" not in seen(app)
