"""Two exchanges side by side: what is the same, what differs only as it does each time, and what really differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from optrace.core.bodies import ABSENT, read_body
from optrace.core.fields import Fields
from optrace.core.messages import Exchange
from optrace.core.redact import mask_json
from optrace.core.text import safe, safe_lines
from optrace.tui.tabs.look import Look

_MOST_LINES = 600  # lines of a body
_VOLATILE_FIELDS = frozenset(
    [
        "date",
        "signature",
        "content-digest",
        "authorization",
        "etag",
        "age",
        "x-request-id",
        "traceparent",
        "cookie",
        "set-cookie",
        "content-length",
        "keep-alive",
    ]
)
_VOLATILE_MEMBERS = frozenset(
    [
        "id",
        "uri",
        "manage",
        "value",
        "nonce",
        "finish",
        "interact_ref",
        "hash",
        "createdAt",
        "updatedAt",
        "expiresAt",
        "redirect",
        "quoteId",
    ]
)
_MEMBER = re.compile(r'\s*"([^"]*)": ')
# ids, tokens and dates in other places: UUIDs, hexadecimal and random text with a digit in it, dates, epochs, masks
_VOLATILE = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?"
    r"|(?<![\w-])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?![\w.-])"
    r"|(?<![\w-])(?=[\w-]*\d)[\w-]{20,}(?![\w.-])"
    r"|\b\d{9,}\b|••••[0-9a-f]{4}"
)


class Same(StrEnum):
    """How two lines compare."""

    EQUAL = "equal"
    VOLATILE = "volatile"  # other nonces, ids, tokens, dates, and nothing else
    OTHER = "other"
    LEFT = "left"  # only the first has it
    RIGHT = "right"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines that belong together."""

    same: Same
    left: str = ""
    right: str = ""


def compare(
    one: Exchange, other: Exchange, look: Look, *, twins: Mapping[str, str] = MappingProxyType({})
) -> tuple[Pair, ...]:
    """Requests, then responses: start line, fields by name, body line by line. All texts are safe, and masked.

    `twins`: what the second calls by another name, such as its hosts -> what it is called in the first.
    """
    return tuple(_Comparing(look, twins).pairs(one, other))


def differences(pairs: Sequence[Pair]) -> int:
    """How many lines really differ."""
    return sum(pair.same in (Same.OTHER, Same.LEFT, Same.RIGHT) for pair in pairs)


