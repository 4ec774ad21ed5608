"""The addon by itself, driven through mitmproxy's hooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mitmproxy import http
from mitmproxy.test import tflow, tutils

from optrace.capture.addon import Addon
from optrace.capture.sink import QUIET, GuardedSink
from optrace.capture.words import plain_error
from tests.capture.kit import BrokenSink, KeptSink


def flow(body: bytes | None = b"{}") -> http.HTTPFlow:
    return tflow.tflow(req=tutils.treq(content=body, path=b"/quotes"))


def run(addon: Addon, flow: http.HTTPFlow) -> None:
    addon.requestheaders(flow)
    addon.request(flow)
    flow.response = tutils.tresp()
    addon.responseheaders(flow)
    addon.response(flow)


def test_no_hook_writes_to_a_flow(sink: KeptSink) -> None:
    one = flow()
    one.response = tutils.tresp()
    before = one.get_state()
    addon = Addon(sink)
    for hook in (addon.requestheaders, addon.request, addon.responseheaders, addon.response, addon.error):
        hook(one)
    assert one.get_state() == before
    assert len(sink.ended) == 1


def test_what_other_addons_change_is_proven_and_said(sink: KeptSink) -> None:
    addon, one = Addon(sink), flow()
    addon.requestheaders(one)
    addon.request(one)
    one.request.headers["x-added"] = "1"
    one.request.path = "/other"
    one.request.content = b"{} "
    one.response = tutils.tresp()
    addon.responseheaders(one)
    del one.response.headers["header-response"]
    addon.response(one)
    exchange = sink.one()
    assert exchange.notes == (
        "The request was not passed on as it came: field content-length, field x-added, the request line, the body "
        "changed in the proxy.",
        "The response was not passed on as it came: field header-response changed in the proxy.",
    )
    assert "x-added" not in exchange.request.fields


def test_the_order_of_fields_counts(sink: KeptSink) -> None:
    addon, one = Addon(sink), flow()
    addon.requestheaders(one)
    addon.request(one)
    one.request.headers.fields = one.request.headers.fields[::-1]
    one.response = tutils.tresp()
    addon.responseheaders(one)
    addon.response(one)
    assert "the order of the fields changed" in sink.one().notes[0]


def test_an_answer_made_by_another_addon_comes_after_its_request(sink: KeptSink) -> None:
    addon, one = Addon(sink), flow()
    addon.requestheaders(one)
    one.response = tutils.tresp()
    addon.request(one)
    assert sink.requests[0].in_flight
    addon.responseheaders(one)
    addon.response(one)
    assert sink.one().response is not None


def test_a_request_that_could_not_be_recorded_is_recorded_with_its_answer() -> None:
    class Recovers(KeptSink):
        failing = True

        def request(self, exchange: object) -> int:
            if self.failing:
                raise OSError("disk full")
            return super().request(exchange)  # type: ignore[arg-type]

    sink = Recovers()
    addon, one = Addon(sink), flow()
    addon.requestheaders(one)
    addon.request(one)
    sink.failing = False
    one.response = tutils.tresp()
    addon.responseheaders(one)
    addon.response(one)
    assert sink.one().response is not None
    assert [noted.level for noted in sink.notes] == ["error", "warn"]
    assert "disk full" in sink.notes[0].text
    assert sink.notes[1].text == "Recording works again; 1 message was not recorded"


def test_a_broken_sink_and_a_broken_complaint_harm_nothing() -> None:
    def complain(text: str) -> None:
        raise RuntimeError(text)

    addon = Addon(BrokenSink(), complain=complain)
    for _ in range(3):
        run(addon, flow())
    addon.done()


def test_a_flow_that_cannot_be_read_harms_nothing(sink: KeptSink) -> None:
    addon, one = Addon(sink), flow()
    addon.requestheaders(one)
    one.client_conn = None  # type: ignore[assignment]
    addon.request(one)
    (noted,) = sink.notes
    assert noted.level == "error"
    assert "the traffic is not affected" in noted.text


def test_an_addon_that_joins_late_still_records(sink: KeptSink) -> None:
    addon, one = Addon(sink), flow()
    one.response = tutils.tresp()
    addon.response(one)
    assert sink.one().request.url.endswith("/quotes")


def test_hooks_after_the_end_record_nothing_twice(sink: KeptSink) -> None:
    addon, one = Addon(sink), flow()
    run(addon, one)
    one.error = tflow.terr("late")
    addon.error(one)
    addon.request(one)
    addon.done()
    assert len(sink.requests) == len(sink.ended) == 1


def test_the_same_trouble_is_said_once_a_minute(sink: KeptSink) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    guarded = GuardedSink(sink, now=lambda: now)
    for _ in range(3):
        guarded.note("again", about="it")
    now += QUIET + timedelta(seconds=1)
    guarded.note("again", about="it")
    guarded.note("else")
    guarded.note("else")
    assert [noted.text for noted in sink.notes] == ["again", "again", "else", "else"]


def test_errors_in_plain_words() -> None:
    said = {
        "[Errno 111] Connect call failed ('127.0.0.1', 1)": "connection refused by h:1: nothing listens there",
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), [Errno 111] Connect call failed "
        "('127.0.0.1', 1)": "connection refused by h:1: nothing listens there",
        "[Errno -2] Name or service not known": "the name of h:1 can't be resolved",
        "[Errno 110] Connect call failed ('10.0.0.1', 1)": "no answer from h:1: timed out",
        "[Errno 113] Connect call failed ('10.0.0.1', 1)": "h:1 can't be reached: no route to it",
        "stream reset by client (CANCEL)": "the client hung up before the answer was complete",
        "stream reset by server (REFUSED_STREAM)": "h:1 broke the answer off (REFUSED_STREAM)",
        "Connection killed.": "dropped in the proxy",
        "something {new}": "something {new}",
    }
    assert {message: plain_error(message, "h:1", answered=False) for message in said} == said
