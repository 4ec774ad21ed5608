"""Text in terminal cells: wide and combining characters count as the terminal draws them."""

from __future__ import annotations

from unicodedata import category

from wcwidth import clip, width

from optrace.core.text import safe


def cell_width(text: str) -> int:
    """How many cells a safe text takes."""
    return len(text) if text.isascii() else width(text)


def plain(text: str, *, ascii_only: bool = False) -> str:
    """A text from the wire as one safe line; other characters than ASCII are escaped on request."""
    text = safe(text)
    if ascii_only and not text.isascii():
        return text.replace("→", "->").replace("…", "..").encode("ascii", "backslashreplace").decode("ascii")
    if not text[:1].isascii() and category(text[0]).startswith("M"):
        return f"◌{text}"  # a mark without a base would take cells, or not, by what it happens to stand behind
    return text


def cut(text: str, cells: int, *, ascii_only: bool = False) -> str:
    """A safe text in at most so many cells; what doesn't fit ends with an ellipsis."""
    if cell_width(text) <= cells:
        return text
    ellipsis = ".." if ascii_only else "…"
    return clip(text, 0, cells - len(ellipsis)) + ellipsis if cells > len(ellipsis) else ellipsis[:cells]


def cut_start(text: str, cells: int) -> str:
    """The end of a safe text in at most so many cells, after an ellipsis if it isn't all of it."""
    width = cell_width(text)
    if width <= cells:
        return text
    kept = "…" + clip(text, width - cells + 1, width)
    return kept if cell_width(kept) <= cells else "…" + clip(text, width - cells + 2, width)


def pad(text: str, cells: int, *, right: bool = False, ascii_only: bool = False) -> str:
    """A safe text in exactly so many cells: cut, or filled with spaces (on the left with `right`)."""
    text = cut(text, cells, ascii_only=ascii_only)
    space = " " * (cells - cell_width(text))
    return space + text if right else text + space


def centred(text: str, cells: int, fill: str) -> str:
    """A safe text that fits, in the middle of so many cells."""
    space = cells - cell_width(text)
    return fill * (space // 2) + text + fill * (space - space // 2)
