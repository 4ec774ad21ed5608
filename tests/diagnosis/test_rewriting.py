"""How a body differs from JSON.stringify(JSON.parse(body)): each way is named, and only what is there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.diagnosis.rewriting import differences
from optrace.signatures.javascript import restringify
from tests.examples import examples

CASES = {
    b'{"a": 1}': {"DIG-001"},
    b'{"a":1,\n"b":2}': {"DIG-001"},
    b'{"a":"\\u00e9"}': {"DIG-002"},
    b'{"a":"\\ud83d\\ude00"}': {"DIG-002"},
    b'{"a":"\\u0041"}': {"DIG-002"},
    b'{"a":"x\\u0026y"}': {"DIG-003"},
    b'{"a":"\\u003Cb\\u003E"}': {"DIG-003"},
    b'{"a":"\\u2028"}': {"DIG-002"},
    b'{"a":"http:\\/\\/x"}': {"DIG-004"},
    b'{"a":1.0}': {"DIG-005"},
    b'{"a":1e2}': {"DIG-005"},
    b'{"a":-0}': {"DIG-005"},
    b'{"a":12345678901234567890}': {"DIG-005"},
    b'{"10":1,"2":2}': {"DIG-006"},
    b'{"a":1,"a":2}': {"DIG-006"},
    b'{"a":1}\n': {"DIG-007"},
    b'\r\n{"a":1}': {"DIG-007"},
    b'\xef\xbb\xbf{"a":1}': {"DIG-007"},
    b'{"a": 1}\n': {"DIG-001", "DIG-007"},
    b'{"b": "\\/\\u00e9\\u0026", "a":1.50}': {"DIG-001", "DIG-002", "DIG-003", "DIG-004", "DIG-005"},
    b'{"a":"\\n\\t\\u0001\\ud800"}': set(),
    b'{"a":"caf\xc3\xa9 & <b>"}': set(),
    b"{}": set(),
    b"[1,2]": set(),
    b"not json": set(),
    b"": set(),
}


@pytest.mark.parametrize("body", CASES)
def test_what_differs_is_named(body: bytes) -> None:
    assert set(differences(body)) == CASES[body]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.slow
@examples(150)
@given(
    st.dictionaries(st.text(max_size=4), values, max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "\n", " "]),
)
def test_something_differs_where_the_digest_would(value: object, ascii_: bool, spaced: bool, tail: str) -> None:
    separators = (", ", ": ") if spaced else (",", ":")
    try:
        body = (json.dumps(value, ensure_ascii=ascii_, separators=separators) + tail).encode()
    except UnicodeEncodeError:
        return
    written = restringify(body)
    assert bool(differences(body)) == (written is not None and written != body)


@examples(100)
@given(st.binary(max_size=60))
def test_no_bytes_raise(body: bytes) -> None:
    differences(body)


def test_nothing_of_a_text_is_shown() -> None:
    assert "hunter2" not in str(differences(b'{"nonce": "hunter2\\/x\\u00e9\\u0026"}\n'))
