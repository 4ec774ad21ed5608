"""A diagram painted at a width: lines of (text, style name). Nothing here knows a terminal.

Each line is exactly `width` cells. A row costs the same whether it is the first or the millionth, since only what
is asked for is painted. Line style is meaning: `─` was on the wire, `┄` is inferred or expected, `═` is selected.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from optrace.diagram.cells import cell_width, cut, pad, plain
from optrace.diagram.geometry import LIST_BELOW, Geometry
from optrace.diagram.head import header
from optrace.diagram.lanes import short_name
from optrace.diagram.layout import Arrow, Diagram, Ghost, Line, Note, clock, since
from optrace.diagram.segments import Segment, Segments, text_of
from optrace.session.steps import DEFAULT_PROFILE, Step

MARK_STYLES = {"✓": "pass", "✗": "fail", "≠": "differs", "!": "alert", "?": "unchecked", "·": "nothing"}
HELD = "║"  # in the place of the mark: it waits at a breakpoint
ASCII_MARKS = {"✓": "+", "✗": "x", "≠": "~", "!": "!", "?": "?", "·": "."}

PAYMENT_COLOURS = 5  # few enough to be told apart; the number says which it is

_SHORTER = (
    ("incoming-payment", "incoming"),
    ("outgoing-payment", "outgoing"),
    ("incoming payment", "incoming"),
    ("outgoing payment", "outgoing"),
    ("wallet address", "wallet"),
)


class _Glyphs(NamedTuple):
    body: str  # two characters, which alternate
    cross: str
    tail_right: str  # where an arrow to the right starts
    tail_left: str


_UNICODE = {
    "plain": _Glyphs("──", "┼", "├", "┤"),
    "dotted": _Glyphs("┄┄", "┼", "├", "┤"),
    "selected": _Glyphs("══", "╪", "╞", "╡"),
}
_ASCII = {
    "plain": _Glyphs("--", "|", "|", "|"),
    "dotted": _Glyphs("- ", "|", "|", "|"),
    "selected": _Glyphs("==", "|", "|", "|"),
}


class Painter:
    """Paints the rows of a diagram at one width.

    `height` lines a step: 1 folded, 2 when roomy (the second holds notes or only lifelines), 3 split into request,
    response and notes.
    """

    def __init__(
        self,
        diagram: Diagram,
        width: int,
        *,
        highest: int = 99,
        inline: bool | None = None,
        ascii_only: bool = False,
        split: bool = False,
        roomy: bool = False,
        profile: str = DEFAULT_PROFILE,
        payments: int = 0,
    ) -> None:
        self.diagram = diagram
        self.width = width
        self.ascii_only = ascii_only
        self.profile = profile
        self.plain_list = width < LIST_BELOW
        self.split = split and not self.plain_list
        self.roomy = roomy and not self.plain_list
        self.geometry = Geometry.of(
            width,
            lanes=len(diagram.lanes),
            highest=highest,
            inline=inline,
            narrow=diagram.narrow_lanes,
            payments=0 if width < LIST_BELOW else payments,
        )
        self.height = 3 if self.split else 2 if self.roomy else 1
        self._lifeline = "|" if ascii_only else "│"
        self._glyphs = _ASCII if ascii_only else _UNICODE
        row = [" "] * self.geometry.label
        for column in self.geometry.lanes:
            row[column] = self._lifeline
        self._lifelines = "".join(row)
        self._arrows: dict[tuple[int, int, str, bool], str] = {}

    def lines(
        self,
        step: Step,
        previous: Step | None = None,
        *,
        selected: bool = False,
        marked: bool = False,
        noted: bool = False,
        held: bool = False,
        now: datetime | None = None,
    ) -> list[Segments]:
        """The lines of one step. `previous` gives the time in the gutter, `now` the clock of one in flight."""
        lines = self._lines(step, previous, selected, now)
        if held and len(lines[0]) > 2:
            lines[0][2] = Segment(("|" if self.ascii_only else HELD) + lines[0][2].text[1:], "running")
        if noted:
            number = lines[0][1].text.rstrip()
            lines[0][1:2] = [Segment(number, "number"), Segment('"' if self.ascii_only else "✎", "noted")]
        if marked and not selected:
            lines[0][0] = Segment("*" if self.ascii_only else "◆", "marked")
        elif marked:
            lines[0][0] = lines[0][0]._replace(style="marked")
        return lines

    def _lines(self, step: Step, previous: Step | None, selected: bool, now: datetime | None) -> list[Segments]:
        if self.plain_list:
            return [self._list_line(step, selected)]
        if self.height == 1:
            return [self._arrow_line(step, previous, self.diagram.exchange(step), selected, now)]
        first, second, third = self.diagram.rows(step, split=self.split, profile=self.profile)
        assert isinstance(first, Arrow)
        lines = [self._arrow_line(step, previous, first, selected, now)]
        for row in (second, third)[: self.height - 1]:
            if isinstance(row, Arrow):
                lines.append([*self._blank_gutter(), *self._message(row, step, selected, None)])
            else:
                lines.append(self.gap() if row is None else self._note_line(row))
        return lines

    def gap(self) -> Segments:
        """A line of lifelines alone."""
        if self.plain_list:
            return [Segment(" " * self.width, "space")]
        tail = " " * (self.width - len(self._lifelines))
        return [Segment(self._lifelines, "lifeline"), Segment(tail, "space")]

    def ghost(self, ghost: Ghost) -> Segments:
        """A message that wasn't seen, dim and dotted."""
        arrow = self.diagram.ghost(ghost)
        if not self.geometry.inline and cell_width(arrow.label) > self.geometry.label_width:
            shorter = self.diagram.ghost(replace(ghost, label=shorten(ghost.label, 0)))
            fits = cell_width(shorter.label) <= self.geometry.label_width
            arrow = shorter if fits else self.diagram.ghost(replace(ghost, reason=""))
        if self.plain_list:
            text = f"{ghost.clock[:8]:>8} {short_name(ghost.source)}{self._to()}{short_name(ghost.target)} "
            text += plain(arrow.label, ascii_only=self.ascii_only)
            return [Segment(pad(text, self.width, ascii_only=self.ascii_only), "expected")]
        clock = Segment(pad(ghost.clock, self.geometry.gutter - 1, right=True, ascii_only=self.ascii_only), "clock")
        return [clock, Segment(" ", "space"), *self._message(arrow, None, False, None)]

    def header(self) -> list[Segments]:
        """The sticky head: whose lanes, and their names."""
        if self.plain_list:
            text = f" {'#':>{self.geometry.digits}} {'':5}from{self._to()}to"
            return [[Segment(pad(text, self.width, ascii_only=self.ascii_only), "head")]]
        return header(self.diagram, self.geometry, ascii_only=self.ascii_only)

    # the gutter

    def _gutter(self, step: Step, previous: Step | None, selected: bool) -> Segments:
        geometry = self.geometry
        mark = step.mark(self.profile)
        pointer = (">" if self.ascii_only else "▶") if selected else " "
        segments = [
            Segment(pointer, "pointer"),
            Segment(f"{step.n:>{geometry.digits}} ", "number"),
            Segment(ASCII_MARKS[mark] if self.ascii_only else mark, MARK_STYLES[mark]),
            Segment(f"{step.proven:<3}", "proven"),
        ]
        if geometry.times:
            segments.append(Segment(f"{since(step, previous):>6} ", "time"))
        else:
            segments.append(Segment(" ", "space"))
        return [*segments, *self._tag(step)] if geometry.tag else segments

    def _tag(self, step: Step) -> Segments:
        """Which payment it belongs to, in its colour, or, dim, which one it leads up to."""
        width = self.geometry.tag - 2
        if step.payment is None:
            return [Segment(f" {step.scene or '':<{width}} ", "dim")]
        return [Segment(f"{'|' if self.ascii_only else '▌'}{step.payment:<{width}} ", payment_style(step.payment))]

    def _blank_gutter(self) -> Segments:
        return [Segment(" " * self.geometry.gutter, "space")]

    # arrows

    def _arrow_line(
        self, step: Step, previous: Step | None, arrow: Arrow, selected: bool, now: datetime | None
    ) -> Segments:
        return [*self._gutter(step, previous, selected), *self._message(arrow, step, selected, now)]

    def _message(self, arrow: Arrow, step: Step | None, selected: bool, now: datetime | None) -> Segments:
        """From the first lane to the end of the line."""
        geometry = self.geometry
        style = self._arrow_style(arrow, step)
        waited = None
        if arrow.in_flight and now is not None and step is not None:
            waited = now - step.started
        kind = "selected" if selected else "plain" if arrow.line is Line.OBSERVED else "dotted"
        a, shaft = self._shaft(arrow, kind, None if waited is None else waited.total_seconds())
        before, after = self._lifelines[geometry.gutter : a], self._lifelines[a + len(shaft) :]
        lanes = [Segment(before, "lifeline"), Segment(shaft, style), Segment(after, "lifeline")]
        if waited is not None:
            status = Segment(f"{clock(waited):>4}", "running")
        else:
            status = Segment(f"{self._ascii_status(arrow.status):>4}", f"status.{arrow.outcome}")
        method = f"{plain(arrow.method, ascii_only=self.ascii_only)} " if arrow.method else ""
        label = plain(arrow.label, ascii_only=self.ascii_only)
        label_style = "label" if arrow.line is Line.OBSERVED else "expected"
        if not geometry.inline:
            note = self.diagram.note(step, self.profile) if step is not None and self.height == 1 else None
            return [*lanes, *self._beside(method, label, label_style, note), status]
        space = Segment(" " * geometry.label_width, "space")
        return [*self._on_arrow(lanes, a, len(shaft), arrow, method + label, label_style), space, status]

    def _arrow_style(self, arrow: Arrow, step: Step | None) -> str:
        if arrow.line is not Line.OBSERVED:
            return "arrow.expected"
        if step is None or arrow.in_flight:
            return "arrow.running"
        style = MARK_STYLES[step.mark(self.profile)]
        if style in ("fail", "differs", "alert"):
            return f"arrow.{style}"
        if self.geometry.tag and step.payment is not None:
            return payment_style(step.payment)
        return "arrow.servers" if arrow.between_servers else "arrow"

    def _ascii_status(self, status: str) -> str:
        return ASCII_MARKS.get(status, status) if self.ascii_only else status

    def _shaft(self, arrow: Arrow, kind: str, waited: float | None) -> tuple[int, str]:
        """The column where an arrow begins and its text, lifelines at both ends included."""
        key = (arrow.source, arrow.target, kind, arrow.retried)
        shaft = self._arrows.get(key)
        if shaft is None:
            shaft = self._arrows[key] = self._draw(*key)
        start = self.geometry.lanes[min(arrow.source, arrow.target)]
        if waited is None or arrow.source == arrow.target:
            return start, shaft
        return start, self._growing(arrow, shaft, start, waited)

    def _draw(self, source: int, target: int, kind: str, retried: bool) -> str:
        glyphs = self._glyphs[kind]
        xs = self.geometry.lanes
        if source == target:
            return f"{self._lifeline}<{'-' if self.ascii_only else '┘'}"
        low, high = min(source, target), max(source, target)
        length = xs[high] - xs[low] + 1
        cells = list((glyphs.body * length)[:length])
        for between in range(low + 1, high):
            cells[xs[between] - xs[low]] = glyphs.cross
        heads = 2 if retried else 1
        if target > source:
            cells[0], cells[-1] = glyphs.tail_right, self._lifeline
            cells[-1 - heads : -1] = ">" * heads
        else:
            cells[0], cells[-1] = self._lifeline, glyphs.tail_left
            cells[1 : 1 + heads] = "<" * heads
        return "".join(cells)

    def _growing(self, arrow: Arrow, shaft: str, start: int, waited: float) -> str:
        """An arrow under way: it comes closer to its target the longer it waits, and never arrives."""
        lifelines = self._lifelines[start : start + len(shaft)]
        reach = 2 + int((len(shaft) - 4) * waited / (waited + 1.0))
        if arrow.target > arrow.source:
            return shaft[: reach - 1] + ">" + lifelines[reach:]
        return lifelines[:-reach] + "<" + shaft[len(shaft) - reach + 1 :]

    # labels

    def _beside(self, method: str, label: str, style: str, note: Note | None) -> Segments:
        room = self.geometry.label_width
        short = shorten(label, 0)
        # the label alone before a cut one: the operation says more than its method
        choices = ((method, label), (method, short), ("", label), ("", short))
        fitting = (choice for choice in choices if cell_width(choice[0]) + cell_width(choice[1]) <= room)
        method, label = next(fitting, ("", cut(short, room, ascii_only=self.ascii_only)))
        left = room - cell_width(method) - cell_width(label)
        segments = [Segment(method, "method"), Segment(label, style)] if method else [Segment(label, style)]
        if note is not None and left >= len(note.text) + 3:
            dot = "-" if self.ascii_only else "·"
            segments.append(Segment(f" {dot} {note.text}", "note" if note.good else "note.bad"))
            left -= len(note.text) + 3
        segments.append(Segment(" " * left, "space"))
        return segments

    def _on_arrow(self, lanes: Segments, start: int, length: int, arrow: Arrow, label: str, style: str) -> Segments:
        """The label on its arrow if it fits, otherwise beside its tail or its head, otherwise cut."""
        geometry = self.geometry
        before, shaft, after = lanes
        # both ends, a head, and a dash and a space each side; nothing lies on an arrow that still grows
        on = length - 7 if arrow.source != arrow.target and not arrow.in_flight else 0
        if not label:
            return lanes
        if cell_width(label) <= on:
            return self._lay_over(before, shaft, after, label, style, on)
        left = len(before.text) - 2
        right = geometry.lanes[-1] - (start + length) - 1
        tail_is_right = arrow.target <= arrow.source
        for on_right in (tail_is_right, not tail_is_right):
            shortened = shorten(label, right if on_right else left)
            if cell_width(shortened) <= (right if on_right else left):
                return _text_beside(before, shaft, after, shortened, style, on_right)
        if on > 4:
            return self._lay_over(before, shaft, after, cut(label, on, ascii_only=self.ascii_only), style, on)
        on_right = right >= left
        text = cut(label, max(left, right), ascii_only=self.ascii_only)
        return _text_beside(before, shaft, after, text, style, on_right)

    def _lay_over(self, before: Segment, shaft: Segment, after: Segment, label: str, style: str, room: int) -> Segments:
        cells = cell_width(label) + 2
        at = 2 + (room + 2 - cells) // 2 + (1 if shaft.text[1] == "<" else 0)
        first, last = shaft.text[:at], shaft.text[at + cells :]
        return [before, Segment(first, shaft.style), Segment(f" {label} ", style), Segment(last, shaft.style), after]

    def _note_line(self, note: Note) -> Segments:
        glyph = "✓" if note.good else "✗"
        text = f"{ASCII_MARKS[glyph] if self.ascii_only else glyph} {note.text}"
        row = self._lifelines + " " * (self.width - len(self._lifelines))
        x = self.geometry.lanes[note.lane]
        at = x + 2 if x + 2 + len(text) < self.width else x - 2 - len(text)
        style = "note" if note.good else "note.bad"
        return [Segment(row[:at], "lifeline"), Segment(text, style), Segment(row[at + len(text) :], "lifeline")]

    # the plain list

    def _list_line(self, step: Step, selected: bool) -> Segments:
        mark = step.mark(self.profile)
        ends = f"{short_name(step.source)}{self._to()}{short_name(step.target)}"
        arrow = self.diagram.exchange(step)
        status = self._ascii_status(arrow.status)
        pointer = (">" if self.ascii_only else "▶") if selected else " "
        head = f"{step.n:>{self.geometry.digits}} "
        room = max(0, self.width - len(pointer) - len(head) - 2 - 9 - 5)
        label = shorten(plain(arrow.label, ascii_only=self.ascii_only), room)
        segments = [
            Segment(pointer, "pointer"),
            Segment(head, "number"),
            Segment(f"{ASCII_MARKS[mark] if self.ascii_only else mark} ", MARK_STYLES[mark]),
            Segment(pad(ends, 9, ascii_only=self.ascii_only), self._arrow_style(arrow, step)),
            Segment(pad(label, room, ascii_only=self.ascii_only), "label"),
            Segment(f"{status:>4}", f"status.{arrow.outcome}"),
        ]
        if self.width >= 30:
            return segments
        return [Segment(pad(text_of(segments), self.width, ascii_only=self.ascii_only), "label")]

    def _to(self) -> str:
        return ">" if self.ascii_only else "→"


