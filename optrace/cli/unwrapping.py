"""A request out of what stands around it where people copy it from.

Indentation and the prefixes of a log, a fence of Markdown, the string literals that debuggers print (`send: b'POST'`,
`<- "POST ..."`, Go's `%q`), a curl command ("Copy as cURL"), a JSON record of a structured log or of HAR. What comes
out is text as it goes over the wire.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from optrace.core.errors import Usage

_LINE = re.compile(
    rb"(?m)^(?P<prefix>.*?)(?P<line>(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+(?: HTTP/[0-9.]+)?)[ \t\r]*$"
)
_LITERAL = re.compile(r"""b?"(?:[^"\\\n]|\\.)*"|b?'(?:[^'\\\n]|\\.)*'""")
_BEGIN = re.compile(r"""^b?["'](?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) """)
_ANSWER = re.compile(r"""^b?["']HTTP/""")
_FENCE = re.compile(rb"(?m)^[ \t]*```.*\n?")
_LONG = 2_000_000  # characters of a JSON record
_DOLLAR = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.S)
_DATA = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")


def unwrapped(data: bytes) -> bytes | None:
    """The request within, as lines of HTTP; None if it is in no known wrapping.

    Raises:
        Usage: a curl command takes its body from a file; there are header fields and nothing else.
    """
    text = data.decode("utf-8", "replace").strip()
    for way in (_record, _curl, _literals, _escaped):
        if (found := way(text)) is not None:
            return found
    return _prefixed(data)


def _request(method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    names = {name.lower() for name, _ in headers}
    if body and "content-length" not in names:
        headers = [*headers, ("Content-Length", str(len(body)))]  # every client sets it
    lines = [f"{method} {url} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\n".join(lines).encode() + b"\n\n" + body


# a JSON record


def _record(text: str) -> bytes | None:
    if not text.startswith("{") or len(text) > _LONG:
        return None
    value = _object(text)
    for record in (value.get("request"), value.get("req"), value):
        if isinstance(record, dict) and (url := _text(record, "url", "uri", "path")) is not None:
            body = record.get("body", record.get("data", record.get("postData")))
            if isinstance(body, dict) and isinstance(body.get("text"), str):  # HAR
                body = body["text"]
            octets = body if isinstance(body, bytes) else b"" if body is None else _octets_of(body)
            fields = list(_headers(record.get("headers", record.get("rawHeaders"))))
            return _request(_text(record, "method") or "GET", url, fields, octets)
    if any(str(name).lower() == "signature-input" for name in value):
        raise Usage(
            "These are header fields alone, and the signature covers more",
            remedy="Put the request line above them, such as `POST https://wallet.example/quotes`, the body below.",
        )
    return None


def _object(text: str) -> dict[Any, Any]:
    """An object as JSON or as Python writes it; empty if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            value = None
    return value if isinstance(value, dict) else {}


def _text(record: dict[str, Any], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := record.get(name), str)), None)


def _octets_of(body: Any) -> bytes:
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=str)
    return text.encode("utf-8", "surrogatepass")


def _headers(value: Any) -> Iterator[tuple[str, str]]:
    """Fields as an object, as pairs, as HAR has them, or as names and values in turn (Node.js's `rawHeaders`).

    HTTP/2's pseudo-header fields are in the URL already.
    """
    entries: Iterable[Any] = value.items() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        entries = zip(value[::2], value[1::2], strict=False)
    for entry in entries:
        if isinstance(entry, list | tuple):
            entry = [part.decode("latin-1") if isinstance(part, bytes) else part for part in entry]
        if isinstance(entry, dict):
            entry = (entry.get("name"), entry.get("value"))
        if isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[0], str) and entry[0][:1] != ":":
            values = entry[1] if isinstance(entry[1], list) else [entry[1]]
            yield from ((entry[0], " ".join(str(one).split("\n"))) for one in values)


# a curl command


def _curl(text: str) -> bytes | None:
    if not re.match(r"(?:\$ +)?curl(?:\.exe)?\s", text):
        return None
    plain = _DOLLAR.sub(lambda m: shlex.quote(_unescaped(m[1])), text.removeprefix("$ "))
    try:
        words = shlex.split(re.sub(r"[\\^`]\r?\n", " ", plain))[1:]
    except ValueError:
        return None
    method, url, headers, data = "", "", [], []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word[:2] in ("-X", "-H", "-d") and len(word) > 2:
            name, equals, value = word[:2], "=", word[2:]
        if name in ("-X", "--request", "-H", "--header", "--url", *_DATA):
            given = value if equals else next(rest, "")
            if name in ("-X", "--request"):
                method = given
            elif name == "--url":
                url = given
            elif name in _DATA:
                data.append(given)
            elif ":" in given:
                field, _, said = given.partition(":")
                headers.append((field.strip(), said.strip()))
        elif name in ("-A", "-b", "-e", "-o", "-u", "-x", "--proxy", "--cacert", "--max-time", "--connect-timeout"):
            next(rest, "")
        elif "://" in word and not url:
            url = word
    if any(part.startswith("@") for part in data):
        raise Usage("The curl command takes its body from a file", remedy="Put the body itself after --data-raw.")
    if data and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return _request(method or ("POST" if data else "GET"), url, headers, "&".join(data).encode()) if url else None


def _unescaped(text: str) -> str:
    """The text of a string literal's inside, with its escapes undone; as it is where they are none of Python's."""
    try:
        value = ast.literal_eval('"' + text.replace('"', '\\"').replace("\\'", "'") + '"')
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text


# string literals


def _literals(text: str) -> bytes | None:
    """What was sent, from the literals of a debugger, up to the first that is an answer."""
    parts: list[bytes] = []
    for match in _LITERAL.finditer(text):
        if _ANSWER.match(match[0]) and parts:
            break
        if not parts and not _BEGIN.match(match[0]):
            continue
        if (value := _value(match[0])) is not None:
            parts.append(value)
    return b"".join(parts) if parts and b"\n" in parts[0] else None


def _value(literal: str) -> bytes | None:
    try:
        value = ast.literal_eval(literal.removeprefix("b"))
    except (ValueError, SyntaxError):
        return None
    return str(value).encode("latin-1" if literal[0] == "b" and _octets(value) else "utf-8", "surrogatepass")


def _octets(value: str) -> bool:
    return all(ord(char) < 256 for char in value)


def _escaped(text: str) -> bytes | None:
    """One line with \\r\\n in it as it is written in a program."""
    head, mark, body = text.partition("\\r\\n\\r\\n")
    if not mark or "\n" in head or "\\r\\n" not in head:
        return None
    return head.replace("\\r\\n", "\n").encode() + b"\n\n" + body.encode()


# lines


def _prefixed(data: bytes) -> bytes | None:
    """Lines from the request line on, without what stands before each of them."""
    data = _FENCE.sub(b"", data)
    match = _LINE.search(data)
    if match is None:
        return None
    prefix = match["prefix"]
    lines = [match["line"]]
    for line in data[match.end() :].split(b"\n")[1:]:
        if not _alike(prefix, line):
            break
        lines.append(line[len(prefix) :])
    return b"\n".join(lines)


def _alike(prefix: bytes, line: bytes) -> bool:
    """Whether a line begins as the first does, but for its digits; what is blank is the end of something."""
    begin, shape = line[: len(prefix)].rstrip(), re.sub(rb"\d", b"0", prefix)
    return not line.strip() or re.sub(rb"\d", b"0", begin) == shape.rstrip()
