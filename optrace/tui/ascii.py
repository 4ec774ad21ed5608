"""The whole screen in ASCII: the last filter before the terminal, so that no widget has to know.

A character is replaced by one of the same width, so that nothing moves.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from wcwidth import iter_graphemes

from optrace.diagram.cells import cell_width

_GLYPHS = {
    "─━┄┅┈╌╍▔▁▂▃▄▅▆▇—–": "-",
    "═": "=",
    "‖│┃┆┊║▌▐▏▎▍▋▊▉╎╏↔": "|",
    "┌┐└┘╭╮╰╯├┤┬┴┷┼╞╡╪╔╗╚╝╠╣╦╩╬": "+",
    "✓": "+",
    "✗": "x",
    "≠": "~",
    "·◌": ".",
    "○": "o",
    "↳": "`",
    "🔎": "  ",
    "■": "#",
    "→▶▸❯›»": ">",
    "←◀◂‹«": "<",
    "↑▲": "^",
    "↓▼": "v",
    "◆⏺●•": "*",
    "█▓▒░": "#",
    "…": ".",
    "“”„✎": '"',
    "’‘": "'",
    "Δ": "d",
    "≤": "<",
    "≥": ">",
}
_TABLE = {ord(glyph): ascii_one for glyphs, ascii_one in _GLYPHS.items() for glyph in glyphs}


def in_ascii(text: str) -> str:
    """A text in the same number of cells, with a question mark for each cell of what ASCII doesn't have."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    return "".join(one if one.isascii() else "?" * cell_width(one) for one in iter_graphemes(text))


class Ascii(LineFilter):
    """Textual's filter for it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]
