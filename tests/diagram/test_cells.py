"""Text takes as many cells as it says, whatever it stands behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.diagram.cells import cell_width, cut_start, pad, plain

MARKS = ["\N{GRANTHA VOWEL SIGN EE}", "\N{COMBINING ACUTE ACCENT}", "\N{DEVANAGARI SIGN VISARGA}"]


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_without_a_base_gets_one(mark: str) -> None:
    for text in (mark, mark + "a", "a" + mark, mark + mark):
        padded = pad(plain(text), 6)
        assert cell_width(f"─{padded}─") == cell_width(padded) + 2 == 8
    assert plain(mark, ascii_only=True).isascii()


@given(st.text(st.sampled_from([*MARKS, "a", " ", "漢"]), max_size=12), st.integers(2, 10))
def test_what_is_cut_at_its_start_fits(text: str, cells: int) -> None:
    assert cell_width(cut_start(plain(text), cells)) <= cells
