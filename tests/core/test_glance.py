"""A glance masks as `Secrets` does that knows all of the session, wherever its words say that this was enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.core.exchange_json import to_jsonl
from optrace.core.glance import Glance
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange
from optrace.core.needles import Needles
from optrace.core.sweep import words_in
from tests.cli.conftest import exchanges_of

FILES = sorted((Path(__file__).parents[2] / "samples").glob("sessions/*.optrace")) + sorted(
    (Path(__file__).parents[2] / "samples").glob("rules/*/bad.jsonl")
)


def learned(exchanges: list[Exchange]) -> Secrets:
    secrets = Secrets()
    for exchange in exchanges:
        secrets.learn(exchange)
    return secrets


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_glance_is_enough_where_no_word_is_a_secrets(path: Path) -> None:
    exchanges = list(exchanges_of(path))
    secrets, glance, told = learned(exchanges), Glance(), Secrets()
    words = words_in(secrets.added())
    needles = None if words is None else Needles(words)
    for exchange in exchanges:
        masked = glance.exchange(exchange)
        new, words = glance.taken()
        for secret in new:
            told.add(secret)
        if needles is not None and not needles.within(words):
            assert to_jsonl(masked) == to_jsonl(secrets.exchange(exchange))
    assert set(told) == set(secrets)


def test_most_exchanges_need_no_second_look() -> None:
    exchanges = list(exchanges_of(FILES[0]))
    needles, glance, enough = Needles(words_in(learned(exchanges).added()) or ()), Glance(), 0
    for exchange in exchanges:
        glance.exchange(exchange)
        enough += not needles.within(glance.taken()[1])
    assert enough > 0.8 * len(exchanges)
