"""The list of payments, painted at a width: who pays whom, how much, how far it has come, what was judged, how long.

What there is no room for is left out, the least needed first; the names take what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optrace.diagram.cells import cut, pad, plain
from optrace.diagram.layout import elapsed_words
from optrace.diagram.paint import MARK_STYLES
from optrace.diagram.segments import Segment, Segments
from optrace.session.progress import STAGES, Reach
from optrace.session.steps import Payment

STATE_STYLES: Mapping[str, str] = {
    "paid": "pass",
    "completed": "pass",
    "paying": "covered",
    "granted": "covered",
    "failed": "fail",
    "rejected": "alert",
    "cancelled": "dim",
}
_STATES = ("open", "asked", "quoted", "consenting", "granted", "paying", "paid", "completed")
_BAR = {
    Reach.DONE: ("━", "pass"),
    Reach.FAILED: ("✗", "fail"),
    Reach.UNSEEN: ("┄", "dim"),
    Reach.AHEAD: ("·", "nothing"),
}
_GAP = 2
_LEAST, _ROOMY, _MOST = 14, 22, 44  # columns of the names, from 72 columns in all on _ROOMY at least


@dataclass(frozen=True, slots=True)
class Line:
    """One payment and what is known besides. Marks: (mark, how many) of what needs attention, or ✓ alone."""

    payment: Payment
    marks: tuple[tuple[str, int], ...] = ()
    reached: tuple[Reach, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `need`: the smaller, the longer it stays when room gets short."""

    id: str
    head: str
    width: int
    need: int
    cell: Callable[[Line, int], Segments]  # within a width
    key: Callable[[Line], Any]
    right: bool = False
    backwards: bool = False  # the greatest first, when it is sorted by


def _one(text: str, style: str) -> Segments:
    return [Segment(text, style)]


def _marks(line: Line, width: int) -> Segments:
    if not line.marks:
        return [Segment("·", "nothing")]
    if line.marks[0][0] == "✓":
        return [Segment("✓", "pass")]
    return [Segment(f"{count}{mark} ", MARK_STYLES[mark]) for mark, count in line.marks]


def _badness(line: Line) -> tuple[int, ...]:
    counts = dict(line.marks)
    return tuple(counts.get(mark, 0) for mark in "✗≠!?")


def _bar(line: Line, width: int) -> Segments:
    reached = line.reached or (Reach.AHEAD,) * len(STAGES)
    return [Segment(*_BAR[one]) for one in reached]


def _reached(line: Line) -> tuple[int, int]:
    """By the state, which is known of all, then by the bar, which is known of those that were looked at."""
    state = line.payment.state
    return (_STATES.index(state) if state in _STATES else len(_STATES), sum(one is Reach.DONE for one in line.reached))


def _took(line: Line) -> float:
    ended = line.payment.ended
    return -1.0 if ended is None else (ended - line.payment.started).total_seconds()


def _amount(line: Line) -> tuple[str, float]:
    number, _, asset = (line.payment.amount or "").partition(" ")
    try:
        return asset, float(number)  # for the order alone
    except ValueError:
        return asset, -1.0


def _duration(line: Line, width: int) -> Segments:
    payment = line.payment
    return _one(elapsed_words(payment.ended - payment.started) if payment.ended else "…", "time")


