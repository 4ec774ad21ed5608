"""Needles are found where they are, and nowhere else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optrace.core.needles import SHORTEST, Needles

NEEDLE = st.binary(min_size=SHORTEST, max_size=20)


@given(st.lists(NEEDLE, min_size=1, max_size=8), st.data())
def test_one_is_found_wherever_it_lies(needles: list[bytes], data: st.DataObject) -> None:
    before, after = data.draw(st.binary(max_size=20)), data.draw(st.binary(max_size=20))
    assert Needles(needles).within(before + data.draw(st.sampled_from(needles)) + after)


@given(st.lists(st.text("ab", min_size=SHORTEST, max_size=12).map(str.encode), max_size=4), st.text("ab", max_size=30))
def test_the_answer_is_that_of_looking_for_each(needles: list[bytes], text: str) -> None:
    assert Needles(needles).within(text.encode()) == any(needle in text.encode() for needle in needles)
