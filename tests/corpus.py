"""Healthy payments in any number, made up and really signed: for benchmarks, and for tests that need many exchanges.

Everything is derived from the payment's number, so that the same call gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.signatures.keys import SigningKey, load_private_key
from optrace.signatures.sign import sign_request

SENDER_RS, SENDER_AS = "https://cloud-nine.example/tenant-s", "https://auth.cloud-nine.example/tenant-s"
RECIPIENT_RS, RECIPIENT_AS = "https://happy-life.example/tenant-r", "https://auth.happy-life.example/tenant-r"
CLIENT = "https://happy-life.example/accounts/shop"
ALICE, BOB = "https://cloud-nine.example/accounts/alice", "https://happy-life.example/accounts/bob"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EXCHANGES = 8  # of one payment
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: what stands before the 32 bytes
_SEED = bytes(range(32))


def key() -> SigningKey:
    """The client's key; always the same."""
    pem = base64.b64encode(_PKCS8 + _SEED).decode()
    return load_private_key(f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n".encode(), "shop-1")


def jwks() -> bytes:
    """What `CLIENT` publishes."""
    return json.dumps({"keys": [key().public_jwk()]}).encode()


def exchanges(count: int) -> Iterator[Exchange]:
    """`count` exchanges: the scene once (wallet addresses, keys), then payment after payment."""
    maker = _Maker()
    yield from _first(maker.scene(), count)
    left, number = count - maker.n, 0
    while left > 0:
        before = maker.n
        yield from _first(maker.payment(number), left)
        left -= maker.n - before
        number += 1


def reusing_tokens(count: int) -> Iterator[Exchange]:
    """`count` exchanges of a client that asks for three grants and uses their tokens for all of its payments."""
    maker, left, number = _Maker(reuse=True), count, 0
    for exchange in _first(maker.scene(), count):
        left -= 1
        yield exchange
    while left > 0:
        for exchange in _first(maker.payment(number), left):
            left -= 1
            yield exchange
        number += 1


def _first(found: Iterator[Exchange], count: int) -> Iterator[Exchange]:
    for _, exchange in zip(range(count), found, strict=False):
        yield exchange


class _Maker:
    def __init__(self, *, reuse: bool = False) -> None:
        self.n = 0
        self.key = key()
        self.reuse = reuse  # the tokens of the first payment

    def scene(self) -> Iterator[Exchange]:
        for url, rs, server, asset in ((ALICE, SENDER_RS, SENDER_AS, "USD"), (BOB, RECIPIENT_RS, RECIPIENT_AS, "EUR")):
            wallet = {"id": url, "assetCode": asset, "assetScale": 2, "authServer": server, "resourceServer": rs}
            yield self._plain("GET", url, wallet)
        yield self._plain("GET", f"{CLIENT}/jwks.json", {"keys": [self.key.public_jwk()]})

    def payment(self, number: int) -> Iterator[Exchange]:
        def token(what: str) -> str:
            return hashlib.sha256(f"{what} {0 if self.reuse else number}".encode()).hexdigest()[:20].upper()

        def uuid(what: str) -> str:
            digest = hashlib.sha256(f"{what} {number}".encode()).hexdigest()
            return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"

        amount = {"value": str(1000 + number % 900), "assetCode": "EUR", "assetScale": 2}
        debit = {"value": str(1200 + number % 900), "assetCode": "USD", "assetScale": 2}
        incoming, quote = f"{RECIPIENT_RS}/incoming-payments/{uuid('ip')}", f"{SENDER_RS}/quotes/{uuid('q')}"
        outgoing = f"{SENDER_RS}/outgoing-payments/{uuid('q')}"
        receive, price, pay = (
            {"type": "incoming-payment", "actions": ["create", "read"]},
            {"type": "quote", "actions": ["create", "read"]},
            {
                "type": "outgoing-payment",
                "actions": ["create", "read"],
                "identifier": ALICE,
                "limits": {"debitAmount": debit},
            },
        )
        if number == 0 or not self.reuse:
            yield self._grant(RECIPIENT_AS, receive, token("ip"), uuid("c1"))
        created = {
            "id": incoming,
            "walletAddress": BOB,
            "incomingAmount": amount,
            "receivedAmount": {**amount, "value": "0"},
            "completed": False,
            "createdAt": "2026-11-22T12:00:00.000Z",
            "methods": [],
        }
        body: dict[str, Any] = {"walletAddress": BOB, "incomingAmount": amount}
        yield self._signed("POST", f"{RECIPIENT_RS}/incoming-payments", token("ip"), body, 201, created)
        if number == 0 or not self.reuse:
            yield self._grant(SENDER_AS, price, token("q"), uuid("c2"))
        body = {"walletAddress": ALICE, "receiver": incoming, "method": "ilp"}
        quoted = {**body, "id": quote, "debitAmount": debit, "receiveAmount": amount, "createdAt": created["createdAt"]}
        yield self._signed("POST", f"{SENDER_RS}/quotes", token("q"), body, 201, quoted)
        if number == 0 or not self.reuse:
            yield self._grant(SENDER_AS, pay, token("op"), uuid("c3"))
        body = {"walletAddress": ALICE, "quoteId": quote}
        paid = {**quoted, "id": outgoing, "quoteId": quote, "sentAmount": {**debit, "value": "0"}}
        del paid["method"]
        yield self._signed("POST", f"{SENDER_RS}/outgoing-payments", token("op"), body, 201, paid)
        yield self._signed("GET", outgoing, token("op"), None, 200, paid)
        yield self._signed("GET", incoming, token("ip"), None, 200, {**created, "completed": True})

    def _grant(self, server: str, item: dict[str, Any], token: str, uuid: str) -> Exchange:
        origin = server.rpartition("/")[0]
        answer = {
            "access_token": {
                "value": token,
                "manage": f"{origin}/token/{uuid}",
                "expires_in": 600,
                "access": [item],
            },
            "continue": {"access_token": {"value": token[::-1]}, "uri": f"{origin}/continue/{uuid}"},
        }
        return self._signed("POST", server, None, {"access_token": {"access": [item]}, "client": CLIENT}, 200, answer)

    def _signed(
        self, method: str, url: str, token: str | None, body: dict[str, Any] | None, status: int, answer: dict[str, Any]
    ) -> Exchange:
        fields = [("Host", url.split("/")[2]), ("Accept", "application/json"), ("Content-Type", "application/json")]
        if token:
            fields.append(("Authorization", f"GNAP {token}"))
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = HttpRequest(method=method, url=url, fields=Fields.of(*fields), body=content)
        signed = sign_request(request, self.key, created=int((START + timedelta(seconds=self.n)).timestamp()))
        return self._exchange(signed, status, answer)

    def _plain(self, method: str, url: str, answer: dict[str, Any]) -> Exchange:
        fields = Fields.of(("Host", url.split("/")[2]), ("Accept", "application/json"))
        return self._exchange(HttpRequest(method=method, url=url, fields=fields), 200, answer)

    def _exchange(self, request: HttpRequest, status: int, answer: dict[str, Any]) -> Exchange:
        self.n += 1
        started = START + timedelta(seconds=self.n)
        body = json.dumps(answer, separators=(",", ":")).encode()
        fields = Fields.of(
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Date", started.strftime("%a, %d %b %Y %H:%M:%S GMT")),
            ("Connection", "keep-alive"),
        )
        return Exchange(
            n=self.n,
            request=request,
            response=HttpResponse(status=status, reason="OK", fields=fields, body=body),
            started=started,
            request_ended=started,
            response_started=started + timedelta(milliseconds=11),
            ended=started + timedelta(milliseconds=12),
            connection=Connection(client="127.0.0.1:50000", server="192.0.2.7:443", client_id="c", server_id="s"),
        )