class _Comparing:
    """Knows how messages are looked at, and what has two names."""

    def __init__(self, look: Look, twins: Mapping[str, str]) -> None:
        self._look = look
        self._twins = twins
        names = "|".join(re.escape(name) for name in sorted(twins, key=len, reverse=True))
        self._names = re.compile(rf"(?<![\w.-])(?:{names})(?![\w.-])") if twins else None

    def pairs(self, one: Exchange, other: Exchange) -> Iterator[Pair]:
        """Line by line."""
        look = self._look
        yield Pair(Same.HEADING, "request")
        left, right = one.request, other.request
        yield self._judged(f"{left.method} {look.url(left.url)}", f"{right.method} {look.url(right.url)}")
        yield from self._fields(left.fields, right.fields)
        yield from self._bodies((left.fields, left.body), (right.fields, right.body))
        yield Pair(Same.HEADING, "response")
        yield self._judged(_status(one), _status(other))
        answers = [exchange.response for exchange in (one, other)]
        fields = [answer.fields if answer is not None else Fields() for answer in answers]
        bodies = [answer.body if answer is not None else b"" for answer in answers]
        yield from self._fields(fields[0], fields[1])
        yield from self._bodies((fields[0], bodies[0]), (fields[1], bodies[1]))

    def _in_first_words(self, right: str) -> str:
        """A line of the second exchange with the names of the first."""
        return right if self._names is None else self._names.sub(lambda match: self._twins[match[0]], right)

    def _judged(self, left: str, right: str, *, volatile: bool = False) -> Pair:
        left, right = safe(left), safe(right)
        if left == right:
            return Pair(Same.EQUAL, left, right)
        if volatile or _VOLATILE.sub("•", left) == _VOLATILE.sub("•", self._in_first_words(right)):
            return Pair(Same.VOLATILE, left, right)
        return Pair(Same.OTHER, left, right)

    def _fields(self, one: Fields, other: Fields) -> Iterator[Pair]:
        """By name, in the order of the first; several of one name one after the other."""
        lefts, rights = _by_name(one, self._look), _by_name(other, self._look)
        for name in (*lefts, *(name for name in rights if name not in lefts)):
            left, right = lefts.get(name, []), rights.get(name, [])
            for at in range(max(len(left), len(right))):
                if at >= len(right):
                    yield Pair(Same.LEFT, safe(f"{name}: {left[at]}"))
                elif at >= len(left):
                    yield Pair(Same.RIGHT, right=safe(f"{name}: {right[at]}"))
                else:
                    volatile = name in _VOLATILE_FIELDS
                    yield self._judged(f"{name}: {left[at]}", f"{name}: {right[at]}", volatile=volatile)

    def _bodies(self, one: tuple[Fields, bytes | None], other: tuple[Fields, bytes | None]) -> Iterator[Pair]:
        lefts, rights = _lines(*one, self._look), _lines(*other, self._look)
        if lefts or rights:
            yield Pair(Same.EQUAL)
        keys = [_key(line) for line in lefts], [_key(self._in_first_words(line)) for line in rights]
        for tag, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            if tag == "equal":
                for left, right in zip(lefts[a:b], rights[c:d], strict=True):
                    yield self._judged(left, right, volatile=_volatile_member(left))
                continue
            paired = min(b - a, d - c) if tag == "replace" else 0
            for left, right in zip(lefts[a : a + paired], rights[c : c + paired], strict=True):
                if _alike(left, right):
                    yield self._judged(left, right)
                else:
                    yield Pair(Same.LEFT, left)
                    yield Pair(Same.RIGHT, right=right)
            for left in lefts[a + paired : b]:
                yield Pair(Same.LEFT, left)
            for right in rights[c + paired : d]:
                yield Pair(Same.RIGHT, right=right)


def _status(exchange: Exchange) -> str:
    if exchange.response is None:
        return safe(exchange.error or "no answer")
    return safe(f"{exchange.response.status} {exchange.response.reason}".strip())


def _by_name(fields: Fields, look: Look) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(look.field(name, value))
    return found


def _alike(left: str, right: str) -> bool:
    """Whether two lines are the same member, or much the same text."""
    one, other = _MEMBER.match(left), _MEMBER.match(right)
    if one is not None or other is not None:
        return one is not None and other is not None and one[1] == other[1]
    return SequenceMatcher(None, left[:500], right[:500], autojunk=False).ratio() > 0.6


def _key(line: str) -> str:
    """What makes two lines of JSON the same line: the member, and what isn't volatile of its value."""
    if _volatile_member(line):
        return line.partition(":")[0]
    return _VOLATILE.sub("•", line.rstrip(","))


def _volatile_member(line: str) -> bool:
    found = _MEMBER.match(line)
    return found is not None and found[1] in _VOLATILE_MEMBERS


def _lines(fields: Fields, body: bytes | None, look: Look) -> list[str]:
    if body is None:
        return ["(the body was not recorded)"]
    read = read_body(fields, body)
    if read.json is not ABSENT:
        text = _pretty(read.json if look.revealed else mask_json(read.json))
    elif read.text is not None:
        text = read.text if look.revealed else look.url(f"?{read.text}")[1:]
    else:
        text = f"({len(body)} bytes that aren't text)" if body else ""
    lines = safe_lines(text) if text else []
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… {len(lines) - _MOST_LINES} more lines"]
    return list(lines)


def _pretty(value: Any) -> str:
    write: Callable[..., str] = json.dumps
    try:
        return write(value, ensure_ascii=False, indent=2)
    except (RecursionError, ValueError):
        return "(nested deeper than can be shown)"
