"""Access tokens: rotation, revocation, expiry, and what they are good for."""

from __future__ import annotations

import httpx

from optrace.sandbox.config import Role
from tests.sandbox.player import Player, access, ok, refused

INACTIVE = (403, "403", "Inactive Token")


def challenge(player: Player) -> str:
    return f"GNAP as_uri={player.recipient.urls[Role.AUTH]}"


def read(player: Player, url: str, token: str) -> httpx.Response:
    return player.call("GET", url, token=token)


def test_rotation_kills_the_old_value_and_the_old_url(player: Player) -> None:
    grant = player.incoming_grant()
    old = grant["access_token"]
    incoming = player.incoming(token=old["value"])
    new = ok(player.call("POST", old["manage"], token=old["value"]))["access_token"]
    assert new["value"] != old["value"]
    assert new["manage"] != old["manage"]
    assert new["access"] == old["access"]
    dead = read(player, incoming["id"], old["value"])
    assert refused(dead) == INACTIVE
    assert dead.headers["www-authenticate"] == challenge(player)
    again = player.call("POST", old["manage"], token=old["value"])
    assert refused(again) == (401, "invalid_client", "invalid access token")
    ok(read(player, incoming["id"], new["value"]))


def test_revocation(player: Player) -> None:
    token = player.incoming_grant()["access_token"]
    incoming = player.incoming(token=token["value"])
    assert player.call("DELETE", token["manage"], token=token["value"]).status_code == 204
    assert refused(read(player, incoming["id"], token["value"])) == INACTIVE
    again = player.call("DELETE", token["manage"], token=token["value"])
    assert refused(again) == (401, "invalid_client", "invalid access token")


def test_an_expired_token_is_inactive_and_can_be_rotated(player: Player) -> None:
    token = player.incoming_grant()["access_token"]
    incoming = player.incoming(token=token["value"])
    player.clock.advance(token["expires_in"] - 1)
    ok(read(player, incoming["id"], token["value"]))
    player.clock.advance(1)
    assert refused(read(player, incoming["id"], token["value"])) == INACTIVE
    new = ok(player.call("POST", token["manage"], token=token["value"]))["access_token"]
    ok(read(player, incoming["id"], new["value"]))


def test_tokens_of_elsewhere(player: Player) -> None:
    incoming = player.incoming()
    assert refused(read(player, incoming["id"], "0123456789ABCDEF0123")) == INACTIVE
    assert refused(read(player, incoming["id"], player.quote_token())) == INACTIVE  # the other ASE's
    continuation = player.incoming_grant()["continue"]["access_token"]["value"]
    assert refused(read(player, incoming["id"], continuation)) == INACTIVE


def test_too_few_rights(player: Player) -> None:
    insufficient = (403, "403", "Insufficient Grant")
    incoming = player.incoming()
    denied = read(player, incoming["id"], player.incoming_token("create"))
    assert refused(denied) == insufficient
    assert denied.headers["www-authenticate"] == challenge(player)
    complete = player.call("POST", f"{incoming['id']}/complete", token=player.incoming_token("create", "read"))
    assert refused(complete) == insufficient
    assert refused(player.pay("https://x/quotes/1", player.quote_token())) == insufficient
    elsewhere = player.incoming_grant("read", identifier=f"{player.bob}/")["access_token"]["value"]
    assert refused(read(player, incoming["id"], elsewhere)) == insufficient


def test_read_shows_ones_own_and_read_all_everybodys(player: Player) -> None:
    body = access("incoming-payment", "create", "read")
    other = ok(player.grant(player.recipient.grant_endpoint, body, client={"jwk": player.key.public_jwk()}))
    incoming = player.incoming(token=other["access_token"]["value"])
    mine = read(player, incoming["id"], player.incoming_token("read"))
    assert refused(mine) == (404, "404", "Incoming payment does not exist")
    ok(read(player, incoming["id"], player.incoming_token("read-all")))


def test_the_shape_of_authorization(player: Player) -> None:
    incoming = player.incoming()
    token = player.incoming_token()
    for value in (f"Bearer {token}", f"gnap {token}", f"GNAP  {token}", token):
        response = player.call("GET", incoming["id"], headers=(("authorization", value),))
        assert refused(response) == (401, "401", "Missing or invalid authorization header value")
    response = player.call("POST", f"{incoming['id']}/complete")
    assert refused(response) == (401, "401", "Missing or invalid authorization header value")


def test_introspection(player: Player) -> None:
    token = player.incoming_grant("create", "read-all")["access_token"]
    url = f"{player.recipient.urls[Role.INTROSPECTION]}/"

    def ask(value: str, *actions: str) -> dict[str, object]:
        body = {"access_token": value, "access": [access("incoming-payment", *actions)]}
        return ok(player.call("POST", url, body, sign=False))

    answer = ask(token["value"], "read")
    assert answer["active"] is True
    assert answer["access"] == token["access"]
    assert answer["client"] == {"walletAddress": player.address}
    assert ask(token["value"], "complete")["access"] == []
    assert ask("nonsense", "read") == {"active": False}
    assert player.call("POST", url, {"access": []}, sign=False).status_code == 400
