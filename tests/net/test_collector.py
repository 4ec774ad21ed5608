"""What a collector answers, and what becomes of a request then (OTLP 1.x, OTLP/HTTP)."""

from __future__ import annotations

import json
import socket

import pytest

from optrace.core.errors import Usage
from optrace.net.collector import Collector, read_headers, traces_url
from tests.corpus import exchanges
from tests.exporters.materials import of, text
from tests.net.receiver import receiving


def body() -> str:
    return text("otlp", of(exchanges(11))).strip()


def test_spans_arrive_with_the_header_fields() -> None:
    with receiving() as receiver, Collector(receiver.url, {"authorization": "Bearer x"}) as collector:
        answer = collector.send(body())
    assert (answer.arrived, answer.again, answer.rejected) == (True, False, 0)
    assert receiver.exchanges() == list(range(1, 12))
    assert receiver.fields[0]["authorization"] == "Bearer x"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_be_tried_again(status: int) -> None:
    with receiving() as receiver, Collector(receiver.url, {}) as collector:
        receiver.answers = [(status, {"Retry-After": "7"}, b"busy \x1b[31m")]
        answer = collector.send(body())
    assert (answer.arrived, answer.again, answer.after) == (False, True, 7.0)
    assert "\x1b" not in answer.why
    assert f"HTTP {status} busy" in answer.why


@pytest.mark.parametrize("status", [302, 400, 401, 404, 413, 500])
def test_what_is_refused_for_good(status: int) -> None:
    with receiving() as receiver, Collector(receiver.url, {}) as collector:
        receiver.answers = [(status, {"Location": "http://elsewhere.example/"}, b"no")]
        answer = collector.send(body())
    assert (answer.arrived, answer.again) == (False, False)


def test_spans_that_a_collector_leaves_out_are_counted() -> None:
    said = json.dumps({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}).encode()
    with receiving() as receiver, Collector(receiver.url, {}) as collector:
        receiver.answers = [(200, {}, said), (200, {}, b""), (200, {}, b"[]")]
        answers = [collector.send(body()) for _ in range(3)]
    assert [(answer.arrived, answer.rejected, answer.why) for answer in answers] == [
        (True, 3, "too old"), (True, 0, ""), (True, 0, "")
    ]  # fmt: skip


def test_nobody_there_and_nobody_answering_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Collector(url, {}) as collector:
            assert collector.send(body(), within=0.05).again
    with Collector(url, {}) as collector:
        answer = collector.send(body())
    assert answer.again
    assert answer.why


def test_where_traces_go() -> None:
    assert traces_url("http://localhost:4318") == "http://localhost:4318/v1/traces"
    assert traces_url("https://otel.example/x/") == "https://otel.example/x/v1/traces"
    assert traces_url("https://otel.example/v1/traces") == "https://otel.example/v1/traces"
    for wrong in ("localhost:4318", "ftp://x", "http://", "x"):
        with pytest.raises(Usage):
            traces_url(wrong)


def test_header_fields() -> None:
    assert read_headers("a=b, authorization=Bearer%20x=y,") == {"a": "b", "authorization": "Bearer x=y"}
    for wrong in ("a", "=b", "a=\x00"):
        with pytest.raises(Usage):
            read_headers(wrong)
