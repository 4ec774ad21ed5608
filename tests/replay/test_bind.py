"""A script bound to its own answers is its recording; bound to those of another run it is that other run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.replay.bind import Bindings, shifted
from optrace.replay.kinds import COMPUTED_FIELDS
from optrace.replay.script import Slot, script_of
from tests.replay.recordings import EACH, script, trace


@pytest.mark.parametrize("name", EACH)
def test_bound_to_its_own_answers_a_script_is_its_recording(name: str) -> None:
    bindings = Bindings()
    for step in script(name).steps:
        assert bindings.missing(step.request) == ()
        assert bindings.fill(step.request) == step.exchange.request
        if step.response is not None:
            assert step.exchange.response is not None
            assert bindings.learn(step.response, step.exchange.response) == ()
            assert bindings.fill(step.response) == step.exchange.response


def essence(request: HttpRequest) -> tuple[str, str, tuple[tuple[str, str], ...], bytes | None]:
    own = COMPUTED_FIELDS | {"cookie"}
    fields = tuple((name, value) for name, value in request.fields if name.lower() not in own)
    return request.method, request.url, fields, request.body


def test_bound_to_the_answers_of_another_run_a_script_is_that_run() -> None:
    """Two runs of one client against two sandboxes: other ports, ids, tokens, nonces and keys, and the same script."""
    one, other = script("paid"), script("refused")
    outside: dict[str, str] = {}
    bindings = Bindings(lambda slot: outside.get(slot.name))
    pairs = [pair for pair in zip(one.steps, other.steps, strict=False) if pair[0].operation == pair[1].operation]
    assert len(pairs) > 30
    compared = 0
    for recorded, live in pairs:
        for hole in recorded.request.holes:
            if hole.brings:
                bindings.learn(replace(recorded.request, holes=(hole,)), live.exchange.request)
        if recorded.own and recorded.operation != "unknown":
            assert essence(bindings.fill(recorded.request)) == essence(live.exchange.request), recorded.n
            compared += 1
        if recorded.response is None or live.exchange.response is None or recorded.status != live.status:
            break
        bindings.learn(recorded.response, live.exchange.response)
    assert compared > 9


def test_only_some_exchanges_make_a_script_as_well() -> None:
    found = script_of(trace("01-happy-path"), [8, 16, 8, 999])
    assert [step.n for step in found.steps] == [8, 16]
    assert found.step(16).request.holes[1].slot.n == 8


def test_a_slot_that_nothing_brought_is_missing() -> None:
    found = script("01-happy-path")
    bindings = Bindings()
    names = [slot.name for slot in bindings.missing(found.step(17).request)]
    assert "access token 3" in names
    assert "quote 1" in names
    bindings.bind(found.slots["quote 1"], "https://rs.example/quotes/1")
    assert "quote 1" not in [slot.name for slot in bindings.missing(found.step(17).request)]


def test_an_answer_that_refuses_brings_nothing() -> None:
    step = script("01-happy-path").step(8)
    assert step.response is not None
    refusal = HttpResponse(status=401, fields=Fields.of(("content-type", "application/json")), body=b'{"error":{}}')
    assert {slot.name for slot in Bindings().learn(step.response, refusal)} == {
        "interact URL 1", "nonce of the AS 1", "continuation token 3", "continue URI 3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asset", "value"),
    [
        ({"assetCode": "EUR", "assetScale": 2}, "1000"),
        ({"assetCode": "XRP", "assetScale": 6}, "10000000"),
        ({"assetCode": "JPY", "assetScale": 0}, "10"),
        ({"assetCode": "BTC", "assetScale": 255}, "1000" + "0" * 253),
    ],
)
def test_an_amount_follows_the_asset_of_its_wallet(asset: dict[str, str | int], value: str) -> None:
    found = script("01-happy-path")
    bindings = Bindings()
    bindings.bind(found.slots["asset 2"], json.dumps(asset))
    body = json.loads(bindings.fill(found.step(5).request).body or b"")
    assert body["incomingAmount"] == {"value": value, **asset}


def test_what_comes_from_outside_is_asked_once() -> None:
    asked: list[Slot] = []

    def fresh(slot: Slot) -> str:
        asked.append(slot)
        return f"fresh-{len(asked)}"

    bindings = Bindings(fresh)
    slot = script("01-happy-path").slots["nonce of the client 1"]
    assert bindings.value(slot) == bindings.value(slot) == "fresh-1"


def test_times_move() -> None:
    assert shifted("2026-11-22T15:35:43.732Z", timedelta(days=1)) == "2026-11-23T15:35:43.732Z"
    assert shifted("soon", timedelta(days=1)) == "soon"
    assert shifted("9999-12-31T00:00:00Z", timedelta(days=1)) == "9999-12-31T00:00:00Z"
