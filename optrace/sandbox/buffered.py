"""Whole messages in place of ASGI's pieces, for what stands before a server and looks at all that comes and goes."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.sandbox.web import MAX_BODY, target_url


async def read_request(scope: Scope, receive: Receive) -> tuple[HttpRequest | None, Receive]:
    """The whole request (None: too large for any server here), and a `receive` that gives it once more."""
    messages, size = [], 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body") or size > MAX_BODY:
            break
    if size > MAX_BODY:
        return None, _again(messages, receive)
    request = HttpRequest(
        method=scope["method"],
        url=target_url(scope),
        fields=Fields(tuple(scope["headers"])),
        body=b"".join(message.get("body", b"") for message in messages),
    )
    return request, _again(messages, receive)


async def served(app: ASGIApp, scope: Scope, request: HttpRequest) -> HttpResponse:
    """A server's answer to a request."""
    start: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    whole: list[Message] = [{"type": "http.request", "body": request.body or b"", "more_body": False}]
    await app(_scope(scope, request), _again(whole, _gone), keep)
    return HttpResponse(status=start["status"], fields=Fields(start.get("headers", ())), body=b"".join(chunks))


async def send_response(send: Send, response: HttpResponse, *, torn: bool = False) -> None:
    """Send an answer; if it is to be torn, more is announced than comes, and the server closes the connection."""
    body, headers = response.body or b"", response.fields.raw
    if torn:
        body = body[: len(body) // 2]
        headers = (*(pair for pair in headers if pair[0].lower() != b"content-length"), (b"content-length", b"65536"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": torn})


def _again(messages: list[Message], receive: Receive) -> Receive:
    """What was read, and then what is still to come."""
    waiting = iter(messages)

    async def next_message() -> Message:
        for message in waiting:
            return message
        return await receive()

    return next_message


async def _gone() -> Message:
    return {"type": "http.disconnect"}


def _scope(scope: Scope, request: HttpRequest) -> Scope:
    url = parse(request.url)
    return {
        **scope,
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("latin-1"),
        "query_string": (url.query or "").encode("latin-1"),
        "headers": [(name.lower(), value) for name, value in request.fields.raw],
    }
