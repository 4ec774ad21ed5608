"""The life of a value, in recordings of real software."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from optrace.core.messages import Exchange
from optrace.exchanges.view import View
from optrace.session.lifelines import Lifeline, lifeline
from tests.cli_diagnosis.kit import altered, exchanges, first, trace_of


def life_in(found: list[Exchange], value: str) -> Lifeline:
    trace, lookup = trace_of(found)
    return lifeline(trace, value, (View(lookup(n)) for n in range(1, len(trace) + 1)))


def of(name: str, value: str) -> Lifeline:
    return life_in(list(exchanges(name)), value)


def tokens(name: str, kind: str) -> Iterator[tuple[str, int, int | None]]:
    trace, _ = trace_of(exchanges(name))
    return ((t.value, t.born, t.dead) for t in trace.memory.tokens.values() if t.kind == kind)


ROTATED = "09-token-after-rotate-revoke"
HAPPY = "01-happy-path"


def test_each_token_is_born_where_it_was_issued_and_dies_where_it_was_rotated() -> None:
    for kind in ("access", "continuation"):
        for value, born, dead in tokens(ROTATED, kind):
            life = of(ROTATED, value)
            assert (life.sightings[0].n, life.sightings[0].part) == (born, "response")
            assert "access_token.value" in life.sightings[0].where
            assert life.secret
            if dead is not None:
                assert life.death is not None
                assert life.death.n == dead


def test_the_use_of_a_dead_token_stands_out() -> None:
    value, _, dead = next(entry for entry in tokens(ROTATED, "access") if entry[2])
    trace, _ = trace_of(exchanges(ROTATED))
    life = of(ROTATED, value)
    late = [one.n for one in life.sightings if life.after_death(one, trace.row(one.n).started)]
    assert late
    assert dead is not None
    assert all(n > dead for n in late)
    assert all((trace.row(n).status or 0) >= 400 or trace.row(n).operation == "token_rotate" for n in late)


def test_a_token_that_was_used_is_signed_there() -> None:
    value, _, _ = next(tokens(HAPPY, "access"))
    uses = [one for one in of(HAPPY, value).sightings if one.part == "request"]
    assert uses
    assert all(one.where.lower() == "authorization" and one.signed for one in uses)


def test_an_interaction_reference_is_used_up_by_the_continuation() -> None:
    trace, _ = trace_of(exchanges(HAPPY))
    (reference,) = trace.memory.references
    life = of(HAPPY, reference)
    assert life.death is not None
    assert life.death.n == first(HAPPY, "grant_continue")
    places = [(one.where, one.signed) for one in life.sightings]
    assert places == [("Location ?interact_ref", False), ("URL ?interact_ref", False), ("body interact_ref", True)]


def test_an_incoming_payment_is_found_in_urls_and_bodies() -> None:
    n = first(HAPPY, "incoming_payment_create")
    _, lookup = trace_of(exchanges(HAPPY))
    url = View(lookup(n)).got["id"]
    assert isinstance(url, str)
    whole, uuid = of(HAPPY, url), of(HAPPY, url.rpartition("/")[2])
    assert whole.sightings[0].n == uuid.sightings[0].n == n
    assert {"body receiver", "body id"} <= {one.where for one in whole.sightings}
    # the id says https, the wire of this development stack is http
    assert {one.difference for one in whole.near} == {"http instead of https"}
    assert "URL" in {one.where for one in uuid.sightings}


def test_an_amount_in_words_and_digits() -> None:
    n = first(HAPPY, "incoming_payment_create")
    life = of(HAPPY, "10.00 USD")
    assert (life.sightings[0].n, life.sightings[0].where) == (n, "body incomingAmount")
    assert any(one.where == "body incomingAmount.value" for one in of(HAPPY, "1000").sightings)


def test_a_key_lives_from_its_jwks_on() -> None:
    trace, _ = trace_of(exchanges(HAPPY))
    kid = next(key.kid for _, key in trace.memory.keyring.all_keys())
    life = of(HAPPY, kid)
    assert trace.row(life.sightings[0].n).operation == "jwks_get"
    assert all(one.signed for one in life.sightings if one.part == "request")
    assert life.death is None


def test_a_key_that_is_published_no_more_is_dead() -> None:
    n = first(HAPPY, "jwks_get")
    found = list(exchanges(HAPPY))
    source = found[n - 1]
    assert source.response is not None
    emptied = replace(source, n=len(found) + 1, response=replace(source.response, body=b'{"keys": []}'))
    trace, _ = trace_of(found)
    kid = next(key.kid for _, key in trace.memory.keyring.all_keys())
    death = life_in([*found, emptied], kid).death
    assert death is not None
    assert (death.n, death.how) == (len(found) + 1, "no longer published")


def test_a_token_dies_of_age() -> None:
    found = list(exchanges(HAPPY))
    value, born, _ = next(tokens(HAPPY, "access"))
    trace, _ = trace_of(found)
    life_time = trace.memory.tokens[value].expires_in
    assert life_time is not None
    cut = next(n for n, one in enumerate(found) if trace.row(one.n).operation in ("token_revoke", "grant_cancel"))
    late = replace(found[cut - 1], n=cut + 1, started=found[born - 1].started + timedelta(seconds=life_time + 60))
    death = life_in([*found[:cut], late], value).death
    assert death is not None
    assert (death.n, death.how) == (None, "expired")


def test_a_token_in_small_letters_is_nearly_the_same() -> None:
    value, _, _ = next(tokens(HAPPY, "access"))
    trace, lookup = trace_of(exchanges(HAPPY))
    n = next(n for n in range(1, len(trace) + 1) if View(lookup(n)).token == value)

    def small(one: Exchange) -> Exchange:
        fields = [(k, v.replace(value.encode(), value.lower().encode())) for k, v in one.request.fields.raw]
        return replace(one, request=replace(one.request, fields=type(one.request.fields)(fields)))

    life = life_in(altered(HAPPY, {n: small}), value)
    assert [(one.n, one.difference) for one in life.near] == [(n, "only upper and lower case differ")]
    assert n not in [one.n for one in life.sightings]


def test_what_never_occurs_has_no_life() -> None:
    life = of(HAPPY, "0000-never-seen-0000")
    assert (life.sightings, life.near, life.death, life.secret) == ((), (), None, False)
