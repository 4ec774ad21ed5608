"""A closer look at a session whose steps are known says what it says when all was read, after as little as may be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from optrace.cli.understanding import Understanding
from optrace.diagnosis.insight import with_insight
from optrace.session.events import Event, ExchangeSeen, KeyLearned
from optrace.session.recalled import Recalled
from optrace.session.steps import Detail
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.corpus import exchanges
from tests.recordings.truth import FILES, NAMES, truth, understood


def detail(trace: Trace | Recalled, n: int, fold: Trace) -> Detail:
    return with_insight(fold, trace.detail(n, fold.exchange(n)))


def events_of(name: str) -> Sequence[Event]:
    source, found = open_source(FILES / f"{name}.mitm"), list[Event]()
    while events := source.poll():
        found += events
    return found


def keys_of(name: str) -> Sequence[Event]:
    return [
        KeyLearned(wallet_address=url, document=json.dumps(jwks).encode(), seen=datetime.now(UTC), how="given")
        for url, jwks in (truth(name).get("keys") or {}).items()
    ]


def read_until(recalled: Recalled, n: int, events: list[Event]) -> None:
    while not recalled.understands(n):
        recalled.feed([events.pop(0)])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_exchange_of_every_recording(name: str) -> None:
    whole = understood(name)
    recalled = Recalled(whole, Understanding(whole.exchange))
    recalled.feed(keys_of(name))
    events = list(events_of(name))
    for n in range(1, len(whole) + 1):
        read_until(recalled, n, events)
        found = detail(recalled, n, recalled.fold)
        assert found == detail(whole, n, whole)
        assert found.step == whole.step(n)


def test_the_first_exchange_of_a_long_session_needs_no_other() -> None:
    made = list(exchanges(200))
    events: list[Event] = [ExchangeSeen(exchange=exchange) for exchange in made]
    whole = Understanding(lambda n: made[n - 1])
    whole.feed(events)
    recalled = Recalled(whole, Understanding(lambda n: made[n - 1]))
    assert (len(recalled), recalled.payments, recalled.lane_hosts) == (200, whole.payments, whole.lane_hosts)
    assert not recalled.understands(1)
    for n in (1, 9, 150, 42):
        read_until(recalled, n, events)
        assert detail(recalled, n, recalled.fold) == detail(whole, n, whole)
        assert len(recalled.fold) == max(n, 150 if n == 42 else n)


def test_it_reads_on_for_a_key_that_comes_later() -> None:
    made = list(exchanges(12))
    keys, others = made[2], made[:2] + made[3:]
    made = [replace(exchange, n=n) for n, exchange in enumerate((*others, keys), 1)]
    events: list[Event] = [ExchangeSeen(exchange=exchange) for exchange in made]
    whole = Understanding(lambda n: made[n - 1])
    whole.feed(events)
    recalled = Recalled(whole, Understanding(lambda n: made[n - 1]))
    read_until(recalled, 4, events)
    assert len(recalled.fold) == 12
    assert detail(recalled, 4, recalled.fold) == detail(whole, 4, whole)


def test_what_is_not_there_is_not_there() -> None:
    whole = Understanding()
    recalled = Recalled(whole, Understanding())
    assert not recalled.understands(1)
    with pytest.raises(IndexError):
        recalled.step(1)
