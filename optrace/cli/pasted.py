"""One HTTP request as people paste it: from a log, an editor or `curl -v`, with or without the answer to it.

The request line is in origin form (`POST /path HTTP/1.1`) or absolute form (`POST https://...`), or HTTP/2's
pseudo-header fields stand in its place; lines end in CRLF or LF; curl's `> ` and `< ` are understood. What else stands
around a request where people copy it from, `unwrapping` takes off. Pasting loses things: a newline comes or goes at the
end of the body, CRLF becomes LF. Where the body fits its Content-Digest or its Content-Length in one of these readings,
that reading is taken, and a note says so.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from optrace.cli.unwrapping import unwrapped
from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse

_REQUEST_LINE = re.compile(rb"([A-Za-z][A-Za-z-]*) +(\S+)(?: +(HTTP/[0-9.]+))?[ \t]*")
_STATUS_LINE = re.compile(rb"(HTTP/[0-9.]+) +([1-5][0-9][0-9])(?: +(.*))?", re.S)
_FIELD = re.compile(rb"(:?[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.S)
_CURL = re.compile(rb"(?m)^> ?[A-Z]+ \S+ HTTP/")
_CURL_NOISE = re.compile(rb"(?:\* |[{}] \[\d+ bytes data\]|\*$)")
_DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]+):")
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_REMEDY = (
    "It should begin with a line such as `POST /quotes HTTP/1.1`, then the header fields, an empty line, the body."
    " A curl command, a JSON record of a log, and lines with a log's prefixes are understood, too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What was pasted, as messages. `notes` say what had to be guessed."""

    request: HttpRequest
    response: HttpResponse | None = None
    notes: tuple[str, ...] = ()


def read_pasted(data: bytes, *, scheme: str = "https") -> Pasted:
    """Read a pasted request.

    Args:
        scheme: of the URL, if the request line doesn't say it.

    Raises:
        Usage: there is no request in it, or no host.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if not _REQUEST_LINE.fullmatch(_split_line(data)[0]) and not data.startswith(b":") and not _CURL.search(data):
        data = unwrapped(data) or data
    request, answer = _from_curl(data) if _CURL.search(data) else (data, b"")
    line, rest = _split_line(request)
    if line.startswith(b":"):
        method, target, version, rest = _pseudo_fields(request)
    else:
        match = _REQUEST_LINE.fullmatch(line.rstrip(b"\r"))
        if match is None:
            raise Usage("This is no HTTP request", remedy=_REMEDY)
        method, target, version = match[1], match[2], match[3] or b"HTTP/1.1"
    raw, body = _fields(rest)
    fields = Fields((name, value) for name, value in raw if not name.startswith(b":"))
    authority = _pseudo(raw, b":authority")
    notes: list[str] = []
    body, after = _body(fields, body, notes)
    answer = answer or after
    return Pasted(
        request=HttpRequest(
            method=method.decode("latin-1"),
            url=_url(target.decode("latin-1"), authority or fields.get("host"), _pseudo(raw, b":scheme") or scheme),
            fields=fields,
            body=body,
            http_version=version.decode("latin-1"),
        ),
        response=_response(answer) if answer else None,
        notes=tuple(notes),
    )


def _split_line(data: bytes) -> tuple[bytes, bytes]:
    line, _, rest = data.partition(b"\n")
    return line.removesuffix(b"\r"), rest


def _from_curl(data: bytes) -> tuple[bytes, bytes]:
    """(request, response) of what `curl -v` prints; what has no prefix is the body of the message before it."""
    parts: tuple[list[bytes], list[bytes]] = ([], [])
    bodies: tuple[list[bytes], list[bytes]] = ([], [])
    place = 0
    for line in data.split(b"\n"):
        head = line[:1]
        if head in (b">", b"<") and line[1:2] in (b" ", b"", b"\r"):
            place = 0 if head == b">" else 1
            if place == 1 and _STATUS_LINE.match(line[2:]):
                parts[1].clear()  # a 100 Continue came before
            parts[place].append(line[2:].removesuffix(b"\r"))
        elif not _CURL_NOISE.match(line):
            bodies[place].append(line)
    request, response = (
        b"\n".join(head).rstrip(b"\n") + b"\n\n" + b"\n".join(body).lstrip(b"\r\n") if head else b""
        for head, body in zip(parts, bodies, strict=True)
    )
    return request, response


def _pseudo_fields(data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    raw, _ = _fields(data)
    method, path = _pseudo(raw, b":method"), _pseudo(raw, b":path")
    if method is None or path is None:
        raise Usage("This is no HTTP request", remedy=_REMEDY)
    return method.encode("latin-1"), path.encode("latin-1"), b"HTTP/2.0", data


def _pseudo(raw: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in raw if key == name), None)


def _fields(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The header fields, and what follows the empty line."""
    found: list[tuple[bytes, bytes]] = []
    while data:
        line, data = _split_line(data)
        if not line.strip():
            return found, data
        if line[:1] in b" \t" and found:  # obs-fold
            found[-1] = (found[-1][0], found[-1][1] + b"\r\n" + line)
        elif match := _FIELD.fullmatch(line):
            found.append((match[1], match[2]))
        else:
            raise Usage(
                f"{line[:60].decode('utf-8', 'backslashreplace')!r} is no header field",
                remedy="An empty line stands between the header fields and the body.",
            )
    return found, b""


