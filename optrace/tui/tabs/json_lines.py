"""A JSON value as painted lines, indented, secrets masked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.tui.tabs.look import MASK_SIGN

_MOST_LINES = 4000
_DEEPEST = 150


def json_lines(value: Any, *, indent: int = 2) -> list[Segments]:
    """The value, pretty; very long ones end with a line that says so."""
    lines = list(islice(_lines(value, [], "", indent, 0), _MOST_LINES + 1))
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [[Segment(" … the rest is in the Raw tab", "dim")]]
    return lines


def _lines(value: Any, head: Segments, tail: str, indent: int, depth: int) -> Iterator[Segments]:
    margin = Segment(" " * indent + "  " * depth, "space")
    if depth > _DEEPEST:
        yield [margin, *head, Segment("… nested deeper than is shown here", "dim")]
        return
    if isinstance(value, dict) and value:
        items = [
            ([Segment(_text(str(name)), "key"), Segment(": ", "punctuation")], member) for name, member in value.items()
        ]
        brackets = "{}"
    elif isinstance(value, (list, tuple)) and value:
        items, brackets = [([], member) for member in value], "[]"
    else:
        yield [margin, *head, _scalar(value), Segment(tail, "punctuation")]
        return
    yield [margin, *head, Segment(brackets[0], "punctuation")]
    for index, (name, member) in enumerate(items):
        yield from _lines(member, name, "" if index == len(items) - 1 else ",", indent, depth + 1)
    yield [margin, Segment(brackets[1] + tail, "punctuation")]


def _scalar(value: Any) -> Segment:
    if isinstance(value, str):
        return Segment(_text(value), "secret" if MASK_SIGN in value else "string")
    if isinstance(value, (dict, list, tuple)):
        return Segment("{}" if isinstance(value, dict) else "[]", "punctuation")
    return Segment(safe(json.dumps(value, default=str)), "literal")


def _text(value: str) -> str:
    return safe(json.dumps(value, ensure_ascii=False))
