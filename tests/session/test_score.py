"""How a recording is played: what comes when, waits cut short, and where a time lies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.session.events import Event, ExchangeSeen, KeyLearned, Noted
from optrace.session.score import LONGEST, Score

START = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def exchange(n: int, started: float, ended: float | None) -> ExchangeSeen:
    return ExchangeSeen(
        exchange=Exchange(
            n=n,
            request=HttpRequest(method="GET", url="https://a.example/"),
            response=None if ended is None else HttpResponse(status=200),
            started=START + seconds(started),
            ended=None if ended is None else START + seconds(ended),
        )
    )


TWO: list[Event] = [exchange(1, 0, 1), exchange(2, 0.5, 12.5)]


def test_messages_come_in_the_order_in_which_they_were_sent_whichever_exchange_they_belong_to() -> None:
    score = Score.of(TWO)
    assert [(cue.n, cue.whole) for cue in score.cues] == [(1, False), (2, False), (1, True), (2, True)]
    assert score.positions == [seconds(0), seconds(0.5), seconds(1), seconds(3)]
    assert (score.length, score.lasted) == (seconds(3), seconds(12.5))
    assert [score.due(seconds(at)) for at in (0, 0.4, 0.5, 2.9, 3)] == [1, 1, 2, 3, 4]


def test_through_a_long_gap_the_clock_runs_faster() -> None:
    score = Score.of(TWO)
    assert score.gaps == [(seconds(1), seconds(3))]
    assert score.instant(seconds(0.75)) == START + seconds(0.75)
    assert score.instant(seconds(2)) == START + seconds(6.75)  # half of 11.5 s in half of 2 s
    gap = score.gap(seconds(2))
    assert gap is not None
    assert (gap.lasted, gap.played) == (seconds(11.5), LONGEST)
    assert score.gap(seconds(0.7)) is None
    assert score.gap(seconds(3)) is None


def test_step_by_step() -> None:
    score = Score.of(TWO)
    assert score.after(seconds(0)) == seconds(0.5)
    assert score.after(seconds(3)) == seconds(3)
    assert score.before(seconds(3)) == seconds(1)
    assert score.before(seconds(0)) == seconds(0)


def test_what_never_came_has_no_end() -> None:
    assert [(cue.n, cue.whole) for cue in Score.of([exchange(1, 0, None)]).cues] == [(1, False)]


def test_a_clock_that_was_set_back_stands_still() -> None:
    score = Score.of([exchange(1, 10, 9), exchange(2, 3, 4)])
    assert [(cue.n, cue.whole) for cue in score.cues] == [(1, False), (2, False), (1, True), (2, True)]
    assert score.length == seconds(0)


def test_keys_come_when_they_were_learned_and_what_the_recorder_said_around_takes_no_time() -> None:
    key = KeyLearned(wallet_address="w", document=b"{}", seen=START + seconds(0.7), how="fetched")
    early, late = (Noted(at=START + seconds(at), text="x") for at in (-500, 5000))
    score = Score.of([early, *TWO, key, late])
    assert [cue.event for cue in score.cues if cue.event] == [early, key, late]
    assert score.positions[score.cues.index(next(c for c in score.cues if c.event is key))] == seconds(0.7)
    assert (score.length, score.lasted) == (seconds(3), seconds(12.5))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("0", 0),
        ("0.5s", 0.5),
        ("12.5", 3),
        ("1:20", 3),
        ("0:00.5", 0.5),
        ("1h2m3s", 3),
        ("50%", 1.5),
        ("100 %", 3),
        ("#2", 0.5),
        ("23:59:51", 1),
        ("00:00:02.5", 3),
        ("23:59:00", 0),
    ],
)
def test_a_time_is_found(text: str, position: float) -> None:
    assert Score.of(TWO).find(text) == seconds(position)


@pytest.mark.parametrize("text", ["", "x", "#3", "#0", "25:00:00", "1:2:3:4", "-5", "٣", "5%%", "s"])
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|no such|there is no"):
        Score.of(TWO).find(text)


def test_an_empty_recording_has_no_times() -> None:
    score = Score.of([])
    assert (score.length, score.lasted, score.gaps, score.due(seconds(9))) == (seconds(0), seconds(0), [], 0)
    with pytest.raises(ValueError, match="empty"):
        score.find("0")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.none() | st.integers(-50, 50)), min_size=1, max_size=12),
    st.floats(0, 1),
)
def test_positions_and_instants_agree_whatever_the_clocks_said(
    times: list[tuple[int, int | None]], share: float
) -> None:
    score = Score.of(exchange(n, started, ended) for n, (started, ended) in enumerate(times, 1))
    assert score.positions == sorted(score.positions)
    assert score.instants == sorted(score.instants)
    assert {cue.n for cue in score.cues} == set(range(1, len(times) + 1))
    seen: set[int] = set()
    for cue in score.cues:
        assert not cue.whole or cue.n in seen  # no answer comes before its request
        assert cue.whole or cue.n == len(seen) + 1  # numbers in their order
        seen.add(cue.n)
    position = share * score.length
    instant = score.instant(position)
    assert score.instants[0] <= instant <= score.instants[-1]
    assert abs(score.position(instant) - position) <= timedelta(milliseconds=1)
