"""The authorization server: grants, continuation, tokens, and the browser's way in and out of an interaction."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from optrace.sandbox import grants, interaction, schemas, tokens
from optrace.sandbox.errors import Invalid, Refusal, broken, gnap
from optrace.sandbox.proof import Stage, failed_stage, headers_are_right, keyid
from optrace.sandbox.remote import Remote, Unreachable
from optrace.sandbox.state import Ase, Client, Grant, Session, Token, is_uuid
from optrace.sandbox.web import Call, endpoint, on_http_exception, on_refusal, redirect, reply, text
from optrace.sandbox.world import World
from optrace.signatures.keys import KeySet

_ANY = {"type": "object"}  # a body that nothing is demanded of


class AuthServer:
    """One ASE's authorization server."""

    def __init__(self, ase: Ase, world: World, remote: Remote) -> None:
        self._ase, self._world, self._remote = ase, world, remote

    def app(self) -> Starlette:
        """The server's routes."""
        routes = [
            Route("/discovery", endpoint(self.discovery), methods=["GET"]),
            Route("/continue/{id}", endpoint(self.proceed), methods=["POST"]),
            Route("/continue/{id}", endpoint(self.cancel), methods=["DELETE"]),
            Route("/token/{id}", endpoint(self.rotate), methods=["POST"]),
            Route("/token/{id}", endpoint(self.revoke), methods=["DELETE"]),
            Route("/interact/{id}/{nonce}", endpoint(self.start), methods=["GET"]),
            Route("/interact/{id}/{nonce}/finish", endpoint(self.finish), methods=["GET"]),
            Route("/{tenant}", endpoint(self.request_grant), methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers=EXCEPTION_HANDLERS)

    async def discovery(self, _call: Call) -> Response:
        """Rafiki's own form of RFC 9635 §9: GET, and a relative endpoint without the tenant."""
        return reply(
            {
                "grant_request_endpoint": "/",
                "interaction_start_modes_supported": ["redirect"],
                "interaction_finish_modes_supported": ["redirect"],
            }
        )

    async def request_grant(self, call: Call) -> Response:
        """POST to the grant endpoint (RFC 9635 §2)."""
        call.expect(body=schemas.GRANT_REQUEST)
        self._check_headers(call)
        client = grants.read_client(call.body.get("client"))
        await self._check_signature(call, client)
        if not is_uuid(call.params["tenant"]):
            raise broken()
        if call.params["tenant"] != self._ase.tenant:
            raise gnap(404, "invalid_request", "Not Found")
        interactive = grants.needs_interaction(call.body)
        name = None
        if interactive:
            name = await self._remote.public_name(grants.check_interactive(call.body, client))
            if name is None:
                raise gnap(400, "invalid_client", "missing required request field 'client'")
        timing, ids, now = self._world.config.timing, self._world.ids, self._world.now()
        grant = grants.create(self._ase, call.body, client, interactive=interactive, ids=ids, timing=timing, now=now)
        if grant.interaction and name is not None:
            return reply(grants.pending(self._ase, grant.interaction, client_name=name, timing=timing))
        return reply(grants.issued(self._ase, grant, ids=ids, timing=timing, now=now))

    async def proceed(self, call: Call) -> Response:
        """Continue with a reference, or poll without (RFC 9635 §5)."""
        call.expect(body=schemas.GRANT_CONTINUE)
        await self._grant_of(call)
        answer = grants.proceed(
            self._ase,
            call.params["id"],
            call.field("authorization"),
            call.body,
            ids=self._world.ids,
            timing=self._world.config.timing,
            now=self._world.now(),
        )
        return reply(answer)

    async def cancel(self, call: Call) -> Response:
        """End the grant (RFC 9635 §5.4)."""
        call.expect()
        grant = await self._grant_of(call)
        if "GNAP " not in call.field("authorization"):
            raise gnap(401, "invalid_request", "invalid continuation information")
        grants.cancel(grant)
        return Response(status_code=204)

    async def rotate(self, call: Call) -> Response:
        """A new token for the old one (RFC 9635 §6.1)."""
        call.expect()
        old = await self._token_of(call)
        timing, now = self._world.config.timing, self._world.now()
        token = tokens.rotate(self._ase, old, ids=self._world.ids, life=timing.token_life, now=now)
        return reply({"access_token": tokens.access_token(self._ase, token)})

    async def revoke(self, call: Call) -> Response:
        """End the token (RFC 9635 §6.2)."""
        call.expect()
        token = await self._token_of(call)
        token.revoked = True
        return Response(status_code=204)

    async def start(self, call: Call) -> Response:
        """The browser comes: remember it, send it to the identity provider."""
        call.expect()
        _check_uuid(call.params["id"])
        found = interaction.find(self._ase, call.params["id"], call.params["nonce"])
        query = call.query
        url, begun = interaction.start(
            self._ase, found, client_name=query.get("clientName", ""), client_uri=query.get("clientUri", "")
        )
        response = redirect(url)
        if begun and found is not None:
            self._remember(call, response, found.nonce)
        return response

    async def finish(self, call: Call) -> Response:
        """The browser comes back with the resource owner's answer given."""
        call.expect()
        _check_uuid(call.params["id"])
        now = self._world.now()
        found = interaction.find(self._ase, call.params["id"], call.params["nonce"])
        session = self._ase.sessions.get(self._session_id(call) or "")
        nonce = session.nonce if session and now < session.expires else None
        url = interaction.finish(self._ase, found, session_nonce=nonce, now=now)
        return text("Accepted", 202) if url is None else redirect(url)

    def _check_headers(self, call: Call) -> None:
        if not headers_are_right(call.http, now=self._world.clock()):
            raise gnap(401, "invalid_client", "invalid signature headers")

    async def _check_signature(self, call: Call, client: Client) -> None:
        kid = keyid(call.http)
        if kid is None:
            raise gnap(401, "invalid_client", "invalid signature input")
        if client.jwk is not None:
            # the key of the request is taken as it is: only the resource server compares its kid
            keys = KeySet.of("client.jwk", {**client.jwk, "kid": kid})
        else:
            try:
                keys = await self._remote.keys(client.wallet_address or "")
            except Unreachable:
                raise gnap(400, "invalid_client", "could not determine client") from None
        stage = failed_stage(call.http, keys, now=self._world.clock())
        if stage is Stage.KEY:
            raise gnap(400, "invalid_client", "could not determine client")
        if stage is not None:
            raise gnap(401, "invalid_client", "invalid signature")

    async def _grant_of(self, call: Call) -> Grant:
        if not call.field("authorization"):
            raise gnap(401, "invalid_client", "invalid signature headers")
        self._check_headers(call)
        _check_uuid(call.params["id"])
        token = call.field("authorization").replace("GNAP ", "", 1)
        grant = grants.find(self._ase, call.params["id"], token)
        if grant is None:
            raise gnap(401, "invalid_continuation", "invalid grant")
        await self._check_signature(call, grant.client)
        return grant

    async def _token_of(self, call: Call) -> Token:
        self._check_headers(call)
        _check_uuid(call.params["id"])
        token = tokens.managed(self._ase, call.params["id"])
        if token is None:
            raise gnap(401, "invalid_client", "invalid access token")
        await self._check_signature(call, token.grant.client)
        if token.revoked:  # by another request while this one's key was fetched
            raise gnap(404, "invalid_rotation", "invalid access token")
        return token

    def _remember(self, call: Call, response: Response, nonce: str) -> None:
        """One session a browser: a second interaction takes it over, and the first one's finish fails."""
        expires = self._world.now() + self._world.config.timing.interaction_life
        session_id = self._session_id(call)
        if session_id is None or session_id not in self._ase.sessions:
            session_id = self._world.ids.uuid()
        self._ase.sessions[session_id] = Session(nonce=nonce, expires=expires)
        end = f"path=/; expires={_http_date(expires)}; httponly"
        response.headers.append("set-cookie", f"sessionId={session_id}; {end}")
        response.headers.append("set-cookie", f"sessionId.sig={self._cookie_signature(session_id)}; {end}")

    def _session_id(self, call: Call) -> str | None:
        """The session in the cookies, if its signature is ours."""
        cookies = dict(
            pair.strip().partition("=")[::2] for line in call.http.fields.get_all("cookie") for pair in line.split(";")
        )
        session_id, signature = cookies.get("sessionId"), cookies.get("sessionId.sig", "")
        if not session_id or not hmac.compare_digest(signature.encode(), self._cookie_signature(session_id).encode()):
            return None
        return session_id

    def _cookie_signature(self, session_id: str) -> str:
        digest = hmac.digest(self._ase.cookie_key, f"sessionId={session_id}".encode(), hashlib.sha1)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _check_uuid(text: str) -> None:
    if not is_uuid(text):
        raise broken()


def _http_date(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


async def _on_invalid(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Invalid)
    return reply({"error": {"description": problem.description}}, problem.status)


EXCEPTION_HANDLERS = {Refusal: on_refusal, Invalid: _on_invalid, HTTPException: on_http_exception}
