"""The engine: the same findings however a recording is fed, and no rule that takes the others down."""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli.understanding import Understanding
from optrace.core.findings import Severity
from optrace.core.messages import Exchange
from optrace.diagnosis.case import Case
from optrace.rules import PROTOCOL_RULES, RULES
from optrace.rules.engine import Diagnosis
from optrace.rules.rule import Found, Outcome, Weight, rule, run
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.examples import examples
from tests.rules.kit import SAMPLES, codes, diagnosed, recording
from tests.rules.scenarios import SCENARIOS
from tests.rules.scene import Scene


def _all_samples() -> list[Exchange]:
    """Every bad sample, one after another, as one recording."""
    found: list[Exchange] = []
    for folder in sorted(SAMPLES.iterdir()):
        if folder.name in SCENARIOS:
            found += [replace(e, n=len(found) + e.n) for e in recording(folder / "bad.jsonl")]
    return found


PROTOCOL = {rule.code for rule in PROTOCOL_RULES}


def _findings(trace: Trace) -> list[object]:
    """All codes in their order, and the protocol's findings whole: a search also tells how long it searched."""
    found = [trace.row(n).findings for n in range(1, len(trace) + 1)]
    return [([one.rule for one in each], [one for one in each if one.rule in PROTOCOL]) for each in found]


def _live(exchanges: list[Exchange], step: int, *, in_flight: bool) -> Trace:
    trace = Trace(lambda n: exchanges[n - 1])
    diagnosis = Diagnosis(trace)
    for start in range(0, len(exchanges), step):
        for exchange in exchanges[start : start + step]:
            if in_flight:
                asked = replace(exchange, response=None, error=None, ended=None)
                trace.feed([ExchangeSeen(exchange=asked)])
                diagnosis.update()
            trace.feed([ExchangeSeen(exchange=exchange)])
        diagnosis.update()
    diagnosis.finish()
    return trace


@pytest.mark.slow
@pytest.mark.parametrize(("step", "in_flight"), [(1, True), (1, False), (7, False), (10**6, False)])
def test_the_same_findings_however_it_was_fed(step: int, in_flight: bool) -> None:
    exchanges = _all_samples()
    trace = _live(exchanges, step, in_flight=in_flight)
    assert _findings(trace) == _findings(diagnosed(exchanges))
    assert not trace.notes


@pytest.mark.parametrize("code", SCENARIOS)
def test_what_was_found_on_the_way_is_what_is_found_in_the_end(code: str) -> None:
    exchanges = recording(SAMPLES / code / "bad.jsonl")
    trace = Trace(lambda n: exchanges[n - 1])
    diagnosis = Diagnosis(trace)
    for exchange in exchanges:
        trace.feed([ExchangeSeen(exchange=exchange)])
        diagnosis.update()
    live = codes(trace)
    diagnosis.update(range(1, len(trace) + 1))
    assert codes(trace) == live


def test_update_says_what_changed() -> None:
    exchanges = recording(SAMPLES / "TOK-003" / "bad.jsonl")
    trace = Trace(lambda n: exchanges[n - 1])
    diagnosis = Diagnosis(trace)
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    assert diagnosis.update() == {len(exchanges)}
    assert diagnosis.update() == set()
    assert diagnosis.update([len(exchanges), 999]) == set()


def test_a_later_exchange_explains_an_earlier_one() -> None:
    exchanges = recording(SAMPLES / "TOK-009" / "bad.jsonl")
    trace = Trace(lambda n: exchanges[n - 1])
    diagnosis = Diagnosis(trace)
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges[:-1])
    diagnosis.update()
    before = trace.row(len(exchanges) - 1).findings[0].detail
    trace.feed([ExchangeSeen(exchange=exchanges[-1])])
    assert len(exchanges) - 1 in diagnosis.update()
    after = trace.row(len(exchanges) - 1).findings[0].detail
    assert "after" not in before
    assert f"after (exchange {len(exchanges)})" in after


def test_what_never_came_is_only_said_at_the_end() -> None:
    exchanges = recording(SAMPLES / "FLO-010" / "bad.jsonl")
    trace = Trace(lambda n: exchanges[n - 1])
    diagnosis = Diagnosis(trace)
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    diagnosis.update()
    assert not codes(trace)
    diagnosis.finish()
    assert "FLO-010" in {rule for rules in codes(trace).values() for rule in rules}


