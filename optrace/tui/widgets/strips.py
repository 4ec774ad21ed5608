"""Painted segments as Textual's strips, in the colours of a palette."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment as RichSegment
from rich.style import Style
from textual.strip import Strip

from optrace.core.text import safe
from optrace.diagram.cells import cell_width, cut
from optrace.diagram.segments import Segment, Segments
from optrace.tui.palette import Palette


def to_strip(line: Iterable[Segment], width: int, palette: Palette, base: Style) -> Strip:
    """A line in exactly so many cells; `base` gives the background (and all that a style leaves open)."""
    segments: list[RichSegment] = []
    used = 0
    for text, style, _ in line:
        if not text:
            continue
        text = safe(text)  # painters give safe text; this is the last door before the terminal
        cells = cell_width(text)
        if used + cells > width:
            text = cut(text, width - used)
            cells = cell_width(text)
        segments.append(RichSegment(text, base + palette[style]))
        used += cells
        if used >= width:
            break
    if used < width:
        segments.append(RichSegment(" " * (width - used), base))
    return Strip(segments, width)


def between(left: Segments, right: Segments, width: int) -> Segments:
    """Two groups at the two ends of a line; when room is short, the left one is cut."""
    room = max(0, width - sum(cell_width(segment.text) for segment in right))
    line: Segments = []
    for segment in left:
        text = cut(segment.text, room)
        line.append(Segment(text, segment.style))
        room -= cell_width(text)
        if room <= 0:
            break
    return [*line, Segment(" " * max(room, 0), "space"), *right]
