"""The request validator, by itself. What the reference validator says is compared in tests/interop/client."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.sandbox import schemas
from optrace.sandbox.schema import Schema, problems
from tests.examples import examples

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("client", "access_token", "access", "type", "actions", "limits", "walletAddress", "value", "receiver")
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ALL = (
    schemas.GRANT_REQUEST,
    schemas.GRANT_CONTINUE,
    schemas.INTROSPECTION,
    schemas.INCOMING_PAYMENT,
    schemas.QUOTE,
    schemas.OUTGOING_PAYMENT,
    schemas.LIST_QUERY,
)


@examples(60)
@given(json_values)
def test_any_value_is_judged(value: Any) -> None:
    for schema in ALL:
        assert all(isinstance(problem, str) for problem in problems(schema, value, "body"))


CASES: list[tuple[Schema, Any, list[str]]] = [
    ({"type": "string"}, 5, ["x must be string"]),
    ({"type": "integer"}, True, ["x must be integer"]),
    ({"type": "integer", "maximum": 3}, 4.0, ["x must be <= 3"]),
    ({"enum": ["a"]}, "b", ["x must be equal to one of the allowed values"]),
    ({"uniqueItems": True}, [1, 2, 1], ["x must NOT have duplicate items (items ## 0 and 2 are identical)"]),
    ({"oneOf": [{"type": "string"}, {"minLength": 1}]}, "ab", ["x must match exactly one schema in oneOf"]),
    ({"format": "uint64"}, "-1", ['x must match format "uint64"']),
    ({"format": "uint64"}, "0x1F", []),
    ({"format": "date-time"}, "2026-01-01T00:00:00+02:00", []),
    ({"format": "date-time"}, "2026-01-01", ['x must match format "date-time"']),
]


@pytest.mark.parametrize(("schema", "value", "expected"), CASES)
def test_words(schema: Schema, value: Any, expected: list[str]) -> None:
    assert list(problems(schema, value, "x")) == expected
