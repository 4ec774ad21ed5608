"""The whole payment, and what the servers say to each other meanwhile."""

from __future__ import annotations

import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from optrace.sandbox import grants
from optrace.sandbox.config import Role
from tests.sandbox.player import FINISH, Player, eur, ok, usd


def test_a_payment_from_beginning_to_end(player: Player) -> None:
    alice, bob = (ok(player.call("GET", address, sign=False)) for address in (player.alice, player.bob))
    assert alice == {
        "id": player.alice,
        "publicName": "Alice Smith",
        "assetCode": "USD",
        "assetScale": 2,
        "authServer": player.sender.grant_endpoint,
        "resourceServer": player.sender.resource_server,
    }
    assert bob["assetCode"] == "EUR"

    token = player.incoming_token()
    incoming = player.incoming(1000, token=token, metadata={"invoice": "7"})
    assert incoming["receivedAmount"] == eur(0)
    assert incoming["completed"] is False
    assert incoming["metadata"] == {"invoice": "7"}
    assert [method["type"] for method in incoming["methods"]] == ["ilp"]

    quote = player.quote(incoming["id"])
    assert quote["receiveAmount"] == eur(1000)
    assert quote["debitAmount"] == usd(1087 + 100 + 22)  # 10.00 EUR at 0.92, rounded up; 1 USD and 2 % of fee

    outgoing_token = player.outgoing_token({"debitAmount": quote["debitAmount"], "receiver": incoming["id"]})
    outgoing = ok(player.pay(quote, outgoing_token, metadata={"note": "thanks"}), 201)
    assert outgoing["sentAmount"] == usd(0)
    assert outgoing["failed"] is False
    assert outgoing["grantSpentDebitAmount"] == usd(0)
    assert outgoing["id"].rpartition("/")[2] == quote["id"].rpartition("/")[2]

    player.clock.advance(1)
    outgoing = ok(player.call("GET", outgoing["id"], token=outgoing_token))
    assert outgoing["sentAmount"] == usd(1087)
    assert "grantSpentDebitAmount" not in outgoing
    received = ok(player.call("GET", incoming["id"], token=token))
    assert received["receivedAmount"] == eur(1000)
    assert received["completed"] is True
    assert received["methods"] == []


