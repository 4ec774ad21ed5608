"""What a grant's limits allow: amounts, receiver, interval."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.player import Player, eur, ok, refused, usd

UNAUTHORIZED = (403, "403", "unauthorized")


def attempt(player: Player, token: str, value: int = 400) -> httpx.Response:
    """Pay so much, in cents of the recipient: 400 cost 546, of which 435 are sent."""
    return player.pay(player.quote(player.incoming(value)["id"]), token)


def spent(player: Player, token: str) -> tuple[Any, Any]:
    answer = ok(player.call("GET", f"{player.sender.resource_server}/outgoing-payment-grant", token=token))
    return answer["spentDebitAmount"], answer["spentReceiveAmount"]


def test_debit_amount(player: Player) -> None:
    token = player.outgoing_token({"debitAmount": usd(1200)})
    assert spent(player, token) == (None, None)
    first = ok(attempt(player, token), 201)
    cost = int(first["debitAmount"]["value"])
    assert cost == 435 + 109
    second = ok(attempt(player, token), 201)
    assert second["grantSpentDebitAmount"] == usd(cost)
    assert second["grantSpentReceiveAmount"] == eur(400)
    assert refused(attempt(player, token)) == UNAUTHORIZED
    assert spent(player, token) == (usd(2 * cost), eur(800))


def test_receive_amount(player: Player) -> None:
    token = player.outgoing_token({"receiveAmount": eur(500)})
    assert refused(attempt(player, token, 501)) == UNAUTHORIZED
    ok(attempt(player, token, 500), 201)
    assert refused(attempt(player, token, 1)) == UNAUTHORIZED


@pytest.mark.parametrize(
    "limits",
    [{"debitAmount": eur(9999)}, {"receiveAmount": usd(9999)}, {"debitAmount": {**usd(9999), "assetScale": 3}}],
)
def test_limits_in_another_asset(player: Player, limits: dict[str, Any]) -> None:
    assert refused(attempt(player, player.outgoing_token(limits))) == UNAUTHORIZED


def test_receiver(player: Player) -> None:
    incoming = player.incoming()
    token = player.outgoing_token({"receiver": incoming["id"]})
    assert refused(attempt(player, token)) == UNAUTHORIZED
    ok(player.pay(player.quote(incoming["id"]), token), 201)


def test_without_limits_nothing_is_counted(player: Player) -> None:
    token = player.outgoing_token()
    ok(attempt(player, token), 201)
    assert ok(attempt(player, token), 201)["grantSpentDebitAmount"] == usd(0)
    assert spent(player, token)[1] == eur(800)


def test_interval(player: Player) -> None:
    begin = (player.clock() + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = player.outgoing_token({"receiveAmount": eur(500), "interval": f"R1/{begin}/PT2M"})
    assert refused(attempt(player, token)) == UNAUTHORIZED  # not begun
    assert spent(player, token) == (None, None)
    player.clock.advance(60)
    ok(attempt(player, token), 201)
    assert refused(attempt(player, token)) == UNAUTHORIZED  # this period's amount is spent
    player.clock.advance(120)
    assert spent(player, token) == (usd(0), eur(0))
    again = ok(attempt(player, token), 201)
    assert again["grantSpentReceiveAmount"] == eur(0)
    player.clock.advance(120)
    assert refused(attempt(player, token)) == UNAUTHORIZED  # R1: the first period and one more
    assert spent(player, token) == (None, None)


def test_an_interval_that_is_none(player: Player) -> None:
    two_parts = attempt(player, player.outgoing_token({"receiveAmount": eur(500), "interval": "R/P1M"}))
    assert (two_parts.status_code, two_parts.text) == (500, "Internal Server Error")
    unpadded = player.outgoing_token({"receiveAmount": eur(500), "interval": "R/2026-1-5T00:00:00Z/P1M"})
    assert refused(attempt(player, unpadded)) == UNAUTHORIZED
