"""Sending the requests of a replay over httpx: byte for byte as they were made, to named hosts only, each recorded.

No redirect is followed and no proxy of the environment is used; an answer is read up to a limit of size and time.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol

import httpx

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.core.urls import parse

_CONNECT, _READ, _WHOLE = 10.0, 30.0, 60.0  # seconds
_LARGEST = 16 << 20  # bytes of an answer that are read
# fields that belong to the connection of the recording; httpx makes its own
_HOP_BY_HOP = frozenset(
    {"host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "upgrade",
     "transfer-encoding", "expect"}
)  # fmt: skip


class Recorder(Protocol):
    """Who keeps what was sent: a session file."""

    def request(self, exchange: Exchange) -> int:
        """Keep a request before it is sent; its number."""

    def response(self, n: int, exchange: Exchange) -> None:
        """Keep what came of it."""


class NotNamed(Exception):
    """The host of a URL isn't one that the user named."""


class Player:
    """Sends requests. Use it in a `with`.

    Args:
        reach: gives a URL back if its host was named, None if it wasn't.
        recorder: keeps each exchange.
        clock: the present instant, UTC.
        verify: False takes any certificate; a path is a PEM file of CAs to trust.
    """

    def __init__(
        self,
        reach: Callable[[str], str | None],
        recorder: Recorder,
        clock: Callable[[], datetime],
        *,
        verify: bool | Path = True,
    ) -> None:
        self._reach, self._recorder, self._clock = reach, recorder, clock
        trust: ssl.SSLContext | bool = (
            httpx.create_ssl_context(verify=str(verify)) if isinstance(verify, Path) else verify
        )
        self._http = httpx.Client(
            verify=trust, trust_env=False, follow_redirects=False, timeout=httpx.Timeout(_READ, connect=_CONNECT)
        )

    def send(self, request: HttpRequest) -> Exchange:
        """Send a request as it is. What went wrong on the way stands in `error` of the exchange.

        Raises:
            NotNamed: its host isn't one that may be reached; nothing was sent.
        """
        if self._reach(request.url) != request.url:
            raise NotNamed(parse(request.url).origin)
        exchange = Exchange(n=0, request=request, started=self._clock(), connection=Connection(client="optrace replay"))
        n = self._recorder.request(exchange)
        exchange = replace(exchange, n=n)
        try:
            response, began = self._exchange(request)
            exchange = replace(exchange, response=response, response_started=began, ended=self._clock())
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ssl.SSLError, OSError) as error:
            exchange = replace(exchange, error=str(error) or type(error).__name__, ended=self._clock())
        self._recorder.response(n, exchange)
        return exchange

    def _exchange(self, request: HttpRequest) -> tuple[HttpResponse, datetime]:
        headers = [
            (name, value) for name, value in request.fields.raw if name.decode("latin-1").lower() not in _HOP_BY_HOP
        ]
        parts = parse(request.url)
        target = parts.path or "/"
        if parts.query is not None:
            target += f"?{parts.query}"
        built = httpx.Request(
            request.method,
            httpx.URL(f"{parts.origin}/"),
            headers=headers,
            content=request.body or None,
            # the request target goes out as it was signed, whatever httpx would make of it
            extensions={"target": target.encode("ascii"), "timeout": self._http.timeout.as_dict()},
        )
        response = self._http.send(built, stream=True)
        try:
            began, body, end = self._clock(), bytearray(), time.monotonic() + _WHOLE
            for piece in response.iter_raw():
                body += piece
                if len(body) > _LARGEST or time.monotonic() > end:
                    raise httpx.ReadError("the answer is too long, or takes too long")
        finally:
            response.close()
        fields = Fields((name, value) for name, value in response.headers.raw)
        answer = HttpResponse(
            status=response.status_code, reason=response.reason_phrase, fields=fields, body=bytes(body)
        )
        return answer, began

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Player:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
