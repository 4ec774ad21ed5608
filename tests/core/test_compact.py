"""Mappings that keep hashes instead of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.compact import ByHash


@given(st.lists(st.tuples(st.text(max_size=2), st.integers(-(2**63), 2**63 - 1))))
def test_it_answers_as_a_dictionary_does(items: list[tuple[str, int]]) -> None:
    found, expected = ByHash(), dict[str, int]()
    for key, value in items:
        assert found.setdefault(key, value) == expected.setdefault(key, value)
        assert (key in found) is (key in expected)
        found[key] = expected[key] = value
    assert len(found) == len(expected)
    assert all(found[key] == found.get(key) == value for key, value in expected.items())


def test_what_is_not_there_is_said_as_a_dictionary_says_it() -> None:
    found = ByHash()
    assert found.get("nothing") is None
    with pytest.raises(KeyError):
        found["nothing"]
