"""Who takes part in a made-up recording: ASEs, clients, the grants they hold, and one exchange with its truth."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.signatures.keys import SigningKey, load_private_key
from optrace.signatures.sign import sign_request

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


USD = {"assetCode": "USD", "assetScale": 2}


_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


Signer = Callable[[HttpRequest, SigningKey, int], HttpRequest]


def usd(value: int) -> dict[str, Any]:
    return {"value": str(value), **USD}


def make_key(seed: int, kid: str) -> SigningKey:
    pem = base64.b64encode(_PKCS8 + bytes([seed % 256]) * 32).decode()
    return load_private_key(f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n".encode(), kid)


def node(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    """As the npm client signs."""
    return sign_request(request, key, created=created)


@dataclass
class Ase:
    """Where the servers of an ASE stand. `scheme` is what its ids say; `wire` what is really spoken."""

    name: str
    wallets: str  # origin
    rs: str  # with the tenant
    auth: str  # the grant endpoint, with the tenant
    idp: str
    introspection: str
    idp_api: str
    instance: SigningKey
    known: set[str] = field(default_factory=set)  # other ASEs that it has a token of

    @property
    def auth_origin(self) -> str:
        return parse(self.auth).origin

    def wallet(self, name: str) -> str:
        return f"{self.wallets}/accounts/{name}"

    @property
    def pay(self) -> str:
        return f"{self.wallets}/.well-known/pay"


def cloud_nine(host: str = "http://cloud-nine-wallet-backend", auth: str = "http://cloud-nine-wallet-auth") -> Ase:
    tenant = "438fa74a-fa7d-4317-9ced-dde32ece1787"
    return Ase(
        "s",
        host,
        f"{host}/{tenant}",
        f"{auth}:3006/{tenant}",
        "http://cloud-nine-wallet/mock-idp/",
        f"{auth}:3007/",
        f"{auth}:3009",
        make_key(101, "53f2d913-e98a-40b9-b270-372d0547f23d"),
    )


def happy_life(host: str = "http://happy-life-bank-backend", auth: str = "http://happy-life-bank-auth") -> Ase:
    tenant = "cf5fd7d3-1eb1-4041-8e43-ba45747e9e5d"
    return Ase(
        "r",
        host,
        f"{host}/{tenant}",
        f"{auth}:3006/{tenant}",
        "http://happy-life-bank/mock-idp/",
        f"{auth}:3007/",
        f"{auth}:3009",
        make_key(102, "53f2d913-e98a-40b9-b270-372d0547f23e"),
    )


@dataclass
class Client:
    """Who asks for money to be moved."""

    address: str
    key: SigningKey
    origin: str = "http://op-client:3344"
    sign: Signer = node
    as_object: bool = False  # `client` as an object
    jwk: bool = False  # directed identity
    slash: str = ""  # appended to grant and continue URLs
    agent: str | None = "node"
    keys: dict[str, Any] | None = None  # the JWKS that is published; by default the one of `key`

    def published(self) -> dict[str, Any]:
        return self.keys or {"keys": [self.key.public_jwk()]}

    def named(self) -> Any:
        if self.jwk:
            return {"jwk": self.key.public_jwk()}
        return {"walletAddress": self.address} if self.as_object else self.address


@dataclass
class Seen:
    """One exchange with what is true of it."""

    start: float
    end: float
    request: HttpRequest
    response: HttpResponse | None
    truth: dict[str, Any]
    process: str
    agent: str = "node"
    error: str | None = None
    group: str | None = None
    conn: str | None = None


@dataclass
class Grant:
    """What an AS handed out, as the client knows it."""

    ase: Ase
    item: dict[str, Any]
    client: Client
    token: str = ""
    manage: str = ""
    continue_token: str = ""
    continue_uri: str = ""
    interact: str = ""
    nonce: str = ""
    as_nonce: str = ""
    reference: str = ""
    finish: str = ""
    grant_id: str = ""
    life: int = 600
