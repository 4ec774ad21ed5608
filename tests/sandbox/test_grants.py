"""Grant requests and what comes of them: consent, continuation, polling, cancellation."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.player import FINISH, Player, access, ok, refused, usd

OUTGOING = {"type": "outgoing-payment", "actions": ["create"]}


def secret_reference(player: Player, pending: dict[str, Any]) -> str:
    """The interact_ref that the server knows and doesn't tell."""
    world = player.sandbox.sandbox.world
    assert world
    found = world.ases[0].interactions.values()
    return next(each.ref for each in found if each.nonce == pending["interact"]["finish"])


def test_consent_rejected(player: Player) -> None:
    pending = player.ask_outgoing()
    assert player.consent(pending["interact"]["redirect"], "reject") == {"order": "7", "result": "grant_rejected"}
    player.clock.advance(5)
    reference = secret_reference(player, pending)
    assert refused(player.proceed(pending, reference)) == (404, "invalid_continuation", "grant not found")
    assert refused(player.proceed(pending)) == (401, "request_denied", "grant cannot be polled")


def test_too_fast(player: Player) -> None:
    pending = player.ask_outgoing()
    outcome = player.consent(pending["interact"]["redirect"])
    too_fast = (400, "too_fast", 'continued grant faster than "wait" period')
    assert refused(player.proceed(pending, outcome["interact_ref"])) == too_fast
    player.clock.advance(4.9)
    assert refused(player.proceed(pending, outcome["interact_ref"])) == too_fast
    player.clock.advance(0.1)
    ok(player.proceed(pending, outcome["interact_ref"]))


def test_continue_before_the_answer(player: Player) -> None:
    pending = player.ask_outgoing()
    player.clock.advance(5)
    reference = secret_reference(player, pending)
    denied = (401, "request_denied", "grant interaction not approved")
    assert refused(player.proceed(pending, reference)) == denied


def test_a_second_continuation_is_refused_even_after_a_second_finish(player: Player, browser: httpx.Client) -> None:
    pending = player.ask_outgoing()
    outcome = player.consent(pending["interact"]["redirect"], browser=browser)
    player.clock.advance(5)
    first = ok(player.proceed(pending, outcome["interact_ref"]))
    assert "wait" not in first["continue"]
    denied = (401, "request_denied", "grant interaction not approved")
    assert refused(player.proceed(pending, outcome["interact_ref"])) == denied
    assert browser.get(f"{pending['interact']['redirect'].partition('?')[0]}/finish").status_code == 302
    assert refused(player.proceed(pending, outcome["interact_ref"])) == denied


def test_a_bogus_reference_comes_before_the_wait(player: Player) -> None:
    pending = player.ask_outgoing()
    missing = (404, "invalid_continuation", "grant not found")
    assert refused(player.proceed(pending, "0f0f0f0f-0000-4000-8000-000000000000")) == missing


def test_a_reference_of_another_grant_is_refused(player: Player) -> None:
    mine, other = player.ask_outgoing(), player.ask_outgoing()
    outcome = player.consent(other["interact"]["redirect"])
    player.clock.advance(5)
    missing = (404, "invalid_continuation", "grant not found")
    assert refused(player.proceed(mine, outcome["interact_ref"])) == missing


def test_polling(player: Player) -> None:
    pending = player.ask_outgoing(finish=None)
    assert pending["interact"]["finish"]
    assert refused(player.proceed(pending)) == (400, "too_fast", 'polled grant faster than "wait" period')
    player.clock.advance(5)
    assert ok(player.proceed(pending)) == {"continue": pending["continue"]}
    assert refused(player.proceed(pending))[1] == "too_fast"  # the wait starts again with each poll
    finished = player.browse(pending["interact"]["redirect"])
    assert (finished.status_code, finished.text) == (202, "Accepted")
    player.clock.advance(5)
    assert "access_token" in ok(player.proceed(pending))
    player.clock.advance(5)
    assert refused(player.proceed(pending)) == (401, "request_denied", "grant cannot be continued")


def test_polling_a_grant_that_finishes_is_refused(player: Player) -> None:
    pending = player.ask_outgoing()
    player.clock.advance(5)
    assert refused(player.proceed(pending)) == (401, "request_denied", "grant cannot be polled")


def test_cancelling_kills_grant_and_tokens(player: Player) -> None:
    grant = player.outgoing_grant()
    uri, token = grant["continue"]["uri"], grant["continue"]["access_token"]["value"]
    assert player.call("DELETE", uri, token=token).status_code == 204
    assert refused(player.call("DELETE", uri, token=token)) == (401, "invalid_continuation", "invalid grant")
    spent = f"{player.sender.resource_server}/outgoing-payment-grant"
    inactive = (403, "403", "Inactive Token")
    assert refused(player.call("GET", spent, token=grant["access_token"]["value"])) == inactive


def test_cancelling_during_the_interaction(player: Player) -> None:
    pending = player.ask_outgoing()
    uri, token = pending["continue"]["uri"], pending["continue"]["access_token"]["value"]
    assert player.call("DELETE", uri, token=token).status_code == 204
    started = player.http.get(pending["interact"]["redirect"])
    assert started.headers["location"] == f"{FINISH}&result=invalid_interaction&message=invalid+interaction"


def test_an_access_token_is_no_continuation_token(player: Player) -> None:
    grant = player.incoming_grant()
    uri = grant["continue"]["uri"]
    wrong = player.call("DELETE", uri, token=grant["access_token"]["value"])
    assert refused(wrong) == (401, "invalid_continuation", "invalid grant")
    assert refused(player.call("DELETE", uri)) == (401, "invalid_client", "invalid signature headers")


