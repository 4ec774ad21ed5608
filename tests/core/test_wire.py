"""Timestamps as RFC 3339 has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.scalars import format_timestamp, parse_timestamp


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-03-12T23:20:50.52Z", datetime(2022, 3, 12, 23, 20, 50, 520000, UTC)),
        ("2022-03-12T23:20:50z", datetime(2022, 3, 12, 23, 20, 50, 0, UTC)),
        ("2022-03-12T23:20:50.123456789+01:00", datetime(2022, 3, 12, 22, 20, 50, 123456, UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_a_timestamp(text, instant):
    assert parse_timestamp(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022-03-12",
        "2022-03-12T23:20Z",
        "2022-03-12T23:20:50",
        "2022-3-12T23:20:50Z",
        "0001-01-01T00:00:00+23:59",
        "2022-02-30T00:00:00Z",
        "2022-03-12T24:00:01Z",
        "٢٠٢٢-03-12T23:20:50Z",
        "2022-03-12T23:20:50Z\n",
    ],
)
def test_what_is_none(text):
    assert parse_timestamp(text) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_round_trip(instant):
    assert parse_timestamp(format_timestamp(instant)) == instant


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fullmatch=True))
def test_nothing_raises(text):
    instant = parse_timestamp(text)
    assert instant is None or instant.utcoffset() == timedelta()
