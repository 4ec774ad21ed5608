"""Challenges in every notation: semicolons, commas, quotation marks, other schemes beside."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.gnap.challenge import Challenge, format_challenge, parse_challenge
from tests.examples import examples

AS = "http://happy-life-bank-auth:3006"


@pytest.mark.parametrize(
    ("value", "challenge"),
    [
        (f"GNAP as_uri={AS}", Challenge(as_uri=AS)),
        (f'GNAP as_uri="{AS}"', Challenge(as_uri=AS)),
        (f"gnap AS_URI={AS}", Challenge(as_uri=AS)),
        (
            f"GNAP as_uri={AS};access=A1;referrer=https://rs.example",
            Challenge(as_uri=AS, access="A1", referrer="https://rs.example"),
        ),
        (f'GNAP as_uri="{AS}", access="A 1" , referrer=r', Challenge(as_uri=AS, access="A 1", referrer="r")),
        (f'Bearer realm="a, GNAP b", GNAP as_uri={AS}, Basic realm="x"', Challenge(as_uri=AS)),
        (f"GNAP as_uri={AS}/a,b;access=x", Challenge(as_uri=f"{AS}/a,b", access="x")),
        (f"GNAP as_uri={AS}?x=1&y=2;access=x", Challenge(as_uri=f"{AS}?x=1&y=2", access="x")),
        (
            f'GNAP as_uri={AS};foo="a\\"b";as_uri=again',
            Challenge(as_uri=AS, other=(("foo", 'a"b'), ("as_uri", "again"))),
        ),
        ("GNAP", Challenge()),
        ("GNAP as_uri=", Challenge(as_uri="")),
        ("GNAP nonsense", Challenge()),
    ],
)
def test_notations(value, challenge):
    assert parse_challenge(value) == challenge


@pytest.mark.parametrize("value", [None, "", "Bearer realm=x", 'Bearer realm="GNAP as_uri=x"', "GNAPPY as_uri=x"])
def test_no_challenge(value):
    assert parse_challenge(value) is None


values = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
token = st.from_regex(r"[a-z0-9_\-]{1,10}", fullmatch=True).filter(
    lambda name: name not in {"as_uri", "access", "referrer"}
)


@pytest.mark.slow
@examples(200)
@given(
    st.builds(
        Challenge,
        as_uri=st.none() | values,
        access=st.none() | values,
        referrer=st.none() | values,
        other=st.lists(st.tuples(token, values), max_size=3).map(tuple),
    )
)
def test_round_trip(challenge):
    assert parse_challenge(format_challenge(challenge)) == challenge


@examples(200)
@given(st.text(alphabet='GNAP as_uri=",;\\x \t') | st.text())
def test_nothing_raises(value):
    parse_challenge(value)
    parse_challenge(f"GNAP {value}")


@pytest.mark.parametrize("filler", [" ", ",", '"', "a=b;", "; a", '\\"', ", GNA", "GNAP "])
def test_hostile_fields_take_no_time(filler):
    start = time.perf_counter()
    parse_challenge("GNAP as_uri=x" + filler * (100_000 // len(filler)) + "!")
    parse_challenge(filler * (100_000 // len(filler)) + "!")
    assert time.perf_counter() - start < 2
