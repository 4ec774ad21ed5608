"""Recordings that start late or end early: what is left is understood, and nothing healthy is called a fault."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.store.sources import open_source
from tests.recordings.truth import FILES, NAMES, truth


def part(name: str, first: int, last: int) -> Understanding:
    """Exchanges `first` to `last` of a recording, numbered from 1."""
    source = open_source(FILES / f"{name}.mitm")
    kept: dict[int, Exchange] = {}
    while events := source.poll(500):
        for event in events:
            if isinstance(event, ExchangeSeen) and first <= event.exchange.n <= last:
                kept[event.exchange.n - first + 1] = replace(event.exchange, n=event.exchange.n - first + 1)
    trace = Understanding(kept.__getitem__)
    trace.feed(
        KeyLearned(wallet_address=url, document=json.dumps(jwks).encode(), seen=datetime.now(UTC), how="given")
        for url, jwks in (truth(name).get("keys") or {}).items()
    )
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in kept.values())
    return trace


@pytest.mark.slow
@pytest.mark.parametrize("ends", [(0.4, 1.0), (0.75, 1.0), (0.0, 0.5)])
@pytest.mark.parametrize("name", NAMES)
def test_no_part_of_a_recording_raises_an_alarm(name: str, ends: tuple[float, float]) -> None:
    every = truth(name)["exchanges"]
    first, last = int(len(every) * ends[0]) + 1, max(1, int(len(every) * ends[1]))
    trace = part(name, first, last)
    alarms = []
    for n, expected in enumerate(every[first - 1 : last], 1):
        if "error" in expected.get("findings_never", ()):
            alarms += [(expected["n"], f.rule) for f in trace.step(n).findings if f.severity.value == "error"]
        if expected["operation"] is not None:
            also = (expected.get("also_accept") or {}).get("operation", ())
            assert trace.step(n).operation in (expected["operation"], *also), expected["n"]
    assert alarms == []


def test_an_auth_server_that_nobody_was_seen_to_ask_is_the_one_that_is_missing() -> None:
    trace = part("01-happy-path", 6, 31)
    assert [trace.step(n).target for n in (24, 25, 26)] == ["s.as", "s.as", "r.as"]