def test_a_grant_without_interaction_can_be_polled_once(player: Player) -> None:
    grant = player.incoming_grant()
    assert refused(player.proceed(grant))[1] == "too_fast"
    player.clock.advance(5)
    assert ok(player.proceed(grant))["access_token"]["value"] != grant["access_token"]["value"]
    player.clock.advance(5)
    assert refused(player.proceed(grant)) == (401, "request_denied", "grant cannot be continued")


def test_subject_grant(player: Player) -> None:
    body = {
        "client": player.address,
        "subject": {"sub_ids": [{"id": player.alice, "format": "uri"}]},
        "interact": {"start": ["redirect"], "finish": {"method": "redirect", "uri": FINISH, "nonce": "n"}},
    }
    pending = ok(player.call("POST", player.sender.grant_endpoint, body))
    outcome = player.consent(pending["interact"]["redirect"])
    player.clock.advance(5)
    answer = ok(player.proceed(pending, outcome["interact_ref"]))
    assert answer["subject"] == {"sub_ids": [{"id": player.alice, "format": "uri"}]}
    assert "access_token" not in answer


@pytest.mark.parametrize("form", ["address", "walletAddress", "jwk"])
def test_the_three_forms_of_client(player: Player, form: str) -> None:
    forms: dict[str, Any] = {
        "address": player.address,
        "walletAddress": {"walletAddress": player.address},
        "jwk": {"jwk": player.key.public_jwk()},
    }
    token = ok(
        player.grant(player.recipient.grant_endpoint, access("incoming-payment", "create", "read"), client=forms[form])
    )
    incoming = player.incoming(token=token["access_token"]["value"])
    assert ok(player.call("GET", incoming["id"], token=token["access_token"]["value"]))["id"] == incoming["id"]
    manage = token["access_token"]["manage"]
    assert player.call("DELETE", manage, token=token["access_token"]["value"]).status_code == 204


REFUSALS: list[tuple[str, dict[str, Any], tuple[int, str | None, str]]] = [
    (
        "no interact",
        {"access": [{**OUTGOING, "identifier": "{alice}"}]},
        (400, "invalid_request", "missing required request field 'interact'"),
    ),
    (
        "list-all needs an identifier",
        {"access": [access("incoming-payment", "list-all")]},
        (400, "invalid_request", "access identifier required"),
    ),
    ("nothing asked", {"access": []}, (400, "invalid_request", "subject or access_token required")),
    (
        "both amounts",
        {
            "access": [
                {**OUTGOING, "identifier": "{alice}", "limits": {"debitAmount": usd(1), "receiveAmount": usd(1)}}
            ],
            "interact": True,
        },
        (400, "invalid_request", "only one access amount allowed"),
    ),
    (
        "four items",
        {"access": [access("quote", *actions) for actions in (["create"], ["read"], ["read-all"], ["create", "read"])]},
        (
            400,
            None,
            "Received error validating OpenAPI request: body.access_token.access must NOT have more than 3 items",
        ),
    ),
    (
        "no identifier",
        {"access": [OUTGOING], "interact": True},
        (
            400,
            None,
            "Received error validating OpenAPI request: body.access_token.access.0.type"
            " must be equal to one of the allowed values",
        ),
    ),
]


@pytest.mark.parametrize(("case", "request_", "expected"), REFUSALS, ids=[case for case, *_ in REFUSALS])
def test_refusals(player: Player, case: str, request_: dict[str, Any], expected: tuple[int, str | None, str]) -> None:
    items = [
        {name: player.alice if value == "{alice}" else value for name, value in item.items()}
        for item in request_["access"]
    ]
    finish = FINISH if request_.get("interact") else None
    assert refused(player.grant(player.sender.grant_endpoint, *items, finish=finish)) == expected


def test_a_jwk_client_cannot_interact(player: Player) -> None:
    item = {**OUTGOING, "identifier": player.alice}
    response = player.grant(player.sender.grant_endpoint, item, finish=FINISH, client={"jwk": player.key.public_jwk()})
    assert refused(response) == (400, "invalid_client", "JWK client identifier cannot be used for interactive grants")


def test_a_client_without_a_name_cannot_interact(player: Player) -> None:
    world = player.sandbox.sandbox.world
    assert world
    wallet = world.ases[1].wallets[player.address]
    name, wallet.public_name = wallet.public_name, ""
    try:
        item = {**OUTGOING, "identifier": player.alice}
        response = player.grant(player.sender.grant_endpoint, item, finish=FINISH)
        assert refused(response) == (400, "invalid_client", "missing required request field 'client'")
    finally:
        wallet.public_name = name


def test_tenants(player: Player) -> None:
    origin = player.sender.grant_endpoint.rpartition("/")[0]
    item = access("quote", "create")
    other = "0f0f0f0f-0000-4000-8000-000000000000"
    assert refused(player.grant(f"{origin}/{other}", item)) == (404, "invalid_request", "Not Found")
    missing = player.grant(f"{origin}/", item)
    assert (missing.status_code, missing.text) == (404, "Not Found")
    odd = player.grant(f"{origin}/acme", item)
    assert (odd.status_code, odd.text) == (500, "Internal Server Error")
    ok(player.grant(f"{player.sender.grant_endpoint}/", item))  # one slash too many does no harm
