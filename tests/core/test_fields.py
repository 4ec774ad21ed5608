"""HTTP fields keep order, case and repeats, and are found without regard to case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields

FIELDS = Fields.of(("Date", " today "), ("X-Many", "a "), ("x-many", "\tb"), ("X-Folded", "one\r\n  two\n three"))


def test_lookup_ignores_case():
    assert FIELDS.get("DATE") == "today"
    assert "x-MANY" in FIELDS
    assert FIELDS.get("nothing") is None
    assert FIELDS.combined("nothing") is None


def test_repeats_are_kept_as_sent():
    assert FIELDS.get_all("X-Many") == ("a ", "\tb")
    assert FIELDS.get("x-many") == "a"


def test_combined_as_rfc_9421_2_1():
    assert FIELDS.combined("x-many") == "a, b"
    assert FIELDS.combined("x-folded") == "one two three"


def test_order_case_and_length():
    assert [name for name, _ in FIELDS] == ["Date", "X-Many", "x-many", "X-Folded"]
    assert len(FIELDS) == 4


def test_equal_fields_are_equal_and_hash_alike():
    other = Fields(FIELDS.raw)
    assert other == FIELDS
    assert hash(other) == hash(FIELDS)
    assert Fields.of(("date", " today ")) != Fields.of(("Date", " today "))


@given(st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=8))
def test_no_byte_is_lost(pairs):
    fields = Fields(pairs)
    assert [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields] == pairs
    for name, _ in fields:
        assert name in fields
        assert fields.combined(name) is not None
