"""Steps and payments go into bytes and come back as they were: of every recording, of long sessions, of anything."""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli.understanding import Understanding
from optrace.core.findings import Finding, Proof, Severity, Verdict
from optrace.core.specs import RFC9421
from optrace.session.events import ExchangeSeen
from optrace.session.packing import Unpackable, pack_payments, pack_steps, unpack_payments, unpack_steps
from optrace.session.steps import ByProfile, Payment, Step, Verdicts
from optrace.session.trace import Trace
from tests.corpus import exchanges
from tests.recordings.truth import EACH, understood

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)  # surrogates too: URLs hold undecodable bytes so
NUMBERS = st.none() | st.integers(1, 10**7)
INSTANTS = st.datetimes(timezones=st.just(UTC))
BY_PROFILE = st.builds(ByProfile, *[st.sampled_from(Verdict)] * 3)
FINDINGS = st.builds(
    Finding,
    rule=TEXTS,
    severity=st.sampled_from(Severity),
    title=TEXTS,
    detail=TEXTS,
    remedy=TEXTS,
    spec=st.none() | st.builds(RFC9421, TEXTS),
    proof=st.none()
    | st.builds(
        Proof,
        change=TEXTS,
        tried=st.integers(0, 9999),
        base=st.none() | TEXTS,
        evidence=st.dictionaries(TEXTS, TEXTS, max_size=2),
    ),
    where=st.none() | TEXTS,
    related=st.lists(st.integers(1, 99), max_size=3).map(tuple),
)
STEPS = st.builds(
    Step,
    n=st.integers(1, 10**7),
    operation=TEXTS,
    variant=st.none() | TEXTS,
    source=TEXTS,
    target=TEXTS,
    payment=NUMBERS,
    scene=NUMBERS,
    method=TEXTS,
    url=TEXTS,
    status=st.none() | st.integers(0, 999),
    started=INSTANTS,
    ended=st.none() | INSTANTS,
    error=st.none() | TEXTS,
    label=TEXTS,
    verdicts=st.builds(Verdicts, BY_PROFILE, BY_PROFILE, BY_PROFILE),
    reasons=st.dictionaries(TEXTS, TEXTS, max_size=2),
    findings=st.lists(FINDINGS, max_size=2).map(tuple),
    problems=st.lists(TEXTS, max_size=2).map(tuple),
    retry_of=NUMBERS,
    grant=NUMBERS,
    key_owner=st.none() | TEXTS,
    same_ase=st.booleans(),
)
PAYMENTS = st.builds(
    Payment,
    id=st.integers(1, 10**6),
    title=TEXTS,
    state=TEXTS,
    exchanges=st.lists(st.integers(1, 10**7), max_size=9).map(tuple),
    context=st.lists(st.integers(1, 10**7), max_size=9).map(tuple),
    amount=st.none() | TEXTS,
    sender=st.none() | TEXTS,
    recipient=st.none() | TEXTS,
    started=INSTANTS,
    ended=st.none() | INSTANTS,
)


def steps_of(trace: Trace) -> list[Step]:
    return [trace.step(n) for n in range(1, len(trace) + 1) if trace.has(n)]


@pytest.mark.parametrize("name", EACH)
def test_every_recording(name: str) -> None:
    trace = understood(name)
    steps, payments = steps_of(trace), list(trace.payments)
    assert unpack_steps(pack_steps(steps)) == steps
    assert unpack_payments(pack_payments(payments)) == payments


def test_a_long_session_takes_little() -> None:
    trace = Understanding()
    trace.feed(ExchangeSeen(exchange=each) for each in exchanges(256))
    steps, payments = steps_of(trace), list(trace.payments)
    packed = pack_steps(steps)
    assert unpack_steps(packed) == steps
    assert unpack_payments(pack_payments(payments)) == payments
    assert len(packed) < 100 * len(steps)


@pytest.mark.slow
@given(st.lists(STEPS, max_size=4))
def test_any_steps(steps: list[Step]) -> None:
    assert unpack_steps(pack_steps(steps)) == steps


@given(st.lists(PAYMENTS, max_size=4))
def test_any_payments(payments: list[Payment]) -> None:
    assert unpack_payments(pack_payments(payments)) == payments


def test_steps_without_reasons_share_one_empty_mapping() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    steps = [Step(n=n, operation="unknown", method="GET", url="", started=at, label="") for n in (1, 2)]
    one, other = unpack_steps(pack_steps(steps))
    assert one.reasons is other.reasons


@given(st.binary(max_size=200))
def test_what_is_no_block_is_refused(junk: bytes) -> None:
    with pytest.raises(Unpackable):
        unpack_steps(junk)


@given(st.data())
def test_a_flipped_byte_is_noticed(data: st.DataObject) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    step = Step(n=1, operation="unknown", method="GET", url="https://a.example/", started=at, label="GET")
    packed = bytearray(pack_steps([step, step]))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(Unpackable):
        assert unpack_steps(bytes(packed)) == [step, step]  # a bit of zlib's header that says nothing of the content


def test_another_shape_is_refused() -> None:
    for text in (b"[]", b"{}", b"null", b"[[1],[2]]", b"[" * 100_000):
        with pytest.raises(Unpackable):
            unpack_steps(zlib.compress(text))


def test_columns_of_several_lengths_are_refused() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    step = Step(n=1, operation="unknown", method="GET", url="https://a.example/", started=at, label="GET")
    columns = json.loads(zlib.decompress(pack_steps([step, step])))
    for column in columns:
        last = column.pop()
        with pytest.raises(Unpackable):
            unpack_steps(zlib.compress(json.dumps(columns).encode()))
        column.append(last)
    assert unpack_steps(zlib.compress(json.dumps(columns).encode())) == [step, step]


def test_the_precision_is_a_microsecond() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)
    step = Step(n=1, operation="unknown", method="GET", url="", started=at, ended=at, label="")
    assert unpack_steps(pack_steps([step])) == [step]