def _live_payment(ahead: int = 1) -> tuple[Understanding, list[Exchange]]:
    """A live recording of a payment but for its last exchanges, of which the last looks whether it was made."""
    scene = Scene()
    scene.journey({"debitAmount": scene.alice.amount("5000")})
    trace = Understanding(lambda n: scene.exchanges[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges[: len(scene.exchanges) - ahead])
    return trace, scene.exchanges


def _said(trace: Trace) -> set[str]:
    return {rule for rules in codes(trace).values() for rule in rules}


def test_of_a_live_payment_what_never_came_is_said_once_it_is_silent() -> None:
    trace, exchanges = _live_payment()
    paid = exchanges[-2].started
    list(trace.silence(paid + timedelta(seconds=59)))
    assert "RES-015" not in _said(trace)
    assert any(list(trace.silence(paid + timedelta(seconds=60))))
    assert "RES-015" in _said(trace)
    assert not list(trace.silence(paid + timedelta(hours=1))), "said once"


def test_a_silent_payment_that_goes_on_takes_it_back() -> None:
    trace, exchanges = _live_payment()
    late = timedelta(minutes=2)
    list(trace.silence(exchanges[-2].started + late))
    assert "RES-015" in _said(trace)
    read = replace(exchanges[-1], started=exchanges[-1].started + late, ended=exchanges[-1].started + late)
    trace.feed([ExchangeSeen(exchange=read)])
    assert "RES-015" not in _said(trace)
    list(trace.silence(read.started + late))
    assert "RES-015" not in _said(trace)


def test_a_user_who_is_asked_has_ten_minutes() -> None:
    scene = Scene()
    scene.ask(limits={"debitAmount": scene.alice.amount("5000")})
    trace = Understanding(lambda n: scene.exchanges[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    asked = scene.exchanges[-1].started
    list(trace.silence(asked + timedelta(minutes=9)))
    assert "FLO-010" not in _said(trace)
    list(trace.silence(asked + timedelta(minutes=10)))
    assert "FLO-010" in _said(trace)


def test_an_answer_that_is_still_to_come_is_no_silence() -> None:
    trace, exchanges = _live_payment()
    asked = replace(exchanges[-1], response=None, ended=None)
    trace.feed([ExchangeSeen(exchange=asked)])
    assert not any(trace.silence(asked.started + timedelta(hours=1)))


@rule(code="XXX-001", title="Broken", severity=Severity.ERROR, remedy="None.")
def broken(case: Case) -> Iterator[Found]:
    """A rule with a bug."""
    yield Found(detail="first")
    raise RuntimeError("a bug")


def test_a_rule_that_raises_is_noted_once_and_the_others_go_on() -> None:
    exchanges = recording(SAMPLES / "TOK-003" / "bad.jsonl")
    trace = Trace(lambda n: exchanges[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    Diagnosis(trace, (broken, *RULES)).update()
    assert [note.text for note in trace.notes] == ["rule XXX-001 failed (RuntimeError: a bug); the others went on"]
    assert "TOK-003" in codes(trace)[len(exchanges)]
    with pytest.raises(RuntimeError):
        run((broken,), Case(trace, exchanges[0]))


def test_the_strongest_comes_first() -> None:
    def one(code: str, weight: Weight, severity: Severity, **more: object):  # type: ignore[no-untyped-def]
        @rule(code=code, title="T", severity=severity, remedy="R.", weight=weight, **more)  # type: ignore[arg-type]
        def found(case: Case) -> Iterator[Found]:
            yield Found(detail="it is so")

        return found

    rules = (
        one("A-1", Weight.SMELL, Severity.ERROR),
        one("A-2", Weight.EXPLAINS, Severity.INFO),
        one("A-3", Weight.EXPLAINS, Severity.ERROR),
        one("A-4", Weight.PROOF, Severity.WARN, absorbs=("A-2",)),
        one("A-5", Weight.PROOF, Severity.ERROR, outcomes=(Outcome.REFUSED,)),
    )
    scene = Scene()
    scene.read()
    trace = diagnosed(scene.exchanges)
    found = run(rules, Case(trace, scene.exchanges[0]))
    assert [finding.rule for finding in found] == ["A-4", "A-3", "A-1"]


JUNK = (None, True, 0, -1, 10**30, 1.5, "", "undefined", "$a/b", "https://", "R/x/P1M", "a" * 300, [], {}, [[]], [None])


@pytest.mark.slow
@examples(120)
@given(st.sampled_from(sorted(SCENARIOS)), st.integers(0, 10**6))
def test_no_rule_raises_whatever_the_bodies_say(code: str, seed: int) -> None:
    dice = random.Random(seed)
    exchanges = [_damaged(exchange, dice) for exchange in recording(SAMPLES / code / "bad.jsonl")]
    trace = Trace(lambda n: exchanges[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    Diagnosis(trace, PROTOCOL_RULES).finish()
    assert not [note.text for note in trace.notes]


def _damaged(exchange: Exchange, dice: random.Random) -> Exchange:
    request = replace(exchange.request, body=_body(exchange.request.body, dice))
    response = exchange.response
    if response is not None:
        status = dice.choice([response.status] * 8 + [200, 302, 400, 403, 404, 500])
        response = replace(response, status=status, body=_body(response.body, dice))
    return replace(exchange, request=request, response=response)


def _body(body: bytes | None, dice: random.Random) -> bytes | None:
    try:
        value = json.loads(body or b"")
    except ValueError:
        return body
    return json.dumps(_junk(value, dice)).encode()


def _junk(value: object, dice: random.Random) -> object:
    if dice.random() < 0.15:
        return dice.choice(JUNK)
    if isinstance(value, dict):
        return {name: _junk(member, dice) for name, member in value.items()}
    return [_junk(member, dice) for member in value] if isinstance(value, list) else value


def test_rules_that_wait_say_so() -> None:
    waiting = {rule.code for rule in RULES if "case.ended" in inspect.getsource(inspect.getmodule(rule.find))}  # type: ignore[arg-type]
    assert waiting == {rule.code for rule in RULES if rule.waits}


def test_concluding_says_what_finishing_says() -> None:
    scene = Scene()
    scene.journey({"debitAmount": scene.alice.amount("5000")})
    one, other = Understanding(), Understanding()
    for trace in (one, other):
        trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    before = codes(one)
    one.finish()
    assert any(other.concluding())
    assert codes(other) == codes(one) != before
