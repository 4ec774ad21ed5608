"""OpenTelemetry's traces (OTLP/JSON), a `TracesData` a line, as the collector's file receiver reads them.

A payment is a trace, and an exchange a span in it, by the semantic conventions of HTTP clients; findings are events of
their spans. The service is the lane that sent the request. An exchange whose request has a `traceparent` (W3C Trace
Context) belongs to that trace, under that span, and is linked to its payment.

Ids are hashes of what they name, so that the same recording gives the same traces, whatever part of it is exported.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from optrace.core.fields import Fields
from optrace.core.findings import Severity
from optrace.core.messages import Exchange
from optrace.core.urls import parse
from optrace.exporters.material import Exporter, Material
from optrace.session.steps import Payment, Step

_SCHEMA = "https://opentelemetry.io/schemas/1.37.0"  # of the semantic conventions
_BATCH = 50  # spans of one line
_INTERNAL, _CLIENT = 1, 3  # SpanKind
_ERROR = 2  # StatusCode
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_PARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_SIDES = {"s": "sender", "r": "recipient", "c": "client"}
_PORTS = {"http": 80, "https": 443}

Span = tuple[str, dict[str, Any]]  # (service, span)
Ids = tuple[str, str]  # trace and span, in hexadecimal


def write(material: Material) -> Iterator[str]:
    """The payments as the roots of their traces, then the exchanges."""
    for spans in batched(_spans(material), _BATCH):
        yield request(material, spans) + "\n"


def request(material: Material, spans: Sequence[Span]) -> str:
    """Spans as one JSON document: a `TracesData`, which is also what a collector is sent."""
    by_service: dict[str, list[dict[str, Any]]] = {}
    for service, span in spans:
        by_service.setdefault(service, []).append(span)
    version = material.versions.get("optrace", "0")
    resources = [_resource(service, version, material.source, spans) for service, spans in by_service.items()]
    return json.dumps({"resourceSpans": resources}, separators=(",", ":"))


def _resource(service: str, version: str, source: str, spans: list[dict[str, Any]]) -> dict[str, Any]:
    attributes = {"service.name": service, "service.namespace": "open-payments", "optrace.source": source}
    return {
        "resource": {"attributes": _attributes(attributes)},
        "scopeSpans": [{"scope": {"name": "optrace", "version": version}, "spans": spans, "schemaUrl": _SCHEMA}],
    }


def _spans(material: Material) -> Iterator[Span]:
    found = homes(material)
    for payment, (ids, members) in zip(material.payments, found.values(), strict=True):
        yield root(payment, ids, [material.step(n) for n in members])
    home = {n: ids for ids, members in found.values() for n in members}
    for n in material.each():
        yield span(material.step(n), material.exchange(n), home.get(n))


def homes(material: Material) -> dict[int, tuple[Ids, set[int]]]:
    """Payment -> its trace and root span, and the exchanges that belong to it, or lead up to it."""
    found: dict[int, tuple[Ids, set[int]]] = {}
    chosen, taken = set(material.numbers), set[int]()
    for payment in material.payments:
        first = material.trace.step(payment.exchanges[0])
        trace = _id(16, "payment", payment.id, first.started.isoformat())
        own = [n for n in payment.exchanges if material.trace.step(n).payment == payment.id]
        members = chosen.intersection((*own, *(n for n in payment.context if n not in taken)))
        taken |= members
        found[payment.id] = (trace, _id(8, "payment", trace)), members
    return found


def root(payment: Payment, ids: Ids, steps: Sequence[Step]) -> Span:
    """The span of a payment, over those of its exchanges."""
    started = min((step.started for step in steps), default=payment.started)
    ended = max((step.ended or step.started for step in steps), default=payment.ended or payment.started)
    made = _times(started, ended) | {
        "traceId": ids[0],
        "spanId": ids[1],
        "name": _clean(f"payment {payment.title}"),
        "kind": _INTERNAL,
        "attributes": _attributes(
            {
                "optrace.payment": payment.id,
                "optrace.payment.state": payment.state,
                "optrace.payment.amount": payment.amount,
                "optrace.payment.sender": payment.sender,
                "optrace.payment.recipient": payment.recipient,
            }
        ),
    }
    if payment.state in ("failed", "rejected"):
        made["status"] = {"code": _ERROR, "message": f"the payment has {payment.state}"}
    return _service("client"), made


def span(step: Step, exchange: Exchange, home: Ids | None) -> Span:
    """The span of an exchange, in the trace of its payment if it has one."""
    own = _id(16, "exchange", step.n, step.started.isoformat())
    made = _times(step.started, step.ended or step.started)
    above = _parent(exchange.request.fields)
    trace, parent = above or home or (own, None)
    made |= {"traceId": trace, "spanId": _id(8, "exchange", own), "name": f"{_method(step)} {step.operation}"}
    if parent is not None:
        made["parentSpanId"] = parent
    if above is not None:
        if state := exchange.request.fields.combined("tracestate"):
            made["traceState"] = _clean(state)
        if home is not None:
            made["links"] = [{"traceId": home[0], "spanId": home[1]}]
    made["kind"] = _CLIENT
    made["attributes"] = _attributes(_http(step, exchange) | _understood(step))
    made["events"] = [_event(step, finding) for finding in step.findings]
    if (failure := _failure(step)) is not None:
        made["status"] = {"code": _ERROR, "message": _clean(failure)}
    return _service(step.source), made


def _parent(fields: Fields) -> Ids | None:
    """Trace and span of a `traceparent`; None if there is none, or it is malformed."""
    match = _PARENT.fullmatch(fields.get("traceparent") or "")
    return (match[1], match[2]) if match and not (fields.get("traceparent") or "").startswith("ff") else None


def _http(step: Step, exchange: Exchange) -> dict[str, Any]:
    """The attributes of the semantic conventions; None for what isn't known."""
    url, request, response = parse(step.url), exchange.request, exchange.response
    port = re.search(r":(\d{1,5})$", url.authority)
    method = _method(step)
    return {
        "http.request.method": "_OTHER" if method == "HTTP" else method,
        "http.request.method_original": step.method if method == "HTTP" else None,
        "http.response.status_code": step.status,
        "http.request.body.size": None if request.body is None else len(request.body),
        "http.response.body.size": None if response is None or response.body is None else len(response.body),
        "url.full": step.url,
        "server.address": url.host,
        "server.port": int(port[1]) if port else _PORTS.get(url.scheme),
        "network.protocol.name": "http",
        "network.protocol.version": request.http_version.removeprefix("HTTP/").removesuffix(".0") or None,
        "user_agent.original": request.fields.get("user-agent"),
        "error.type": str(step.status) if (step.status or 0) >= 400 else "no_answer" if step.error else None,
    }


