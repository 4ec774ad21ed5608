"""Mappings that keep hashes instead of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.compact import ByHash, ByNumber


@given(st.lists(st.tuples(st.text(max_size=2), st.integers(-(2**63), 2**63 - 1))))
def test_it_answers_as_a_dictionary_does(items: list[tuple[str, int]]) -> None:
    found, expected = ByHash(), dict[str, int]()
    for key, value in items:
        assert found.setdefault(key, value) == expected.setdefault(key, value)
        assert (key in found) is (key in expected)
        found[key] = expected[key] = value
    assert len(found) == len(expected)
    assert all(found[key] == found.get(key) == value for key, value in expected.items())


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans())))
def test_numbers_lead_to_things_as_in_a_dictionary(items: list[tuple[int, bool]]) -> None:
    found, expected = ByNumber[str](), dict[int, str]()
    for number, stays in items:
        if stays:
            found[number] = expected[number] = f"{number}"
        else:
            assert found.pop(number) == expected.pop(number, None)
        assert [found.get(n) for n in range(25)] == [expected.get(n) for n in range(25)]
    with pytest.raises(KeyError):
        found[24]


def test_what_is_not_there_is_said_as_a_dictionary_says_it() -> None:
    found = ByHash()
    assert found.get("nothing") is None
    with pytest.raises(KeyError):
        found["nothing"]
