"""Where roles are drawn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from optrace.diagram.cells import cell_width, cut, pad
from optrace.diagram.lanes import LANES as DRAWN
from optrace.diagram.lanes import NOT_PLACED, drawn_lane, short_name
from optrace.diagram.layout import elapsed_words
from optrace.session.steps import LANES


@pytest.mark.parametrize(
    ("role", "lane"),
    [("s.wa", "s.rs"), ("idp", "s.idp"), ("r.as", "r.as"), ("as", "unknown"), ("wa", "unknown"), ("what", "unknown")],
)
def test_roles_without_a_lane_of_their_own(role: str, lane: str) -> None:
    assert drawn_lane(role, {}) == lane


def test_the_clients_wallet_is_drawn_where_it_coincides_else_on_the_client() -> None:
    assert drawn_lane("c.wa", {"c.wa": ("shop.example",), "r.wa": ("bob.example",)}) == "client"
    assert drawn_lane("c.wa", {"c.wa": ("bob.example",), "r.wa": ("bob.example",)}) == "r.wa"
    assert drawn_lane("c.wa", {"c.wa": ("alice.example",), "s.wa": ("alice.example",)}) == "s.rs"


def test_every_role_of_a_step_has_a_place() -> None:
    for role in LANES:
        assert drawn_lane(role, {}) in {lane.id for lane in (*DRAWN, NOT_PLACED)}
        assert 1 <= len(short_name(role)) <= 7


def test_left_is_the_sender_and_right_the_recipient() -> None:
    assert [lane.id for lane in DRAWN] == ["s.idp", "s.rs", "s.as", "client", "r.wa", "r.as", "r.rs"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.031, "31ms"), (0.9999, "1.0s"), (1.23, "1.2s"), (14.3, "14s"), (185, "3m05"), (7800, "2h10"), (-5, "0ms")],
)
def test_elapsed_time_takes_five_cells(seconds: float, words: str) -> None:
    assert elapsed_words(timedelta(seconds=seconds)) == words
    assert len(elapsed_words(timedelta(seconds=seconds * 1e6))) <= 5


def test_text_is_cut_by_cells_not_characters() -> None:
    assert cut("漢字漢字", 5) == "漢字…"
    assert cell_width(pad("漢字漢字", 6)) == 6
    assert pad("é", 3, right=True) == "  é"
    assert cut("abcdef", 4, ascii_only=True) == "ab.."
    assert cut("abc", 0) == ""
