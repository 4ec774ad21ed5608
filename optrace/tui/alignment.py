"""Two payments held against each other, as rows of a list: pairs of messages, and below each what differs in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from optrace.diagram.cells import cell_width, cut, cut_start, pad, plain
from optrace.diagram.lanes import short_name
from optrace.diagram.segments import Segment, Segments
from optrace.replay.align import Cause, Comparison, Pair, Told
from optrace.replay.script import ScriptStep

Clean = Callable[[str], str]

STYLES = {Cause.UNEXPECTED: "fail", Cause.CONSEQUENCE: "differs", Cause.EXPECTED: "dim"}
MARKS = {Cause.UNEXPECTED: "✗", Cause.CONSEQUENCE: "↳", Cause.EXPECTED: "·"}
_NUMBERS = 11  # cells
_LANES = 10
_COLUMNS_FROM = 110  # cells, from which the two values stand in columns
_WORDS_FROM = 70  # cells, from which there is room for more words
_INDENT = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `pair` is the index of the pair that it belongs to, `head` whether it is the pair's own line."""

    line: Segments
    pair: int | None
    head: bool = False


def rows(comparison: Comparison, clean: Clean, width: int, *, everything: bool) -> Iterator[Row]:
    """All pairs, and of each what differs; what differs in any two runs only if `everything` is asked for."""
    for index, pair in enumerate(comparison.pairs):
        if pair.cause is Cause.EXPECTED and (pair.one is None or pair.other is None) and not everything:
            continue
        yield Row(_head(pair, clean, width, parts=index == comparison.first), index, head=True)
        for title in pair.findings if pair.cause is Cause.UNEXPECTED else ():
            yield Row(
                [_space(_INDENT), Segment("found in B: ", "title"), Segment(cut(plain(title), width), "text")], None
            )
        if pair.one is not None and pair.other is not None:
            shown = [told for told in pair.told if everything or told.cause is not Cause.EXPECTED]
            yield from (Row(line, index) for line in _differences(shown, clean, width))


def summary(comparison: Comparison) -> Segments:
    """How many differences there are of each cause."""
    line: Segments = []
    for cause in reversed(Cause):
        count = comparison.count(cause)
        line.append(Segment(f" {MARKS[cause]} {count} {cause.value} ", STYLES[cause] if count else "dim"))
    return line


def _head(pair: Pair, clean: Clean, width: int, *, parts: bool) -> Segments:
    step, cause = pair.step, pair.cause
    mark = Segment(f"{MARKS[cause]} ", STYLES[cause]) if cause else Segment("= ", "nothing")
    quiet = cause is None or cause is Cause.EXPECTED
    end: Segments = [*_statuses(pair), Segment(" ", "space")]
    if pair.one is None or pair.other is None:
        only = f" only in {'B' if pair.one is None else 'A'}"
        end = [Segment(only, STYLES[cause] if cause else "dim"), *end]
    elif parts:
        end = [Segment(" the runs part here" if width >= _WORDS_FROM else " parts here", "fail"), *end]
    left: Segments = [
        mark,
        Segment(pad(f"{_number(pair.one)} ↔ {_number(pair.other)}", _NUMBERS), "number"),
        Segment(pad(f"{short_name(step.source)}→{short_name(step.target)}", _LANES), "dim"),
    ]
    room = width - sum(cell_width(text) for text, _, _ in (*left, *end))
    label = pad(plain(clean(step.label)), max(room, 0))
    return [*left, Segment(label, "text" if quiet else "strong"), *end]


def _statuses(pair: Pair) -> Segments:
    one, other = (_status(step) for step in (pair.one, pair.other))
    differ = pair.one is not None and pair.other is not None and one != other
    style = STYLES[pair.cause] if differ and pair.cause else "dim"
    return [Segment(f" {one:>3} ↔ {other:<3}", style)]


def _status(step: ScriptStep | None) -> str:
    return "—" if step is None else str(step.status or "…")


def _number(step: ScriptStep | None) -> str:
    return "—" if step is None else str(step.n)


def _differences(shown: Sequence[Told], clean: Clean, width: int) -> Iterator[Segments]:
    """What differs in one pair: in columns as wide as they need to be, if there is room."""
    cells = [
        (
            plain(f"{told.part} {told.difference.where}"),
            _value(told.difference.one, clean),
            _value(told.difference.other, clean),
        )
        for told in shown
    ]
    room = width - _INDENT
    whys = ["" if told.cause is Cause.UNEXPECTED else f"  {told.why}" for told in shown]
    wheres = min(room // 4, max((cell_width(where) for where, _, _ in cells), default=0))
    left = room - wheres - 4 - max(map(cell_width, whys), default=0)
    ones = min(left // 2, max((cell_width(one) for _, one, _ in cells), default=0))
    others = min(left - ones, max((cell_width(other) for _, _, other in cells), default=0))
    for told, why, (where, one, other) in zip(shown, whys, cells, strict=True):
        style = STYLES[told.cause]
        start = [_space(_INDENT - 2), Segment(f"{MARKS[told.cause]} ", style)]
        arrow = Segment(" → ", "dim")
        if width >= _COLUMNS_FROM:
            columns = [Segment(pad(where, wheres), style), Segment(f" {pad(one, ones)}", "text"), arrow]
            yield [*start, *columns, Segment(pad(other, others), "text"), Segment(why, "dim")]
        else:
            where = cut_start(where, room * 2 // 5)
            rest = max(0, room - cell_width(where) - 5)
            one = cut(one, max(rest // 2, rest - cell_width(other)))
            said = [Segment(f"{where}: ", style), Segment(one, "text"), arrow]
            yield [*start, *said, Segment(cut(other, max(0, rest - cell_width(one))), "text")]


def _value(text: str | None, clean: Clean) -> str:
    return "not there" if text is None else plain(" ".join(clean(text).split()))


def _space(cells: int) -> Segment:
    return Segment(" " * cells, "space")