def _url(target: str, authority: str | None, scheme: str) -> str:
    if "://" in target:
        return target
    if not authority:
        raise Usage("The request doesn't say its host", remedy="Add its Host field, or write the whole URL.")
    return f"{scheme}://{authority}{'' if target.startswith('/') else '/'}{target}"


def _body(fields: Fields, data: bytes, notes: list[str]) -> tuple[bytes, bytes]:
    """The body, and an answer that was pasted behind it."""
    length = fields.get("content-length") or ""
    wanted = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    answer = re.search(rb"(?m)^HTTP/[0-9.]+ [1-5][0-9][0-9]", data)
    if answer is not None and (wanted is None or answer.start() >= wanted):
        data, after = data[: answer.start()], data[answer.start() :]
    else:
        after = b""
    readings: dict[bytes, str] = {}
    for body, what in _readings(data):
        readings.setdefault(body, what)
    for body, what in readings.items():
        if _has_digest(fields, body):
            _note(notes, what, "its Content-Digest")
            return body, after
    for body, what in readings.items():
        if len(body) == wanted:
            _note(notes, what, "its Content-Length")
            return body, after
    bare = data.rstrip(b"\r\n")
    if wanted is not None and bare:
        notes.append(
            f"The body has {len(bare)} bytes here, and Content-Length is {wanted}: pasting may have changed it."
        )
    return bare, after


def _readings(data: bytes) -> Iterator[tuple[bytes, str]]:
    """(body, what was done) of all that pasting leaves open."""
    bare = data.rstrip(b"\r\n")
    yield bare, ""
    yield data, ""
    yield bare + b"\n", "with one newline at its end"
    for body, what in ((bare, ""), (data, ""), (bare + b"\n", ", and one at its end")):
        yield body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), f"with CRLF for its newlines{what}"


def _note(notes: list[str], what: str, by: str) -> None:
    if what:
        notes.append(f"The body was read {what}: so it fits {by}.")


def _has_digest(fields: Fields, body: bytes) -> bool:
    found: Mapping[str, str] = dict(_DIGEST.findall(fields.combined("content-digest") or ""))
    return any(base64.b64encode(_HASHES[name](body).digest()).decode() == value for name, value in found.items())


def _response(data: bytes) -> HttpResponse:
    line, rest = _split_line(data)
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise Usage("The answer has no status line", remedy="It should begin with a line such as `HTTP/1.1 401`.")
    raw, body = _fields(rest)
    return HttpResponse(
        status=int(match[2]),
        reason=(match[3] or b"").decode("latin-1").strip(),
        fields=Fields(raw),
        body=body.strip(b"\r\n"),
        http_version=match[1].decode("latin-1"),
    )
