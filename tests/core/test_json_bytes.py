"""What is hastened comes to the same as what isn't."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core import json_bytes
from optrace.core.bodies import read_body
from optrace.core.fields import Fields
from optrace.core.json_bytes import of_json_bytes, of_plain_json, to_ascii_json, to_json_bytes
from tests.examples import examples

anything = st.text(st.characters(), max_size=20) | st.sampled_from(["••••9f2c", "\ud800", "é", "\U0001f600", "\x7f\0"])
numbers = st.integers() | st.integers(-(10**40), 10**40) | st.integers(0, 10**9).map(lambda n: n / 1000)
values = st.recursive(
    st.none() | st.booleans() | numbers | anything,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(anything, inner, max_size=4),
    max_leaves=12,
)
# JSON as others write it, and what is nearly JSON
spaced = st.builds(lambda value, indent: json.dumps(value, indent=indent), values, st.sampled_from([None, 1]))
odd = (
    '{"a":1,"a":2}',
    '{"a":NaN}',
    "[1e400,-0,1.0]",
    "[1E2]",
    '["\\u00e9"]',
    '["\\/"]',
    "[" * 250 + "]" * 250,
    "null",
    "[1,]",
)
texts = (
    spaced | values.map(lambda value: to_json_bytes(value).decode("utf-8", "replace")) | st.sampled_from(odd) | anything
)


@pytest.fixture(scope="module", autouse=True)
def hastened() -> Iterator[None]:
    """Hastened for this module."""
    with left_as_it_was():
        json_bytes.hasten()
        yield


@contextmanager
def left_as_it_was() -> Iterator[None]:
    before = json_bytes._to_json, json_bytes._from_json
    yield
    json_bytes._to_json, json_bytes._from_json = before


def plainly[T](work: Callable[[], T]) -> T:
    """What comes of it without haste."""
    with left_as_it_was():
        json_bytes._to_json = json_bytes._from_json = None
        return work()


@examples(300)
@given(values)
def test_a_value_is_written_and_read_the_same(value: object) -> None:
    written = to_json_bytes(value)
    assert written == plainly(lambda: to_json_bytes(value))
    assert to_ascii_json(value) == plainly(lambda: to_ascii_json(value)) == json.dumps(value, separators=(",", ":"))
    assert of_json_bytes(written) == plainly(lambda: of_json_bytes(written)) == value


@examples(300)
@given(texts)
def test_a_body_is_read_the_same(text: str) -> None:
    body, fields = text.encode("utf-8", "surrogatepass"), Fields.of(("Content-Type", "application/json"))
    assert repr(read_body(fields, body)) == plainly(lambda: repr(read_body(fields, body)))


def test_only_a_text_that_would_be_written_so_is_plain() -> None:
    assert of_plain_json('{"a":[1,"x"]}') == {"a": [1, "x"]}
    assert of_plain_json('{"a":1,"a":1}') is None
    assert of_plain_json('{"a": 1}') is None
    assert of_plain_json('{"a":NaN}') is None


def test_without_haste_nothing_is_imported() -> None:
    assert plainly(lambda: of_plain_json("{}")) is None
