"""Repeating intervals: the grammar, and the period that is running."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optrace.openpayments.interval import Duration, Interval, Period, parse_interval
from tests.examples import examples


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def interval(text: str) -> Interval:
    read = parse_interval(text)
    assert isinstance(read, Interval), read
    return read


def period(text: str, now: str) -> tuple[int, str, str] | None:
    found = interval(text).current_period(at(now))
    return None if found is None else (found.number, found.start.isoformat()[:19], found.end.isoformat()[:19])


# --- the grammar ---


@pytest.mark.parametrize(
    ("text", "periods", "canonical"),
    [
        # the examples of the specification
        ("R11/2022-08-24T14:15:22Z/P1M", 12, "R11/2022-08-24T14:15:22Z/P1M"),
        ("R/2017-03-01T13:00:00Z/2018-05-11T15:30:00Z", None, "R/2017-03-01T13:00:00Z/2018-05-11T15:30:00Z"),
        ("R-1/P1Y2M10DT2H30M/2022-05-11T15:30:00Z", None, "R/P1Y2M10DT2H30M/2022-05-11T15:30:00Z"),
        ("R0/2026-01-01T00:00:00Z/PT1S", 1, "R0/2026-01-01T00:00:00Z/PT1S"),
        ("R1/2026-01-01T01:00:00+01:00/P2W", 2, "R1/2026-01-01T00:00:00Z/P14D"),
        ("R/2026-01-01T00:00:00.5Z/P0.5D", None, "R/2026-01-01T00:00:00.500000Z/PT12H"),
        ("R/2026-01-01/P1Y", None, "R/2026-01-01T00:00:00Z/P1Y"),
        ("R/20260101T000000Z/PT1,5S", None, "R/2026-01-01T00:00:00Z/PT1.5S"),
    ],
)
def test_what_is_an_interval(text, periods, canonical):
    read = interval(text)
    assert (read.periods, read.canonical(), str(read)) == (periods, canonical, text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it needs three parts between slashes (R[n]/start/end), and has 1"),
        ("P1M", "it needs three parts between slashes (R[n]/start/end), and has 1"),
        ("R/2026-01-01T00:00:00Z/P1M/x", "it needs three parts between slashes (R[n]/start/end), and has 4"),
        ("X/2026-01-01T00:00:00Z/P1M", 'the first part must be R, R-1 or Rn, and is "X"'),
        ("R-2/2026-01-01T00:00:00Z/P1M", 'the first part must be R, R-1 or Rn, and is "R-2"'),
        ("R/2026-1-1T00:00:00Z/P1M", '"2026-1-1T00:00:00Z" is no date and time such as 2026-01-31T12:00:00Z'),
        ("R/2026-02-30T00:00:00Z/P1M", '"2026-02-30T00:00:00Z" is no date and time such as 2026-01-31T12:00:00Z'),
        ("R/2026-01-01T00:00:00Z/P", '"P" is no duration such as P1M or PT12H'),
        ("R/2026-01-01T00:00:00Z/P1MT", '"P1MT" is no duration such as P1M or PT12H'),
        ("R/2026-01-01T00:00:00Z/1M", '"1M" is no date and time such as 2026-01-31T12:00:00Z'),
        ("R/2026-01-01T00:00:00Z/P0D", '"P0D" is an empty duration'),
        ("R/2026-01-01T00:00:00Z/P0.5M", '"P0.5M" has a fraction of a year or a month, which has no fixed length'),
        ("R/2026-01-01T00:00:00Z/P999999999W", '"P999999999W" is longer than the calendar'),
        ("R/2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", "its end isn't after its start"),
        ("R/P1M/P1M", "it has two durations and no start or end"),
        ("R/\x1b/P1M", '"\\x1b" is no date and time such as 2026-01-31T12:00:00Z'),
    ],
)
def test_what_is_none_and_why(text, problem):
    assert parse_interval(text) == problem


# --- the running period ---


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-09T23:59:59", None),
        ("2026-01-10T00:00:00", (1, "2026-01-10T00:00:00", "2026-02-10T00:00:00")),
        ("2026-02-09T23:59:59", (1, "2026-01-10T00:00:00", "2026-02-10T00:00:00")),
        ("2026-02-10T00:00:00", (2, "2026-02-10T00:00:00", "2026-03-10T00:00:00")),
        ("2026-04-09T23:59:59", (3, "2026-03-10T00:00:00", "2026-04-10T00:00:00")),
        ("2026-04-10T00:00:00", None),
    ],
)
def test_a_start_and_a_duration(now, expected):
    assert period("R2/2026-01-10T00:00:00Z/P1M", now) == expected


def test_months_are_chained_so_the_day_drifts():
    text = "R/2026-01-31T00:00:00Z/P1M"
    assert period(text, "2026-02-28T00:00:00") == (2, "2026-02-28T00:00:00", "2026-03-28T00:00:00")
    assert period(text, "2026-03-30T00:00:00") == (3, "2026-03-28T00:00:00", "2026-04-28T00:00:00")


def test_a_start_and_an_end():
    text = "R1/2026-01-01T00:00:00Z/2026-01-03T12:00:00Z"
    assert period(text, "2026-01-03T12:00:00") == (2, "2026-01-03T12:00:00", "2026-01-06T00:00:00")
    assert period(text, "2026-01-06T00:00:00") is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-05-11T00:00:00", None),
        ("2026-05-10T23:59:59", (1, "2026-04-11T00:00:00", "2026-05-11T00:00:00")),
        ("2026-04-11T00:00:00", (1, "2026-04-11T00:00:00", "2026-05-11T00:00:00")),
        ("2026-04-10T23:59:59", (2, "2026-03-11T00:00:00", "2026-04-11T00:00:00")),
        ("2026-03-10T23:59:59", None),
    ],
)
def test_a_duration_and_an_end_run_backward(now, expected):
    assert period("R1/P1M/2026-05-11T00:00:00Z", now) == expected


def test_a_duration_and_an_end_without_months():
    assert period("R1/PT1H/2026-01-01T02:00:00Z", "2026-01-01T00:30:00") == (
        2,
        "2026-01-01T00:00:00",
        "2026-01-01T01:00:00",
    )
    assert period("R1/PT1H/2026-01-01T02:00:00Z", "2025-12-31T23:59:59") is None


def test_beyond_the_calendar():
    assert period("R/9999-01-01T00:00:00Z/P5Y", "9999-06-01T00:00:00") is None
    assert period("R/P9999Y/0002-01-01T00:00:00Z", "0001-06-01T00:00:00") is None


def test_a_leap_day():
    assert period("R/2024-02-29T00:00:00Z/P1Y", "2025-02-28T00:00:00") == (
        2,
        "2025-02-28T00:00:00",
        "2026-02-28T00:00:00",
    )


def test_hostile_intervals_take_no_time():
    start = time.perf_counter()
    for text in ("R/0001-01-01T00:00:00Z/P1M", "R/0001-01-31T00:00:00Z/P1MT1S", "R/0001-01-01T00:00:00Z/PT0.000001S"):
        assert interval(text).current_period(at("9998-01-01T00:00:00")) is not None
    assert time.perf_counter() - start < 5


# --- properties ---

instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
durations = st.builds(Duration, months=st.integers(0, 30), rest=st.timedeltas(timedelta(), timedelta(days=400))).filter(
    bool
)


@given(instants, durations, st.none() | st.integers(0, 10**6), st.booleans())
def test_round_trip(anchor, duration, repetitions, backward):
    edges = {"end": anchor} if backward else {"start": anchor}
    made = Interval(text="", repetitions=repetitions, duration=duration, **edges)
    read = interval(made.canonical())
    assert read.canonical() == made.canonical()
    assert (read.repetitions, read.start, read.end) == (repetitions, made.start, made.end)
    assert read.duration == duration


@given(instants, durations, st.none() | st.integers(0, 50), st.booleans(), instants)
def test_the_period_holds_now_and_is_the_one_that_counting_finds(anchor, duration, repetitions, backward, now):
    assume(duration.months or duration.rest > timedelta(hours=12))  # counting is slow
    edges = {"end": anchor} if backward else {"start": anchor}
    found = Interval(text="", repetitions=repetitions, duration=duration, **edges).current_period(now)
    assert found == counted(anchor, duration, repetitions, backward, now)
    if found:
        assert found.start <= now < found.end


def counted(
    anchor: datetime, duration: Duration, repetitions: int | None, backward: bool, now: datetime
) -> Period | None:
    """The period by plain counting from the anchor."""
    edge, number = anchor, 1
    while repetitions is None or number <= repetitions + 1:
        following = duration.after(edge, -1 if backward else 1)
        start, end = (following, edge) if backward else (edge, following)
        if start <= now < end:
            return Period(number=number, start=start, end=end)
        if (now >= end) if backward else (now < start):
            return None
        edge, number = following, number + 1
    return None


@pytest.mark.slow
@examples(300)
@given(
    st.text()
    | st.text(alphabet="R/PT0123456789YMWDHS.,:-Z+")
    | st.from_regex(r"R\d{0,3}/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/P(\d{0,12}[YMWD])?(T\d{1,12}[HMS])?", fullmatch=True),
    instants,
)
def test_nothing_raises(text, now):
    read = parse_interval(text)
    if isinstance(read, Interval):
        read.current_period(now)
        assert isinstance(parse_interval(read.canonical()), Interval)
