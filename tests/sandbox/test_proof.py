"""Signatures, digests and keys: verified for real, and refused in Rafiki's words, stage by stage."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from optrace.signatures.keys import generate_ed25519
from tests.sandbox.player import Player, Tamper, access, ok, refused, with_body, without_field

KNOWN = generate_ed25519("demo-client-key")  # the published kid, another key
UNKNOWN = generate_ed25519("nobody-knows-it")


def test_the_authorization_server_refuses_in_stages(player: Player) -> None:
    url, item = player.recipient.grant_endpoint, access("incoming-payment", "create")
    body = {"access_token": {"access": [item]}, "client": player.address}
    undetermined = (400, "invalid_client", "could not determine client")
    assert refused(player.call("POST", url, body, key=UNKNOWN)) == undetermined
    assert refused(player.call("POST", url, body, key=KNOWN)) == (401, "invalid_client", "invalid signature")
    assert refused(player.call("POST", url, body, sign=False)) == (401, "invalid_client", "invalid signature headers")
    nowhere = {**body, "client": "http://127.0.0.1:1/nobody"}
    assert refused(player.call("POST", url, nowhere)) == undetermined


HEADERS: list[tuple[str, Tamper]] = [
    (
        "body altered",
        with_body(b'{"access_token":{"access":[{"type":"incoming-payment","actions":["list"]}]},"client":"https://x"}'),
    ),
    ("no digest", without_field("content-digest")),
    ("no signature", without_field("signature")),
    ("no input", without_field("signature-input")),
]


@pytest.mark.parametrize(("case", "tamper"), HEADERS, ids=[case for case, _ in HEADERS])
def test_headers_and_digest(player: Player, case: str, tamper: Tamper) -> None:
    body = {"access_token": {"access": [access("incoming-payment", "create")]}, "client": player.address}
    response = player.call("POST", player.recipient.grant_endpoint, body, tamper=tamper)
    assert refused(response) == (401, "invalid_client", "invalid signature headers")


def test_the_body_as_javascript_reads_it_is_what_counts(player: Player) -> None:
    body = {"access_token": {"access": [access("incoming-payment", "create")]}, "client": player.address}
    pretty = json.dumps(body, indent=1).encode()
    response = player.call("POST", player.recipient.grant_endpoint, body, tamper=with_body(pretty))
    # the digest is accepted, since only blanks were added; but content-length is covered, too
    assert refused(response) == (401, "invalid_client", "invalid signature")


def test_continuation_and_tokens_are_signed_too(player: Player) -> None:
    grant = player.incoming_grant()
    uri, continuation = grant["continue"]["uri"], grant["continue"]["access_token"]["value"]
    manage, token = grant["access_token"]["manage"], grant["access_token"]["value"]
    wrong = (401, "invalid_client", "invalid signature")
    assert refused(player.call("DELETE", uri, token=continuation, key=KNOWN)) == wrong
    assert refused(player.call("POST", manage, token=token, key=KNOWN)) == wrong
    assert refused(player.call("DELETE", manage, token=token, sign=False))[2] == "invalid signature headers"
    unknown = player.call("POST", manage, token=token, key=UNKNOWN)
    assert refused(unknown) == (400, "invalid_client", "could not determine client")


def test_the_resource_server_refuses_in_stages(player: Player) -> None:
    url, token = f"{player.recipient.resource_server}/incoming-payments", player.incoming_token()
    body = {"walletAddress": player.bob}
    unsigned = player.call("POST", url, body, token=token, sign=False)
    missing = "Received error validating OpenAPI request: must have required property 'signature-input'"
    assert refused(unsigned) == (400, "400", missing)
    # a wrong token is told before a wrong signature
    assert refused(player.call("POST", url, body, token="WRONG", key=KNOWN))[2] == "Inactive Token"
    unknown = player.call("POST", url, body, token=token, key=UNKNOWN)
    prefix = "Signature validation error: "
    assert refused(unknown) == (401, "401", f"{prefix}could not find key in list of client keys")
    assert unknown.json()["error"]["details"] == {
        "client": {"walletAddress": player.address},
        "keyIdInSignature": "nobody-knows-it",
        "clientKeys": [player.key.public_jwk()],
    }
    assert "www-authenticate" not in unknown.headers
    wrong = player.call("POST", url, body, token=token, key=KNOWN)
    assert refused(wrong) == (401, "401", f"{prefix}provided signature is invalid")
    altered = player.call(
        "POST", url, body, token=token, tamper=with_body(b'{"walletAddress":"%b"}' % player.bob.encode() + b"\n ")
    )
    assert refused(altered)[2] == f"{prefix}provided signature is invalid"
    ok(player.call("POST", url, body, token=token), 201)


def test_a_jwk_clients_kid_is_compared_by_the_resource_server_only(player: Player) -> None:
    jwk = {**player.key.public_jwk(), "kid": "another-name"}
    answer = player.grant(player.recipient.grant_endpoint, access("incoming-payment", "create"), client={"jwk": jwk})
    token = ok(answer)["access_token"]["value"]
    url = f"{player.recipient.resource_server}/incoming-payments"
    response = player.call("POST", url, {"walletAddress": player.bob}, token=token)
    assert refused(response) == (401, "401", "Signature validation error: invalid key id")


def test_the_query_is_signed(player: Player) -> None:
    url = f"{player.recipient.resource_server}/incoming-payments?wallet-address={player.bob}"
    token = player.incoming_token()
    ok(player.call("GET", url, token=token))

    longer = player.call("GET", url, token=token, tamper=lambda request: replace(request, url=f"{url}&first=1"))
    assert refused(longer)[2] == "Signature validation error: provided signature is invalid"


def test_keys_that_vanish(player: Player) -> None:
    token, world = player.incoming_token(), player.sandbox.sandbox.world
    assert world
    wallet = world.ases[1].wallets[player.address]
    wallet.active = False
    try:
        response = player.call(
            "POST", f"{player.recipient.resource_server}/incoming-payments", {"walletAddress": player.bob}, token=token
        )
        assert refused(response)[2] == "Signature validation error: could not retrieve client keys"
        assert response.json()["error"]["details"]["requestedRoute"] == f"{player.address}/jwks.json"
    finally:
        wallet.active = True
