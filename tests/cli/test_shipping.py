"""Live traces: each exchange arrives once, whatever the collector does, and nothing waits for it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from optrace.cli.output import Output
from optrace.cli.shipping import Shipped, Shipping, shipping
from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import Exchange
from optrace.exporters import otlp_feed
from optrace.exporters.otlp_feed import QUIET, SILENT
from optrace.net.collector import Answer
from optrace.session.events import Event, ExchangeSeen, KeyLearned
from optrace.store.writer import SessionWriter
from tests.cli.test_secrets import secrets_of
from tests.corpus import CLIENT, exchanges, jwks
from tests.exporters.test_otlp import PARENT, attributes
from tests.exporters.test_secrets import leaks
from tests.net.receiver import Receiver, receiving

KEYS = KeyLearned(wallet_address=CLIENT, document=jwks(), seen=datetime.now(UTC), how="fetched")
TAKEN, AGAIN, REFUSED = Answer(arrived=True), Answer(again=True, why="busy"), Answer(why="HTTP 400")


class World:
    """A session that grows by a script, a collector that answers by one, and a clock that both go by."""

    def __init__(self, script: list[tuple[float, list[Event]]], answers: list[Answer] | None = None) -> None:
        self.now = 0.0
        self.receiver = Receiver()
        self.name = "payments.optrace"
        self._script, self._answers = list(script), list(answers or [])
        self._seen: dict[int, Exchange] = {}
        self.sent: list[float] = []

    def poll(self, limit: int = 500) -> list[Event]:
        found: list[Event] = []
        while self._script and self._script[0][0] <= self.now:
            found += self._script.pop(0)[1]
        self._seen |= {event.exchange.n: event.exchange for event in found if isinstance(event, ExchangeSeen)}
        return found

    def exchange(self, n: int) -> Exchange:
        return self._seen[n]

    def send(self, body: str, *, within: float) -> Answer:
        self.sent.append(self.now)
        answer = self._answers.pop(0) if self._answers else TAKEN
        self.receiver.answers = [(200 if answer.arrived else 503, {}, b"")]
        self.receiver.take("/v1/traces", {"Content-Type": "application/json"}, body.encode())
        return answer

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def run(self, *, until: float, flush: float = 5.0, limit: int | None = None) -> Shipped:
        found = Shipping(self, self, {}, clock=lambda: self.now, pause=self.pause, chance=lambda: 1.0)  # type: ignore[arg-type]
        if limit is not None:
            found._feed.limit = limit
        return found.until(lambda: self.now >= until, flush=flush)


def seen(found: Exchange, *, open: bool = False) -> ExchangeSeen:
    return ExchangeSeen(exchange=replace(found, response=None, ended=None, response_started=None) if open else found)


def session(count: int) -> list[Event]:
    return [KEYS, *(event for each in exchanges(count) for event in (seen(each, open=True), seen(each)))]


def test_each_exchange_and_each_payment_arrives_once() -> None:
    world = World([(0.0, session(27))])
    shipped = world.run(until=400.0)
    assert world.receiver.exchanges() == list(range(1, 28))
    assert world.receiver.payments() == [1, 2, 3]
    assert shipped == Shipped(sent=27)
    assert world.sent[0] >= QUIET.total_seconds()
    assert len({span.span_id for span in world.receiver.spans}) == 30


def test_what_is_left_is_sent_at_the_end() -> None:
    world = World([(0.0, session(11))])
    assert world.run(until=0.5) == Shipped(sent=11)
    assert world.receiver.exchanges() == list(range(1, 12))
    assert world.receiver.payments() == [1]


def test_a_verdict_that_settles_later_is_the_one_that_arrives() -> None:
    found = list(exchanges(11))[3:]  # without the key that passed by
    world = World([(0.0, [seen(each) for each in found]), (8.0, [KEYS])])
    world.run(until=400.0)
    assert world.receiver.exchanges() == [each.n for each in found]
    signed = [attributes(span) for span in world.receiver.spans if "optrace.exchange" in attributes(span)]
    assert [each["optrace.verdict.signature"] for each in signed] == ["pass"] * len(found)
    assert min(world.sent) >= 8.0


def test_an_exchange_in_flight_waits_for_its_end() -> None:
    first, *more = list(exchanges(11))
    world = World([(0.0, [KEYS, seen(first, open=True), *map(seen, more)]), (60.0, [seen(first)])])
    world.run(until=400.0)
    assert world.receiver.exchanges() == list(range(1, 12))
    assert world.sent[-1] > 60.0


def test_a_payment_that_is_not_over_is_sent_when_it_fell_silent() -> None:
    world = World([(0.0, session(7))])
    world.run(until=SILENT.total_seconds() + 10)
    assert world.sent[-1] >= SILENT.total_seconds()
    assert world.receiver.payments() == [1]


def test_a_collector_that_comes_back_gets_everything_once() -> None:
    world = World([(0.0, session(27))], [replace(AGAIN, after=9.0), *[AGAIN] * 4, TAKEN])
    assert world.run(until=400.0) == Shipped(sent=27, why="busy")
    assert world.receiver.exchanges() == list(range(1, 28))
    waits = [later - earlier for earlier, later in zip(world.sent, world.sent[1:], strict=False)]
    assert waits[0] >= 9.0
    assert waits[1:4] == sorted(waits[1:4])


def test_a_dead_collector_is_given_up_within_the_limit_and_told() -> None:
    world = World([(0.0, session(27))], [AGAIN] * 1000)
    shipped = world.run(until=20.0, flush=5.0)
    assert (shipped.sent, shipped.waiting) == (0, 27)
    assert world.now <= 26.0
    words = shipped.words("http://c.example")
    assert words.startswith("0 exchanges sent to http://c.example, 27 not (busy);")
    assert "optrace export FILE -f otlp" in words


def test_what_is_refused_for_good_is_not_sent_again() -> None:
    world = World([(0.0, session(11))], [REFUSED])
    shipped = world.run(until=400.0)
    assert (shipped.sent, shipped.refused) == (0, 11)
    assert world.receiver.exchanges() == []


def test_no_more_wait_than_there_is_room_for_and_the_rest_is_counted() -> None:
    world = World([(0.0, session(27))], [AGAIN] * 1000)
    shipped = world.run(until=5.0, limit=10)
    assert (shipped.waiting, shipped.lost) == (10, 17)


def test_many_are_sent_in_several_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_feed, "BATCH", 7)
    world = World([(0.0, session(43))])
    assert world.run(until=1.0).sent == 43
    assert world.receiver.exchanges() == list(range(1, 44))
    assert world.receiver.payments() == [1, 2, 3, 4, 5]
    assert world.receiver.requests == 7


def test_secrets_are_masked_and_traceparent_is_honoured() -> None:
    found = list(exchanges(11))
    trace, span_id = PARENT
    fields = Fields([*found[4].request.fields.raw, (b"traceparent", f"00-{trace}-{span_id}-01".encode())])
    found[4] = replace(
        found[4], request=replace(found[4].request, fields=fields, url=f"{found[4].request.url}?token=abc12")
    )
    world = World([(0.0, [KEYS, *map(seen, found)])])
    world.run(until=0.5)
    said = "".join(world.receiver.bodies)
    assert leaks(secrets_of(found), said) == []
    assert "abc12" not in said
    [own] = [span for span in world.receiver.spans if attributes(span).get("optrace.exchange") == 5]
    assert (own.trace_id.hex(), own.parent_span_id.hex()) == PARENT


def arguments(**otlp: Any) -> Any:
    return SimpleNamespace(otlp=otlp.pop("flag", None), config=SimpleNamespace(otlp=otlp))


def test_without_a_collector_nothing_is_started(tmp_path: Path) -> None:
    output = Output(err=io.StringIO())
    with shipping(arguments(), tmp_path / "none", output) as start:
        start()
    assert output.err.getvalue() == ""  # type: ignore[attr-defined]


def test_a_wrong_url_is_told_before_anything_starts(tmp_path: Path) -> None:
    for wrong in (arguments(url="localhost:4318"), arguments(flag="http://x", headers="x")):
        with pytest.raises(Usage), shipping(wrong, tmp_path / "none", Output()):
            pass


@pytest.mark.slow
def test_the_process_sends_what_is_recorded(tmp_path: Path) -> None:
    path, output = tmp_path / "live.optrace", Output(err=io.StringIO())
    told = arguments(url="http://127.0.0.1:9", headers="x-key=1")
    with receiving() as receiver:
        told.otlp = receiver.url  # the flag goes before the settings
        with (
            shipping(told, path, output) as start,
            SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC)) as writer,
        ):
            start()
            for exchange in exchanges(19):
                number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
                writer.response(number, exchange)
        assert receiver.exchanges() == list(range(1, 20))
        assert receiver.payments() == [1, 2]
        assert receiver.fields[0]["x-key"] == "1"
    assert output.err.getvalue() == f"19 exchanges sent to {receiver.url}\n"  # type: ignore[attr-defined]
