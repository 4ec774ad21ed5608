"""Recordings of real software, told as a recorder tells them: each request when it was sent, each answer when it came.

What is understood at the end must be what is understood of the finished file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest

from optrace.core.messages import Exchange
from optrace.session.trace import Trace
from tests.recordings.truth import NAMES, exchanges, truth
from tests.session import story
from tests.session.story import seen, steps
from tests.session.test_payments import check_numbers


def halves(name: str) -> list[Exchange]:
    """In the order of their instants; of two at one instant, the request of the later exchange goes last."""
    timed = []
    for exchange in exchanges(name):
        request = replace(exchange, response=None, error=None, ended=None, response_started=None)
        ended = max(exchange.started, exchange.ended or exchange.started)
        timed += [(exchange.started, exchange.n, 0, request), (ended, exchange.n, 1, exchange)]
    return [exchange for *_, exchange in sorted(timed, key=lambda each: each[:3])]


def understood(name: str, told: list[Exchange]) -> Trace:
    trace = Trace()
    trace.feed(story.keys(json.dumps(jwks).encode(), url) for url, jwks in (truth(name).get("keys") or {}).items())
    trace.feed(seen(told))
    return trace


@cache
def whole(name: str) -> Trace:
    return understood(name, list(exchanges(name)))


@pytest.mark.parametrize("name", NAMES)
def test_live_ends_as_the_finished_file(name: str) -> None:
    finished, live = whole(name), understood(name, halves(name))
    for one, other in zip(steps(finished), steps(live), strict=True):
        assert other == one
    assert live.payments == finished.payments
    check_numbers(live)
    assert live.lane_hosts == finished.lane_hosts


@pytest.mark.parametrize("name", NAMES)
def test_each_exchange_can_be_looked_at(name: str) -> None:
    trace = whole(name)
    for exchange in exchanges(name):
        detail = trace.detail(exchange.n, exchange)
        assert detail.sentence
        assert detail.step == trace.step(exchange.n)
