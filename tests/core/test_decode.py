"""From JSON to models: what fits, what doesn't and why, and what no model knows."""

from __future__ import annotations

from typing import Annotated

import pytest
from annotated_types import Ge
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from optrace.core.decode import MAX_PROBLEMS, Decoded, Undecoded, decode, describe
from optrace.core.wire import CamelWire, Seq, Timestamp, UInt64, Uri, Wire
from tests.examples import examples


class Leaf(CamelWire):
    some_value: UInt64
    home: Uri | None = None
    since: Timestamp | None = None


class Tree(Wire):
    name: str
    leaf: Leaf | None = None
    leaves: Seq[Leaf] = ()
    weight: Annotated[int, Ge(0)] = 0
    up: bool = False
    nothing: Leaf | None = Field(default=None, alias="or")
    required_null: Leaf | None = Field(alias="requiredNull", default=None)


def problems(value: object) -> tuple[str, ...]:
    read = decode(Tree, value)
    assert isinstance(read, Undecoded)
    assert read.raw is value
    return read.problems


def test_a_value_that_fits():
    read = decode(Tree, {"name": "a", "leaves": [{"someValue": "7"}], "leaf": {"someValue": "18446744073709551615"}})
    assert isinstance(read, Decoded)
    assert read.value.leaves[0].some_value == 7
    assert read.value.leaf is not None
    assert read.value.leaf.some_value == 2**64 - 1
    assert (read.unknown, read.nulls) == ((), ())


def test_unknown_members_by_their_paths():
    value = {
        "name": "a",
        "x": 1,
        "leaf": {"someValue": "1", "y": {}},
        "leaves": [{"someValue": "1", "some_value": "2"}],
    }
    read = decode(Tree, value)
    assert isinstance(read, Decoded)
    assert read.unknown == ("x", "leaf.y", "leaves[0].some_value")
    assert read.value.model_extra == {"x": 1}


def test_nulls_of_optional_members():
    read = decode(Tree, {"name": "a", "or": None, "leaf": {"someValue": "1", "home": None}})
    assert isinstance(read, Decoded)
    assert read.nulls == ("leaf.home", "or")


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ({"name": 25.5}, "name: must be text, got the number 25.5"),
        ({"name": None}, "name: must be text, got null"),
        ({"weight": "5"}, 'weight: must be an integer, got "5"'),
        ({"weight": True}, "weight: must be an integer, got true"),
        ({"weight": 1.0}, "weight: must be an integer, got the number 1.0"),
        ({"weight": -1}, "weight: must be at least 0, got the number -1"),
        ({"weight": 10**50}, None),
        ({"up": 1}, "up: must be true or false, got the number 1"),
        ({"leaf": []}, "leaf: must be an object, got an array"),
        ({"leaves": {}}, "leaves: must be an array, got an object"),
        ({"leaves": [{"someValue": "1"}, {}]}, "leaves[1].someValue: is missing"),
        ({"leaf": {"someValue": 5}}, "leaf.someValue: must be a string of digits, got the number 5"),
        ({"leaf": {"someValue": "5.0"}}, 'leaf.someValue: must be a string of digits, got "5.0"'),
        ({"leaf": {"someValue": "-5"}}, 'leaf.someValue: must be a string of digits, got "-5"'),
        ({"leaf": {"someValue": "٣"}}, 'leaf.someValue: must be a string of digits, got "٣"'),
        (
            {"leaf": {"someValue": "18446744073709551616"}},
            'leaf.someValue: must be at most 18446744073709551615 (64 bits), got "18446744073709551616"',
        ),
        ({"leaf": {"someValue": "1", "home": "alice"}}, 'leaf.home: must be an absolute URI, got "alice"'),
        (
            {"leaf": {"someValue": "1", "since": "2026-02-30T00:00:00Z"}},
            'leaf.since: must be a timestamp such as 2026-01-31T12:00:00Z, got "2026-02-30T00:00:00Z"',
        ),
    ],
)
def test_each_problem_in_words(member, problem):
    value = {"name": "a", **member}
    if problem is None:
        assert isinstance(decode(Tree, value), Decoded)
    else:
        assert problems(value) == (problem,)


@pytest.mark.parametrize(("value", "got"), [([], "an array"), (None, "null"), ("x", '"x"'), (3, "the number 3")])
def test_a_value_that_is_no_object(value, got):
    read = decode(Tree, value)
    assert read == Undecoded(problems=(f"must be an object, got {got}",), raw=value)


def test_what_can_be_read_is_kept():
    read = decode(
        Tree, {"weight": "x", "leaf": {"someValue": 3, "home": "https://a", "z": 1}, "leaves": [{"someValue": "1"}, 3]}
    )
    assert isinstance(read, Undecoded)
    assert read.partial is not None
    assert (read.partial.name, read.partial.weight, read.partial.up) == (None, None, False)
    assert read.partial.leaf is not None
    assert (read.partial.leaf.some_value, read.partial.leaf.home) == (None, "https://a")
    assert [leaf.some_value for leaf in read.partial.leaves] == [1]
    assert read.unknown == ("leaf.z",)


def test_values_are_echoed_safely_and_briefly():
    hostile = "\x1b[31m" + "a" * 500
    (problem,) = problems({"name": "a", "leaf": {"someValue": hostile}})
    assert "\x1b" not in problem
    assert problem.endswith('…"')
    assert len(problem) < 160
    (problem,) = problems({"name": "a", "up": "{braces}"})
    assert problem == 'up: must be true or false, got "{braces}"'


def test_a_secret_is_not_echoed():
    assert "s3cret" not in describe("s3cret", ["access_token", "value"])
    assert "s3cret" not in describe("s3cret", ["interact", "finish"])
    assert "s3cret" in describe("s3cret", ["amount", "value"])


def test_the_number_of_problems_is_bounded():
    found = problems({"name": "a", "leaves": [3] * 5000})
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == f"and {5000 - MAX_PROBLEMS} more problems"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.just(10**1000),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "leaf", "leaves", "someValue", "weight", "_fields_set", "self", "__class__", "model_config"]
            )
            | st.text(st.characters(codec=None)),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@pytest.mark.slow
@examples(300)
@given(anything)
def test_nothing_raises(value):
    read = decode(Tree, value)
    if isinstance(read, Undecoded):
        assert read.problems
        assert all(isinstance(problem, str) for problem in read.problems)


def test_a_number_that_python_refuses_to_write():
    assert problems({"name": 10**5000}) == ("name: must be text, got a number of more than 40 digits",)
    assert isinstance(decode(Tree, {"name": "a", "leaf": {"someValue": "9" * 5000}}), Undecoded)


@given(anything)
def test_describe_never_raises_and_is_short(value):
    assert len(describe(value)) <= 90
