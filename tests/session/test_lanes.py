"""On which lane each exchange is drawn: roles, never hosts, settled by evidence that may come late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.session import story
from tests.session.story import RECIPIENT, SENDER, Ase, Call, payment, steps, understood

_LANES = (
    "client→r.as client→r.rs client→s.as client→s.rs client→s.as client→s.as client→s.idp s.idp→s.as s.idp→s.as "
    "s.idp→s.as s.idp→client client→s.as client→s.rs client→s.rs client→r.rs client→s.as"
)
LANES = _LANES.split()


def lanes(*stories: list[Call]) -> list[str]:
    return [f"{step.source}→{step.target}" for step in steps(understood(story.one_by_one(*stories)))]


def test_a_payment() -> None:
    assert lanes(payment("a")) == LANES


def test_wallet_addresses_find_their_side_whoever_is_read_first() -> None:
    reads = [story.wallet_address(RECIPIENT), story.wallet_address(SENDER), story.jwks()]
    assert lanes(reads, payment("a"))[:3] == ["client→r.wa", "client→s.wa", "client→c.wa"]
    assert lanes(reads[1::-1], payment("a"))[:2] == ["client→s.wa", "client→r.wa"]


def test_before_anything_is_known_a_lane_has_no_side() -> None:
    assert lanes([story.wallet_address(SENDER)]) == ["client→wa"]


@pytest.mark.parametrize("start", range(1, story.LENGTH))
def test_a_trace_that_starts_in_the_middle(start: int) -> None:
    """What was drawn has the right side, or none; never the wrong one."""
    for got, wanted in zip(lanes(payment("a")[start:]), LANES[start:], strict=True):
        (source, target), (right_source, right_target) = got.split("→"), wanted.split("→")
        assert source in (right_source, right_source.partition(".")[2], "client"), (got, wanted)
        assert target in (right_target, right_target.partition(".")[2], "unknown"), (got, wanted)


def test_late_evidence_moves_what_was_drawn_before() -> None:
    told = [story.wallet_address(SENDER), story.wallet_address(RECIPIENT)]
    assert lanes(told) == ["client→wa", "client→wa"]
    # what one side is certain of leaves the other part for the only other ASE
    assert lanes(told, payment("a")[:1]) == ["client→s.wa", "client→r.wa", "client→r.as"]
    assert lanes(told, payment("a")[2:3]) == ["client→s.wa", "client→r.wa", "client→s.as"]


def test_one_ase_plays_both_sides() -> None:
    """The sides come from what each exchange is for, since the server can't tell."""
    both = Ase(SENDER.rs, SENDER.auth, "https://cloud-nine.example/accounts/carol")
    trace = understood(story.one_by_one(payment("a", sender=SENDER, recipient=both)))
    assert [f"{step.source}→{step.target}" for step in steps(trace)] == LANES
    assert {step.same_ase for step in steps(trace) if step.operation == "quote_create"} == {True}


def test_one_ase_with_several_ports() -> None:
    """Rafiki's auth server has a port for clients, one for interactions and one for the identity provider."""

    def at(port: int, told: Call) -> Call:
        moved = told.request.url.replace("https://auth.cloud-nine.example/", f"http://cloud-nine-auth:{port}/")
        return Call(replace(told.request, url=moved), told.response)

    told = payment("a")
    document = (told[4].response.body if told[4].response else b"") or b""
    moved = document.replace(b"https://auth.cloud-nine.example/interact", b"http://cloud-nine-auth:3006/interact")
    assert told[4].response is not None
    told[4] = Call(told[4].request, replace(told[4].response, body=moved))
    told[5], told[9] = at(3006, told[5]), at(3006, told[9])
    told[7], told[8] = at(3009, told[7]), at(3009, told[8])
    assert lanes(told) == LANES


def test_two_payments_in_opposite_directions() -> None:
    """Each bank sends once and receives once: both sides are certain, so the exchange itself decides."""
    assert lanes(payment("a"), payment("b", sender=RECIPIENT, recipient=SENDER)) == LANES + LANES


def test_a_server_that_reads_keys_is_the_source() -> None:
    told = payment("a")
    reading = story.call("GET", f"{story.CLIENT}/jwks.json", got={"keys": []}, client_id="as")
    done, events = story.tell([[told[0]], [reading]], [0, 1, 1, 0])
    for exchanges in (done, events):
        step = steps(understood(exchanges))[1]
        assert (step.operation, step.source, step.target) == ("jwks_get", "r.as", "c.wa")


def test_an_unknown_server_is_nobodys_lane() -> None:
    assert lanes([story.call("GET", "https://cdn.example/app.js", got={})]) == ["client→unknown"]
