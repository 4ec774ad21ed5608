"""The authorization server's inner ports: introspection for the resource server, consent for the identity provider."""

from __future__ import annotations

import hmac
from typing import Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from optrace.sandbox import interaction, schemas, tokens
from optrace.sandbox.auth_server import EXCEPTION_HANDLERS
from optrace.sandbox.errors import gnap
from optrace.sandbox.state import Ase, Interaction
from optrace.sandbox.web import Call, endpoint, reply, text
from optrace.sandbox.world import World


class IntrospectionServer:
    """Tells the resource server what a token is worth. As Rafiki has it: unsigned, on a port of its own."""

    def __init__(self, ase: Ase, world: World) -> None:
        self._ase, self._world = ase, world

    def app(self) -> Starlette:
        """The server's route."""
        return Starlette(
            routes=[Route("/", endpoint(self.introspect), methods=["POST"])], exception_handlers=EXCEPTION_HANDLERS
        )

    async def introspect(self, call: Call) -> Response:
        """Is it active, and what of the asked access does it give?"""
        call.expect(body=schemas.INTROSPECTION)
        asked = call.body.get("access", [])
        return reply(tokens.introspect(self._ase, call.body["access_token"], asked, now=self._world.now()))


class InteractionServer:
    """The API through which the identity provider learns what is asked, and says what was answered."""

    def __init__(self, ase: Ase, world: World) -> None:
        self._ase, self._world = ase, world

    def app(self) -> Starlette:
        """The server's routes."""
        routes = [
            Route("/grant/{id}/{nonce}", endpoint(self.details), methods=["GET"]),
            Route("/grant/{id}/{nonce}/{choice}", endpoint(self.choose), methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers=EXCEPTION_HANDLERS)

    async def details(self, call: Call) -> Response:
        """What the client wants."""
        found = self._find(call)
        if found.grant.revoked:
            raise gnap(404, "unknown_interaction", "unknown interaction")
        self._check_secret(call, "invalid_request")
        answer: dict[str, Any] = {"grantId": found.grant.id, "access": found.grant.access}
        if found.grant.subjects:
            answer["subject"] = {"sub_ids": found.grant.subjects}
        return reply({**answer, "state": found.state})

    async def choose(self, call: Call) -> Response:
        """What the resource owner said."""
        found = self._find(call)
        self._check_secret(call, "invalid_interaction")
        interaction.choose(found, call.params["choice"], now=self._world.now())
        return text("Accepted", 202)

    def _find(self, call: Call) -> Interaction:
        found = interaction.find(self._ase, call.params["id"], call.params["nonce"])
        if found is None:
            raise gnap(404, "unknown_interaction", "unknown interaction")
        return found

    def _check_secret(self, call: Call, code: str) -> None:
        if not hmac.compare_digest(call.field("x-idp-secret").encode(), self._ase.idp_secret.encode()):
            raise gnap(401, code, "invalid x-idp-secret")
