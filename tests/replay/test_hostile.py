"""Any traffic at all: nothing raises, a script bound to its own answers is the recording, and it is like itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.replay.align import Side, align
from optrace.replay.bind import Bindings
from optrace.replay.drive import Answer, Interact, Means, Send, drive
from optrace.replay.match import closest
from optrace.replay.script import Script, script_of
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from optrace.signatures.keys import generate_ed25519
from tests.examples import examples
from tests.exchanges import hostile
from tests.session import story

KEY = generate_ed25519("k")
NOW = datetime(2027, 1, 1, tzinfo=UTC)
PAYMENT = [
    replace(exchange, n=n)
    for n, exchange in enumerate(
        story.one_by_one(
            [story.wallet_address(story.SENDER), story.wallet_address(story.RECIPIENT)], story.payment("a")
        ),
        start=1,
    )
]


def traced(found: list[Exchange]) -> Trace:
    numbered = [replace(exchange, n=n) for n, exchange in enumerate(found, start=1)]
    trace = Trace(lambda n: numbered[n - 1])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in numbered)
    return trace


def driven(script: Script, answers: list[HttpResponse | None]) -> None:
    means = Means(key_of=lambda _: KEY, reach=lambda url: url, now=lambda: NOW, nonce=lambda: "n")
    driving, answer, left = drive(script, Bindings(), means, keep_going=True), None, list(answers)
    try:
        while True:
            action = driving.send(answer)
            said: Answer | Mapping[str, str] = True
            if isinstance(action, Send):
                said = (left.pop() if left else action.step.exchange.response) or "nothing"
            elif isinstance(action, Interact):
                said = {"interact_ref": "r"}
            answer = said
    except StopIteration:
        return


@pytest.mark.slow
@examples(25)
@given(st.lists(hostile.exchanges, max_size=6))
def test_any_exchanges(found: list[Exchange]) -> None:
    trace = traced(found)
    script, bindings = script_of(trace), Bindings()
    for step in script.steps:
        bindings.missing(step.request)
        assert bindings.fill(step.request) == step.exchange.request
        if step.response is not None and step.exchange.response is not None:
            bindings.learn(step.response, step.exchange.response)
            assert bindings.fill(step.response) == step.exchange.response
        closest(script.steps, step.exchange.request, bindings)
    assert not any(pair.told for pair in align(Side.of(trace), Side.of(trace)).pairs)
    driven(script, [])


def test_a_parameter_that_stands_twice_is_like_itself() -> None:
    urls = ("https://a.example/", "", "", "https://a.example/?interact_ref=0&interact_ref=r")
    trace = traced([Exchange(n=1, request=HttpRequest(method="GET", url=url), started=NOW) for url in urls])
    assert not any(pair.told for pair in align(Side.of(trace), Side.of(trace)).pairs)


@pytest.mark.slow
@examples(30)
@given(st.lists(hostile.exchanges, max_size=4), st.lists(st.none() | hostile.responses, max_size=12), st.data())
def test_a_payment_among_hostile_exchanges_and_with_hostile_answers(
    found: list[Exchange], answers: list[HttpResponse | None], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(PAYMENT)))
    mixed = traced([*PAYMENT[:at], *found, *PAYMENT[at:]])
    align(Side.of(traced(PAYMENT)), Side.of(mixed))
    align(Side.of(mixed), Side.of(traced(PAYMENT)))
    driven(script_of(mixed), answers)
