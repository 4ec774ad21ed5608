"""open --play and diff --tui: what is said before a screen is drawn."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from optrace.cli.played import played, speed
from optrace.core.errors import Usage
from optrace.session.events import ExchangeSeen
from optrace.store.reader import SessionReader
from optrace.store.sources import open_source
from optrace.store.writer import SessionWriter
from tests.cli.conftest import Run
from tests.store.traffic import clock, ping

PAID = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"


@pytest.mark.parametrize(("text", "fast"), [("4x", 4), ("0.5x", 0.5), ("4", 4), (".5", 0.5), ("100X", 100)])
def test_a_speed(text: str, fast: float) -> None:
    assert speed(text) == fast


@pytest.mark.parametrize("text", ["", "x", "fast", "0", "0x", "101x", "-1x", "1e3", "4xx", "nan", "inf", "٤"])
def test_what_is_no_speed(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="write 4x"):
        speed(text)


def test_a_speed_needs_something_to_be_played(optrace: Run) -> None:
    done = optrace("open", PAID, "--speed", "4x")
    assert (done.status, "--play --speed 4x" in done.err) == (2, True)
    assert optrace("open", PAID, "--play", "--speed", "soon").status == 2


@pytest.mark.parametrize("words", [("open", PAID, "--play"), ("diff", PAID, PAID, "--tui")])
def test_a_screen_needs_a_terminal(words: tuple[object, ...], optrace: Run) -> None:
    done = optrace(*words)
    assert (done.status, "There is no terminal" in done.err) == (4, True)


def test_what_is_still_recorded_is_followed_not_played(tmp_path: Path) -> None:
    path = tmp_path / "live.optrace"
    writer = SessionWriter.create(path, info={}, clock=clock)
    writer.request(ping())
    source = SessionReader.open(path)
    try:
        with pytest.raises(Usage, match="still being recorded"):
            played(source, (), 1.0, lambda done, total: None)
    finally:
        source.close()
        writer.close()


def test_a_recording_is_read_once_and_its_exchanges_are_given_out_as_they_come() -> None:
    source = open_source(PAID)
    told: list[tuple[int, int | None]] = []
    shown, trace = played(source, (), 1.0, lambda done, total: told.append((done, total)))
    assert told[-1] == (source.total, source.total)
    (first,) = shown.poll(500)
    assert isinstance(first, ExchangeSeen)
    assert first.exchange.in_flight
    assert shown.exchange(1).in_flight
    trace.feed([first])
    assert trace.step(1).in_flight
    shown.seek(shown.score.length)
    trace.feed(shown.poll(500))
    assert not shown.live
    assert len(trace) == source.total
    assert not shown.exchange(1).in_flight
    shown.close()
