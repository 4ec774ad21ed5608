"""Reading and writing one value of a message, while every other byte of it stays as it is.

A place is a path: `("url",)` the whole URL, `("url", "?hash")` a parameter of its query, `("authorization",)` the token
in the Authorization field, `("location",)` and `("location", "?hash")` a redirect, `("body", "client")` a member of the
JSON body, which `("body",)` is as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote_plus

from optrace.core.bodies import ABSENT, read_body
from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse

Place = tuple[str | int, ...]
Scalar = str | int
Message = HttpRequest | HttpResponse

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\]}]+', re.S)
_TOKEN = re.compile(r"^\s*\S+\s+\"?([^\"\s]*)\"?\s*$")


def name_of(place: Place) -> str:
    """A place in words: `body access_token.access[0].identifier`, `URL ?hash`."""
    head, *path = place
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    said = {"url": "URL", "body": "body", "location": "Location", "authorization": "Authorization"}
    return f"{said.get(str(head), head)} {text}".rstrip()


def pattern_of(path: Place) -> str:
    """The path of a place in a body as the tables of `kinds` write it: `access_token.access[].identifier`."""
    text = ""
    for part in path:
        text += "[]" if isinstance(part, int) else f".{part}" if text else part
    return text


def token_in(value: str) -> tuple[int, int] | None:
    """Where the token stands in an Authorization value; None if it holds no scheme and token."""
    found = _TOKEN.match(value)
    return found.span(1) if found and found[1] else None


def query_spans(url: str) -> Iterator[tuple[str, int, int]]:
    """(name, start, end) of each value in a URL's query, as written."""
    head, mark, query = url.partition("?")
    at = len(head) + len(mark)
    for pair in query.partition("#")[0].split("&"):
        name, equals, value = pair.partition("=")
        if equals:
            start = at + len(name) + 1
            yield unquote_plus(name), start, start + len(value)
        at += len(pair) + 1


def written[M: (HttpRequest, HttpResponse)](message: M, edits: Mapping[Place, Scalar]) -> M:
    """The message with other values at some places. A place that it doesn't have is passed over.

    Fields that follow from what changed (Content-Length, digest, signature) are left to whoever sends the message.
    """
    body: dict[Place, Scalar] = {place[1:]: value for place, value in edits.items() if place[0] == "body"}
    if body:
        message = _with_body(message, body)
    if "authorization" in (heads := {place[0] for place in edits}):
        message = _with_field(message, "authorization", lambda old: _with_token(old, str(edits["authorization",])))
    if "location" in heads:
        message = _with_field(message, "location", lambda old: _with_url(old, edits, "location"))
    if "url" in heads and isinstance(message, HttpRequest):
        message = replace(message, url=_with_url(message.url, edits, "url"))
    return message


def _with_field[M: (HttpRequest, HttpResponse)](message: M, name: str, change: Any) -> M:
    wanted = name.encode()
    raw = [
        (old, change(value.decode("latin-1")).encode("latin-1", "replace") if old.lower() == wanted else value)
        for old, value in message.fields.raw
    ]
    return replace(message, fields=Fields(raw))


def _with_token(value: str, token: str) -> str:
    span = token_in(value)
    return value if span is None else f"{value[: span[0]]}{token}{value[span[1] :]}"


def _with_url(url: str, edits: Mapping[Place, Scalar], head: str) -> str:
    url = str(edits.get((head,), url))
    firsts: dict[str, tuple[int, int]] = {}  # of a repeated parameter the first is meant
    for name, start, end in query_spans(url):
        firsts.setdefault(name, (start, end))
    for name, (start, end) in reversed(firsts.items()):
        value = edits.get((head, f"?{name}"))
        if value is not None and str(value) != unquote_plus(url[start:end]):
            url = f"{url[:start]}{quote(str(value), safe='')}{url[end:]}"
    return url


def _with_body[M: (HttpRequest, HttpResponse)](message: M, edits: Mapping[Place, Scalar]) -> M:
    read = read_body(message.fields, message.body)
    if read.json is ABSENT or read.text is None:
        return message
    text = read.text
    for place, start, end in reversed(list(json_spans(text))):
        value = edits.get(place)
        if value is not None:
            literal = json.dumps(value, ensure_ascii=False) if text[start] == '"' else str(value)
            text = f"{text[:start]}{literal}{text[end:]}"
    if text == read.text:
        return message
    fields = message.fields
    if "content-encoding" in fields:  # it is written plain from here on
        fields = Fields(pair for pair in fields.raw if pair[0].lower() != b"content-encoding")
    return replace(message, fields=fields, body=text.encode("utf-8", "surrogatepass"))


def json_spans(text: str) -> Iterator[tuple[Place, int, int]]:
    """(path, start, end) of each scalar in a JSON text that is known to be one, in its order."""
    path: list[str | int] = []  # of the value that comes next
    open_objects: list[bool] = []  # for each open bracket, whether it is an object's
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\r\n:":
            at += 1
        elif char in "{[":
            open_objects.append(char == "{")
            path.append("" if char == "{" else 0)
            at += 1
            if char == "{":
                at = _member(text, at, path)
        elif char in "}]":
            open_objects.pop()
            path.pop()
            at += 1
        elif char == ",":
            at += 1
            if open_objects[-1]:
                at = _member(text, at, path)
            else:
                path[-1] = int(path[-1]) + 1
        else:
            found = _SCALAR.match(text, at)
            if found is None:  # no JSON after all
                return
            yield tuple(path), found.start(), found.end()
            at = found.end()


def _member(text: str, at: int, path: list[str | int]) -> int:
    """Read the name of an object's next member into the path; where its value starts, or the closing bracket."""
    at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
    found = _SCALAR.match(text, at)
    if text[at : at + 1] != '"' or found is None:
        return at
    path[-1] = json.loads(found[0], strict=False)
    return found.end()
