"""The resource server: payments and quotes behind tokens and signatures.

Each protected call goes through the same stages in Rafiki's order: the OpenAPI document, the wallet address that the
call is about, the token (introspected at the ASE's own authorization server), the signature, the wallet address's
state, and only then the business rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from optrace.sandbox import incoming, outgoing, pagination, quotes, schemas
from optrace.sandbox.config import Role
from optrace.sandbox.errors import Invalid, Refusal, broken, resource
from optrace.sandbox.outgoing import Right
from optrace.sandbox.proof import failed_stage, keyid
from optrace.sandbox.quotes import Receiver
from optrace.sandbox.remote import Remote, Unreachable
from optrace.sandbox.schema import coerced
from optrace.sandbox.state import Ase, IncomingPayment, Quote, WalletAddress, is_uuid
from optrace.sandbox.wallet import WalletServer
from optrace.sandbox.web import Call, endpoint, on_http_exception, on_refusal, reply
from optrace.sandbox.world import World
from optrace.signatures.keys import KeySet


@dataclass(frozen=True, slots=True)
class Access:
    """What a token gave for one call."""

    client: Mapping[str, Any]  # {walletAddress} or {jwk}
    grant_id: str
    item: Mapping[str, Any]  # the granted access item

    @property
    def wallet_address(self) -> str | None:
        """The client's, if it is known by one."""
        return self.client.get("walletAddress")

    def owner(self, action: str) -> str | None:
        """Whose resources may be seen: the client's own, or None for everybody's."""
        return None if f"{action}-all" in self.item["actions"] else self.wallet_address


