"""What is kept of a session is kept once, and says the same whenever somebody asks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from optrace.session.memory import Memory, keep
from optrace.session.rows import Row
from optrace.session.trace import Trace
from tests import corpus
from tests.recordings.truth import NAMES, truth
from tests.session import story
from tests.session.story import seen, steps
from tests.session.test_live import halves


def begun(name: str) -> Trace:
    trace = Trace()
    trace.feed(story.keys(json.dumps(jwks).encode(), url) for url, jwks in (truth(name).get("keys") or {}).items())
    return trace


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_payments_asked_for_after_each_event(name: str) -> None:
    told, asked = halves(name), begun(name)
    moments = {len(told) * part // 4 for part in (1, 2, 3)} | {len(told)}
    for done, exchange in enumerate(told, 1):
        asked.feed(seen([exchange]))
        payments = asked.payments
        if done in moments:
            fresh = begun(name)
            fresh.feed(seen(told[:done]))
            assert payments == fresh.payments


def test_tokens_used_again_leave_each_payment_its_own_calls() -> None:
    made = list(corpus.reusing_tokens(3 + 3 + 40 * 5))
    trace = Trace()
    trace.feed(seen(made))
    payments = trace.payments
    assert len(payments) == 40
    grants = {step.n for step in steps(trace) if step.operation == "grant_request"}
    assert len(grants) == 3
    for payment in payments:
        own = [trace.step(n).operation for n in payment.exchanges if n not in grants]
        assert own == [
            "incoming_payment_create",
            "quote_create",
            "outgoing_payment_create",
            "outgoing_payment_get",
            "incoming_payment_get",
        ]
        assert grants <= set(payment.exchanges)
        assert payment.state == "paid"


def test_a_call_that_names_no_payment_shows_in_all_of_its_grants() -> None:
    made = list(corpus.reusing_tokens(3 + 3 + 10 * 5))
    trace = Trace()
    trace.feed(seen(made))
    assert trace.payments  # put together before the change
    create = next(each for each in made if each.request.url.endswith("/incoming-payments"))
    assert create.response is not None
    refusal = replace(create.response, status=403, body=b"{}")
    last = made[-1].started
    failed = replace(create, n=len(made) + 1, response=refusal, started=last, ended=last)
    trace.feed(seen([failed]))
    assert all(failed.n in payment.exchanges for payment in trace.payments)


def test_a_url_keeps_its_first_meaning_and_its_birth() -> None:
    memory = Memory()
    memory.remember("https://as.example/x", "grant_endpoint", 3)
    assert memory.link("as.example/x") == "grant_endpoint"
    assert memory.birth("https://as.example/x") is None  # named, and not born there
    memory.remember("https://as.example/x/", "quote", 5, born=True)
    memory.remember("https://as.example/x", "quote", 7, born=True)
    assert memory.link("as.example/x") == "grant_endpoint"
    assert memory.birth("http://as.example/x?y=1") == 5  # a look-alike
    assert memory.grant_at("as.example/x") is None
    memory.give_birth("nonce", 2)
    memory.give_birth("nonce", 4)
    assert memory.birth("nonce") == 2
    assert memory.birth("https://as.example/other") is None


def test_equal_access_is_kept_once() -> None:
    item = {"type": "quote", "actions": ["create", "read"], "deep": {"a": [1, None, "x"]}}
    memory = Memory()
    one, other = memory.share([item]), memory.share([json.loads(json.dumps(item))])
    assert one is other
    assert one == (item,)


def test_calls_that_ended_long_ago_are_let_go_of() -> None:
    calls: list[Row] = []
    for number in range(3000):
        row = Row(number, "quote_get", "GET", "", corpus.START, "")
        keep(calls, row)
        keep(calls, row)  # whole
    assert 256 <= len(calls) <= 512
    assert [row.n for row in calls] == list(range(3000 - len(calls), 3000))
