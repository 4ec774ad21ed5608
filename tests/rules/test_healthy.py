"""Traffic in which all is well has no error: real SDKs' habits, payments in any number, all at once."""

from __future__ import annotations

import pytest

from optrace.core.findings import Severity
from optrace.rules.engine import Diagnosis
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.session.trace import Trace
from tests.corpus import CLIENT, EXCHANGES, START, exchanges, jwks
from tests.rules.kit import codes, diagnosed
from tests.rules.scenarios import SCENARIOS
from tests.rules.scene import Scene


def test_payments_in_any_number() -> None:
    found = list(exchanges(3 + 64 * EXCHANGES))  # the scene, then whole payments
    trace = Trace(lambda n: found[n - 1])
    trace.feed([KeyLearned(wallet_address=CLIENT, document=jwks(), seen=START, how="given")])
    diagnosis = Diagnosis(trace)
    for exchange in found:
        trace.feed([ExchangeSeen(exchange=exchange)])
        diagnosis.update()
    diagnosis.finish()
    severities = {f.severity for n in range(1, len(trace) + 1) for f in trace.row(n).findings}
    assert severities <= {Severity.INFO, Severity.WARN}
    assert {rule for rules in codes(trace).values() for rule in rules} <= {"FLO-014", "FLO-015", "NET-011", "RES-015"}


def test_a_journey_with_limits_and_an_interval() -> None:
    scene = Scene()
    scene.journey({"debitAmount": scene.alice.amount("5000"), "interval": "R/2026-01-01T00:00:00Z/P1M"})
    assert {rule for rules in codes(diagnosed(scene.exchanges)).values() for rule in rules} <= {"FLO-015"}


def test_polling_until_the_user_has_decided() -> None:
    scene = Scene()
    quote = scene.priced()
    pending = scene.ask(finish=False)
    for _ in range(3):
        waiting = {"continue": pending.answer["continue"]}
        scene.send("POST", pending.uri, token=pending.token, wait=6, answer=waiting)
    pending.consent()
    payment = scene.outgoing(pending.finish(), quote)
    scene.send("GET", payment["id"], token=pending.issued["access_token"]["value"], answer=payment)
    assert {rule for rules in codes(diagnosed(scene.exchanges)).values() for rule in rules} <= {"FLO-015", "INT-014"}


def test_rotated_used_and_given_back() -> None:
    scene = Scene()
    scene.read()
    grant = scene.grant(scene.bob, "incoming-payment", ["create", "read"])
    access = grant["access_token"]["access"]
    fresh = {"access_token": scene.given(scene.bob, access)["access_token"]}
    token = fresh["access_token"]
    scene.send("POST", grant["access_token"]["manage"], token=grant["access_token"]["value"], wait=700, answer=fresh)
    scene.incoming(token["value"])
    scene.send("DELETE", token["manage"], token=token["value"], status=204)
    assert not codes(diagnosed(scene.exchanges))


@pytest.mark.parametrize("code", SCENARIOS)
def test_no_good_sample_has_an_error_where_the_server_had_none(code: str) -> None:
    scene = Scene()
    SCENARIOS[code](scene, False)
    trace = diagnosed(scene.exchanges)
    for n in range(1, len(trace) + 1):
        row = trace.row(n)
        if row.status is not None and row.status < 400:
            assert not [f.rule for f in row.findings if f.severity is Severity.ERROR]
