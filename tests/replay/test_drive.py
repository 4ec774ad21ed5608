"""The driver: what it does in which order, with a made-up world for an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import HttpResponse
from optrace.replay.bind import Bindings
from optrace.replay.drive import Action, Answer, Confirm, Interact, Means, Outcome, Result, Send, Wait, calls, drive
from optrace.replay.places import written
from optrace.replay.script import Script
from optrace.signatures.keys import generate_ed25519
from tests.replay.recordings import EACH, script

KEY = generate_ed25519("live-key")


class World:
    """Answers as the recording did, and keeps what it was asked."""

    def __init__(self, found: Script, **changes: Callable[[Any], Answer]) -> None:
        self.found, self.changes = found, changes
        self.now = datetime(2027, 1, 1, tzinfo=UTC)
        self.did: list[Action] = []

    def run(self, **options: Any) -> list[Result]:
        means = Means(key_of=lambda client: KEY, reach=self.reach, now=lambda: self.now, nonce=lambda: "n")
        driving = drive(self.found, Bindings(), means, **options)
        answer: Answer = None
        try:
            while True:
                action = driving.send(answer)
                self.did.append(action)
                answer = self.answer(action)
        except StopIteration:
            return [action for action in self.did if isinstance(action, Result)]

    def reach(self, url: str) -> str | None:
        return url if self.changes.get("reach", lambda _: url)(url) else None

    def answer(self, action: Action) -> Answer:
        change = self.changes.get(type(action).__name__)
        if change is not None and (answer := change(action)) is not None:
            return answer
        match action:
            case Send():
                return action.step.exchange.response
            case Interact():
                return {"interact_ref": "brought-back", "hash": "h"}
            case Confirm():
                return True
            case Wait():
                self.now += timedelta(seconds=action.seconds)
        return None

    def of(self, kind: type) -> list[Any]:
        return [action for action in self.did if isinstance(action, kind)]


@pytest.mark.parametrize("name", EACH)
def test_answered_as_recorded_every_recording_goes_as_recorded(name: str) -> None:
    results = World(script(name)).run()
    assert results
    assert [result.why for result in results if result.outcome is not Outcome.SAME] == []


def test_the_browser_is_asked_once_and_its_reference_is_used() -> None:
    world = World(script("01-happy-path"))
    world.run()
    (interaction,) = world.of(Interact)
    assert (interaction.step.n, interaction.decision) == (8, "accept")
    continued = next(send for send in world.of(Send) if send.step.operation == "grant_continue")
    assert b'"interact_ref":"brought-back"' in (continued.request.body or b"").replace(b" ", b"")
    assert world.did.index(interaction) < world.did.index(continued)


def test_a_rejection_is_rejected_again() -> None:
    world = World(script("03-consent-rejected"))
    world.run()
    assert [interaction.decision for interaction in world.of(Interact)] == ["reject"]


def test_it_waits_as_long_as_the_server_asks() -> None:
    world = World(script("01-happy-path"))
    world.run()
    (wait,) = world.of(Wait)
    assert wait.seconds == 5
    assert wait.step.operation == "grant_continue"


def test_what_had_expired_has_to_expire_again() -> None:
    found = script("22-fixed-send-and-other-payment-forms")

    def answer(send: Send) -> Answer:
        response = send.step.exchange.response
        assert response is not None
        if send.step.n != 39:
            return response
        soon = (datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=3)).isoformat().replace("+00:00", "Z")
        return written(response, {("body", "expiresAt"): soon})

    world = World(found, Send=answer)
    world.run()
    waits = {wait.step.n: wait.seconds for wait in world.of(Wait)}
    assert 100 < waits[40] < 181
    assert 41 not in waits


def test_a_token_that_had_expired_has_to_expire_again() -> None:
    """It lived for 8 s, as `expires_in` says, and was used after 9."""
    world = World(script("46-expired"))
    world.run()
    waits = {wait.step.n: wait.seconds for wait in world.of(Wait)}
    assert 8 < waits[16] < 8.1


def test_money_moves_only_if_somebody_agrees_and_is_asked_once() -> None:
    world = World(script("22-fixed-send-and-other-payment-forms"))
    world.run()
    assert len(world.of(Confirm)) == 1
    assert len([s for s in world.of(Send) if s.step.operation == "outgoing_payment_create"]) > 1
    refusing = World(script("01-happy-path"), Confirm=lambda _: False)
    results = refusing.run()
    assert results[-1].outcome is Outcome.UNSENT
    assert not [s for s in refusing.of(Send) if s.step.operation == "outgoing_payment_create"]


def test_it_ends_where_it_goes_otherwise_and_says_why() -> None:
    error = b'{"error":{"code":"invalid_client","description":"invalid signature"}}'
    no = HttpResponse(status=401, fields=Fields.of(("content-type", "application/json")), body=error)
    world = World(script("01-happy-path"), Send=lambda send: no if send.step.n == 7 else None)
    results = world.run()
    assert results[-1].step.n == 7
    assert results[-1].why == "401 instead of 201: invalid_client invalid signature"


def test_going_on_it_leaves_out_what_needs_the_missing_answer() -> None:
    no = HttpResponse(status=500)
    world = World(script("01-happy-path"), Send=lambda send: no if send.step.n == 7 else None)
    results = {result.step.n: result for result in world.run(keep_going=True)}
    assert results[17].outcome is Outcome.UNSENT
    assert "the quote of step 7" in results[17].why
    assert results[25].outcome is Outcome.SAME


def test_an_answer_without_its_token_differs() -> None:
    empty = HttpResponse(status=200, fields=Fields.of(("content-type", "application/json")), body=b"{}")
    world = World(script("01-happy-path"), Send=lambda send: empty if send.step.n == 4 else None)
    assert "doesn't bring access token" in world.run()[-1].why


def test_no_answer_is_a_difference_too() -> None:
    world = World(script("01-happy-path"), Send=lambda send: "timed out" if send.step.n == 4 else None)
    assert world.run()[-1].why == "no answer: timed out"


def test_a_host_that_was_not_named_gets_nothing() -> None:
    world = World(script("01-happy-path"), reach=lambda url: "auth" not in url)
    results = world.run(keep_going=True)
    assert not [send for send in world.of(Send) if "auth" in send.request.url]
    blocked = next(result for result in results if result.origin)
    assert blocked.why == "--to doesn't name http://happy-life-bank-auth:3006"


def test_from_a_later_step_the_recorded_values_count() -> None:
    world = World(script("01-happy-path"))
    results = world.run(start=18)
    assert [result.step.n for result in results][:2] == [18, 19]
    assert all(result.outcome is Outcome.SAME for result in results)
    recorded = script("01-happy-path").step(18).exchange.request
    assert world.of(Send)[0].request.fields.get("authorization") == recorded.fields.get("authorization")


def test_servers_and_browsers_calls_are_not_ours() -> None:
    world = World(script("02b-all-hops"))
    world.run()
    assert {send.step.source for send in world.of(Send)} == {"client"}
    assert len(world.of(Send)) < len(calls(script("02b-all-hops")))


def test_each_request_is_signed_anew_where_it_was_signed() -> None:
    world = World(script("01-happy-path"))
    world.run()
    for send in world.of(Send):
        before, after = (each.fields.get("signature-input") for each in (send.step.exchange.request, send.request))
        assert (before is None) == (after is None)
        if after is not None:
            assert 'keyid="live-key"' in after
            assert after != before


def test_what_was_refused_for_its_signature_is_sent_with_it_again() -> None:
    found = script("06-body-altered")
    world = World(found)
    world.run()
    step = next(step for step in found.steps if "digest" in step.refuted and (step.status or 0) == 401)
    sent = next(send for send in world.of(Send) if send.step.n == step.n)
    for name in ("signature", "content-digest"):
        assert sent.request.fields.get(name) == step.exchange.request.fields.get(name)
    assert sent.request.fields.get("content-length") == str(len(sent.request.body or b""))


def test_hostile_answers_do_no_harm() -> None:
    evil = HttpResponse(
        status=200,
        fields=Fields.of(("content-type", "application/json")),
        body=b'{"continue":{"wait":1e999,"uri":["x"]},"access_token":[[[]]],"interact":{"redirect":{}},"error":7}',
    )
    assert World(script("01-happy-path"), Send=lambda _: evil).run(keep_going=True)
    assert World(script("01-happy-path"), Send=lambda _: replace(evil, body=None)).run(keep_going=True)
