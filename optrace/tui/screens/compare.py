"""Two exchanges side by side, or below one another where there is no room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from optrace.core.messages import Exchange
from optrace.diagram.cells import cell_width, cut
from optrace.diagram.segments import Segment, Segments
from optrace.tui.bridge import Bridge
from optrace.tui.comparing import Pair, Same, compare, differences
from optrace.tui.screens.sheet import Sheet
from optrace.tui.tabs.base import marked
from optrace.tui.tabs.look import Look
from optrace.tui.widgets.lines import Lines
from optrace.tui.widgets.wrap import wrap

_SIDE_BY_SIDE = 96  # cells
_MARKS = {Same.EQUAL: "   ", Same.VOLATILE: " ~ ", Same.OTHER: " ◀ ", Same.LEFT: " - ", Same.RIGHT: " + "}


class CompareScreen(Sheet):
    """Over the whole screen; the earlier exchange is on the left. `sides` tells two recordings apart."""

    def __init__(
        self,
        bridge: Bridge,
        one: Exchange,
        other: Exchange,
        look: Look,
        *,
        twins: Mapping[str, str] = MappingProxyType({}),
        sides: tuple[str, str] = ("", ""),
    ) -> None:
        self.lines = Lines()
        self._pairs = compare(one, other, look, twins=twins)
        count = differences(self._pairs)
        words = (
            f"{count} line{'' if count == 1 else 's'} differ{'s' if count == 1 else ''}" if count else "no difference"
        )
        self._heads = (f"{sides[0]} {one.n}".strip(), f"{sides[1]} {other.n}".strip())
        super().__init__(bridge, f"{' beside '.join(self._heads)} · {words}", self.lines)
        self.add_class("-whole")

    def on_mount(self) -> None:
        """Paint at the width that there is."""
        super().on_mount()
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """Paint anew."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        width = self.lines.scrollable_content_region.width
        self.lines.show(list(pair_lines(self._pairs, self._heads, width)), keep_place=True)


def pair_lines(pairs: Sequence[Pair], heads: tuple[str, str], width: int) -> Iterator[Segments]:
    """Each pair as one row of two columns, or as two rows; what is equal or volatile is dim."""
    for pair in pairs:
        if pair.same is Same.HEADING:
            if pair.left != "request":
                yield []
            yield [Segment(f"   {pair.left} {' and '.join(heads)}", "head")]
        elif width >= _SIDE_BY_SIDE:
            yield from _beside(pair, width)
        else:
            yield from _below(pair)


def _texts(pair: Pair) -> tuple[Segments, Segments]:
    match pair.same:
        case Same.OTHER:
            return marked(pair.left, pair.right)
        case Same.LEFT:
            return [Segment(pair.left, "fail")], []
        case Same.RIGHT:
            return [], [Segment(pair.right, "proof")]
        case Same.EQUAL:
            return [Segment(pair.left, "text")], [Segment(pair.right, "text")]
        case _:
            return [Segment(pair.left, "dim")], [Segment(pair.right, "dim")]


def _beside(pair: Pair, width: int) -> Iterator[Segments]:
    room = (width - 6) // 2
    left, right = _texts(pair)
    quiet = pair.same in (Same.EQUAL, Same.VOLATILE)
    lefts = [_one(left, room)] if quiet else wrap([left], room)
    rights = [_one(right, room)] if quiet else wrap([right], room)
    for at in range(max(len(lefts), len(rights))):
        one = lefts[at] if at < len(lefts) else []
        space = room - sum(cell_width(segment.text) for segment in one)
        yield [
            Segment(_MARKS[pair.same] if at == 0 else "   ", "dim" if quiet else "fail"),
            *one,
            Segment(" " * space + " │ ", "lifeline"),
            *(rights[at] if at < len(rights) else []),
        ]


def _one(line: Segments, room: int) -> Segments:
    """What is as it should be takes one row."""
    return [Segment(cut(segment.text, room), segment.style) for segment in line]


def _below(pair: Pair) -> Iterator[Segments]:
    left, right = _texts(pair)
    mark = Segment(_MARKS[pair.same], "dim" if pair.same in (Same.EQUAL, Same.VOLATILE) else "fail")
    if pair.same is Same.OTHER:
        yield [Segment(" - ", "fail"), *left]
        yield [Segment(" + ", "proof"), *right]
    else:
        yield [mark, *(right if pair.same is Same.RIGHT else left)]
