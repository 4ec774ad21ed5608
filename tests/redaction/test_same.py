"""The judge of the whole: a redacted session gives the verdicts, findings and proofs of the original."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from optrace.core.exchange_json import to_jsonl
from optrace.redaction.compare import differences, said_of
from optrace.session.events import Event, ExchangeSeen
from tests.cli.test_secrets import secrets_of
from tests.exporters.test_secrets import leaks
from tests.recordings.truth import NAMES
from tests.redaction.redacting import Redacted, differing, events_of, exchanges, recorded, redacted, understood

SAMPLES = Path(__file__).parents[2] / "samples"
SESSIONS = sorted(SAMPLES.glob("sessions/*.optrace"))
CODES = sorted(path.parent.name for path in SAMPLES.glob("rules/*/bad.jsonl"))


def left(found: Redacted) -> list[tuple[str, str]]:
    """The secrets of the original, by another list than optrace's, that are still there."""
    secrets = secrets_of(exchanges(found.before)) - {"undefined"}  # which is no secret, and stays to be explained
    return leaks(secrets, "\n".join(map(to_jsonl, exchanges(found.after))))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_recordings_of_real_software(name: str) -> None:
    events = recorded(name)
    trace = understood(events)
    for hosts in (False, True):
        found = redacted(events, hosts=hosts, trace=trace)
        assert differing(found) == [], hosts
        assert left(found) == [], hosts


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_sample_sessions(path: Path) -> None:
    found = redacted(events_of(path))
    assert differing(found) == []
    assert left(found) == []


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
def test_every_fault_that_a_rule_knows(code: str) -> None:
    found = redacted(events_of(SAMPLES / "rules" / code / "bad.jsonl"), hosts=True)
    assert differing(found) == []
    assert left(found) == []


def test_another_key_gives_other_stand_ins() -> None:
    events = events_of(SESSIONS[0])
    one, two = redacted(events), redacted(events, key=bytes(32))
    assert one.after != two.after
    assert one.after == redacted(events).after


def test_the_judge_would_see_a_difference() -> None:
    found = redacted(events_of(SESSIONS[0]))
    altered = [_altered(event, 3) for event in found.after]
    assert 3 in dict(differences(said_of(found.trace), said_of(understood(altered))))


def _altered(event: Event, n: int) -> Event:
    if not isinstance(event, ExchangeSeen) or event.exchange.n != n:
        return event
    request = replace(event.exchange.request, body=(event.exchange.request.body or b"") + b" ")
    return ExchangeSeen(exchange=replace(event.exchange, request=request))
