"""The recorded step that a live request comes closest to, and what it does otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optrace.replay.bind import Bindings
from optrace.replay.match import closest, match
from optrace.replay.places import written
from optrace.replay.script import ScriptStep
from tests.replay.recordings import script

NAMES = ("01-happy-path", "17-https-tls", "33a-go-sdk-http", "paid")


def own(name: str) -> list[ScriptStep]:
    return [step for step in script(name).steps if step.own]


@pytest.mark.parametrize("name", NAMES)
def test_each_recorded_request_is_closest_to_a_step_like_its_own(name: str) -> None:
    steps, bindings = own(name), Bindings()
    for step in steps:
        found = closest(steps, step.exchange.request, bindings)
        assert found is not None
        assert found.exact
        assert found.step.exchange.request.url == step.exchange.request.url
        assert found.step.operation == step.operation


def test_a_wrong_token_is_named() -> None:
    step = script("01-happy-path").step(17)
    live = written(step.exchange.request, {("authorization",): "SOMETHING-ELSE"})
    found = closest(own("01-happy-path"), live, Bindings())
    assert found is not None
    assert found.step.n == 17
    assert [difference.where for difference in found.differences] == ["Authorization"]
    assert not found.exact


def test_a_changed_member_and_one_too_many_are_named() -> None:
    step = script("01-happy-path").step(7)
    body = b'{"walletAddress":"https://x.example/eve","method":"ilp","extra":1}'
    found = match(step, replace(step.exchange.request, body=body), Bindings())
    assert {difference.where for difference in found.differences} == {
        "body walletAddress", "body receiver", "body extra",
    }  # fmt: skip


def test_another_method_is_another_step() -> None:
    steps = own("01-happy-path")
    revoked = next(step for step in steps if step.operation == "token_revoke")
    found = closest(steps, revoked.exchange.request, Bindings())
    assert found is not None
    assert found.step.operation == "token_revoke"


def test_what_only_the_client_knows_does_not_count() -> None:
    step = script("01-happy-path").step(8)
    live = written(step.exchange.request, {("body", "interact", "finish", "nonce"): "fresh"})
    assert match(step, live, Bindings()).exact


def test_how_a_client_signs_is_its_own_business() -> None:
    steps = own("01-happy-path")
    other = next(step for step in own("33a-go-sdk-http") if step.operation == "grant_request")
    found = match(next(step for step in steps if step.operation == "grant_request"), other.exchange.request, Bindings())
    assert any(difference.place[0] == "signature" for difference in found.differences)
    assert found.distance < 40


def test_without_steps_there_is_no_match() -> None:
    assert closest([], script("paid").steps[0].exchange.request, Bindings()) is None
