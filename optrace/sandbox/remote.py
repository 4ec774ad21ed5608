"""An ASE as a client of others: keys, names, its own introspection, and receivers at other resource servers.

All of it goes through one `fetch` that the caller hands in, so that it can be sent through a proxy and be seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from optrace.core.decode import Decoded, decode
from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.openpayments.incoming_payment import IncomingPayment
from optrace.sandbox.money import Asset
from optrace.sandbox.quotes import Receiver
from optrace.signatures.keys import KeySet, SigningKey, read_jwks
from optrace.signatures.sign import sign_request

Answer = tuple[int, Sequence[tuple[str, str]], bytes]  # status, header fields, body


class Fetch(Protocol):
    """One HTTP exchange, redirects not followed. May raise anything when there is no answer."""

    async def __call__(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, /) -> Answer:
        """Send a request and read the whole answer."""
        ...


class Unreachable(Exception):
    """The other side didn't answer, or not with what was asked for."""


_JSON_FIELDS = (("accept", "application/json"), ("content-type", "application/json"))


@dataclass(slots=True)
class _StoredGrant:
    token: str
    manage: str
    expires: datetime


class Remote:
    """The outgoing side of one ASE. `address` is the wallet address under which its key can be looked up."""

    def __init__(self, fetch: Fetch, *, key: SigningKey, address: str, clock: Callable[[], datetime]) -> None:
        self._fetch, self._key, self._address, self._clock = fetch, key, address, clock
        self._grants: dict[str, _StoredGrant] = {}  # by authorization server

    async def keys(self, wallet_address: str) -> KeySet:
        """The keys that a wallet address publishes. Raises `Unreachable`, also for a document that Rafiki refuses."""
        status, _, body = await self._ask("GET", f"{wallet_address.rstrip('/')}/jwks.json", _JSON_FIELDS)
        keys = read_jwks(wallet_address, body, status=status)
        if keys.schema_error is not None:
            raise Unreachable(keys.schema_error)
        return keys

    async def public_name(self, wallet_address: str) -> str | None:
        """The name to show the resource owner, if the wallet address can be read and has one."""
        try:
            document = await self._json("GET", wallet_address, _JSON_FIELDS)
        except Unreachable:
            return None
        name = document.get("publicName")
        return name if isinstance(name, str) and name else None

    async def introspect(self, url: str, token: str, access: Mapping[str, Any]) -> dict[str, Any]:
        """What the authorization server says of a token. Raises `Unreachable`."""
        body = json.dumps({"access_token": token, "access": [access]}, separators=(",", ":")).encode()
        headers = (("accept", "application/json, text/plain, */*"), ("content-type", "application/json"))
        return await self._json("POST", url, headers, body)

    async def consent(self, method: str, url: str, secret: str) -> Answer:
        """A call to the interaction API, as the identity provider makes it. Raises `Unreachable`."""
        headers = (("accept", "application/json, text/plain, */*"), ("x-idp-secret", secret))
        if method == "POST":
            return await self._ask(method, url, (*headers, ("content-type", "application/json")), b"{}")
        return await self._ask(method, url, headers)

    async def receiver(self, url: str) -> Receiver | None:
        """An incoming payment elsewhere, or None: first what all may see, then with a grant of our own."""
        try:
            public = await self._json("GET", url, _JSON_FIELDS)
            server = public.get("authServer")
            return await self._receiver(url, server) if isinstance(server, str) else None
        except Unreachable:
            return None

    async def _receiver(self, url: str, server: str) -> Receiver | None:
        stored = server in self._grants
        token = await self._token(server)
        status, _, body = await self._signed("GET", url, token=token)
        if status in {401, 403} and stored:  # the grant may be gone: once more with a new one
            self._grants.pop(server, None)
            status, _, body = await self._signed("GET", url, token=await self._token(server))
        return _read_receiver(_object(body)) if status == 200 else None

    async def _token(self, server: str) -> str:
        grant = self._grants.get(server)
        if grant and grant.expires <= self._clock():
            del self._grants[server]
            answer = await self._signed("POST", grant.manage, token=grant.token)
            if answer[0] == 200:
                self._keep(server, _object(answer[2]))
        if server not in self._grants:
            body = {
                "access_token": {"access": [{"type": "incoming-payment", "actions": ["read-all"]}]},
                "interact": {"start": ["redirect"]},
                "client": self._address,
            }
            answer = await self._signed("POST", server, json.dumps(body, separators=(",", ":")).encode())
            if answer[0] != 200:
                raise Unreachable(f"{server} gave no grant: {answer[0]}")
            self._keep(server, _object(answer[2]))
        return self._grants[server].token

    def _keep(self, server: str, answer: Mapping[str, Any]) -> None:
        try:
            token = answer["access_token"]
            life = timedelta(seconds=token.get("expires_in", 600))
            self._grants[server] = _StoredGrant(str(token["value"]), str(token["manage"]), self._clock() + life)
        except (KeyError, TypeError, AttributeError, OverflowError):
            raise Unreachable("a grant without a token") from None

    async def _signed(self, method: str, url: str, body: bytes = b"", *, token: str | None = None) -> Answer:
        headers = _JSON_FIELDS if token is None else (*_JSON_FIELDS, ("authorization", f"GNAP {token}"))
        request = HttpRequest(method=method, url=url, fields=Fields.of(*headers), body=body)
        signed = sign_request(request, self._key, created=int(self._clock().timestamp()))
        return await self._ask(method, url, tuple(signed.fields), body)

    async def _json(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes = b""
    ) -> dict[str, Any]:
        status, _, answer = await self._ask(method, url, headers, body)
        if status != 200:
            raise Unreachable(f"{url} answered {status}")
        return _object(answer)

    async def _ask(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Answer:
        try:
            return await self._fetch(method, url, headers, body)
        except Exception as why:  # whatever library is behind it has exceptions of its own
            raise Unreachable(f"{url}: {why!r}") from why


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreachable("the answer isn't JSON") from None
    if not isinstance(value, dict):
        raise Unreachable("the answer isn't an object")
    return value


def _read_receiver(document: Mapping[str, Any]) -> Receiver | None:
    read = decode(IncomingPayment, document)
    if not isinstance(read, Decoded):
        return None
    payment = read.value
    return Receiver(
        url=payment.id,
        asset=Asset(payment.received_amount.asset_code, payment.received_amount.asset_scale),
        amount=payment.incoming_amount.value if payment.incoming_amount else None,
        received=payment.received_amount.value,
        expires=payment.expires_at,
        open=not payment.completed and bool(payment.methods),
    )
