"""Faults before a server of the sandbox: what comes and what goes passes them, as it would pass a bad network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from optrace.core.fields import Fields
from optrace.core.messages import HttpResponse
from optrace.faults.injector import Injector
from optrace.sandbox.buffered import read_request, send_response, served


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
        request, receive = await read_request(scope, receive)
        if request is None:
            await self._app(scope, receive, send)
            return
        came = self._injector.request(request, self._clock())
        await asyncio.sleep(came.delay)
        response = came.answer or await served(self._app, scope, came.message)
        gone = self._injector.response(came.message, self._dated(response), self._clock())
        await asyncio.sleep(gone.delay)
        await send_response(send, gone.message, torn=came.hang_up or gone.hang_up)

    def _dated(self, response: HttpResponse) -> HttpResponse:
        date = (b"date", format_datetime(self._clock(), usegmt=True).encode())
        return replace(response, fields=Fields((date, *response.fields.raw)))


def _on_purpose(record: logging.LogRecord) -> bool:
    """uvicorn complains of an answer that isn't completed; here that is what was asked for."""
    return "without completing response" not in record.getMessage()
