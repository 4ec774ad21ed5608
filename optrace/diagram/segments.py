"""What painters give: pieces of text, each with the name of its style."""

from __future__ import annotations

from typing import NamedTuple


class Segment(NamedTuple):
    """A piece of a line: safe text, the name of its style, and the exchange that it leads to, if it is a link."""

    text: str
    style: str
    goal: int | None = None


Segments = list[Segment]


def text_of(line: Segments) -> str:
    """The bare text of a painted line."""
    return "".join(segment.text for segment in line)
