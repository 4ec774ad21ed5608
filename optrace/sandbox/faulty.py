"""Faults before a server of the sandbox: what comes and what goes passes them, as it would pass a bad network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.faults.injector import Injector
from optrace.sandbox.web import MAX_BODY, target_url


class Faulty:
    """A server with faults before it. A body that no server here would read passes by them."""

    def __init__(self, app: ASGIApp, injector: Injector, clock: Callable[[], datetime]) -> None:
        self._app, self._injector, self._clock = app, injector, clock
        logging.getLogger("uvicorn.error").addFilter(_on_purpose)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = await _read(receive)
        body = b"".join(message.get("body", b"") for message in read)
        if len(body) > MAX_BODY:
            await self._app(scope, _again(read, receive), send)
            return
        request = HttpRequest(
            method=scope["method"], url=target_url(scope), fields=Fields(tuple(scope["headers"])), body=body
        )
        came = self._injector.request(request, self._clock())
        await asyncio.sleep(came.delay)
        response = came.answer or await self._served(scope, came.message)
        gone = self._injector.response(came.message, self._dated(response), self._clock())
        await asyncio.sleep(gone.delay)
        await _send(send, gone.message, torn=came.hang_up or gone.hang_up)

    async def _served(self, scope: Scope, request: HttpRequest) -> HttpResponse:
        """The server's answer."""
        start: dict[str, Any] = {}
        chunks: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        whole: list[Message] = [{"type": "http.request", "body": request.body or b"", "more_body": False}]
        await self._app(_scope(scope, request), _again(whole, _gone), keep)
        return HttpResponse(status=start["status"], fields=Fields(start.get("headers", ())), body=b"".join(chunks))

    def _dated(self, response: HttpResponse) -> HttpResponse:
        date = (b"date", format_datetime(self._clock(), usegmt=True).encode())
        return HttpResponse(status=response.status, fields=Fields((date, *response.fields.raw)), body=response.body)


async def _read(receive: Receive) -> list[Message]:
    """The request's messages to its end, or until it is too large."""
    messages, size = [], 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body") or size > MAX_BODY:
            return messages


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
    headers = [(name.lower(), value) for name, value in request.fields.raw]
    return {
        **scope,
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("latin-1"),
        "query_string": (url.query or "").encode("latin-1"),
        "headers": headers,
    }


async def _send(send: Send, response: HttpResponse, *, torn: bool) -> None:
    body, headers = response.body or b"", response.fields.raw
    if torn:  # more is announced than comes, and the server closes the connection
        body = body[: len(body) // 2]
        headers = (*(pair for pair in headers if pair[0].lower() != b"content-length"), (b"content-length", b"65536"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": torn})


def _on_purpose(record: logging.LogRecord) -> bool:
    """uvicorn complains of an answer that isn't completed; here that is what was asked for."""
    return "without completing response" not in record.getMessage()
