"""How many exchanges a trace keeps whole, so that the rules need not read and verify them again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.corpus import exchanges


@pytest.fixture(scope="module")
def made() -> tuple[Exchange, ...]:
    return tuple(exchanges(600))


def asked_again(trace_of: type[Trace], made: tuple[Exchange, ...], at_hand: int) -> set[int]:
    """The numbers of those that have to be looked up after all were taken in."""
    asked = set()

    def lookup(n: int) -> Exchange:
        asked.add(n)
        return made[n - 1]

    trace = trace_of(lookup, at_hand=at_hand)
    trace.feed(ExchangeSeen(exchange=each) for each in made)
    asked.clear()
    assert all(trace.exchange(each.n) == each for each in made)
    return asked


@pytest.mark.slow
def test_what_is_asked_to_be_at_hand_is_not_read_again(made: tuple[Exchange, ...]) -> None:
    assert asked_again(Trace, made, 0) == set(range(1, 600 - 256 + 1))
    assert asked_again(Trace, made, 500) == set(range(1, 101))
    assert asked_again(Trace, made, 600) == set()


@pytest.mark.slow
def test_big_bodies_are_not_kept_for_that(made: tuple[Exchange, ...]) -> None:
    big = tuple(replace(each, request=replace(each.request, body=b"x" * 100_000)) for each in made)
    assert asked_again(Trace, big, 600) == set(range(1, 600 - 256 + 1))
