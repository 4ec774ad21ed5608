"""What may have been hashed in place of the body: the same content as other software writes it, or other content.

`body_variants` yields them, the likeliest first; `search_digest` finds the one that a Content-Digest was made of.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from optrace.core.content_coding import decode_content
from optrace.core.messages import HttpRequest
from optrace.diagnosis.case import Case
from optrace.signatures.javascript import restringify
from optrace.signatures.structured import StructuredError, parse_dictionary

_LIMIT = 2 * 1024 * 1024  # bytes of a body that is written again in other ways
_BOM = b"\xef\xbb\xbf"
_BEFORE, _AFTER = 20, 3  # exchanges around this one whose bodies are tried

HASHES: dict[str, Callable[[bytes], bytes]] = {
    "sha-512": lambda data: hashlib.sha512(data).digest(),
    "sha-256": lambda data: hashlib.sha256(data).digest(),
}


class BodyVariant(NamedTuple):
    """Bytes that may have been hashed, and what they are, to be read after "the digest is that of"."""

    id: str
    body: bytes
    words: str
    related: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFound:
    """What a Content-Digest was made of; `variant` None: of nothing that was tried."""

    variant: BodyVariant | None
    algorithm: str | None
    tried: int


def body_variants(request: HttpRequest) -> Iterator[BodyVariant]:
    """The ways in which the body of a request may have been written when it was hashed; without the body as sent."""
    seen = {request.body}
    for variant in _variants(request):
        if variant.body not in seen:
            seen.add(variant.body)
            yield variant


def _variants(request: HttpRequest) -> Iterator[BodyVariant]:
    body = request.body or b""
    text = body
    if coding := request.fields.combined("content-encoding"):
        decoded, _ = decode_content(body, coding, limit=_LIMIT)
        if decoded is not None:
            text = decoded
            yield BodyVariant("decoded", decoded, "the body before it was compressed")
    if len(text) <= _LIMIT:
        yield from _rewritten(text)
    yield BodyVariant("stripped", text.strip(), "the body without the white space around it")
    yield BodyVariant("newline", text + b"\n", "the body with a newline at its end")
    if text.startswith(_BOM):
        yield BodyVariant("no-bom", text[3:], "the body without its byte order mark")
        yield BodyVariant("no-bom-stripped", text[3:].strip(), "the body without its byte order mark and white space")
    else:
        yield BodyVariant("bom", _BOM + text, "the body with a byte order mark")
    yield BodyVariant("crlf", re.sub(rb"\r?\n", b"\r\n", text), "the body with CRLF for LF")
    yield BodyVariant("lf", text.replace(b"\r\n", b"\n"), "the body with LF for CRLF")
    yield BodyVariant("empty", b"", "nothing, an empty body")
    for what, words in ((b"{}", "the empty object `{}`"), (b"null", "`null`"), (b"[]", "the empty array `[]`")):
        yield BodyVariant(what.decode(), what, words)
    for what in (b"undefined", b"[object Object]", b'""'):
        yield BodyVariant(what.decode(), what, f"the text `{what.decode()}`")


def _rewritten(text: bytes) -> Iterator[BodyVariant]:
    compact = restringify(text.removeprefix(_BOM))
    if compact is None:
        return
    yield BodyVariant("javascript", compact, "the body as JSON.stringify writes it: compact")
    try:
        value = json.loads(text.decode("utf-8-sig"))
        for name, words, write in _WRITERS:
            yield BodyVariant(name, write(value).encode("utf-8", "surrogatepass"), words)
        # a string that holds the JSON: serialised twice
        yield BodyVariant(
            "twice", json.dumps(compact.decode(), ensure_ascii=False).encode(), "the JSON serialised twice"
        )
    except (ValueError, RecursionError, OverflowError):
        return


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _html(text: str) -> str:
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _ascii(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


_Writer = Callable[[Any], str]
_WRITERS: tuple[tuple[str, str, _Writer], ...] = (
    ("python", "the body as Python's json.dumps writes it: spaces after `,` and `:`", json.dumps),
    ("python-utf8", "the body with spaces after `,` and `:`", lambda v: json.dumps(v, ensure_ascii=False)),
    ("ascii", "the body, compact, with non-ASCII characters as \\uXXXX", _ascii),
    ("sorted", "the body with its members sorted, compact",
     lambda v: json.dumps(v, ensure_ascii=False, separators=(",", ":"), sort_keys=True)),
    ("sorted-spaced", "the body with its members sorted, spaced", lambda v: json.dumps(v, sort_keys=True)),
    ("pretty-2", "the body indented by two spaces", lambda v: json.dumps(v, ensure_ascii=False, indent=2)),
    ("pretty-4", "the body indented by four spaces", lambda v: json.dumps(v, ensure_ascii=False, indent=4)),
    ("pretty-tab", "the body indented by tabs", lambda v: json.dumps(v, ensure_ascii=False, indent="\t")),
    ("pretty-2-nl", "the body indented by two spaces, with a newline at its end",
     lambda v: json.dumps(v, ensure_ascii=False, indent=2) + "\n"),
    ("slashes", "the body, compact, with \\/ for / (PHP)", lambda v: _compact(v).replace("/", "\\/")),
    ("slashes-ascii", "the body as PHP writes it: \\/ and \\uXXXX", lambda v: _ascii(v).replace("/", "\\/")),
    ("html", "the body with \\u0026, \\u003c and \\u003e (Go, System.Text.Json)", lambda v: _html(_compact(v))),
    ("html-nl", "the body as Go's json.Encoder writes it, newline included", lambda v: _html(_compact(v)) + "\n"),
)  # fmt: skip


def other_bodies(case: Case) -> Iterator[BodyVariant]:
    """The bodies of the requests around this one, the nearest first."""
    n, seen = case.exchange.n, {case.exchange.request.body}
    near = [*range(max(1, n - _BEFORE), n), *range(n + 1, n + 1 + _AFTER)]
    for other in sorted(near, key=lambda other: (abs(other - n), other)):
        view = case.other(other) if case.trace.has(other) else None
        body = view.request.body if view is not None else None
        if body and body not in seen:
            seen.add(body)
            yield BodyVariant("other", body, f"the body of exchange {other}", (other,))


def all_bodies(case: Case) -> Iterator[BodyVariant]:
    """Every body that may have been hashed for this request: its own rewritten, then other requests'."""
    yield from body_variants(case.exchange.request)
    yield from other_bodies(case)
    for other in list(other_bodies(case))[:3]:
        if (compact := restringify(other.body)) is not None and compact != other.body:
            yield BodyVariant("other-javascript", compact, f"{other.words}, as JSON.stringify writes it", other.related)


