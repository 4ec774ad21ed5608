"""An exchange as JSON, without loss: one object an exchange, one line each in a `.jsonl` file.

    {"n": 1, "started": "2026-01-02T03:04:05.678901Z", "request_ended": ..., "response_started": ..., "ended": ...,
     "request": {"method": "POST", "url": "https://as.example/", "authority": "as.example:443",
                 "http_version": "HTTP/1.1", "fields": [["Host", "as.example"], ...], "body": "{...}", "trailers": ...},
     "response": {"status": 200, "reason": "OK", "http_version": ..., "fields": [...], "body": ..., "trailers": ...},
     "error": "connection refused", "connection": {"client": "127.0.0.1:5000", ...}, "notes": ["..."]}

Bytes (field names, field values, bodies) are text if they are UTF-8, else `{"base64": "..."}`. A body of `null` was
not captured; one that is left out is empty. Any member but `n`, `started`, `request`, `method`, `url` and `status` may
be left out. Instants are RFC 3339 with microseconds. What is written is ASCII.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from optrace.core.fields import Fields
from optrace.core.json_bytes import to_ascii_json
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse

_INSTANTS = ("request_ended", "response_started", "ended")
_CONNECTION = tuple(field.name for field in dataclasses.fields(Connection))
_NOBODY = Connection()
_LONG = 512  # bytes of a field that isn't remembered


def to_jsonl(exchange: Exchange) -> str:
    """One line of JSON, without the newline at its end."""
    return to_ascii_json(to_json(exchange))


def of_jsonl(line: str | bytes) -> Exchange:
    """The exchange that one line holds.

    Raises:
        ValueError: it isn't JSON, or not of this shape; the text says where.
    """
    try:
        value = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return of_json(value)


def to_json(exchange: Exchange) -> dict[str, Any]:
    """The exchange as a JSON value; members that say nothing are left out."""
    request, response = exchange.request, exchange.response
    value: dict[str, Any] = {"n": exchange.n, "started": _instant_text(exchange.started)}
    for name in _INSTANTS:
        if (at := getattr(exchange, name)) is not None:
            value[name] = _instant_text(at)
    value["request"] = {"method": request.method, "url": request.url, **_message(request)}
    if request.authority is not None:
        value["request"]["authority"] = request.authority
    if response is not None:
        value["response"] = {"status": response.status, "reason": response.reason, **_message(response)}
    if exchange.error is not None:
        value["error"] = exchange.error
    if members := _connection_members(exchange.connection):
        value["connection"] = dict(members)
    if exchange.notes:
        value["notes"] = list(exchange.notes)
    return value


def of_json(value: object) -> Exchange:
    """The exchange that a JSON value describes; members that aren't known are passed over.

    Raises:
        ValueError: it hasn't this shape; the text says where.
    """
    root = _object(value, "the exchange")
    request = _object(root.get("request"), "request")
    response = root.get("response")
    notes = root.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise ValueError("notes isn't a list of texts")
    return Exchange(
        n=_whole(root.get("n"), "n"),
        request=HttpRequest(
            method=_text(request.get("method"), "request.method"),
            url=_text(request.get("url"), "request.url"),
            authority=_text_or_none(request.get("authority"), "request.authority"),
            **_message_members(request, "request"),
        ),
        response=None if response is None else _response(_object(response, "response")),
        received=None,
        started=_instant(root.get("started"), "started"),
        **{name: _instant(root[name], name) for name in _INSTANTS if root.get(name) is not None},
        error=_text_or_none(root.get("error"), "error"),
        connection=_connection(_object(root.get("connection", {}), "connection")),
        notes=tuple(notes),
    )


def _message(message: HttpRequest | HttpResponse) -> dict[str, Any]:
    members: dict[str, Any] = {"http_version": message.http_version, "fields": _fields(message.fields)}
    if message.body != b"":
        members["body"] = None if message.body is None else _bytes(message.body)
    if message.trailers is not None:
        members["trailers"] = _fields(message.trailers)
    return members


def _fields(fields: Fields) -> list[list[Any]]:
    return [[*(_field(field) if len(field[1]) < _LONG else map(_bytes, field))] for field in fields.raw]


@lru_cache(maxsize=4096)  # most fields are those of the message before
def _field(field: tuple[bytes, bytes]) -> tuple[Any, Any]:
    return _bytes(field[0]), _bytes(field[1])


@lru_cache(maxsize=256)
def _connection_members(connection: Connection) -> dict[str, str]:
    members = {name: getattr(connection, name) for name in _CONNECTION}
    return {name: said for name, said in members.items() if said != getattr(_NOBODY, name)}


def _bytes(raw: bytes) -> str | dict[str, str]:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode("ascii")}


def _instant_text(at: datetime) -> str:
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _response(members: Mapping[str, Any]) -> HttpResponse:
    return HttpResponse(
        status=_whole(members.get("status"), "response.status"),
        reason=_text(members.get("reason", ""), "response.reason"),
        **_message_members(members, "response"),
    )


def _connection(members: Mapping[str, Any]) -> Connection:
    known = {name: members[name] for name in _CONNECTION if members.get(name) is not None}
    return Connection(**{name: _text(value, f"connection.{name}") for name, value in known.items()})


def _message_members(members: Mapping[str, Any], where: str) -> dict[str, Any]:
    body, trailers = members.get("body", ""), members.get("trailers")
    return {
        "fields": _read_fields(members.get("fields", []), f"{where}.fields"),
        "body": None if body is None else _read_bytes(body, f"{where}.body"),
        "http_version": _text(members.get("http_version", "HTTP/1.1"), f"{where}.http_version"),
        "trailers": None if trailers is None else _read_fields(trailers, f"{where}.trailers"),
    }


def _read_fields(value: object, where: str) -> Fields:
    if not isinstance(value, list):
        raise ValueError(f"{where} isn't a list")
    pairs = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"{where} holds something that isn't a pair of name and value")
        pairs.append((_read_bytes(pair[0], where), _read_bytes(pair[1], where)))
    return Fields(pairs)


def _read_bytes(value: object, where: str) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict) and isinstance(value.get("base64"), str):
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"{where} has base64 that can't be read") from None
    raise ValueError(f"{where} has something that is neither text nor base64")


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} isn't an object")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} isn't a text")
    return value


def _text_or_none(value: object, where: str) -> str | None:
    return None if value is None else _text(value, where)


def _whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{where} isn't a whole number")
    return value


def _instant(value: object, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(value, where))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{where} isn't an instant of RFC 3339") from None