def test_the_servers_speak_to_each_other_over_http(player: Player) -> None:
    incoming = player.incoming()
    token = player.quote_token()
    player.sandbox.hops.clear()
    player.quote(incoming["id"], token=token)
    hops = [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", f"{method} {url}") for method, url in player.sandbox.hops]
    client_keys = f"GET {player.address}/jwks.json"
    own_keys = f"GET {player.sender.urls[Role.RESOURCE]}/.well-known/pay/jwks.json"
    recipient = player.recipient.urls
    read = f"GET {recipient[Role.RESOURCE]}/*/incoming-payments/*"
    introspection = f"POST {recipient[Role.INTROSPECTION]}/"
    assert hops[:3] == [f"POST {player.sender.urls[Role.INTROSPECTION]}/", client_keys, read]
    # the grant of its own is asked for once and kept
    assert [hop for hop in hops[3:] if hop not in (f"POST {recipient[Role.AUTH]}/*", own_keys)] == [read, introspection]


def test_wire_forms_are_rafikis(player: Player) -> None:
    answer = player.incoming_grant("create")
    assert list(answer) == ["access_token", "continue"]
    assert list(answer["access_token"]) == ["access", "value", "manage", "expires_in"]
    assert re.fullmatch(r"[0-9A-F]{20}", answer["access_token"]["value"])
    assert re.fullmatch(r"[0-9A-F]{20}", answer["continue"]["access_token"]["value"])
    auth = player.recipient.urls[Role.AUTH]
    assert re.fullmatch(rf"{auth}/token/[0-9a-f-]{{36}}", answer["access_token"]["manage"])
    assert "wait" not in answer["continue"]
    pending = player.ask_outgoing()
    assert pending["continue"]["wait"] == 5
    nonce = pending["interact"]["finish"]
    assert re.fullmatch(r"[0-9A-F]{16}", nonce)
    assert f"/{nonce}?clientName=Demo+Shop&clientUri=http%3A%2F%2F" in pending["interact"]["redirect"]
    incoming = player.incoming()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", incoming["createdAt"])


def test_the_hash_is_right(player: Player) -> None:
    pending = player.ask_outgoing()
    location = player.browse(pending["interact"]["redirect"]).headers["location"]
    assert location.startswith(f"{FINISH}&hash=")
    outcome = player.consent(player.ask_outgoing()["interact"]["redirect"])
    assert set(outcome) == {"order", "hash", "interact_ref"}
    pending = player.ask_outgoing()
    outcome = player.consent(pending["interact"]["redirect"])
    lines = ("client-nonce", pending["interact"]["finish"], outcome["interact_ref"], player.sender.grant_endpoint)
    assert outcome["hash"] == base64.b64encode(hashlib.sha256("\n".join(lines).encode()).digest()).decode()


def test_a_direct_payment_needs_no_quote(player: Player) -> None:
    incoming = player.incoming(None)
    body = {"walletAddress": player.alice, "incomingPayment": incoming["id"], "debitAmount": usd(500)}
    url = f"{player.sender.resource_server}/outgoing-payments"
    payment = ok(player.call("POST", url, body, token=player.outgoing_token({"debitAmount": usd(500)})), 201)
    assert payment["debitAmount"] == usd(500)
    assert payment["receiveAmount"] == eur((500 - 110) * 23 // 25)
    assert payment["quoteId"].rpartition("/")[2] == payment["id"].rpartition("/")[2]


def test_a_payment_to_an_account_of_the_same_ase_asks_nobody(player: Player) -> None:
    token = player.outgoing_token()
    grant = ok(player.grant(player.sender.grant_endpoint, {"type": "incoming-payment", "actions": ["create"]}))
    body = {"walletAddress": player.alice, "incomingAmount": usd(300)}
    url = f"{player.sender.resource_server}/incoming-payments"
    incoming = ok(player.call("POST", url, body, token=grant["access_token"]["value"]), 201)
    quote_token = player.quote_token()
    player.sandbox.hops.clear()
    quote = player.quote(incoming["id"], token=quote_token)
    assert len(player.sandbox.hops) == 2  # introspection and the client's keys
    assert quote["debitAmount"] == usd(300 + 106)
    ok(player.pay(quote, token), 201)


def test_too_little_balance_fails_after_the_201(player: Player) -> None:
    incoming = player.incoming(None)
    quote = player.quote(incoming["id"], debitAmount=usd(50_000_000))
    token = player.outgoing_token()
    payment = ok(player.pay(quote, token), 201)
    assert payment["failed"] is False
    player.clock.advance(1)
    payment = ok(player.call("GET", payment["id"], token=token))
    assert payment["failed"] is True
    assert payment["metadata"] == {"cancellationReason": "Insufficient balance"}
    assert payment["sentAmount"] == usd(0)
    spent = ok(player.call("GET", f"{player.sender.resource_server}/outgoing-payment-grant", token=token))
    assert spent["spentDebitAmount"] == usd(0)


def test_the_senders_own_grant_is_rotated_when_it_expires_and_asked_for_anew_when_it_is_gone(player: Player) -> None:
    def hops_of_a_quote() -> list[str]:
        receiver, token = player.incoming()["id"], player.quote_token()
        player.sandbox.hops.clear()
        player.quote(receiver, token=token)
        auth = player.recipient.urls[Role.AUTH]
        return [url.removeprefix(auth).split("/")[1] for _, url in player.sandbox.hops if url.startswith(auth)]

    hops_of_a_quote()
    assert hops_of_a_quote() == []
    player.clock.advance(600)
    assert hops_of_a_quote() == ["token"]
    assert player.sandbox.sandbox.world
    recipient = player.sandbox.sandbox.world.ases[1]
    own = [grant for grant in recipient.grants.values() if (grant.client.wallet_address or "").endswith("/pay")]
    for grant in own:
        grants.cancel(grant)
    tenant = player.recipient.grant_endpoint.rpartition("/")[2]
    assert hops_of_a_quote() == [tenant]
    player.clock.advance(600)
    for grant in recipient.grants.values():
        if grant.client == own[0].client:
            grants.cancel(grant)
    assert hops_of_a_quote() == ["token", tenant]


@pytest.mark.slow
def test_many_payments_at_once(player: Player) -> None:
    def once(number: int) -> tuple[int, int]:
        mine = Player(player.sandbox, player.clock)
        with mine.http, mine.browser:
            incoming = mine.incoming(number)
            payment = ok(mine.pay(mine.quote(incoming["id"]), token), 201)
        return number, int(payment["receiveAmount"]["value"])

    token = player.outgoing_token()
    with ThreadPoolExecutor(8) as pool:
        assert all(asked == got for asked, got in pool.map(once, range(1, 25)))
