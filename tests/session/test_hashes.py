"""The interaction hash: judged once, where the AS sends it, and again only where something else arrives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.session import story
from tests.session.story import Call, payment, steps, tell, understood, verdict

SENT, ARRIVED = 9, 10  # places in a payment: the AS's answer, the browser's hop


def hashes(told: list[Call]) -> list[str]:
    found = steps(understood(story.one_by_one(told)))
    return [verdict(step, "hash") for step in found if step.operation in ("interact_finish_request", "finish_redirect")]


def test_seen_twice_it_is_judged_once() -> None:
    assert hashes(payment("a")) == ["pass", "none"]


def test_seen_only_at_the_client() -> None:
    told = payment("a")
    assert hashes([*told[:5], told[ARRIVED]]) == ["pass"]


def test_seen_only_at_the_server() -> None:
    told = payment("a")
    assert hashes([*told[: SENT + 1], *told[ARRIVED + 1 :]]) == ["pass"]


def test_something_else_arrives_than_was_sent() -> None:
    told = payment("a", altered=True)
    assert hashes(told) == ["pass", "fail"]


def test_the_hash_alone_was_altered() -> None:
    told = payment("a")
    url = told[ARRIVED].request.url.replace("hash=", "hash=AAAA")
    told[ARRIVED] = Call(replace(told[ARRIVED].request, url=url), told[ARRIVED].response)
    assert hashes(told) == ["pass", "fail"]


@pytest.mark.parametrize("part", ["hash", "interact_ref"])
def test_a_part_is_missing(part: str) -> None:
    """Not seen is never a pass."""
    told = payment("a")
    url = "&".join(pair for pair in told[ARRIVED].request.url.split("&") if not pair.startswith(part))
    other = Call(replace(told[ARRIVED].request, url=url), told[ARRIVED].response)
    (got,) = hashes([*told[:5], other])
    assert got in ("fail", "unchecked")


def test_the_grant_request_was_not_seen() -> None:
    told = payment("a")
    (got,) = hashes([told[ARRIVED]])
    assert got == "unchecked"  # there is a hash, and nothing to hold it against


def test_a_finish_uri_shared_by_two_grants() -> None:
    """The reference, the Location or the state of the grants tells them apart."""
    one, other = payment("a"), payment("b")
    done, _ = tell([one[:11], other[:11]], [0, 1] * 22)
    found = [s for s in steps(understood(done)) if s.operation in ("interact_finish_request", "finish_redirect")]
    assert [verdict(step, "hash") for step in found] == ["pass", "pass", "none", "none"]
    assert len({step.grant for step in found}) == 2


def test_a_finish_uri_shared_by_two_grants_and_only_the_hops_are_seen() -> None:
    one, other = payment("a"), payment("b")
    done, _ = tell([[*one[:5], one[ARRIVED], one[11]], [*other[:5], other[ARRIVED], other[11]]], [0] * 14 + [1] * 14)
    found = [s for s in steps(understood(done)) if s.operation == "finish_redirect"]
    assert [verdict(step, "hash") for step in found] == ["pass", "pass"]


def test_a_pushed_finish() -> None:
    told = payment("a")
    query = dict(pair.split("=") for pair in told[ARRIVED].request.url.partition("&")[2].split("&"))
    body = {"hash": query["hash"].replace("%2B", "+").replace("%3D", "="), "interact_ref": query["interact_ref"]}
    pushed = story.call("POST", story.FINISH, sent=body, status=204)
    found = steps(understood(story.one_by_one([*told[:5], pushed])))[-1]
    assert (found.operation, found.source, found.target) == ("finish_push", "s.as", "client")
    assert verdict(found, "hash") == "pass"


def test_a_no_has_no_hash() -> None:
    told = payment("a")
    back = story.call("GET", told[SENT].request.url, status=302, location=f"{story.FINISH}&result=grant_rejected")
    assert hashes([*told[:8], back]) == ["none"]


@pytest.mark.parametrize("part", ["nonce", "finish"])
def test_a_wrong_nonce_fails(part: str) -> None:
    told = payment("a")
    request, response = told[4].request, told[4].response
    assert response is not None
    if part == "nonce":
        request = replace(request, body=(request.body or b"").replace(b'"nonce":"', b'"nonce":"X'))
    else:
        response = replace(response, body=(response.body or b"").replace(b'"finish":"', b'"finish":"X'))
    told[4] = Call(request, response)
    assert hashes(told)[0] == "fail"
