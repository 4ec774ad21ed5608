"""HTTP Archives (HAR 1.2) of browsers and of other proxies.

A HAR is poorer than the wire: header lists may be sorted or in lower case, bodies are decoded, HTTP/2 is told by pseudo
fields. What is missing is noted on the exchange, and a body that isn't as it was sent is never passed off as such.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from optrace.core.errors import DamagedSession
from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.store.importers.importer import Imported, Importer, Progress, numbered

_LOG = re.compile(rb'\s*\{.*"log"\s*:\s*\{', re.S)
_ENTRIES = re.compile(r'"entries"\s*:\s*\[')
_NEXT = re.compile(r"[\s,]*")
_BOM = b"\xef\xbb\xbf"
_DECODED = "The body is as the HAR has it: decoded. The Content-Encoding that it was sent with is left out."
_VERSIONS = {"H2": "HTTP/2.0", "HTTP/2": "HTTP/2.0", "H3": "HTTP/3", "HTTP/3.0": "HTTP/3", "": "HTTP/1.1"}
_BEFORE_SENT, _BEFORE_ANSWER = ("blocked", "dns", "connect", "send"), ("wait",)  # ssl is within connect


def read(path: Path, progress: Progress) -> Imported:
    """Read a HAR; entries that can't be understood are left out, and of a torn file the whole entries are read.

    Raises:
        DamagedSession: not one entry can be read.
    """
    raw = path.read_bytes()
    text = raw.removeprefix(_BOM).decode("utf-8", "replace")
    exchanges: list[Exchange] = []
    faults: list[str] = []
    entries, torn = _entries(text)
    for at, entry in enumerate(entries, 1):
        try:
            exchanges.append(_exchange(entry))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            faults.append(f"entry {at}: {type(error).__name__} {error}")
        progress(len(raw) * at // len(entries), len(raw))
    if torn is not None:
        faults.append(torn)
    if not exchanges:
        raise DamagedSession(path=path, why=(faults or ["it has no entry"])[0], remedy="Nothing of it can be read.")
    damage = f"{len(faults)} of its parts can't be read, the first: {faults[0]}" if faults else None
    return Imported(exchanges=numbered(exchanges), damage=damage)


def _entries(text: str) -> tuple[list[Any], str | None]:
    """The entries, and why there may be more."""
    try:
        entries = json.loads(text)["log"]["entries"]
        return (entries, None) if isinstance(entries, list) else ([], "its entries aren't a list")
    except RecursionError:
        return [], "it is nested too deep"
    except (ValueError, KeyError, TypeError) as error:
        return list(_whole_entries(text)), str(error)


def _whole_entries(text: str) -> Iterator[Any]:
    start = _ENTRIES.search(text)
    at = start.end() if start else len(text)
    decoder = json.JSONDecoder()
    while (space := _NEXT.match(text, at)) and space.end() < len(text):
        try:
            entry, at = decoder.raw_decode(text, space.end())
        except (ValueError, RecursionError):
            return
        yield entry


def _exchange(entry: dict[str, Any]) -> Exchange:
    asked, answered, timings = entry["request"], entry.get("response") or {}, entry.get("timings") or {}
    started = datetime.fromisoformat(entry["startedDateTime"])
    started = (started if started.tzinfo else started.replace(tzinfo=UTC)).astimezone(UTC)
    sent = started + _spent(timings, _BEFORE_SENT)
    request, notes = _request(asked)
    response = error = None
    if answered.get("status"):
        response, more = _response(answered)
        notes += more
    else:  # status 0: blocked, refused, or the page was left
        error = str(answered.get("_error") or entry.get("_error") or "no answer is in the HAR")
    server = entry.get("serverIPAddress")
    return Exchange(
        n=0,
        request=request,
        response=response,
        started=started,
        request_ended=sent,
        response_started=sent + _spent(timings, _BEFORE_ANSWER) if response else None,
        ended=started + timedelta(milliseconds=max(0.0, float(entry.get("time") or 0))),
        error=error,
        connection=Connection(
            server=str(server) if server else None,
            server_id=str(entry["connection"]) if entry.get("connection") else None,
        ),
        notes=tuple(notes),
    )


def _request(asked: dict[str, Any]) -> tuple[HttpRequest, list[str]]:
    posted = asked.get("postData")
    body: bytes | None = b""
    if posted is not None:
        body = _bytes(posted.get("text"), posted.get("encoding"))
    elif (asked.get("bodySize") or 0) > 0:
        body = None
    fields = _fields(asked["headers"])
    version = _version(asked)
    url, authority = _target(str(asked["url"]).partition("#")[0], fields.get("host"), version)
    request = HttpRequest(
        method=str(asked["method"]),
        url=url,
        authority=authority,
        fields=fields,
        body=body,
        http_version=version,
    )
    return request, _notes(fields, body, "request")


def _target(url: str, host: str | None, version: str) -> tuple[str, str | None]:
    """(the URL that a server rebuilds, where the connection went if that differs), of the URL that was asked for.

    Over HTTP/1.1 a server goes by Host, which some clients send without its port.
    """
    scheme, mark, rest = url.partition("://")
    asked = rest.partition("/")[0].partition("?")[0]
    if not mark or not host or not version.startswith("HTTP/1") or host.lower() == asked.lower():
        return url, None
    return f"{scheme}://{host}{rest[len(asked) :]}", asked


def _response(answered: dict[str, Any]) -> tuple[HttpResponse, list[str]]:
    content = answered.get("content") or {}
    body = _bytes(content.get("text"), content.get("encoding"))
    if body is None and not content.get("size"):
        body = b""
    fields = _fields(answered["headers"])
    decoded = bool(body) and "content-encoding" in fields
    response = HttpResponse(
        status=int(answered["status"]),
        reason=str(answered.get("statusText") or ""),
        fields=_without_coding(fields) if decoded else fields,  # it doesn't say what this body is
        body=body,
        http_version=_version(answered),
    )
    return response, _notes(fields, body, "response")


def _notes(fields: Fields, body: bytes | None, whose: str) -> list[str]:
    if body is None:
        return [f"The body of the {whose} is not in the HAR."]
    return [_DECODED] if whose == "response" and body and "content-encoding" in fields else []


def _without_coding(fields: Fields) -> Fields:
    return Fields((name, value) for name, value in fields.raw if name.lower() != b"content-encoding")


def _fields(headers: list[dict[str, str]]) -> Fields:
    """Field lines as sent: browsers join repeated ones with line feeds and add HTTP/2's pseudo fields."""
    return Fields(
        (header["name"].encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
        for header in headers
        if not header["name"].startswith(":")
        for value in header["value"].split("\n")
    )


def _bytes(text: str | None, encoding: str | None) -> bytes | None:
    if text is None:
        return None
    if encoding == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError("a body has base64 that can't be read") from None
    return text.encode("utf-8", "surrogatepass")


def _version(message: dict[str, Any]) -> str:
    said = str(message.get("httpVersion") or "").upper()
    return _VERSIONS.get(said, said)


def _spent(timings: dict[str, Any], phases: tuple[str, ...]) -> timedelta:
    """The time that phases took; -1 stands for one that did not happen."""
    return timedelta(milliseconds=sum(max(0.0, float(timings.get(phase) or 0)) for phase in phases))


IMPORTER = Importer(name="HAR", recognises=lambda head: _LOG.match(head.removeprefix(_BOM)) is not None, read=read)
