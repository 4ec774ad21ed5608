"""Whose keys verify what: seen before or after the message, republished, without a name, missing at first."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from optrace.session.steps import Step
from optrace.session.trace import Trace
from tests import corpus
from tests.session import story
from tests.session.story import call, jwks, keys, payment, seen, steps, understood, verdict

OTHER = {
    "kty": "OKP",
    "crv": "Ed25519",
    "alg": "EdDSA",
    "kid": "shop-1",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


def signed(trace: Trace) -> list[str]:
    return [verdict(step) for step in steps(trace) if verdict(step) != "none"]


def request(*, client: Any = story.CLIENT, kid: str = "shop-1") -> story.Call:
    body = story.grant_body(story.PRICE, client=client)
    return call("POST", story.SENDER.auth, sent=body, got=story.granted("T", story.SENDER), signed=True, kid=kid)


def test_without_a_key_nothing_is_a_pass() -> None:
    trace = understood(story.one_by_one(payment("a")), with_keys=False)
    assert set(signed(trace)) == {"unchecked"}
    assert trace.missing_keys() == (story.CLIENT,)
    assert all("signature.rfc" in step.reasons for step in steps(trace) if verdict(step) == "unchecked")


def test_a_key_that_optrace_could_not_fetch_itself_proves_nothing_about_the_client() -> None:
    """The servers may well have got it: their network is another, and so was the time."""
    done = story.one_by_one(payment("a"), [jwks()])
    trace = Trace()
    trace.feed(seen(done[:-1]))
    trace.feed([replace(keys(), document=None, how="fetched", error="answered 404")])
    assert set(signed(trace)) == {"unchecked"}
    reasons = {step.reasons["signature.rfc"] for step in steps(trace) if verdict(step) == "unchecked"}
    assert reasons == {"the client's keys were not seen, nor fetched: answered 404"}
    assert trace.missing_keys() == (story.CLIENT,)
    trace.feed(seen(done[-1:]))
    assert set(signed(trace)) == {"pass"}


def test_keys_that_the_traffic_itself_shows_to_be_missing_fail_even_after_optrace_got_none() -> None:
    done = story.one_by_one(payment("a"), [jwks(status=404)])
    trace = Trace()
    trace.feed(seen(done[:-1]))
    trace.feed([replace(keys(), document=None, how="fetched", error="answered 404")])
    trace.feed(seen(done[-1:]))
    assert set(signed(trace)) == {"fail"}


@pytest.mark.parametrize("how", ["given", "seen"])
def test_a_key_that_comes_later_settles_what_waited(how: str) -> None:
    done = story.one_by_one(payment("a"), [jwks()])
    trace = Trace()
    trace.feed(seen(done[:-1]))
    assert set(signed(trace)) == {"unchecked"}
    trace.feed([keys()] if how == "given" else seen(done[-1:]))
    assert set(signed(trace)) == {"pass"}
    assert trace.missing_keys() == ()
    assert signed(trace) == signed(understood(done))


def test_a_key_that_comes_later_settles_a_call_whose_grant_was_not_seen() -> None:
    """Only the key id leads to the client then."""
    done = story.one_by_one(payment("a")[12:], [jwks()])
    trace = Trace()
    trace.feed(seen(done[:-1]))
    assert set(signed(trace)) == {"unchecked"}
    trace.feed(seen(done[-1:]))
    assert set(signed(trace)) == {"pass"}
    assert {step.key_owner for step in steps(trace)[:-1] if verdict(step) == "pass"} == {story.CLIENT}


def test_a_key_republished_under_the_same_kid_unsettles_nothing() -> None:
    done = story.one_by_one([jwks()], payment("a"), [jwks({"keys": [OTHER]}), request()])
    trace = understood(done, with_keys=False)
    assert set(signed(trace)[:-1]) == {"pass"}
    assert signed(trace)[-1] == "fail"  # what comes from then on is held against the newest
    detail = trace.detail(2, done[1])
    assert detail.signature is not None
    assert verdict(detail.step) == "pass"
    assert {j.verdict.value for j in detail.signature.judgements.values()} == {"pass"}


def test_the_right_key_published_at_last_settles_what_failed() -> None:
    done = story.one_by_one([jwks({"keys": [OTHER]}), request()], [jwks()])
    trace = Trace()
    trace.feed(seen(done[:2]))
    assert signed(trace) == ["fail"]
    trace.feed(seen(done[2:]))
    assert signed(trace) == ["pass"]


def test_a_key_without_a_name_fits_any() -> None:
    """A PEM file says nothing of a kid."""
    nameless = {**corpus.key().public_jwk(), "kid": ""}
    done = story.one_by_one([request(), request(kid="shop-2")])
    trace = Trace()
    trace.feed([keys(json.dumps({"keys": [nameless]}).encode()), *seen(done)])
    assert signed(trace) == ["pass", "pass"]


def test_a_named_key_goes_before_one_without_a_name() -> None:
    document = {"keys": [OTHER, {**corpus.key().public_jwk(), "kid": ""}]}
    trace = Trace()
    trace.feed([keys(json.dumps(document).encode()), *seen(story.one_by_one([request(), request(kid="shop-2")]))])
    assert signed(trace) == ["fail", "pass"]


@pytest.mark.parametrize("first", [jwks({"error": "no"}, status=404), jwks("not a JWKS"), jwks(b"<html>")])
def test_keys_that_could_not_be_read_at_first(first: story.Call) -> None:
    done = story.one_by_one([first, request(), jwks()])
    trace = Trace()
    trace.feed(seen(done[:2]))
    assert signed(trace) == ["fail"]  # it was asked for its keys and had none: no server could verify this
    trace.feed(seen(done[2:]))
    assert signed(trace) == ["pass"]


def test_keys_that_can_not_be_read_later_change_nothing() -> None:
    done = story.one_by_one([jwks(), request(), jwks(None, status=500), request()])
    assert signed(understood(done, with_keys=False)) == ["pass", "pass"]


def test_the_wallet_address_is_meant_with_and_without_its_slash() -> None:
    trace = understood(story.one_by_one([jwks(), request(client=f"{story.CLIENT}/")]), with_keys=False)
    assert signed(trace) == ["pass"]


def test_a_key_in_the_grant_request_verifies_the_whole_grant() -> None:
    client = {"jwk": corpus.key().public_jwk()}
    using = call("POST", f"{story.SENDER.rs}/quotes", sent={}, status=400, token="T")
    trace = understood(story.one_by_one([request(client=client), using]), with_keys=False)
    assert signed(trace) == ["pass", "pass"]
    assert {step.key_owner for step in steps(trace)} == {"client.jwk"}


def test_another_clients_key_is_no_key() -> None:
    trace = Trace()
    trace.feed([keys(owner="https://other.example/client"), *seen(story.one_by_one([request()]))])
    assert signed(trace) == ["unchecked"]


def test_keys_for_more_than_is_kept_at_hand_come_from_the_lookup() -> None:
    """The trace keeps the newest exchanges; the others it asks for."""
    done = story.one_by_one([request() for _ in range(300)])
    trace = Trace(lambda n: done[n - 1])
    trace.feed(seen(done))
    trace.feed([keys()])
    assert set(signed(trace)) == {"pass"}
    alone = Trace()
    alone.feed([*seen(done), keys()])
    assert set(signed(alone)) == {"pass", "unchecked"}


def test_an_altered_message_fails() -> None:
    told = request()
    altered = replace(told, request=replace(told.request, url=f"{told.request.url}?tenant=2"))
    (step,) = steps(understood(story.one_by_one([altered])))
    assert verdict(step) == "fail"
    assert step.reasons["signature.rfc"]


def test_the_digest_is_judged_without_a_key() -> None:
    told = request()
    altered = replace(told.request, body=(told.request.body or b"").replace(b"create", b"CREATE"))
    step: Step = steps(understood(story.one_by_one([replace(told, request=altered)]), with_keys=False))[0]
    assert verdict(step, "digest") == "fail"