def _understood(step: Step) -> dict[str, Any]:
    verdicts = {
        f"optrace.verdict.{kind}": by["open-payments"].value
        for kind, by in step.verdicts.items()
        if by["open-payments"].value != "none"
    }
    return {
        "optrace.exchange": step.n,
        "optrace.operation": step.operation,
        "optrace.variant": step.variant,
        "optrace.from": step.source,
        "optrace.to": step.target,
        "optrace.payment": step.payment,
        "optrace.retry_of": step.retry_of,
        **verdicts,
    }


def _event(step: Step, finding: Any) -> dict[str, Any]:
    said = {
        "optrace.finding.rule": finding.rule,
        "optrace.finding.severity": finding.severity.value,
        "optrace.finding.title": finding.title,
        "optrace.finding.detail": finding.detail or None,
        "optrace.finding.proof": finding.proof.change if finding.proof else None,
        "optrace.finding.remedy": finding.remedy or None,
        "optrace.finding.spec": str(finding.spec) if finding.spec else None,
    }
    return {
        "timeUnixNano": _nanoseconds(step.ended or step.started),
        "name": "optrace.finding",
        "attributes": _attributes(said),
    }


def _failure(step: Step) -> str | None:
    """Why a span counts as failed: no answer, a refusal, or a finding that is an error."""
    if step.error:
        return step.error
    worst = next((finding for finding in step.findings if finding.severity is Severity.ERROR), None)
    if worst is not None:
        return f"{worst.rule} {worst.title}"
    return f"status {step.status}" if (step.status or 0) >= 400 else None


def _method(step: Step) -> str:
    """The method, or HTTP for one that nobody knows, which might be anything."""
    return step.method if step.method in _METHODS else "HTTP"


def _service(lane: str) -> str:
    """The name of a lane: `client`, `sender AS`, `recipient RS`."""
    side, _, role = lane.partition(".")
    return f"{_SIDES[side]} {role.upper()}" if side in _SIDES and role else lane


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: a lone half of a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": _clean(value)}}
        for name, value in values.items()
        if value is not None
    ]


def _times(started: datetime, ended: datetime) -> dict[str, Any]:
    return {"startTimeUnixNano": _nanoseconds(started), "endTimeUnixNano": _nanoseconds(max(started, ended))}


def _nanoseconds(at: datetime) -> str:
    """Since 1970, exactly; text, since JSON's numbers are too coarse."""
    seconds = int(at.timestamp())
    return str(max(0, seconds * 1_000_000_000 + at.microsecond * 1_000))


def _id(size: int, *parts: object) -> str:
    """An id of so many bytes, in hexadecimal; it is never all zeros."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[: 2 * size]


EXPORTER = Exporter(
    name="otlp",
    title="OpenTelemetry traces (OTLP/JSON lines): a payment is a trace, an exchange a span",
    suffix=".jsonl",
    write=write,
)
