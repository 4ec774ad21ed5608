"""The request and the response: start line, fields in wire order, the body put in order; secrets masked."""

from __future__ import annotations

from optrace.core.bodies import ABSENT, read_body
from optrace.core.fields import Fields
from optrace.core.redact import mask_json
from optrace.core.text import safe, safe_lines
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.json_lines import json_lines
from optrace.tui.tabs.look import BODIES, MASK_SIGN, Look, line, nothing
from optrace.tui.tabs.raw import body_lines

_MOST_LINES = 4000


def request(detail: Detail, look: Look) -> list[Segments]:
    """The request; a dot before what the signature covers."""
    message = detail.exchange.request
    covered = _covered(detail)
    start: Segments = [
        _dot("@method" in covered or "@target-uri" in covered or "@request-target" in covered),
        Segment(f"{safe(message.method)} ", "strong"),
        Segment(safe(look.url(message.url)), "title"),
        Segment(f" {safe(message.http_version)}", "dim"),
    ]
    lines = [start, *_fields(message.fields, look, covered)]
    if message.authority and message.authority not in message.url:
        lines.append([_dot(False), Segment(f"sent to {safe(message.authority)}", "alert")])
    lines += _body(message.fields, message.body, look)
    lines += _unknown(detail, "request")
    if covered:
        lines += [line(), [Segment(" ● ", "covered"), Segment("covered by the signature", "dim")]]
    return lines


def response(detail: Detail, look: Look) -> list[Segments]:
    """The response, or why there is none."""
    message = detail.exchange.response
    if message is None:
        error = detail.exchange.error
        return list(nothing(f"No answer came: {error}" if error else "No answer yet."))
    style = "status.error" if message.status >= 400 else "status.redirect" if message.status >= 300 else "status.ok"
    start = [
        _dot(False),
        Segment(f"{message.status} ", style),
        Segment(safe(message.reason), "title"),
        Segment(f" {safe(message.http_version)}", "dim"),
    ]
    return [
        start,
        *_fields(message.fields, look, frozenset()),
        *_body(message.fields, message.body, look),
        *_unknown(detail, "response"),
    ]


def _covered(detail: Detail) -> frozenset[str]:
    if detail.signature is None:
        return frozenset()
    return frozenset(part.name for signature in detail.signature.signatures for part in signature.components)


def _dot(covered: bool) -> Segment:
    return Segment(" ● " if covered else "   ", "covered" if covered else "space")


def _fields(fields: Fields, look: Look, covered: frozenset[str]) -> list[Segments]:
    lines: list[Segments] = []
    for name, value in fields:
        shown = look.field(name, value)
        lines.append(
            [
                _dot(name.lower() in covered),
                Segment(safe(name), "key"),
                Segment(": ", "punctuation"),
                Segment(safe(shown), "secret" if MASK_SIGN in shown else "text"),
            ]
        )
    return lines


def _body(fields: Fields, body: bytes | None, look: Look) -> list[Segments]:
    if body and look.body != "pretty":
        lines = body_lines(fields, body, look, hexadecimal=look.body == "hex")
    else:
        lines = _pretty(fields, body, look)
    if not lines:
        return []
    others = " · ".join(other for other in BODIES if other != look.body)
    about = [Segment(f"   {look.body}", "head"), Segment(f"   v: {others}", "dim")] if body else []
    return [line(), about, *lines] if about else [line(), *lines]


def _pretty(fields: Fields, body: bytes | None, look: Look) -> list[Segments]:
    read = read_body(fields, body)
    lines: list[Segments] = []
    if read.kind == "missing":
        lines.append(line("The body was not recorded.", "alert", indent=3))
    elif read.json is not ABSENT:
        lines += json_lines(read.json if look.revealed else mask_json(read.json), indent=3)
    elif read.text:
        text = safe_lines(read.text if look.revealed else look.url(read.text))
        lines += [[Segment(f"   {one}", "text")] for one in text[:_MOST_LINES]]
        if len(text) > _MOST_LINES:
            lines.append(line(f"… {len(text) - _MOST_LINES} more lines", "dim", indent=3))
    elif body:
        lines.append(line(f"{len(body)} bytes that aren't text; the Raw tab shows them", "dim", indent=3))
    lines += [[Segment(" ! ", "alert"), Segment(safe(problem), "alert")] for problem in read.problems]
    return lines


def _unknown(detail: Detail, part: str) -> list[Segments]:
    paths = (detail.unknown_members or {}).get(part, ())
    return [line(), line(f"not in the specification: {', '.join(paths)}", "dim", indent=3)] if paths else []
