"""HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/), with what optrace knows in underscored members.

Bodies that aren't UTF-8 stand in base64. Those of requests are as sent; those of responses are decoded, as the format
wants it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from optrace.core.content_coding import decode_content
from optrace.core.fields import Fields
from optrace.core.findings import PROFILES
from optrace.core.json_bytes import to_ascii_json
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.exporters.material import Exporter, Listing, Material
from optrace.session.members import finding_member
from optrace.session.steps import Step, Verdicts

Sweep = Callable[[str], str]

_NOT_THERE = -1  # HAR's word for a size or a time that isn't known
_FORM = "application/x-www-form-urlencoded"


def _head(material: Material) -> str:
    version = material.versions.get("optrace", "0")
    head = {
        "version": "1.2",
        "creator": {"name": "optrace", "version": version},
        "_source": material.clean(material.source),
    }
    return '{"log":' + _text(head)[:-1] + ',"entries":[\n'


def _wire(exchange: Exchange, sweep: Sweep) -> str:
    return _text(_entry(exchange, sweep))


def _whole(material: Material, n: int, wire: str) -> str:
    made = _understood(material, material.trace.step(n))
    if (note := material.note(n)) is not None:
        made["_note"] = note
    if n in material.marks:
        made["_marked"] = True
    return f"{wire[:-1]},{_text(made)[1:]}"


def _entry(exchange: Exchange, sweep: Sweep) -> dict[str, Any]:
    """One exchange as an entry of the archive, without what is understood of it.

    Args:
        exchange: masked, if anything has to be.
        sweep: masks what was decoded here, where a secret might show that didn't before.
    """
    response, connection = exchange.response, exchange.connection
    timings = _timings(exchange)
    made: dict[str, Any] = {
        "startedDateTime": _instant(exchange.started),
        "time": round(sum(timings.values()), 3),
        "request": _request(exchange.request, sweep),
        "response": _no_response(exchange) if response is None else _response(response),
        "cache": {},
        "timings": timings,
    }
    made |= _server(connection.server)
    if connection.server_id:
        made["connection"] = connection.server_id
    if exchange.notes:
        made["comment"] = " ".join(exchange.notes)
    return made


@lru_cache(maxsize=256)
def _server(server: str | None) -> dict[str, Any]:
    """HAR wants an IP address alone; the port stands beside it."""
    host, _, port = (server or "").rpartition(":")
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return {"_server": server} if server else {}
    return {"serverIPAddress": str(address), "_serverPort": port}


def _understood(material: Material, step: Step) -> dict[str, Any]:
    """What is understood of an exchange; a step as it was found, of which all words are cleaned here."""
    clean = material.clean
    return {
        "_n": step.n,
        "_operation": step.operation,
        "_variant": None if step.variant is None else clean(step.variant),
        "_from": step.source,
        "_to": step.target,
        "_payment": step.payment,
        "_label": clean(step.label),
        "_verdicts": _verdicts(step.verdicts),
        "_reasons": {name: clean(reason) for name, reason in step.reasons.items()},
        "_findings": [finding_member(material.finding(finding)) for finding in step.findings],
    }


@lru_cache(maxsize=256)
def _verdicts(verdicts: Verdicts) -> dict[str, dict[str, str]]:
    return {kind: {profile: by[profile].value for profile in PROFILES} for kind, by in verdicts.items()}


def _request(request: HttpRequest, sweep: Sweep) -> dict[str, Any]:
    made: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version,
        "cookies": [],
        "headers": _headers(request.fields),
        "queryString": [
            {"name": sweep(name), "value": sweep(value)} for name, value in parse(request.url).parameters()
        ],
        "headersSize": _NOT_THERE,
        "bodySize": _NOT_THERE if request.body is None else len(request.body),
    }
    if request.body:
        made["postData"] = {"mimeType": request.fields.get("content-type") or "", **_posted(request)}
    elif request.body is None:
        made["bodySize"] = 1  # there was one, and it wasn't kept
        made["comment"] = "The body was not kept."
    return made


def _posted(request: HttpRequest) -> dict[str, Any]:
    said = _content(request.body or b"")
    if "encoding" not in said and (request.fields.get("content-type") or "").partition(";")[0].strip() == _FORM:
        said["params"] = []  # the text says it all; a HAR has one or the other
    return said


def _response(response: HttpResponse) -> dict[str, Any]:
    body = response.body
    if body and "content-encoding" in response.fields:
        decoded, problems = decode_content(body, response.fields.combined("content-encoding") or "")
        body = body if decoded is None or problems else decoded
    content: dict[str, Any] = {"size": len(body or b""), "mimeType": response.fields.get("content-type") or ""}
    if body:
        content |= _content(body)
    elif body is None:
        content |= {"size": 1, "comment": "The body was not kept."}
    return {
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": response.http_version,
        "cookies": [],
        "headers": _headers(response.fields),
        "content": content,
        "redirectURL": response.fields.get("location") or "",
        "headersSize": _NOT_THERE,
        "bodySize": _NOT_THERE if response.body is None else len(response.body),
    }


def _no_response(exchange: Exchange) -> dict[str, Any]:
    """What browsers write for an exchange without an answer: status 0."""
    return {
        "status": 0,
        "statusText": "",
        "httpVersion": exchange.request.http_version,
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": "x-unknown"},
        "redirectURL": "",
        "headersSize": _NOT_THERE,
        "bodySize": _NOT_THERE,
        "_error": exchange.error or "no answer yet",
    }


def _headers(fields: Fields) -> list[dict[str, str]]:
    return list(map(_header, fields.raw))


@lru_cache(maxsize=4096)  # most fields are those of the message before
def _header(field: tuple[bytes, bytes]) -> dict[str, str]:
    return {"name": _said(field[0]), "value": _said(field[1])}


def _said(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _content(body: bytes) -> dict[str, Any]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _timings(exchange: Exchange) -> dict[str, float]:
    """Milliseconds; what wasn't timed took no time, so that the sum stays right."""
    sent = exchange.request_ended or exchange.started
    ended = exchange.ended or exchange.response_started or sent
    answered = exchange.response_started or ended
    parts = {"send": sent - exchange.started, "wait": answered - sent, "receive": ended - answered}
    return {name: _milliseconds(part) for name, part in parts.items()}


@lru_cache(maxsize=1024)
def _milliseconds(part: timedelta) -> float:
    return max(0.0, round(part.total_seconds() * 1000, 3))


def _instant(at: datetime) -> str:
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _text(value: object) -> str:
    return to_ascii_json(value)


_LISTING = Listing(head=_head, wire=_wire, whole=_whole, between=",\n", tail=lambda material: "\n]}}\n")
EXPORTER = Exporter(
    name="har",
    title="HTTP Archive 1.2, with verdicts and findings in underscored members",
    suffix=".har",
    write=_LISTING.write,
    swept=True,
    listing=_LISTING,
)