COLUMNS: tuple[Column, ...] = (
    Column("n", "#", 3, 0, lambda line, _: _one(f"{line.payment.id}", "number"), lambda line: line.payment.id,
           right=True),
    Column("title", "payer → payee", _LEAST, 0, lambda line, _: _one(plain(line.payment.title), "title"),
           lambda line: line.payment.title.casefold()),
    Column("amount", "amount", 12, 1, lambda line, _: _one(plain(line.payment.amount or ""), "text"), _amount,
           right=True, backwards=True),
    Column("progress", "progress", len(STAGES), 3, _bar, _reached, backwards=True),
    Column("state", "state", 10, 2,
           lambda line, _: _one(plain(line.payment.state), STATE_STYLES.get(line.payment.state, "dim")), _reached,
           backwards=True),
    Column("marks", "judged", 9, 4, _marks, _badness, backwards=True),
    Column("messages", "msg", 4, 6, lambda line, _: _one(f"{len(line.payment.exchanges):,}", "text"),
           lambda line: len(line.payment.exchanges), right=True, backwards=True),
    Column("took", "took", 5, 5, _duration, _took, right=True, backwards=True),
    Column("started", "started (UTC)", 19, 7,
           lambda line, _: _one(line.payment.started.strftime("%Y-%m-%d %H:%M:%S"), "dim"),
           lambda line: line.payment.started, backwards=True),
    Column("sender", "from", 36, 8, lambda line, width: _one(_end(line.payment.sender, width), "dim"),
           lambda line: line.payment.sender or ""),
    Column("recipient", "to", 36, 9, lambda line, width: _one(_end(line.payment.recipient, width), "dim"),
           lambda line: line.payment.recipient or ""),
)  # fmt: skip
SORTABLE = tuple(column.id for column in COLUMNS)


def _end(wallet: str | None, width: int) -> str:
    """A wallet address without what says little; its end tells wallets apart, so the beginning is cut."""
    text = plain(wallet or "").removeprefix("https://").removeprefix("http://")
    return text if len(text) <= width else "…" + text[-width + 1 :]


class PaymentTable:
    """The columns that a width has room for."""

    def __init__(self, width: int, *, highest: int = 999) -> None:
        self.width = width
        least = _LEAST if width < 72 else _ROOMY
        widths = {column.id: column.width for column in COLUMNS}
        widths |= {"n": max(3, len(str(highest))), "title": least}
        chosen: set[str] = set()
        room = width - 1
        for column in sorted(COLUMNS, key=lambda column: column.need):
            if column.need == 0 or widths[column.id] + _GAP <= room:
                chosen.add(column.id)
                room -= widths[column.id] + _GAP
            else:
                break
        widths["title"] += max(0, min(room, _MOST - least))
        self.columns = tuple((column, widths[column.id]) for column in COLUMNS if column.id in chosen)

    def head(self, sort: str, *, backwards: bool) -> Segments:
        """The names of the columns, an arrow at the one that is sorted by."""
        line: Segments = [Segment(" ", "space")]
        for column, width in self.columns:
            arrow = ("▼" if backwards else "▲") if column.id == sort else ""
            name = cut(column.head, width - len(arrow))
            text = pad(f"{arrow}{name}" if column.right else f"{name}{arrow}", width, right=column.right)
            line += [Segment(text, "key" if arrow else "head"), Segment(" " * _GAP, "space")]
        return line

    def at(self, x: int) -> str | None:
        """The column at a place."""
        left = 1
        for column, width in self.columns:
            if left <= x < left + width + _GAP:
                return column.id
            left += width + _GAP
        return None

    def line(self, line: Line, *, selected: bool, marked: bool = False) -> Segments:
        """One payment."""
        painted: Segments = [Segment("◆", "marked") if marked else Segment("▶" if selected else " ", "pointer")]
        for column, width in self.columns:
            painted += _fitted(column.cell(line, width), width, right=column.right)
            painted.append(Segment(" " * _GAP, "space"))
        return painted


def _fitted(cell: Segments, width: int, *, right: bool) -> Segments:
    if len(cell) == 1:
        return [Segment(pad(cell[0].text, width, right=right), cell[0].style)]
    fitted: Segments = []
    for segment in cell:
        text = cut(segment.text, width) if len(segment.text) > width else segment.text
        fitted.append(Segment(text, segment.style))
        width -= len(text)
        if width <= 0:
            break
    return [*fitted, Segment(" " * width, "space")]


def in_order(lines: Sequence[Line], sort: str, *, backwards: bool) -> list[int]:
    """The positions of lines in an order by one column; equal ones stay as they came."""
    key = next(column for column in COLUMNS if column.id == sort).key
    return sorted(range(len(lines)), key=lambda at: key(lines[at]), reverse=backwards)
