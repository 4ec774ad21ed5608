"""Made-up Open Payments traffic of the usual size and variety, for tests and benchmarks."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse

START = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)


def clock() -> datetime:
    return START


def ping(n: int = 1, **changes: object) -> Exchange:
    """The smallest exchange, complete."""
    exchange = {
        "n": n,
        "request": HttpRequest(method="GET", url=f"https://wallet.example/{n}"),
        "response": HttpResponse(status=200, body=b"{}"),
        "started": START + timedelta(seconds=n),
        "ended": START + timedelta(seconds=n, milliseconds=5),
    }
    return Exchange(**(exchange | changes))  # type: ignore[arg-type]


def in_flight(n: int = 1, **changes: object) -> Exchange:
    """The same before its response."""
    return ping(n, response=None, ended=None, **changes)


def payments(count: int, *, seed: int = 7) -> Iterator[Exchange]:
    """`count` exchanges of payment after payment, about 3 kB each in a flow file."""
    rng = random.Random(seed)
    n = 0
    while True:
        for exchange in _payment(rng):
            n += 1
            if n > count:
                return
            at = START + timedelta(milliseconds=37 * n)
            yield Exchange(
                n=n,
                request=exchange[0],
                response=exchange[1],
                started=at,
                request_ended=at + timedelta(microseconds=rng.randrange(200, 900)),
                response_started=at + timedelta(microseconds=rng.randrange(4000, 20000)),
                ended=at + timedelta(microseconds=rng.randrange(20000, 30000)),
                connection=exchange[2],
            )


def _payment(rng: random.Random) -> Iterator[tuple[HttpRequest, HttpResponse, Connection]]:
    ids = lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4))  # noqa: E731
    token = lambda: f"{rng.getrandbits(80):020X}"  # noqa: E731
    shop = f"shop-{rng.randrange(40)}"
    client = f"https://wallet.{shop}.example/{shop}"
    sender, recipient = f"sender{rng.randrange(9)}.example", f"bank{rng.randrange(9)}.example"
    receiver = f"https://{recipient}/incoming-payments/{ids()}"
    quote = f"https://{sender}/quotes/{ids()}"
    nonce, ref = token(), ids()
    amount = {"value": str(rng.randrange(100, 90000)), "assetCode": "USD", "assetScale": 2}
    access = {"type": "incoming-payment", "actions": ["create", "read", "list", "complete"]}
    limits = {"debitAmount": amount, "receiver": receiver}
    outgoing = {"type": "outgoing-payment", "actions": ["create", "read"], "identifier": client, "limits": limits}
    cont = {"access_token": {"value": token()}, "uri": f"https://auth.{sender}/continue/{ids()}", "wait": 5}
    granted = lambda a: {  # noqa: E731
        "access_token": {
            "access": [a],
            "value": token(),
            "manage": f"https://auth.{sender}/token/{ids()}",
            "expires_in": 600,
        },
        "continue": cont,
    }
    wallet = {
        "id": client, "publicName": shop, "assetCode": "USD", "assetScale": 2,
        "authServer": f"https://auth.{sender}", "resourceServer": f"https://{sender}",
    }  # fmt: skip
    key = {"kid": f"keyid-{ids()}", "x": _b64(rng.randbytes(32)), "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519"}
    start = {"start": ["redirect"], "finish": {"method": "redirect", "uri": "http://localhost:3344/f", "nonce": nonce}}
    incoming = {"walletAddress": f"https://{recipient}/bob", "incomingAmount": amount}
    method = {"type": "ilp", "ilpAddress": f"test.{recipient}.{token()}", "sharedSecret": _b64(rng.randbytes(32))}
    created = incoming | {"id": receiver, "receivedAmount": amount, "completed": False, "methods": [method]}
    order = incoming | {"expiresAt": "2026-03-05T05:06:07.000Z", "metadata": {"description": f"Order {ids()}"}}
    wish = {"walletAddress": client, "receiver": receiver, "method": "ilp"}
    quoted = wish | {"id": quote, "debitAmount": amount, "receiveAmount": amount}
    redirect = {"redirect": f"https://auth.{sender}/interact/{ids()}/{nonce}", "finish": token()}
    ask = {"access_token": {"access": [access]}, "client": client}
    ask_consent = {"access_token": {"access": [outgoing]}, "client": client, "interact": start}
    pay = {"walletAddress": client, "quoteId": quote, "metadata": {"ref": ids()}}
    payment = quote.replace("quotes", "outgoing-payments")
    paid = pay | {"id": payment, "receiver": receiver, "failed": False, "debitAmount": amount, "sentAmount": amount}
    steps = (
        ("GET", client, None, None, 200, wallet),
        ("GET", f"{client}/jwks.json", None, None, 200, {"keys": [key]}),
        ("POST", f"https://auth.{recipient}/", ask, None, 200, granted(access)),
        ("POST", f"https://{recipient}/incoming-payments", order, token(), 201, created),
        ("POST", f"https://{sender}/quotes", wish, token(), 201, quoted),
        ("POST", f"https://auth.{sender}/", ask_consent, None, 200, {"interact": redirect, "continue": cont}),
        ("POST", cont["uri"], {"interact_ref": ref}, token(), 200, granted(outgoing)),
        ("POST", f"https://{sender}/outgoing-payments", pay, token(), 201, paid),
        ("GET", payment, None, token(), 200, paid),
    )
    connection = Connection(
        client=f"127.0.0.1:{rng.randrange(30000, 60000)}", server="127.0.8.3:443", client_id=ids(), server_id=ids()
    )
    for method, url, asked, bearer, status, answer in steps:
        body = b"" if asked is None else json.dumps(asked, separators=(",", ":")).encode()
        yield (
            HttpRequest(
                method=method, url=str(url), fields=_fields(rng, str(url), body, bearer, key["kid"]), body=body
            ),
            _answer(status, answer),
            connection,
        )


def _fields(rng: random.Random, url: str, body: bytes, bearer: str | None, keyid: str) -> Fields:
    host = url.split("/")[2]
    pairs = [
        ("host", host),
        ("connection", "keep-alive"),
        ("accept", "application/json"),
        ("Content-Type", "application/json"),
    ]
    covered = '"@method" "@target-uri"'
    if bearer:
        pairs.append(("authorization", f"GNAP {bearer}"))
        covered += ' "authorization"'
    if body:
        pairs.append(("Content-Digest", f"sha-512=:{_b64(hashlib.sha512(body).digest())}:"))
        covered += ' "content-digest" "content-length" "content-type"'
    if body or bearer:
        pairs.append(("Signature", f"sig1=:{_b64(rng.randbytes(64))}:"))
        pairs.append(
            ("Signature-Input", f'sig1=({covered});keyid="{keyid}";created={1772600000 + rng.randrange(10**6)}')
        )
    pairs += [
        ("accept-language", "*"),
        ("sec-fetch-mode", "cors"),
        ("user-agent", "node"),
        ("accept-encoding", "gzip, deflate"),
    ]
    if body:
        pairs.append(("content-length", str(len(body))))
    return Fields.of(*pairs)


def _answer(status: int, answer: object) -> HttpResponse:
    body = json.dumps(answer, separators=(",", ":")).encode()
    fields = Fields.of(
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Date", "Wed, 04 Mar 2026 05:06:08 GMT"),
        ("Connection", "keep-alive"),
        ("Keep-Alive", "timeout=5"),
    )
    return HttpResponse(status=status, reason="OK" if status == 200 else "Created", fields=fields, body=body)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
