"""The painted ladder: approved pictures, exact widths, hostile text."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import width as terminal_width

from optrace.core.text import safe
from optrace.diagram.layout import Diagram, Ghost, Line
from optrace.diagram.paint import Painter, ladder_text
from optrace.diagram.segments import text_of
from optrace.session.steps import Step
from tests.diagram.journey import HOSTS, START, journey
from tests.examples import examples

GOLDEN = Path(__file__).parents[1] / "golden" / "diagram"
WIDTHS = (50, 60, 80, 100, 120, 160, 200, 300)
DIAGRAM = Diagram(hosts=HOSTS)


def check(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} differs; UPDATE_GOLDEN=1 approves the new picture"


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_journey_at_each_width(width: int, ascii_only: bool) -> None:
    text = ladder_text(journey(), width, diagram=DIAGRAM, ascii_only=ascii_only)
    if ascii_only:
        assert text.isascii()
    check(f"journey_{width}{'_ascii' if ascii_only else ''}.txt", text)


@pytest.mark.parametrize("width", [80, 120])
def test_the_journey_split(width: int) -> None:
    check(f"journey_{width}_split.txt", ladder_text(journey(), width, diagram=DIAGRAM, split=True))


def test_the_selected_row_has_double_lines_and_a_pointer() -> None:
    line = text_of(Painter(DIAGRAM, 80).lines(journey()[17], selected=True)[0])
    assert line.startswith("▶18 ✗SD")
    assert "│<══════╪═══════╡" in line


def test_what_was_tried_before_has_two_heads() -> None:
    assert "│<<─────┼───────┤" in text_of(Painter(DIAGRAM, 80).lines(journey()[18])[0])


def test_an_arrow_in_flight_grows_and_never_arrives() -> None:
    step = journey()[-1]
    painter = Painter(DIAGRAM, 120)
    lengths = []
    for seconds in (0.0, 0.5, 2.0, 20.0, 2000.0):
        line = text_of(painter.lines(step, now=step.started + timedelta(seconds=seconds))[0])
        lengths.append(line.count("─"))
        assert "│<" not in line
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]
    assert "33m" in text_of(painter.lines(step, now=step.started + timedelta(seconds=2000))[0])


def test_what_was_not_seen_is_dotted_and_says_why() -> None:
    painter = Painter(DIAGRAM, 120)
    line = painter.ghost(Ghost(source="r.as", target="c.wa", label="jwks", line=Line.INFERRED, reason="not proxied"))
    assert "│<┄┄┄┄┄┄┄┄┄┼┄┄┄┄┄┄┄┄┄┄┤" in text_of(line)
    assert "jwks (not proxied)" in text_of(line)
    assert {segment.style for segment in line} >= {"arrow.expected", "expected"}


def test_how_long_it_may_take_stands_in_the_gutter_and_the_reason_where_there_is_room() -> None:
    ghost = Ghost(source="client", target="s.as", label="continue", reason="the AS said to wait", clock="in 4s")
    assert text_of(Painter(DIAGRAM, 80).ghost(ghost)).startswith("   in 4s │")
    assert text_of(Painter(DIAGRAM, 80).ghost(ghost)).rstrip().endswith("continue")
    assert text_of(Painter(DIAGRAM, 120).ghost(ghost)).rstrip().endswith("continue (the AS said to wait)")
    long = Ghost(source="client", target="r.rs", label="POST incoming-payment", reason="7 was refused")
    assert text_of(Painter(DIAGRAM, 120).ghost(long)).rstrip().endswith("POST incoming (7 was refused)")
    assert text_of(Painter(DIAGRAM, 50).ghost(ghost)).startswith("   in 4s C→sAS continue")


def test_lanes_that_nobody_stands_on_shrink_to_two_columns() -> None:
    narrow = Diagram(hosts=HOSTS, narrow=frozenset({"s.idp", "s.rs", "client"}))
    for width in (60, 80, 120, 160, 200):
        wide, shrunk = Painter(DIAGRAM, width), Painter(narrow, width)
        assert next(b - a for a, b in pairwise(shrunk.geometry.lanes)) == 2
        lines = [*shrunk.header(), *shrunk.lines(journey()[4]), *shrunk.lines(journey()[12])]
        assert {terminal_width(text_of(line)) for line in lines} == {width}
        names = text_of(shrunk.header()[1])
        assert "I R" in names
        assert "CLIENT" in names  # never narrow: it is what everything is about
        if width >= 160:
            assert (
                shrunk.geometry.lanes[-1] - shrunk.geometry.lanes[2] > wide.geometry.lanes[-1] - wide.geometry.lanes[2]
            )
        else:
            assert shrunk.geometry.label_width > wide.geometry.label_width


def test_a_marked_row_has_a_sign() -> None:
    painter = Painter(DIAGRAM, 80)
    assert text_of(painter.lines(journey()[0], marked=True)[0]).startswith("◆ 1 ")
    assert text_of(painter.lines(journey()[0], marked=True, selected=True)[0]).startswith("▶ 1 ")
    assert text_of(Painter(DIAGRAM, 80, ascii_only=True).lines(journey()[0], marked=True)[0]).startswith("* 1 ")


def test_an_eighth_lane_shows_only_when_something_stands_on_it() -> None:
    lost = replace(journey()[0], target="unknown")
    assert "?" not in ladder_text(journey()[:2], 100, diagram=DIAGRAM).splitlines()[1]
    text = ladder_text([*journey()[:2], lost], 100, diagram=DIAGRAM)
    assert text.splitlines()[1].rstrip().endswith("?")
    assert ">│" in text.splitlines()[-1]


def test_one_ase_on_both_sides_is_said() -> None:
    hosts = {"s.as": ("one.example",), "r.as": ("one.example",)}
    assert ladder_text([], 120, diagram=Diagram(hosts=hosts)).splitlines()[0].count("same ASE") == 2


def test_notes_stand_on_the_lane_where_it_happens() -> None:
    lines = ladder_text(journey(), 160, diagram=DIAGRAM).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  11"))
    assert "✓ session set up" in lines[at + 1]
    assert lines[at + 1].index("✓") == lines[1].index("AS") + 3


def test_the_time_since_the_row_before() -> None:
    steps = journey()
    line = text_of(Painter(DIAGRAM, 100).lines(steps[13], steps[12])[0])
    assert line[:17] == "  14 ·      14s ├"


NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x00\r\n\t\u202e\u2066\u200b\u200d\ufeff漢字ｶ́é\U0001f468\ud800[/]…"),
    ),
    max_size=60,
)


@examples(150)
@given(
    label=NASTY,
    url=NASTY,
    error=st.none() | NASTY,
    lane=NASTY,
    width=st.integers(1, 210),
    ascii_only=st.booleans(),
    split=st.booleans(),
    roomy=st.booleans(),
    selected=st.booleans(),
)
def test_hostile_text_stays_in_its_cells(
    label: str,
    url: str,
    error: str | None,
    lane: str,
    width: int,
    ascii_only: bool,
    split: bool,
    roomy: bool,
    selected: bool,
) -> None:
    step = Step(
        n=7, operation=label, source=lane, target="r.as", method="GET", url=url, label=label, error=error, started=START
    )
    diagram = Diagram(hosts={"s.as": (label,), "r.wa": (url, lane)}, with_unplaced=True)
    painter = Painter(diagram, width, ascii_only=ascii_only, split=split, roomy=roomy)
    lines = [
        *painter.header(),
        *painter.lines(step, step, selected=selected, now=START + timedelta(seconds=3)),
        painter.gap(),
        painter.ghost(Ghost(source=lane, target=lane, label=label)),
    ]
    for line in lines:
        text = text_of(line)
        assert safe(text) == text
        assert not ascii_only or text.isascii()
        if width >= 60:
            assert terminal_width(text) == width


@pytest.mark.parametrize("width", [*range(60, 90), *range(90, 230, 7)])
@pytest.mark.parametrize("highest", [9, 1_000_000])
def test_every_line_is_as_wide_as_asked(width: int, highest: int) -> None:
    for inline in (False, True):
        painter = Painter(DIAGRAM, width, highest=highest, inline=inline, roomy=True)
        steps = journey()
        rows = [line for before, step in pairwise(steps) for line in painter.lines(step, before)]
        lines = [*painter.header(), *rows]
        assert {terminal_width(text_of(line)) for line in lines} == {width}


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_several_payments_are_told_apart(width: int) -> None:
    steps = [replace(step, payment=step.n % 3 + 9 if step.n > 2 else None, scene=11) for step in journey()]
    check(f"several_{width}.txt", ladder_text(steps, width, diagram=DIAGRAM))
    painter = Painter(DIAGRAM, width, payments=11)
    styles = {
        segment.style for step in steps for segment in painter.lines(step)[0] if segment.style.startswith("payment")
    }
    assert styles == {"payment.4", "payment.0", "payment.1"}


def test_a_note_is_seen_in_the_gutter() -> None:
    step = journey()[4]
    assert text_of(Painter(DIAGRAM, 80).lines(step, noted=True, selected=True)[0]).startswith("▶ 5✎✓SD ")
    assert text_of(Painter(DIAGRAM, 80, ascii_only=True).lines(step, noted=True)[0]).startswith('  5"+SD ')
    assert text_of(Painter(DIAGRAM, 50).lines(step, noted=True)[0]).startswith("  5✎✓ ")
