"""JSON as text: its strings changed one by one, everything between them left as it was written.

It is read by its strings and brackets alone, so broken JSON, repeated members and odd white space are no obstacle.
"""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple, Protocol

from optrace.redaction.in_place import in_json

_TOKEN = re.compile(r'"((?:[^"\\]++|\\.)*+)"(\s*:)?|[{}\[\]]', re.S)
_DEEPEST = 200  # levels; what is nested deeper is taken for a part of the level above


class Place(NamedTuple):
    """Where a string stands."""

    key: str  # the member whose value it is, or in whose array it is
    holder: str  # the member under which the object with that member stands
    above: tuple[str, ...]  # all members around it, the outermost first


class ToString(Protocol):
    """What a string becomes."""

    def __call__(self, said: str, place: Place) -> str: ...


def change_strings(text: str, to: ToString) -> str:
    """The text with each string that is a value changed; names of members stay."""
    # a frame: the member under which the container stands, whether it is an object, the member at hand
    frames: list[tuple[str, bool]] = []
    keys: list[str] = [""]
    pieces: list[str] = []
    at = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            if len(frames) < _DEEPEST:
                frames.append((keys[-1], token == "{"))
                keys.append(keys[-1])
            continue
        if token in "}]":
            if frames:
                frames.pop()
                keys.pop()
            continue
        if match[2] is not None and frames and frames[-1][1]:
            keys[-1] = match[1]
            continue
        place = Place(keys[-1], _holder(frames), tuple(name for name, _ in frames if name))
        changed = in_json(match[1], partial(to, place=place))
        if changed != match[1]:
            pieces += (text[at : match.start(1)], changed)
            at = match.end(1)
    return "".join((*pieces, text[at:])) if pieces else text


def _holder(frames: list[tuple[str, bool]]) -> str:
    """The member under which the innermost object stands."""
    return next((name for name, is_object in reversed(frames) if is_object), "")
