"""The states of a grant (RFC 9635 1.5): the table, and what exchanges do to it."""

from __future__ import annotations

from itertools import product

import pytest

from optrace.session.grants import GRANT_STEPS, Grant, GrantState, Happening
from optrace.session.places import Ase
from tests.session import story
from tests.session.story import payment, understood

S, H = GrantState, Happening
FINAL = {S.ISSUED, S.REJECTED, S.CANCELLED, S.REFUSED}

# each way through the table, from the RFC's figure
WAYS = [
    ([H.TOKEN_ISSUED], S.APPROVED),
    ([H.REQUEST_REFUSED], S.REFUSED),
    ([H.INTERACTION_OFFERED], S.PENDING),
    ([H.INTERACTION_OFFERED, H.CONSENT_GIVEN], S.APPROVED),
    ([H.INTERACTION_OFFERED, H.CONSENT_GIVEN, H.TOKEN_ISSUED], S.ISSUED),
    ([H.INTERACTION_OFFERED, H.CONSENT_REFUSED], S.REJECTED),
    ([H.INTERACTION_OFFERED, H.TOKEN_ISSUED], S.ISSUED),
    ([H.INTERACTION_OFFERED, H.CANCELLED], S.CANCELLED),
    ([H.TOKEN_ISSUED, H.CANCELLED], S.CANCELLED),
    ([H.INTERACTION_OFFERED, H.CONSENT_GIVEN, H.TOKEN_ISSUED, H.CANCELLED], S.CANCELLED),
    ([H.REQUEST_REFUSED, H.TOKEN_ISSUED, H.CANCELLED], S.REFUSED),
    ([H.INTERACTION_OFFERED, H.CONSENT_REFUSED, H.CONSENT_GIVEN, H.TOKEN_ISSUED], S.REJECTED),
    ([H.CONSENT_GIVEN, H.CONSENT_REFUSED], S.PROCESSING),
]


@pytest.mark.parametrize(("way", "end"), WAYS)
def test_a_way_through_the_table(way: list[Happening], end: GrantState) -> None:
    grant = Grant(1, Ase(0))
    for what in way:
        grant.happened(what)
    assert grant.state is end


def test_what_is_final_stays_but_for_giving_it_up() -> None:
    for state, what in product(FINAL, Happening):
        grant = Grant(1, Ase(0), state=state)
        grant.happened(what)
        given_up = what is H.CANCELLED and state is not S.REFUSED
        assert grant.state is (S.CANCELLED if given_up else state)


def test_each_state_can_be_reached() -> None:
    assert {S.PROCESSING, *GRANT_STEPS.values()} == set(GrantState)


@pytest.mark.parametrize(
    ("count", "state"),
    [(5, S.PENDING), (9, S.PENDING), (10, S.APPROVED), (11, S.APPROVED), (12, S.ISSUED), (16, S.ISSUED)],
)
def test_the_grant_of_a_payment_as_it_goes_on(count: int, state: GrantState) -> None:
    trace = understood(story.one_by_one(payment("a")[:count]))
    grants = trace.memory.grants
    assert [grant.state for grant in grants] == [S.APPROVED, S.APPROVED, state]
    assert [grant.side for grant in grants] == ["r", "s", "s"]


def test_tokens_are_born_and_die() -> None:
    trace = understood(story.one_by_one(payment("a")))
    tokens = {token.value: token for token in trace.memory.grants[-1].tokens}
    access = [token for token in tokens.values() if token.kind == "access"]
    assert [(token.born, token.dead) for token in access] == [(12, 16)]


def test_a_rotated_token_belongs_to_the_same_grant() -> None:
    told = payment("a")
    manage = told[15].request.url
    rotated = story.call("POST", manage, got=story.granted("NEW", story.SENDER), token="OLD")
    used = story.call("GET", told[13].request.url, got={}, token="NEW")
    trace = understood(story.one_by_one([*told[:13], rotated, used]))
    assert trace.step(14).operation == "token_rotate"
    assert trace.step(15).grant == trace.step(5).grant == 5
    values = {token.value: token.dead for token in trace.memory.grants[-1].tokens if token.kind == "access"}
    assert values["NEW"] is None
    assert [dead for value, dead in values.items() if value != "NEW"] == [14]
