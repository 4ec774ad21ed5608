"""Incoming payments, quotes and outgoing payments: their rules, and their lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.player import Player, eur, ok, refused, usd

OPENAPI = "Received error validating OpenAPI request: "


def days(player: Player, count: float) -> str:
    return (player.clock() + timedelta(days=count)).isoformat()


def test_completing_twice(player: Player) -> None:
    token = player.incoming_token()
    incoming = player.incoming(token=token)
    done = ok(player.call("POST", f"{incoming['id']}/complete", token=token))
    assert done["completed"] is True
    assert "methods" not in done
    again = player.call("POST", f"{incoming['id']}/complete", token=token)
    assert refused(again) == (409, "409", "wrong state")


def test_anybody_may_see_a_part(player: Player) -> None:
    incoming = player.incoming(700)
    public = ok(player.call("GET", incoming["id"], sign=False))
    assert public == {"receivedAmount": eur(0), "authServer": player.recipient.grant_endpoint}


def test_methods_are_new_each_time(player: Player) -> None:
    token = player.incoming_token()
    incoming = player.incoming(token=token)
    again = ok(player.call("GET", incoming["id"], token=token))
    assert again["methods"][0]["sharedSecret"] != incoming["methods"][0]["sharedSecret"]
    assert again["methods"][0]["ilpAddress"].startswith("test.happy-life.")


def test_an_expired_payment_is_gone(player: Player) -> None:
    incoming = player.incoming(expiresAt=days(player, 0.01))
    assert ok(player.call("GET", incoming["id"], sign=False))
    player.clock.advance(1000)
    gone = player.call("GET", incoming["id"], sign=False)
    assert refused(gone) == (401, "401", "Unauthorized")
    assert gone.json()["error"]["details"] == {
        "description": "Failed to get wallet address from incoming payment",
        "id": incoming["id"].rpartition("/")[2],
    }
    assert refused(player.ask_quote(incoming["id"])) == (400, "400", "invalid receiver")


def test_unknown_resources(player: Player) -> None:
    nobody = "0f0f0f0f-0000-4000-8000-000000000000"
    outgoing = player.outgoing_token()
    for base, kind, token in (
        (player.recipient.resource_server, "incoming-payments", player.incoming_token()),
        (player.sender.resource_server, "quotes", player.quote_token()),
        (player.sender.resource_server, "outgoing-payments", outgoing),
    ):
        response = player.call("GET", f"{base}/{kind}/{nobody}", token=token)
        assert refused(response) == (401, "401", "Unauthorized")
    odd = player.call("GET", f"{player.sender.resource_server}/quotes/7", token=player.quote_token())
    assert (odd.status_code, odd.text) == (500, "Internal Server Error")
    missing = player.pay(f"{player.sender.resource_server}/quotes/{nobody}", outgoing)
    assert refused(missing) == (404, "404", "unknown quote")


def test_the_tenant_is_part_of_a_resources_url(player: Player) -> None:
    incoming = player.incoming()
    origin, _, rest = incoming["id"].partition(player.recipient.resource_server.rpartition("/")[2])
    other = f"{origin}0f0f0f0f-0000-4000-8000-000000000000{rest}"
    assert refused(player.call("GET", other, sign=False))[0] == 401
    body = {"walletAddress": player.bob}
    missing = player.call("POST", f"{origin}incoming-payments", body, token=player.incoming_token())
    assert (missing.status_code, missing.text) == (404, "Not Found")
    wrong = player.call(
        "POST", f"{origin}0f0f0f0f-0000-4000-8000-000000000000/incoming-payments", body, token=player.incoming_token()
    )
    assert refused(wrong) == (404, "404", "unknown wallet address")


INCOMING: list[tuple[dict[str, Any], str]] = [
    ({"incomingAmount": usd(5)}, "invalid amount"),
    ({"incomingAmount": eur(0)}, "invalid amount"),
    ({"expiresAt": "2020-01-01T00:00:00Z"}, "invalid expiresAt"),
    ({"expiresAt": "2999-01-01T00:00:00Z"}, "invalid expiresAt"),
    ({"expiresAt": "2027-02-30T00:00:00Z"}, "invalid expiresAt"),
    ({"expiresAt": None}, f"{OPENAPI}body.expiresAt must be string"),
    ({"incomingAmount": {**eur(5), "value": 5}}, f"{OPENAPI}body.incomingAmount.value must be string"),
    ({"incomingAmount": {**eur(5), "value": "5.0"}}, f'{OPENAPI}body.incomingAmount.value must match format "uint64"'),
    ({"description": "x"}, f"{OPENAPI}body must NOT have additional properties: description"),
]


@pytest.mark.parametrize(("more", "description"), INCOMING)
def test_incoming_payments_that_are_refused(player: Player, more: dict[str, Any], description: str) -> None:
    body = {"walletAddress": player.bob, **more}
    url = f"{player.recipient.resource_server}/incoming-payments"
    assert refused(player.call("POST", url, body, token=player.incoming_token())) == (400, "400", description)


def test_a_wallet_address_of_elsewhere(player: Player) -> None:
    url, body = f"{player.recipient.resource_server}/incoming-payments", {"walletAddress": player.alice}
    response = player.call("POST", url, body, token=player.incoming_token())
    assert refused(response) == (400, "400", "Could not get wallet address")


def test_quotes(player: Player) -> None:
    fixed = player.incoming(1000)
    opened = player.incoming(None)
    assert refused(player.ask_quote(opened["id"])) == (400, "400", "invalid amount")
    assert refused(player.ask_quote(opened["id"], debitAmount=eur(500))) == (400, "400", "invalid amount")
    assert refused(player.ask_quote(fixed["id"], receiveAmount=eur(1001))) == (400, "400", "invalid amount")
    assert refused(player.ask_quote(fixed["id"], receiveAmount=usd(5))) == (400, "400", "invalid amount")
    assert refused(player.ask_quote(fixed["id"], debitAmount=usd(9999))) == (400, "400", "invalid amount")
    both = player.ask_quote(opened["id"], debitAmount=usd(5), receiveAmount=eur(5))
    assert refused(both) == (400, "400", f"{OPENAPI}body must NOT have additional properties: debitAmount")
    small = player.ask_quote(opened["id"], debitAmount=usd(101))
    assert refused(small) == (400, "400", "non-positive receive amount")
    least = small.json()["error"]["details"]["minSendAmount"]
    assert least == usd(105)
    assert player.quote(opened["id"], debitAmount=least)["receiveAmount"] == eur(1)
    part = player.quote(fixed["id"], receiveAmount=eur(46))
    assert part["debitAmount"] == usd(50 + 101)
    wallet = player.ask_quote(player.bob)
    assert refused(wallet)[2].startswith(f"{OPENAPI}body.receiver must match pattern")
    nowhere = player.ask_quote("http://127.0.0.1:1/incoming-payments/x")
    assert refused(nowhere) == (400, "400", "invalid receiver")


def test_a_quote_can_be_read_again(player: Player) -> None:
    token = player.quote_token()
    quote = ok(player.ask_quote(player.incoming()["id"], token=token), 201)
    assert ok(player.call("GET", quote["id"], token=token)) == quote


def test_a_quote_expires(player: Player) -> None:
    quote = player.quote(player.incoming()["id"])
    token = player.outgoing_token()
    player.clock.advance(300)
    assert refused(player.pay(quote, token)) == (400, "400", "invalid quote")


def test_a_quote_is_used_once(player: Player) -> None:
    quote = player.quote(player.incoming(2000)["id"], receiveAmount=eur(500))
    token = player.outgoing_token()
    ok(player.pay(quote, token), 201)
    assert refused(player.pay(quote, token)) == (400, "400", "invalid quote")


def test_a_wrong_host_in_a_quote_id_does_no_harm(player: Player) -> None:
    quote = player.quote(player.incoming()["id"])
    ok(player.pay(f"https://elsewhere.test/quotes/{quote['id'].rpartition('/')[2]}/", player.outgoing_token()), 201)


def test_lists(player: Player) -> None:
    token = player.incoming_token()
    made = [player.incoming(value, token=token)["id"] for value in (1, 2, 3, 4, 5)]
    newest = [url.rpartition("/")[2] for url in reversed(made)]

    def page(**query: object) -> dict[str, Any]:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        url = f"{player.recipient.resource_server}/incoming-payments?wallet-address={player.bob}&{text}"
        return ok(player.call("GET", url, token=token))

    def ids(answer: dict[str, Any]) -> list[str]:
        return [item["id"].rpartition("/")[2] for item in answer["result"]]

    first = page(first=2)
    assert ids(first) == newest[:2]
    assert first["pagination"] == {
        "endCursor": newest[1],
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": newest[0],
    }
    assert "methods" not in first["result"][0]
    second = page(first=2, cursor=first["pagination"]["endCursor"])
    assert ids(second) == newest[2:4]
    assert second["pagination"]["hasPreviousPage"] is True
    back = page(last=2, cursor=newest[3])
    assert ids(back) == newest[1:3]
    assert ids(page(last=9, cursor=newest[2])) == newest[:2]
    unknown = page(cursor="0f0f0f0f-0000-4000-8000-000000000000")
    assert unknown == {"pagination": {"hasNextPage": False, "hasPreviousPage": False}, "result": []}


LISTS = [
    ("first=2&last=2&cursor=x", "first and last are mutually exclusive"),
    ("last=2", "last requires cursor"),
    ("first=101", f"{OPENAPI}first must be <= 100"),
    ("first=0", f"{OPENAPI}first must be >= 1"),
    ("first=two", f"{OPENAPI}first must be integer"),
]


@pytest.mark.parametrize(("query", "description"), LISTS)
def test_lists_that_are_refused(player: Player, query: str, description: str) -> None:
    url = f"{player.recipient.resource_server}/incoming-payments?wallet-address={player.bob}&{query}"
    assert refused(player.call("GET", url, token=player.incoming_token())) == (400, "400", description)


def test_a_list_needs_a_wallet_address(player: Player) -> None:
    url = f"{player.recipient.resource_server}/incoming-payments?walletAddress={player.bob}"
    missing = f"{OPENAPI}must have required property 'wallet-address'"
    assert refused(player.call("GET", url, token=player.incoming_token())) == (400, "400", missing)


def test_outgoing_payments_are_listed(player: Player) -> None:
    token = player.outgoing_token()
    url = f"{player.sender.resource_server}/outgoing-payments?wallet-address={player.alice}&first=1"
    payment = ok(player.pay(player.quote(player.incoming()["id"]), token), 201)
    listed = ok(player.call("GET", url, token=token))
    assert [item["id"] for item in listed["result"]] == [payment["id"]]
    assert "grantSpentDebitAmount" not in listed["result"][0]
