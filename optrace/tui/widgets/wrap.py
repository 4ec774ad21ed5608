"""Painted lines broken to a width, by words where there are words, a long URL or JSON between its parts; continued
lines keep their indentation."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from wcwidth import clip

from optrace.diagram.cells import cell_width
from optrace.diagram.segments import Segment, Segments

_LONGEST = 20_000  # characters of a line that are shown
_LEAST_ROOM = 16  # cells; with less, the indentation goes
_URLS = re.compile(r"""://[^\s"'<>]+|(?<!\S)\(?/\S+""")  # and paths
_MEMBERS = re.compile(r'(?<=["\]}\w]),(?=["{\[])')  # of JSON without white space
_SEAMS = re.compile(r"(?<![:/(])/(?=[\w%‹])|(?=[?&])")  # after a slash, before what begins a parameter
_JOINTS = re.compile(r"-(?=\w)")  # within an id


def wrap(lines: Iterable[Segments], width: int) -> list[Segments]:
    """All lines in at most `width` cells each."""
    wrapped: list[Segments] = []
    for line in lines:
        if sum(len(segment.text) for segment in line) * 2 <= width:  # it fits even if every character is wide
            wrapped.append(line)
        else:
            wrapped += _wrap_line(line, max(width, 2))
    return wrapped


def _wrap_line(line: Segments, width: int) -> list[Segments]:
    indent = _indent(line, width)
    if width - indent < _LEAST_ROOM:
        indent = 0
    rows: list[Segments] = []
    row: Segments = []
    room, budget = width, _LONGEST
    for text, style, goal in line:
        if len(text) > budget:
            text = f"{text[:budget]}… {len(text) - budget} more characters"
        budget = max(0, budget - len(text))
        whole, breaks = len(text), _breaks(text)
        while text:
            if cell_width(text) <= room:
                row.append(Segment(text, style, goal))
                room -= cell_width(text)
                break
            piece = _fitting(text, room, width - indent)
            if piece and piece[-1] != " " != text[len(piece)]:  # in the middle of a word
                piece = _to_seam(piece, whole - len(text), breaks, room, width - indent)
            if piece:
                row.append(Segment(piece, style, goal))
            elif not row or room == width - indent:  # a character wider than the line
                piece = text[0]
            text = text[len(piece) :].lstrip(" ") if piece else text
            rows.append(row)
            row, room = ([Segment(" " * indent, "space")] if indent else []), width - indent
    rows.append(row)
    return rows


def _fitting(text: str, room: int, whole: int) -> str:
    """The longest start of a text that fits; a word is only cut if it takes more than a whole line."""
    piece = text[:room] if text.isascii() else clip(text, 0, room, fillchar="")
    if not text.startswith(piece):  # a clip that had to leave a half character out
        piece = piece[: next((i for i, (a, b) in enumerate(zip(piece, text, strict=False)) if a != b), len(piece))]
    if len(piece) == len(text) or text[len(piece)] == " ":
        return piece
    start = piece.rfind(" ") + 1
    if start == 2 and room < whole:  # a mark stays with its word
        start = 0
    end = text.find(" ", len(piece))
    word = text[start:] if end < 0 else text[start:end]
    fits = len(word) <= whole if word.isascii() else len(word) <= whole and cell_width(word) <= whole
    # at the end of a line, or in the middle of one where another segment stands before
    return text[:start] if fits and (start or room < whole) else piece


def _breaks(text: str) -> Sequence[Sequence[int]]:
    """Where the URLs and the JSON of a text may be broken, in its characters: the best places, then the second best."""
    urls = [url.span() for url in _URLS.finditer(text)] if "/" in text else []
    members = [at.end() for at in _MEMBERS.finditer(text)]
    seams = [at.end() for url in urls for at in _SEAMS.finditer(text, *url)]
    return sorted(seams + members), [at.end() for url in urls for at in _JOINTS.finditer(text, *url)]


def _to_seam(piece: str, start: int, breaks: Sequence[Sequence[int]], room: int, whole: int) -> str:
    """A piece that ends within a word, up to where a URL may be broken if that leaves enough of the line; otherwise the
    URL begins on a line of its own. `start` is where the piece stands in its text."""
    word = piece.rfind(" ") + 1
    least = max(word, whole // 3 - (whole - room))
    end = start + len(piece)
    for places in breaks:
        before = bisect_right(places, end) - 1
        if before >= 0 and places[before] - start > least:
            return piece[: places[before] - start]
    goes_on = any(places and places[-1] > end for places in breaks)
    return piece[:word] if goes_on and room < whole else piece


def _indent(line: Segments, width: int) -> int:
    """Where the text of a line begins: after its white space, or after the short words of a first column."""
    if len(line) > 1 and line[0].style in ("dim", "key", "space", "fail", "pass", "differs", "alert", "proof", "fix"):
        return min(cell_width(line[0].text), max(26, width * 2 // 5))
    text = line[0].text if line else ""
    return min(len(text) - len(text.lstrip(" ")), 24)