def payment_style(payment: int) -> str:
    """The name of a payment's colour; neighbours never have the same."""
    return f"payment.{payment % PAYMENT_COLOURS}"


def _text_beside(before: Segment, shaft: Segment, after: Segment, text: str, style: str, right: bool) -> Segments:
    cells = cell_width(text)
    if right:
        rest = after.text[1 + cells :]
        return [before, shaft, Segment(f" {text}", style), Segment(rest, "lifeline")]
    start = before.text[: len(before.text) - cells - 1]
    return [Segment(start, "lifeline"), Segment(f"{text} ", style), shaft, after]


def shorten(label: str, room: int) -> str:
    """A label in shorter words if it takes more than so many cells."""
    if cell_width(label) <= room:
        return label
    for long, short in _SHORTER:
        label = label.replace(long, short)
    return label


def ladder_text(
    steps: list[Step],
    width: int,
    *,
    diagram: Diagram | None = None,
    ascii_only: bool = False,
    split: bool = False,
    profile: str = DEFAULT_PROFILE,
    now: datetime | None = None,
) -> str:
    """The whole ladder as text, for files and mails: header, rows, no trailing white space, a last newline."""
    diagram = diagram or Diagram()
    diagram = Diagram(hosts=diagram.hosts, with_unplaced=diagram.needs_unplaced(steps))
    payments = {step.payment for step in steps if step.payment is not None}
    painter = Painter(
        diagram,
        width,
        highest=max((step.n for step in steps), default=1),
        ascii_only=ascii_only,
        split=split,
        roomy=width >= 160,
        profile=profile,
        payments=max(payments) if len(payments) > 1 else 0,
    )
    lines = painter.header()
    previous = None
    for step in steps:
        lines += painter.lines(step, previous, now=now)
        previous = step
    return "".join(text_of(line).rstrip() + "\n" for line in lines)
