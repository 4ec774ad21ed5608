"""JSON.stringify(JSON.parse(text)) by ECMA-262, without Node; tests/interop holds the same function against V8."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.signatures.javascript import number, restringify
from tests.examples import examples


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ('{ "a" : 1 ,\n\t"b":[ true , null ] }', '{"a":1,"b":[true,null]}'),
        ('{"b":1,"10":2,"9":3,"a":4,"01":5,"-1":6}', '{"9":3,"10":2,"b":1,"a":4,"01":5,"-1":6}'),
        ('{"4294967295":1,"4294967294":2}', '{"4294967294":2,"4294967295":1}'),
        ('{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'),
        ('{"\\u0031":1,"0":2}', '{"0":2,"1":1}'),
        ('"\\u00e9\\/\\u2028\\u007f"', '"é/\u2028\x7f"'),
        ('"\\b\\f\\n\\r\\t\\u0001\\"\\\\"', '"\\b\\f\\n\\r\\t\\u0001\\"\\\\"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('"\\ud83d x \\uDE00"', '"\\ud83d x \\ude00"'),
        ("[1.0,-0,1e2,1E400,12345678901234567890]", "[1,0,100,null,12345678901234567000]"),
        ("  17  ", "17"),
        ("[[],{},[{}]]", "[[],{},[{}]]"),
        ('{"__proto__":{"a":1.50}}', '{"__proto__":{"a":1.5}}'),
    ],
)
def test_written_again(sent: str, written: str) -> None:
    assert restringify(sent.encode()) == written.encode()


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        "{",
        "[1,]",
        '{"a":1,}',
        "{'a':1}",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "-Infinity",
        "[1] 2",
        '"\t"',
        '"\\x"',
        "\ufeff1",
    ],
)
def test_not_json(sent: str) -> None:
    assert restringify(sent.encode()) is None


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("0.1", "0.1"),
        ("1e21", "1e+21"),
        ("1e20", "100000000000000000000"),
        ("123e-20", "1.23e-18"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"),
        ("-1.5e300", "-1.5e+300"),
        ("5e-324", "5e-324"),
        ("1e-400", "0"),
        ("-1e400", "null"),
        ("9007199254740993", "9007199254740992"),
        ("100", "100"),
    ],
)
def test_numbers(literal: str, expected: str) -> None:
    assert number(literal) == expected


def test_depth_is_no_danger() -> None:
    nested = b"[" * 3000 + b"1" + b"]" * 3000
    assert restringify(nested) == nested
    assert restringify(b"[" * 10_000 + b"]" * 10_000) is None
    assert restringify(b'{"a":' * 1_000_000) is None
    assert restringify(b"9" * 100_000) == b"null"


@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:0123456789.eE+-\\untrfalse \n', max_size=40).map(str.encode))
@examples(300)
def test_nothing_raises_and_twice_changes_nothing(body: bytes) -> None:
    once = restringify(body)
    assert once is None or restringify(once) == once


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@given(_JSON)
@examples(150)
def test_only_the_form_changes(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=3, ensure_ascii=False)):
        written = restringify(text.encode("utf-8", "surrogatepass"))
        assert written is not None
        assert json.loads(written) == value or "\\ud" in text or any("\ud800" <= char <= "\udfff" for char in text)
