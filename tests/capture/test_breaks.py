"""Breakpoints in the proxy: what waits, goes on, is edited, is dropped; and that nothing waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from optrace.core.amends import changes_in
from optrace.core.messages import HttpRequest
from optrace.replay.signing import with_field
from optrace.session.breakpoints import Breakpoint, Order, Part, Waiting, Word
from tests.capture.kit import WAIT, KeptSink, ok, raw_server, running_proxy

REQUEST = Breakpoint(operation="quote_create", part=Part.REQUEST)
RESPONSE = replace(REQUEST, part=Part.RESPONSE)
BODY = b'{"walletAddress":"https://w.example/alice"}'


class FakeDesk:
    """Orders given by the test, and what the proxy says."""

    def __init__(self, *points: Breakpoint) -> None:
        self.points = list(points)
        self.there = True
        self.held: dict[int, Waiting] = {}
        self.answers: list[str] = []
        self.broken = False
        self._orders: list[tuple[int, Order]] = []
        self._changed = threading.Condition()

    def breakpoints(self) -> Sequence[tuple[Breakpoint, str]]:
        return [(point, "me") for point in self.points]

    def is_there(self, viewer: str) -> bool:
        return self.there

    def hold(self, waiting: Waiting) -> None:
        if self.broken:
            raise OSError("disk full")
        with self._changed:
            self.held[waiting.n] = waiting
            self._changed.notify_all()

    def release(self, n: int) -> None:
        with self._changed:
            del self.held[n]
            self._changed.notify_all()

    def orders(self) -> Sequence[tuple[int, Order]]:
        given, self._orders = self._orders, []
        return given

    def answer(self, number: int, text: str) -> None:
        with self._changed:
            self.answers.append(text)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> list[Waiting]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.held) == count, WAIT)
            return list(self.held.values())

    def answered(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answers) == count, WAIT)
            return self.answers

    def say(self, waiting: Waiting, word: Word, **more: object) -> None:
        self._orders.append((1, Order(n=waiting.n, part=waiting.part, word=word, **more)))  # type: ignore[arg-type]


def quote(client: httpx.Client, address: str) -> httpx.Response:
    return client.post(
        f"http://{address}/quotes", content=BODY, headers={"Content-Type": "application/json"}, timeout=WAIT
    )


@pytest.fixture
def beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4)


def test_a_request_waits_and_goes_on_as_it_came(confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor) -> None:
    desk = FakeDesk(REQUEST)
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        (waiting,) = desk.wait()
        assert waiting.exchange.request.body == BODY
        assert waiting.until - waiting.since == timedelta(seconds=30)
        assert sink.requests[0].request.body == BODY  # on record before it waits
        assert server.requests == []
        desk.say(waiting, Word.GO)
        assert answer.result(WAIT).status_code == 200
        assert server.requests[0].endswith(BODY)
        exchange = sink.one()
    assert desk.answers == ["it was let go"]
    assert changes_in(exchange.notes) == ()
    (note,) = exchange.notes
    assert note.startswith("The request waited")
    assert note.endswith("s at a breakpoint; it was let go.")


def test_another_operation_passes(confdir: Path, sink: KeptSink) -> None:
    desk = FakeDesk(replace(REQUEST, operation="grant_request"))
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        assert quote(client, server.address).status_code == 200
    assert sink.one().notes == ()


def test_an_edited_request_is_on_record_twice(confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor) -> None:
    desk = FakeDesk(REQUEST)
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        (waiting,) = desk.wait()
        asked = waiting.exchange.request
        url = asked.url + "?x=1"
        other = replace(asked, body=b'{"a":1}', url=url, fields=with_field(asked.fields, "X-Own", "2  3"))
        desk.say(waiting, Word.GO, exchange=replace(waiting.exchange, request=other), said="the body was changed")
        assert answer.result(WAIT).status_code == 200
    sent = server.requests[0]
    assert sent.startswith(b"POST /quotes?x=1 HTTP/1.1")
    assert b"\r\nX-Own: 2  3\r\n" in sent
    assert sent.endswith(b'\r\n\r\n{"a":1}')
    assert b"\r\ncontent-length: 7\r\n" in sent.lower()
    exchange = sink.one()
    assert sink.requests[0].request.body == BODY
    assert exchange.request.body == b'{"a":1}'
    assert changes_in(exchange.notes) == (("edited", "the body was changed"),)


def test_an_edit_never_goes_to_another_server(confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor) -> None:
    desk = FakeDesk(REQUEST)
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        (waiting,) = desk.wait()
        other = HttpRequest(method="POST", url="http://other.example/quotes", body=b"{}")
        desk.say(waiting, Word.GO, exchange=replace(waiting.exchange, request=other))
        assert answer.result(WAIT).status_code == 200
    assert server.requests[0].endswith(BODY)
    assert "An edit was left out: it would have gone to another server." in sink.one().notes


def test_an_edited_answer_is_on_record_beside_the_one_that_came(
    confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor
) -> None:
    desk = FakeDesk(RESPONSE)
    with (
        raw_server(lambda _: [ok(b'{"id":"1"}')]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        (waiting,) = desk.wait()
        came = waiting.exchange.response
        assert came is not None
        assert came.body == b'{"id":"1"}'
        other = replace(came, status=418, reason="Teapot", body=b'{"id":"22"}')
        desk.say(waiting, Word.GO, exchange=replace(waiting.exchange, response=other), said="status and body")
        seen = answer.result(WAIT)
        assert (seen.status_code, seen.reason_phrase, seen.content) == (418, "Teapot", b'{"id":"22"}')
    exchange = sink.one()
    assert exchange.received is not None
    assert exchange.received.body == b'{"id":"1"}'
    assert exchange.response is not None
    assert exchange.response.status == 418


def test_what_is_dropped_reaches_nobody(confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor) -> None:
    desk = FakeDesk(REQUEST)
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        desk.say(desk.wait()[0], Word.DROP)
        with pytest.raises(httpx.HTTPError):
            answer.result(WAIT)
        assert server.requests == []
    assert sink.one().error == "dropped in the proxy"


def test_an_answer_that_is_dropped_is_on_record(confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor) -> None:
    desk = FakeDesk(RESPONSE)
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        desk.say(desk.wait()[0], Word.DROP)
        with pytest.raises(httpx.HTTPError):
            answer.result(WAIT)
    exchange = sink.one()
    assert exchange.error == "dropped in the proxy"
    assert exchange.response is not None


def go(confdir: Path, sink: KeptSink, desk: FakeDesk, then: str) -> str:
    """Let one request wait until the desk changes; what is noted of it."""
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
        ThreadPoolExecutor(1) as beside,
    ):
        answer = beside.submit(quote, client, server.address)
        if then == "leave":
            desk.wait()
            desk.there = False
        assert answer.result(WAIT).status_code == 200
    return " ".join(sink.one().notes)


def test_it_goes_on_by_itself_when_its_time_is_over(confdir: Path, sink: KeptSink) -> None:
    desk = FakeDesk(replace(REQUEST, patience=timedelta(seconds=0.1)))
    assert "its time was over" in go(confdir, sink, desk, "nothing")


def test_it_goes_on_when_its_viewer_is_gone(confdir: Path, sink: KeptSink) -> None:
    assert "its viewer left" in go(confdir, sink, FakeDesk(REQUEST), "leave")


def test_it_goes_on_when_nobody_can_be_told(confdir: Path, sink: KeptSink) -> None:
    desk = FakeDesk(REQUEST)
    desk.broken = True
    assert go(confdir, sink, desk, "nothing") == ""


def test_it_may_be_told_to_stay_and_what_is_too_late_is_said(
    confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor
) -> None:
    desk = FakeDesk(REQUEST)
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        (waiting,) = desk.wait()
        desk.say(waiting, Word.STAY)
        desk.answered(1)
        (later,) = desk.wait()
        assert later.until > waiting.until
        desk.say(replace(waiting, part=Part.RESPONSE), Word.GO)
        desk.say(waiting, Word.GO)
        desk.say(waiting, Word.DROP)
        assert answer.result(WAIT).status_code == 200
    assert desk.answers == ["it waits on", "too late: it has gone on", "it was let go", "too late: it has gone on"]


def test_where_nobody_can_be_told_that_it_stays_its_time_is_over_as_before(
    confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor
) -> None:
    desk = FakeDesk(replace(REQUEST, patience=timedelta(seconds=0.5)))
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, desk=desk) as proxy,
        proxy.client() as client,
    ):
        answer = beside.submit(quote, client, server.address)
        (waiting,) = desk.wait()
        desk.broken = True
        desk.say(waiting, Word.STAY)
        assert answer.result(WAIT).status_code == 200
    assert desk.answers == ["it waits no longer than before: the session can't be written"]
    assert "its time was over" in " ".join(sink.one().notes)


def test_it_goes_on_when_its_client_has_hung_up(confdir: Path, sink: KeptSink) -> None:
    desk = FakeDesk(REQUEST)
    with raw_server(lambda _: [ok()]) as server, running_proxy(confdir, sink, desk=desk) as proxy:
        connection = proxy.connect()
        head = f"POST http://{server.address}/quotes HTTP/1.1\r\nHost: {server.address}\r\n"
        connection.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
        desk.wait()
        connection.close()
        assert "its client hung up" in " ".join(sink.one().notes)


def test_a_proxy_that_stops_drops_what_waits(confdir: Path, sink: KeptSink, beside: ThreadPoolExecutor) -> None:
    desk = FakeDesk(REQUEST)
    answers: list[Future[httpx.Response]] = []
    with raw_server(lambda _: [ok()]) as server:
        with running_proxy(confdir, sink, desk=desk) as proxy, proxy.client() as client:
            answers = [beside.submit(quote, client, server.address) for _ in range(3)]
            desk.wait(3)
        for answer in answers:
            with pytest.raises(httpx.HTTPError):
                answer.result(WAIT)
        assert server.requests == []
    assert sorted(n for n, _ in sink.ended) == [1, 2, 3]
    assert desk.held == {}