class ResourceServer:
    """One ASE's resource server and, on the same port, its wallet addresses."""

    def __init__(self, ase: Ase, world: World, remote: Remote, wallets: WalletServer) -> None:
        self._ase, self._world, self._remote, self._wallets = ase, world, remote, wallets

    def app(self) -> Starlette:
        """The server's routes. Wallet addresses come last, since they may have any path."""
        routes = [
            Route("/{tenant}/incoming-payments", endpoint(self.create_incoming), methods=["POST"]),
            Route("/{tenant}/incoming-payments", endpoint(self.list_incoming), methods=["GET"]),
            Route("/{tenant}/incoming-payments/{id}", endpoint(self.get_incoming), methods=["GET"]),
            Route("/{tenant}/incoming-payments/{id}/complete", endpoint(self.complete_incoming), methods=["POST"]),
            Route("/{tenant}/quotes", endpoint(self.create_quote), methods=["POST"]),
            Route("/{tenant}/quotes/{id}", endpoint(self.get_quote), methods=["GET"]),
            Route("/{tenant}/outgoing-payments", endpoint(self.create_outgoing), methods=["POST"]),
            Route("/{tenant}/outgoing-payments", endpoint(self.list_outgoing), methods=["GET"]),
            Route("/{tenant}/outgoing-payments/{id}", endpoint(self.get_outgoing), methods=["GET"]),
            Route("/{tenant}/outgoing-payment-grant", endpoint(self.get_spent), methods=["GET"]),
            *self._wallets.routes(),
        ]
        return Starlette(routes=routes, exception_handlers=EXCEPTION_HANDLERS)

    # ---- incoming payments

    async def create_incoming(self, call: Call) -> Response:
        """POST /incoming-payments."""
        call.expect(body=schemas.INCOMING_PAYMENT, signed=True)
        access, wallet = await self._enter(call, "incoming-payment", "create", call.body["walletAddress"])
        now, ids, timing = self._world.now(), self._world.ids, self._world.config.timing
        payment = incoming.create(
            self._ase, wallet, call.body, client=access.wallet_address, ids=ids, timing=timing, now=now
        )
        return reply(incoming.view_with_methods(self._ase, payment, ids=ids, now=now), 201)

    async def get_incoming(self, call: Call) -> Response:
        """GET /incoming-payments/{id}: in full with a token, in part without."""
        call.expect()
        payment = self._incoming(call)
        if not call.field("authorization"):
            return reply(incoming.public_view(self._ase, payment))
        access, _ = await self._enter(call, "incoming-payment", "read", payment.wallet.address)
        self._check_owner(payment.client, access, "Incoming payment does not exist", call)
        return reply(incoming.view_with_methods(self._ase, payment, ids=self._world.ids, now=self._world.now()))

    async def list_incoming(self, call: Call) -> Response:
        """GET /incoming-payments."""
        access, wallet = await self._enter_list(call, "incoming-payment")
        owner, now = access.owner("list"), self._world.now()
        items = [
            payment
            for payment in self._ase.incoming.values()
            if payment.wallet is wallet and owner in (None, payment.client) and not incoming.is_gone(payment, now)
        ]
        return self._page(call, items, incoming.view)

    async def complete_incoming(self, call: Call) -> Response:
        """POST /incoming-payments/{id}/complete."""
        call.expect(signed=True)
        payment = self._incoming(call)
        await self._enter(call, "incoming-payment", "complete", payment.wallet.address)
        incoming.complete(payment, self._world.now())
        return reply(incoming.view(payment))

    def _incoming(self, call: Call) -> IncomingPayment:
        return self._known(call, incoming.find(self._ase, call.params["id"], self._world.now()), "incoming payment")

    # ---- quotes

    async def create_quote(self, call: Call) -> Response:
        """POST /quotes."""
        call.expect(body=schemas.QUOTE, signed=True)
        access, wallet = await self._enter(call, "quote", "create", call.body["walletAddress"])
        quotes.check_amounts(wallet, call.body)
        quote = await self._quote(call.body, wallet, call.body["receiver"], access.wallet_address)
        return reply(quotes.view(self._ase, quote), 201)

    async def _quote(self, body: Mapping[str, Any], wallet: WalletAddress, url: str, client: str | None) -> Quote:
        receiver = await self._receiver(url)
        return quotes.create(
            self._ase,
            wallet,
            receiver,
            body,
            rates=self._world.config.rates,
            client=client,
            ids=self._world.ids,
            timing=self._world.config.timing,
            now=self._world.now(),
        )

    async def get_quote(self, call: Call) -> Response:
        """GET /quotes/{id}."""
        call.expect(signed=True)
        quote = self._known(call, self._ase.quotes.get(call.params["id"]), "quote")
        access, _ = await self._enter(call, "quote", "read", quote.wallet.address)
        self._check_owner(quote.client, access, "Quote does not exist", call)
        return reply(quotes.view(self._ase, quote))

    # ---- outgoing payments

    async def create_outgoing(self, call: Call) -> Response:
        """POST /outgoing-payments: from a quote, or straight to an incoming payment with a quote that isn't shown."""
        call.expect(body=schemas.OUTGOING_PAYMENT, signed=True)
        access, wallet = await self._enter(call, "outgoing-payment", "create", call.body["walletAddress"])
        right = Right(access.grant_id, access.item.get("limits") or {})
        if "incomingPayment" in call.body:
            quotes.check_amounts(wallet, call.body)
            quote: Quote | None = await self._quote(call.body, wallet, call.body["incomingPayment"], None)
        else:
            quote = self._ase.quotes.get(outgoing.quote_id(call.body["quoteId"]))
        if quote is None:
            raise resource(404, "unknown quote")
        receiver = await self._receiver(quote.receiver)
        payment = outgoing.create(
            self._ase,
            wallet,
            quote,
            receiver,
            right,
            client=access.wallet_address,
            metadata=call.body.get("metadata"),
            now=self._world.now(),
        )
        return reply(outgoing.created_view(self._ase, payment), 201)

    async def get_outgoing(self, call: Call) -> Response:
        """GET /outgoing-payments/{id}."""
        call.expect(signed=True)
        self._world.now()
        payment = self._known(call, self._ase.outgoing.get(call.params["id"]), "outgoing payment")
        access, _ = await self._enter(call, "outgoing-payment", "read", payment.wallet.address)
        self._check_owner(payment.client, access, "Outgoing payment does not exist", call)
        return reply(outgoing.view(self._ase, payment))

    async def list_outgoing(self, call: Call) -> Response:
        """GET /outgoing-payments. Rafiki shows the client's own payments only, even with `list-all`."""
        access, wallet = await self._enter_list(call, "outgoing-payment")
        self._world.now()
        items = [
            payment
            for payment in self._ase.outgoing.values()
            if payment.wallet is wallet and access.wallet_address in (None, payment.client)
        ]
        return self._page(call, items, lambda payment: outgoing.view(self._ase, payment))

    async def get_spent(self, call: Call) -> Response:
        """GET /outgoing-payment-grant: no document stands before it, so its first stage is the token."""
        access = await self._introspect(call, {"type": "outgoing-payment", "actions": ["create"]})
        await self._check_signature(call, access)
        right = Right(access.grant_id, access.item.get("limits") or {})
        return reply(outgoing.spent_view(self._ase, right, self._world.now()))

    # ---- the stages

    async def _enter(self, call: Call, kind: str, action: str, address: str) -> tuple[Access, WalletAddress]:
        """Token, signature, and the wallet address's state."""
        access = await self._introspect(call, {"type": kind, "actions": [action], "identifier": address})
        await self._check_signature(call, access)
        wallet = self._ase.wallets.get(address)
        if wallet is None or not wallet.active:
            raise resource(400, "Could not get wallet address")
        if action == "create" and call.params["tenant"] != self._ase.tenant:
            raise resource(404, "unknown wallet address") if is_uuid(call.params["tenant"]) else broken()
        return access, wallet

    async def _enter_list(self, call: Call, kind: str) -> tuple[Access, WalletAddress]:
        call.expect(query=schemas.LIST_QUERY, signed=True)
        access, wallet = await self._enter(call, kind, "list", call.query["wallet-address"])
        pagination.check(coerced(schemas.LIST_QUERY, call.query))
        return access, wallet

    async def _introspect(self, call: Call, wanted: Mapping[str, Any]) -> Access:
        challenge = {"www-authenticate": f"GNAP as_uri={self._ase.urls[Role.AUTH]}"}
        try:
            return await self._token_info(call, wanted)
        except Refusal as refusal:
            raise Refusal(refusal.status, refusal.body, challenge) from None

    async def _token_info(self, call: Call, wanted: Mapping[str, Any]) -> Access:
        parts = call.field("authorization").split(" ")
        if len(parts) != 2 or parts[0] != "GNAP":
            raise resource(401, "Missing or invalid authorization header value")
        try:
            info = await self._remote.introspect(f"{self._ase.urls[Role.INTROSPECTION]}/", parts[1], wanted)
        except Unreachable:
            raise resource(401, "Invalid Token") from None
        if not info.get("active"):
            raise resource(403, "Inactive Token")
        if not info["access"]:
            raise resource(403, "Insufficient Grant")
        return Access(info["client"], info["grant"], info["access"][0])

    async def _check_signature(self, call: Call, access: Access) -> None:
        kid, client = keyid(call.http), access.client
        if not kid:
            raise _unproven("missing keyId in signature input", {"client": client})
        keys, details = await self._keys(access, kid), {"keyIdInSignature": kid, "client": client}
        if failed_stage(call.http, keys, now=self._world.clock()) is not None:
            raise _unproven("provided signature is invalid", details)

    async def _keys(self, access: Access, kid: str) -> KeySet:
        if "jwk" in access.client:
            if access.client["jwk"].get("kid") != kid:
                raise resource(401, "Signature validation error: invalid key id")
            return KeySet.of("client.jwk", access.client["jwk"])
        address = access.wallet_address or ""
        try:
            keys = await self._remote.keys(address)
        except Unreachable:
            route = f"{address}/jwks.json"
            details = {"client": access.client, "keyIdInSignature": kid, "requestedRoute": route}
            raise _unproven("could not retrieve client keys", details) from None
        if keys.find(kid) is None and keys.find_bad(kid) is None:
            published = [*(key.jwk for key in keys.keys), *(key.jwk for key in keys.bad)]
            details = {"client": access.client, "keyIdInSignature": kid, "clientKeys": published}
            raise _unproven("could not find key in list of client keys", details)
        return keys

    def _known[T](self, call: Call, found: T | None, what: str) -> T:
        """A resource whose wallet address decides all that follows; without one nobody gets further."""
        if not (is_uuid(call.params["id"]) and is_uuid(call.params["tenant"])):
            raise broken()
        if found is None or call.params["tenant"] != self._ase.tenant:
            details = {"description": f"Failed to get wallet address from {what}", "id": call.params["id"]}
            raise resource(401, "Unauthorized", details)
        return found

    def _check_owner(self, client: str | None, access: Access, description: str, call: Call) -> None:
        owner = access.owner("read")
        if owner is not None and owner != client:
            raise resource(404, description, {"id": call.params["id"]})

    def _page[T: pagination.Listed](self, call: Call, items: Sequence[T], view: Any) -> Response:
        if not is_uuid(call.params["tenant"]):
            raise broken()
        own = call.params["tenant"] == self._ase.tenant
        return reply(pagination.page(items if own else [], coerced(schemas.LIST_QUERY, call.query), view))

    async def _receiver(self, url: str) -> Receiver | None:
        """An incoming payment: of this ASE from its books, of another over HTTP."""
        if not url.startswith(f"{self._ase.resource_server}/"):
            return await self._remote.receiver(url)
        payment = incoming.find(self._ase, url.rpartition("/")[2], self._world.now())
        if payment is None or payment.url != url:
            return None
        return Receiver(
            url=url,
            asset=payment.wallet.asset,
            amount=payment.amount.value if payment.amount else None,
            received=payment.received,
            expires=payment.expires,
            open=not payment.completed,
        )


def _unproven(description: str, details: Mapping[str, Any]) -> Refusal:
    return resource(401, f"Signature validation error: {description}", details)


async def _on_invalid(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Invalid)
    return reply({"error": {"code": str(problem.status), "description": problem.description}}, problem.status)


EXCEPTION_HANDLERS = {Refusal: on_refusal, Invalid: _on_invalid, HTTPException: on_http_exception}
