"""JSON as text: its strings changed one by one, everything between them left as it was written.

It is read by its strings and brackets alone, so broken JSON, repeated members and odd white space are no obstacle.
"""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple, Protocol

from optrace.redaction.in_place import in_json, plain_in_json

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
    # for each container around: whether it is an object, the holder of what is in it, all members above that
    frames: list[tuple[bool, str, tuple[str, ...]]] = [(False, "", ())]
    keys: list[str] = [""]  # the member at hand in each of them
    pieces: list[str] = []
    at = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            if len(frames) <= _DEEPEST:
                key, is_object, (_, holder, above) = keys[-1], token == "{", frames[-1]
                frames.append((is_object, key if is_object else holder, (*above, key) if key else above))
                keys.append(key)
            continue
        if token in "}]":
            if len(frames) > 1:
                frames.pop()
                keys.pop()
            continue
        is_object, holder, above = frames[-1]
        if is_object and match[2] is not None:
            keys[-1] = match[1]
            continue
        raw, place = match[1], Place(keys[-1], holder, above)
        if "\\" in raw:
            changed = in_json(raw, partial(to, place=place))
        elif (changed := to(raw, place)) != raw:
            changed = plain_in_json(raw, changed)
        if changed != raw:
            pieces += (text[at : match.start(1)], changed)
            at = match.end(1)
    return "".join((*pieces, text[at:])) if pieces else text
