"""What painters give: pieces of text, each with the name of its style."""

from __future__ import annotations

from typing import NamedTuple


class Segment(NamedTuple):
    """A piece of a line: safe text and the name of its style."""

    text: str
    style: str


Segments = list[Segment]


def text_of(line: Segments) -> str:
    """The bare text of a painted line."""
    return "".join(segment.text for segment in line)
