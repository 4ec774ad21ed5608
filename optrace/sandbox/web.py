"""Requests and responses between Starlette and the rules, with Rafiki's manners at the edges."""

from __future__ import annotations

import html
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.sandbox.errors import Invalid, Refusal
from optrace.sandbox.schema import Schema, coerced, problems

MAX_BODY = 1024 * 1024  # bytes
_JSON = "application/json; charset=utf-8"
_URL_SAFE = ":/%#?=@[]!$&'()*+,;~"  # what a URL may hold as it is; the rest is percent-encoded
_ACCEPTABLE = frozenset({"application/json", "application/*", "*/*"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, read to its end. `body` is the JSON object or list; an absent body is an empty object."""

    http: HttpRequest
    body: Any
    params: Mapping[str, str]  # of the path
    query: Mapping[str, str]

    def field(self, name: str) -> str:
        """A header field, or an empty text."""
        return self.http.fields.get(name) or ""

    def expect(self, *, body: Schema | None = None, query: Schema | None = None, signed: bool = False) -> None:
        """The OpenAPI document's say: what is acceptable, the body, the headers, the query. Raises `Invalid`."""
        accept = [part.partition(";")[0].strip().lower() for part in self.field("accept").split(",")]
        if self.field("accept") and not _ACCEPTABLE.intersection(accept):
            raise Invalid("Must accept application/json", 406)
        found = _body_problem(self, body) if body is not None else None
        if signed and found is None:
            found = next((f"must have required property '{name}'" for name in _SIGNED if not self.field(name)), None)
        if query is not None and found is None:
            found = next(problems(query, coerced(query, self.query), ""), None)
        if found is not None:
            raise Invalid(found)


_SIGNED = ("signature-input", "signature")


def _body_problem(call: Call, schema: Schema) -> str | None:
    media = call.field("content-type").partition(";")[0].strip().lower()
    if media and media != "application/json":
        raise Invalid(f"Unsupported Content-Type {call.field('content-type')}", 415)
    if not media:
        # bodies are optional only where the schema demands nothing
        return "body media type is not specified" if "properties" not in schema or schema.get("required") else None
    return next(problems(schema, call.body, "body"), None)


Handler = Callable[[Call], Awaitable[Response]]


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler as Starlette calls it."""

    async def run(request: Request) -> Response:
        return await handler(await read(request))

    return run


async def read(request: Request) -> Call:
    """The whole request. Raises `Refusal` for a body that is too large or isn't JSON."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Refusal(413, "request entity too large")
        chunks.append(chunk)
    raw = b"".join(chunks)
    http = HttpRequest(
        method=request.method, url=target_url(request.scope), fields=Fields(tuple(request.headers.raw)), body=raw
    )
    media = (http.fields.get("content-type") or "").partition(";")[0].strip().lower()
    return Call(
        http=http,
        body=_json(raw) if raw and media == "application/json" else {},
        params=request.path_params,
        query=request.query_params,
    )


def target_url(scope: Scope) -> str:
    """The URL as a server rebuilds it: its own scheme, the Host field, path and query as they came."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    target: bytes = scope["raw_path"].partition(b"?")[0] + query
    return f"{scope['scheme']}://{host.decode('latin-1')}{target.decode('latin-1')}"


def _json(raw: bytes) -> Any:
    """The body parser is strict: an object or a list, and no constants that JSON doesn't have."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "Unexpected token in JSON") from None
    if not isinstance(value, dict | list):
        raise Refusal(400, "invalid JSON, only supports object and array")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def reply(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, compact, as JavaScript writes it."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), status, dict(headers or {}), _JSON)


def text(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Plain text."""
    return Response(body.encode(), status, dict(headers or {}), "text/plain; charset=utf-8")


def redirect(url: str, status: int = 302) -> Response:
    """A redirect with Koa's few words."""
    body = f"Redirecting to {html.escape(url, quote=False)}."
    location = quote(url, safe=_URL_SAFE)
    return Response(body.encode("utf-8", "replace"), status, {"location": location}, "text/html; charset=utf-8")


async def on_refusal(_request: Request, refusal: Exception) -> Response:
    """The answer that a rule asked for."""
    assert isinstance(refusal, Refusal)
    if isinstance(refusal.body, str):
        return text(refusal.body, refusal.status, refusal.headers)
    return reply(refusal.body, refusal.status, refusal.headers)


async def on_http_exception(_request: Request, problem: Exception) -> Response:
    """No such route; a wrong method is the same to Rafiki."""
    assert isinstance(problem, HTTPException)
    return text("Not Found", 404)


class Edge:
    """Around each server: CORS on every answer, and one trailing slash that doesn't matter to the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        cors = [(b"vary", b"Origin"), (b"access-control-allow-origin", b"*")]

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*cors, *message.get("headers", ())]
            await send(message)

        if scope["method"] == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
            cors.append((b"access-control-allow-methods", b"GET,HEAD,PUT,POST,DELETE,PATCH"))
            if asked := headers.get(b"access-control-request-headers"):
                cors.append((b"access-control-allow-headers", asked))
            await Response(status_code=204)(scope, receive, send_with_cors)
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope = {**scope, "path": path[:-1]}
        await self._app(scope, receive, send_with_cors)
