"""What the mouse selects in painted lines: shown on their strips, and as text without the breaks of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.segment import Segment as RichSegment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from optrace.diagram.segments import Segments, text_of

_SEEN = 12  # characters on each side of a break that are looked for in the whole line


def highlighted(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """A strip with the characters from one to another (-1: the end) in a style."""
    start, end = span
    segments: list[RichSegment] = []
    at = 0
    for text, own, _ in strip:
        first = min(max(start - at, 0), len(text))
        last = len(text) if end < 0 else min(max(end - at, first), len(text))
        for piece, marked in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if piece:
                segments.append(RichSegment(piece, (own or Style()) + style if marked else own))
        at += len(text)
    return Strip(segments, strip.cell_length)


def selected_text(
    lines: Sequence[Segments], rows: Sequence[Segments], source: Sequence[int], selection: Selection
) -> str:
    """The selected characters. `source` says of which line each row is a part: its rows are joined again."""
    chosen: list[tuple[int, str]] = []
    for at, row in enumerate(rows):
        span = selection.get_span(at)
        if span is not None:
            text = text_of(row)
            chosen.append((source[at], text[span[0] : None if span[1] < 0 else span[1]]))
    whole = []
    for number, parts in groupby(chosen, key=lambda one: one[0]):
        joined = ""
        for index, (_, part) in enumerate(parts):
            joined = _joined(joined, part.lstrip(), text_of(lines[number])) if index else part
        whole.append(joined.rstrip())
    return "\n".join(whole)


def _joined(one: str, other: str, line: str) -> str:
    one = one.rstrip()
    spaced = f"{one[-_SEEN:].lstrip()} {other[:_SEEN].rstrip()}"
    return f"{one} {other}" if spaced in line else one + other
