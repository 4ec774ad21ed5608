"""Both messages as they were on the wire: bytes as text where they are text, otherwise as a hexdump."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from optrace.core.bodies import ABSENT, read_body
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import mask, mask_json, mask_text, mask_url
from optrace.core.text import safe_lines
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.look import Look

_DUMPED = 16_384  # bytes
_MOST_LINES = 4000


def raw(detail: Detail, look: Look) -> list[Segments]:
    """The request, then the response."""
    lines = _painted(request_text(detail.exchange, look))
    if detail.exchange.response is not None:
        lines += [[], [Segment(" " + "─" * 20, "lifeline")], []]
        lines += _painted(response_text(detail.exchange.response, look))
    return lines


def request_text(exchange: Exchange, look: Look) -> str:
    """The request as text, masked unless secrets are revealed; what is copied to the clipboard."""
    message = exchange.request
    return "\n".join((f"{message.method} {look.url(message.url)} {message.http_version}", *_rest(message, look)))


def response_text(message: HttpResponse, look: Look) -> str:
    """The response as text, masked unless secrets are revealed."""
    return "\n".join((f"{message.http_version} {message.status} {message.reason}".rstrip(), *_rest(message, look)))


def _rest(message: HttpRequest | HttpResponse, look: Look) -> Iterator[str]:
    for name, value in message.fields:
        yield f"{name}: {look.field(name, value)}"
    yield ""
    yield _body(message.fields, message.body, look)


def _body(fields: Fields, body: bytes | None, look: Look) -> str:
    if body is None:
        return "(the body was not recorded)"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if look.revealed:
        return "\n".join(_hexdump(body)) if text is None else text
    read = read_body(fields, body)
    if read.json is not ABSENT:
        return _masked_json(text, read.json, intact=not read.problems)
    return "\n".join(_hexdump(body)) if text is None else mask_text(text)


def body_text(message: HttpRequest | HttpResponse, look: Look) -> str:
    """A body as text, masked unless secrets are revealed."""
    return _body(message.fields, message.body, look)


def body_lines(fields: Fields, body: bytes, look: Look, *, hexadecimal: bool) -> list[Segments]:
    """A body as it was sent; in hex only when secrets are revealed, since they can't be masked in there."""
    text = _body(fields, body, look)
    if hexadecimal:
        dump = "\n".join(_hexdump(body))
        masked = body if look.revealed or text == dump else text.encode("utf-8", "surrogatepass")
        text = dump
        if masked != body:
            text = "(its secrets are masked; R shows the bytes)\n" + "\n".join(_hexdump(masked))
    return [[Segment(f"   {one}", "text")] for one in safe_lines(text)[:_MOST_LINES]]


def _masked_json(text: str | None, value: Any, *, intact: bool) -> str:
    """The text as it was sent but for its secrets; written anew if they can't all be found in it."""
    masked = mask_json(value)
    if text is not None and intact:
        for secret in sorted(set(_secrets(value, masked)), key=len, reverse=True):
            text = text.replace(f'"{secret}"', f'"{mask(secret)}"')
        text = mask_url(text)
        try:
            if json.loads(text) == masked:
                return text
        except (ValueError, RecursionError):
            pass
    return f"{json.dumps(masked, ensure_ascii=False)}\n\n(written anew to mask secrets; R shows the bytes)"


def _secrets(value: Any, masked: Any) -> Iterator[str]:
    """The strings that masking replaced as a whole."""
    if isinstance(value, str):
        if value and masked == mask(value):
            yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _secrets(member, masked[name])
    elif isinstance(value, list):
        for member, other in zip(value, masked, strict=True):
            yield from _secrets(member, other)


def _hexdump(body: bytes) -> Iterator[str]:
    for at in range(0, min(len(body), _DUMPED), 16):
        row = body[at : at + 16]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{at:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  {text}"
    if len(body) > _DUMPED:
        yield f"… {len(body) - _DUMPED} more bytes"


def _painted(text: str) -> list[Segments]:
    lines = safe_lines(text)
    painted = [[Segment(f" {one}", "title" if index == 0 else "text")] for index, one in enumerate(lines[:_MOST_LINES])]
    if len(lines) > _MOST_LINES:
        painted.append([Segment(f" … {len(lines) - _MOST_LINES} more lines", "dim")])
    return painted
