"""A body as it can be read: content-decoding, charset and JSON, with a sentence for everything that is wrong.

`read_body` never raises: a bomb stops at a limit, a broken stream gives what came before the break, and text that
isn't JSON stays text. It runs for every exchange, so the ordinary case takes one pass and no copies.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Literal

from optrace.core.content_coding import DECODED_LIMIT, decode_content
from optrace.core.fields import Fields
from optrace.core.json_bytes import of_plain_json
from optrace.core.text import safe

MAX_DEPTH = 100  # levels of nesting; real documents have fewer than 20, and who walks them recurses
_MAX_INT_DIGITS = 4300  # Python's own limit for text to int; a longer number stays text

Kind = Literal["empty", "json", "text", "binary", "missing"]


class Absent(Enum):
    """The type of `ABSENT`, which stands for "there is no JSON"; JSON's own `null` is None."""

    ABSENT = "absent"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a body says. `text` is None if it isn't text, `json` is ABSENT if it isn't JSON."""

    text: str | None = None
    json: Any = ABSENT
    problems: tuple[str, ...] = ()
    kind: Kind = "empty"


_LOOKS_LIKE_JSON = re.compile(r"[ \t\r\n]*[{\[]").match
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]+|[\]}]+', re.S)
_CONSTANTS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|(-?Infinity|NaN)', re.S)

_EMPTY = Body(kind="empty")
_MISSING = Body(kind="missing")


def read_body(fields: Fields, body: bytes | None, *, limit: int = DECODED_LIMIT) -> Body:
    """Read the body of a message by its fields.

    Args:
        fields: the message's fields; Content-Encoding and Content-Type are looked at.
        body: as sent, before content-decoding; None if it was not captured.
        limit: bytes that are decoded at most; what is beyond is left out, and a problem says so.
    """
    if body is None:
        return _MISSING
    if not body:
        return _EMPTY
    problems: list[str] = []
    if "content-encoding" in fields:
        decoded, problems = decode_content(body, fields.combined("content-encoding") or "", limit=limit)
        if decoded is None:
            return Body(kind="binary", problems=tuple(problems))
        body = decoded
        if not body:
            return Body(kind="empty", problems=tuple(problems))
    media = _media_type(fields.get("content-type") or "")
    text = _read_text(body, media, problems)
    if text is None:
        return Body(kind="binary", problems=tuple(problems))
    if not media.json and not _LOOKS_LIKE_JSON(text):
        return Body(text=text, kind="text", problems=tuple(problems))
    value = _read_json(text, problems)
    if value is ABSENT:
        if media.text and not media.json:
            problems.pop()  # a style sheet may start with a bracket too: it is no broken JSON
        return Body(text=text, kind="text", problems=tuple(problems))
    if not media.json:
        problems.append(f"this is JSON, but {media.said}")
    return Body(text=text, json=value, kind="json", problems=tuple(problems))


@dataclass(frozen=True, slots=True)
class _Media:
    """What a Content-Type says."""

    json: bool
    text: bool  # text by its name, whatever the bytes look like
    charset: str  # a Python codec
    problems: tuple[str, ...]
    said: str  # for the end of a sentence


@lru_cache(maxsize=256)
def _media_type(value: str) -> _Media:
    essence, _, parameters = value.partition(";")
    essence = essence.strip().lower()
    is_json = essence in {"application/json", "text/json"} or essence.endswith("+json")
    is_text = is_json or essence.startswith("text/") or essence in _TEXTUAL
    charset, problems = "utf-8", []
    for parameter in parameters.split(";"):
        name, _, given = parameter.partition("=")
        if name.strip().lower() == "charset":
            asked = given.strip().strip("\"'").lower()
            if known := _charset(asked):
                charset = known
            else:
                problems.append(f"the charset {safe(asked[:40])!r} is unknown; the body is read as UTF-8")
    if is_json and charset not in {"utf-8", "ascii"}:
        problems.append(f"JSON must be UTF-8 (RFC 8259 8.1), but the content type says {charset}")
    said = f"the content type is {safe(essence[:60])}" if essence else "there is no content type"
    return _Media(is_json, is_text, charset, tuple(problems), said)


_TEXTUAL = frozenset(
    {"application/x-www-form-urlencoded", "application/xml", "application/xhtml+xml", "application/javascript"}
)
# Python has more codecs than charsets; these can't run code, take quadratic time or turn text into something else
_CODECS = re.compile(
    r"utf-8|ascii|utf-16(-[lb]e)?|utf-32(-[lb]e)?|iso8859-\d+|cp\d+|koi8-[ru]|shift_jis|euc_(jp|kr)|gb\w+|big5"
)


def _charset(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):  # unknown; a NUL in the name
        return None
    return known if _CODECS.fullmatch(known) else None


def _read_text(body: bytes, media: _Media, problems: list[str]) -> str | None:
    """The text of a body, with what can't be decoded shown as U+FFFD; None if it isn't text."""
    if media.problems:
        problems.extend(media.problems)
    try:
        text = body.decode(media.charset)
    except UnicodeDecodeError as error:
        if not media.text:
            return None
        text = body.decode(media.charset, "replace")
        problems.append(
            f"the body isn't {media.charset.upper()} (first at byte {error.start}): what can't be read stands as \ufffd"
        )
    except UnicodeError:  # UTF-16 and its kin may fail without a place
        return None
    else:
        if not media.text and "\0" in text:
            return None
    if text.startswith("\ufeff"):
        text = text[1:]
        problems.append("the body starts with a byte order mark")
    return text


class _Unusual(Exception):
    """Something that the quick parser leaves to the careful one."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Unusual
    return members