def search_digest(case: Case) -> DigestFound | None:
    """What the request's Content-Digest was made of; None if there is none that can be read, or it fits the body."""
    request = case.exchange.request
    wanted = digests(request.fields.combined("content-digest"))
    if not wanted or request.body is None:
        return None
    tried = 0
    for variant in (BodyVariant("wire", request.body, "the body as sent"), *all_bodies(case)):
        tried += 1
        for name, value in wanted:
            if name in HASHES and HASHES[name](variant.body) == value:
                return DigestFound(variant=None if variant.id == "wire" else variant, algorithm=name, tried=tried)
    return DigestFound(variant=None, algorithm=None, tried=tried)


def digests(field: str | None) -> list[tuple[str, bytes]]:
    """(algorithm, digest) of a Content-Digest, the common algorithms only; empty if it can't be read."""
    try:
        members = parse_dictionary(field or "")
    except StructuredError:
        return []
    return [(name, value) for name, (value, _) in members.items() if name in HASHES and isinstance(value, bytes)]


def digest_field(name: str, body: bytes) -> str:
    """The Content-Digest of a body."""
    return f"{name}=:{base64.b64encode(HASHES[name](body)).decode('ascii')}:"


def loose_base64(text: str) -> bytes | None:
    """Base64 of either alphabet, with or without padding; None if it isn't."""
    bare = text.strip().strip(":").rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
