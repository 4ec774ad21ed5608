"""otlp: held against OpenTelemetry's own definitions, and against the recording."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from optrace.core.fields import Fields
from optrace.core.messages import Exchange
from tests.corpus import EXCHANGES, exchanges
from tests.exporters.materials import hostile, of, recorded, recording, text
from tests.recordings.truth import EACH, understood

PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def spans(said: str) -> list[tuple[str, Span]]:
    """(service, span) of an export, read by the definitions: what they don't know is an error."""
    found = []
    for line in said.splitlines():
        data = ParseDict(_with_bytes(json.loads(line)), TracesData())
        for resource in data.resource_spans:
            names = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            found += [(names["service.name"], span) for scope in resource.scope_spans for span in scope.spans]
    return found


def _with_bytes(value: Any) -> Any:
    """OTLP writes ids in hexadecimal, protobuf's own JSON in base64."""
    if isinstance(value, dict):
        return {
            name: base64.b64encode(bytes.fromhex(member)).decode()
            if name in ("traceId", "spanId", "parentSpanId")
            else _with_bytes(member)
            for name, member in value.items()
        }
    return [_with_bytes(member) for member in value] if isinstance(value, list) else value


def attributes(span: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


@cache
def exported(name: str) -> list[tuple[str, Span]]:
    return spans(text("otlp", recorded(name)))


@pytest.mark.parametrize("name", EACH)
def test_each_exchange_is_a_span_and_each_payment_a_trace(name: str) -> None:
    found = [span for _, span in exported(name)]
    by_number = {attributes(span)["optrace.exchange"]: span for span in found if span.kind == Span.SPAN_KIND_CLIENT}
    assert sorted(by_number) == sorted(recording(name))
    roots = {attributes(span)["optrace.payment"]: span for span in found if span.kind == Span.SPAN_KIND_INTERNAL}
    assert sorted(roots) == [payment.id for payment in understood(name).payments]
    for n, span in by_number.items():
        step = understood(name).step(n)
        if step.payment is not None:
            root = roots[step.payment]
            assert (span.trace_id, span.parent_span_id) == (root.trace_id, root.span_id)
            assert root.start_time_unix_nano <= span.start_time_unix_nano
            assert root.end_time_unix_nano >= span.end_time_unix_nano
        assert [attributes(event)["optrace.finding.rule"] for event in span.events] == [f.rule for f in step.findings]
        assert attributes(span).get("http.response.status_code") == step.status


@pytest.mark.parametrize("name", EACH)
def test_ids_are_as_they_should_be(name: str) -> None:
    found = [span for _, span in exported(name)]
    assert len({span.span_id for span in found}) == len(found)
    for span in found:
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert len(span.parent_span_id) in (0, 8)
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano


def test_the_same_recording_gives_the_same_traces() -> None:
    assert text("otlp", recorded("01-happy-path")) == text("otlp", recorded("01-happy-path"))
    some = spans(text("otlp", recorded("01-happy-path", numbers=[5, 6, 7])))
    assert {span.span_id for _, span in some} < {span.span_id for _, span in exported("01-happy-path")}


def test_services_are_the_lanes_that_sent() -> None:
    assert {"client", "sender RS", "recipient RS", "sender AS"} < {service for service, _ in exported("02b-all-hops")}


def test_a_failure_is_an_error_and_says_why() -> None:
    broken = [span for _, span in exported("sig-faults") if span.status.code == Status.STATUS_CODE_ERROR]
    assert any(span.status.message.startswith("SIG-003 ") for span in broken)
    refused = next(span for span in broken if attributes(span).get("http.response.status_code") == 401)
    assert attributes(refused)["error.type"] == "401"


def test_what_http_says_by_the_semantic_conventions() -> None:
    span = next(span for _, span in exported("01-happy-path") if span.name == "POST incoming_payment_create")
    said = attributes(span)
    assert said["http.request.method"] == "POST"
    assert said["url.full"].startswith("http://")
    assert said["server.port"] in (80, 443) or f":{said['server.port']}" in said["url.full"]
    assert said["server.address"] in said["url.full"]
    assert said["network.protocol.version"] == "1.1"
    assert said["http.request.body.size"] > 0


def traced(parent: str) -> Exchange:
    """The first exchange of a payment that its client's own tracing has marked."""
    exchange = list(exchanges(EXCHANGES))[4]
    fields = Fields((*exchange.request.fields.raw, (b"traceparent", parent.encode()), (b"tracestate", b"a=1")))
    return replace(exchange, request=replace(exchange.request, fields=fields))


def test_a_traceparent_is_honoured() -> None:
    exchange = traced(f"00-{PARENT[0]}-{PARENT[1]}-01")
    span = next(span for _, span in spans(text("otlp", of([exchange]))) if span.kind == Span.SPAN_KIND_CLIENT)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == PARENT
    assert span.trace_state == "a=1"


@pytest.mark.parametrize(
    "parent",
    ["", "00-abc-def-01", f"00-{'0' * 32}-{PARENT[1]}-01", f"00-{PARENT[0]}-{'0' * 16}-01",
     f"ff-{PARENT[0]}-{PARENT[1]}-01", f"00-{PARENT[0].upper()}-{PARENT[1]}-01", "00-" + "é" * 40],
)  # fmt: skip
def test_a_malformed_one_is_not(parent: str) -> None:
    for _, span in spans(text("otlp", of([traced(parent)]))):
        assert span.trace_id.hex() != PARENT[0]


def test_hostile_traffic_is_read_too() -> None:
    assert spans(text("otlp", hostile()))
