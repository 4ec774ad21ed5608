"""Messages made and changed: answers as Rafiki words them, and the few parts of a message that faults rewrite."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.exchanges.view import text

_JSON = "application/json; charset=utf-8"
_FRAMING = frozenset({b"content-length", b"content-encoding", b"transfer-encoding"})


def gnap(status: int, code: str, description: str) -> HttpResponse:
    """An authorization server's error (RFC 9635 §3.6)."""
    return answer(status, _dumped({"error": {"code": code, "description": description}}), _JSON)


def resource(status: int, description: str, *more: tuple[str, str]) -> HttpResponse:
    """A resource server's error."""
    return answer(status, _dumped({"error": {"code": str(status), "description": description}}), _JSON, *more)


def answer(status: int, body: bytes, media_type: str, *more: tuple[str, str]) -> HttpResponse:
    """An answer that no server gave."""
    fields = (("Content-Type", media_type), ("Content-Length", str(len(body))), *more)
    return HttpResponse(status=status, fields=Fields.of(*fields), body=body)


def with_json[M: (HttpRequest, HttpResponse)](message: M, value: Mapping[str, Any]) -> M:
    """The message with another JSON body, compact."""
    return with_body(message, _dumped(value))


def with_body[M: (HttpRequest, HttpResponse)](message: M, body: bytes) -> M:
    """The message with another body, and fields that frame it."""
    kept: list[tuple[bytes, bytes]] = [pair for pair in message.fields.raw if pair[0].lower() not in _FRAMING]
    length = next((name for name, _ in message.fields.raw if name.lower() == b"content-length"), b"Content-Length")
    return replace(message, body=body, fields=Fields([*kept, (length, str(len(body)).encode())]))


def with_value[M: (HttpRequest, HttpResponse)](message: M, name: str, change: Callable[[str], str | None]) -> M:
    """The message with the values of a field changed, in their places; a value that becomes None goes."""
    wanted, raw = name.lower().encode(), []
    for pair in message.fields.raw:
        if pair[0].lower() != wanted:
            raw.append(pair)
        elif (value := change(pair[1].decode("latin-1"))) is not None:
            raw.append((pair[0], value.encode("latin-1")))
    return replace(message, fields=Fields(raw))


def with_parameters(url: str, changes: Mapping[str, str | None]) -> str:
    """A URL with query parameters changed, or taken out (None); the others stay as they are, letter for letter."""
    start, mark, fragment = url.partition("#")
    base, _, query = start.partition("?")
    pairs = [_changed(pair, changes) for pair in query.split("&") if pair]
    new = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in changes.items() if value is not None]
    known = {unquote_plus(pair.partition("=")[0]) for pair in query.split("&")}
    added = [pair for pair in new if unquote_plus(pair.partition("=")[0]) not in known]
    new_query = "&".join([*(pair for pair in pairs if pair), *added])
    return f"{base}?{new_query}{mark}{fragment}" if new_query else f"{base}{mark}{fragment}"


def _changed(pair: str, changes: Mapping[str, str | None]) -> str:
    name = unquote_plus(pair.partition("=")[0])
    if name not in changes:
        return pair
    value = changes[name]
    return "" if value is None else f"{quote_plus(name)}={quote_plus(value)}"


def tokens_of(got: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(value, members) of each access token in a grant's or a rotation's answer."""
    given = got.get("access_token")
    found = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, dict)]
    return [(value, each) for each in found if (value := text(each.get("value")))]


def _dumped(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