def _refuse(constant: str) -> Any:
    raise _Unusual(constant)


_QUICK = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse).decode


def _read_json(text: str, problems: list[str]) -> Any:
    """The value of a JSON text, or ABSENT and a problem."""
    if text.count("[") + text.count("{") > MAX_DEPTH and (depth := _depth(text)) > MAX_DEPTH:
        problems.append(f"the JSON is nested {depth} levels deep; optrace reads {MAX_DEPTH}")
        return ABSENT
    if (value := of_plain_json(text)) is not None:
        return value
    try:
        return _QUICK(text)
    except json.JSONDecodeError as error:
        problems.append(f"not JSON: {safe(error.msg)} (line {error.lineno}, column {error.colno})")
        return ABSENT
    except (_Unusual, ValueError):  # ValueError: an integer with too many digits for Python
        return _read_unusual_json(text, problems)


def _read_unusual_json(text: str, problems: list[str]) -> Any:
    """Read JSON that is legal and still wrong (repeated names, endless integers), or nearly JSON (NaN)."""
    for match in _CONSTANTS.finditer(text):
        if match[1]:
            line, column = _position(text, match.start())
            problems.append(f"not JSON: {match[1]} is no number there (line {line}, column {column})")
            return ABSENT
    repeated: dict[str, None] = {}
    long: list[int] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    repeated.setdefault(name)
                seen.add(name)
        return found

    def integer(digits: str) -> int | str:
        if len(digits) <= _MAX_INT_DIGITS:
            return int(digits)
        long.append(len(digits))
        return digits

    try:
        value = json.JSONDecoder(object_pairs_hook=members, parse_int=integer, parse_constant=_refuse).decode(text)
    except json.JSONDecodeError as error:
        problems.append(f"not JSON: {safe(error.msg)} (line {error.lineno}, column {error.colno})")
        return ABSENT
    except (_Unusual, ValueError):
        problems.append("not JSON")
        return ABSENT
    for name in list(repeated)[:5]:
        problems.append(f"the member {safe(name[:80])!r} is there more than once; the last one counts")
    if long:
        problems.append(f"a number has {max(long)} digits; it is kept as text")
    return value


def _position(text: str, offset: int) -> tuple[int, int]:
    """(line, column) of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _depth(text: str) -> int:
    """How deep the brackets outside of strings are nested."""
    depth = deepest = 0
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token[0] in "[{":
            depth += len(token)
            deepest = max(deepest, depth)
        elif token[0] != '"':
            depth -= len(token)
    return deepest
