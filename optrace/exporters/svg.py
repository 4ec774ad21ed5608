"""The ladder as painted, as a picture: text on a grid of cells, and real lines where the painter draws with characters.

One file without scripts, external fonts or links. Each text says how long it is, so that the grid holds whichever
monospaced font the reader has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from optrace.core.text import safe
from optrace.diagram.cells import cell_width
from optrace.diagram.geometry import LIST_BELOW
from optrace.diagram.paint import Painter
from optrace.diagram.segments import Segment, Segments
from optrace.exporters.colours import BACKGROUND, STYLES, TEXT, colour, css
from optrace.exporters.material import Exporter, Material

WIDTH = 160  # columns
_CELL, _LINE, _SIZE = 8.4, 21, 14  # pixels: width of a cell, height of a line, size of the font
_MARGIN, _TITLE, _GAP = 20, 40, 8
_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
_STROKES = re.compile(r"[├┤┼─┄]+|[<>]|┘|[┌┐]|[^├┤┼─┄<>┘┌┐│ ](?:[^├┤┼─┄<>┘┌┐│]*[^├┤┼─┄<>┘┌┐│ ])?")
_NOT_XML = re.compile("[\ufffe\uffff]")


def write(material: Material) -> Iterator[str]:
    """The picture, line by line."""
    theme = material.theme or "light"
    width = max(LIST_BELOW, material.width or WIDTH)
    highest = max(material.numbers, default=1)
    painter = Painter(material.diagram, width, highest=highest, roomy=width >= WIDTH, profile=material.profile)
    head = painter.header()
    lines = len(head) + painter.height * len(material.numbers)
    yield from _head(material, painter, theme, lines)
    top = float(_TITLE + _MARGIN)
    for line in head:
        yield _line(line, top, painter.geometry.lanes, theme)
        top += _LINE
    top += _GAP
    yield from _lifelines(painter, theme, top - 4, _LINE * (lines - len(head)) + 8)
    previous = None
    for n in material.each():
        step = material.step(n)
        label = f"{step.n} {step.method} {step.url} {step.status or step.error or ''}".rstrip()
        yield f"<g><title>{_quoted(label)}</title>"
        for line in painter.lines(step, previous):
            yield _line(line, top, painter.geometry.lanes, theme)
            top += _LINE
        yield "</g>\n"
        previous = step
    yield "</svg>\n"


def _head(material: Material, painter: Painter, theme: str, lines: int) -> Iterator[str]:
    width, height = _x(painter.width) + _MARGIN, _TITLE + 2 * _MARGIN + _GAP + _LINE * lines
    title = _quoted(f"{material.source} · {len(material.numbers)} exchanges")
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} '
    yield f'{height:g}" font-family="{_FONT}" font-size="{_SIZE}" role="img">\n<title>{title}</title>\n<style>'
    yield "".join(f".{_class(style)}{{{css(style, theme)}}}" for style in STYLES)
    yield f".title{{fill:{TEXT[theme]};font-weight:700;font-size:16px}}text{{white-space:pre}}</style>\n"
    yield f'<rect width="100%" height="100%" rx="10" fill="{BACKGROUND[theme]}"/>\n'
    yield f'<text class="title" x="{_MARGIN}" y="{_MARGIN + 14}">{title}</text>\n'


def _lifelines(painter: Painter, theme: str, top: float, height: float) -> Iterator[str]:
    for column in painter.geometry.lanes:
        x = _x(column + 0.5)
        yield f'<path d="M{x:g} {top:g}v{height:g}" stroke="{colour("lifeline", theme)}" fill="none"/>\n'


def _line(line: Segments, top: float, lanes: Sequence[int], theme: str) -> str:
    """One painted line; `top` is where its cells begin."""
    made: list[str] = []
    at = 0
    for segment in line:
        if segment.style != "space" and segment.style != "lifeline" and segment.text.strip():
            made += _segment(segment, at, top, lanes, theme)
        at += cell_width(segment.text)
    return "".join(made)


def _segment(segment: Segment, at: int, top: float, lanes: Sequence[int], theme: str) -> Iterator[str]:
    drawn = segment.style.startswith(("arrow", "head."))
    stroke = f'stroke="{colour(segment.style, theme)}" stroke-width="{1.5 if drawn else 1}" fill="none"'
    if not drawn:
        text = segment.text.strip()
        yield _text(text, at + cell_width(segment.text[: segment.text.index(text)]), top, segment.style, lanes, theme)
        return
    middle = top + _LINE / 2
    for match in _STROKES.finditer(segment.text):
        piece, column = match[0], at + cell_width(segment.text[: match.start()])
        left, right = _x(column), _x(column + len(piece))
        match piece[0]:
            case "├" | "┤" | "┼" | "─" | "┄":
                left += _CELL / 2 if piece[0] == "├" else 0
                right -= _CELL / 2 if piece[-1] == "┤" else 0
                dashes = ' stroke-dasharray="3 3"' if "┄" in piece else ""
                yield f'<path d="M{left:g} {middle:g}H{right:g}" {stroke}{dashes}/>'
            case "<" | ">":
                yield _arrowhead(piece, left, middle, segment.style, theme)
            case "┘":  # the way back of a message to oneself
                yield f'<path d="M{left:g} {middle:g}h6v-8H{left - 1.5 * _CELL:g}" {stroke}/>'
            case "┌" | "┐":
                edge = (left + right) / 2
                other = right if piece == "┌" else left
                yield f'<path d="M{other:g} {middle:g}H{edge:g}V{middle + 9:g}" {stroke}/>'
            case _:
                yield _text(piece, column, top, segment.style, lanes, theme)


def _arrowhead(piece: str, left: float, middle: float, style: str, theme: str) -> str:
    """A head that ends at the lifeline, which is in the middle of the next cell."""
    tip = left + 1.5 * _CELL - 1 if piece == ">" else left - 0.5 * _CELL + 1
    back = tip - 9 if piece == ">" else tip + 9
    start = left if piece == ">" else left + _CELL
    fill = colour(style, theme)
    return (
        f'<path d="M{start:g} {middle:g}H{back:g}" stroke="{fill}" stroke-width="1.5"/>'
        f'<path d="M{back:g} {middle - 4.5:g}L{tip:g} {middle:g}L{back:g} {middle + 4.5:g}z" fill="{fill}"/>'
    )


def _text(text: str, column: int, top: float, style: str, lanes: Sequence[int], theme: str) -> str:
    cells = cell_width(text)
    x, length = _x(column), cells * _CELL
    under = ""
    if any(column <= lane < column + cells for lane in lanes):  # no lifeline behind words
        box = f'x="{x - 3:g}" y="{top + 1:g}" width="{length + 6:g}" height="{_LINE - 2}"'
        under = f'<rect {box} fill="{BACKGROUND[theme]}"/>'
    where = f'x="{x:g}" y="{top + _LINE / 2 + 5:g}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs"'
    return f'{under}<text class="{_class(style)}" {where}>{_quoted(text)}</text>'


def _x(column: float) -> float:
    return round(_MARGIN + column * _CELL, 2)


def _class(style: str) -> str:
    return style.replace(".", "-")


def _quoted(text: str) -> str:
    """A text as XML wants it: what XML has no place for stands as U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", safe(text)), quote=False)


EXPORTER = Exporter(name="svg", title="the ladder as a picture", suffix=".svg", write=write)
