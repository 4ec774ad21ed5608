"""Plain HTTP exchanges for the sandbox's servers, through a proxy if they are to be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

_TIMEOUT = 10.0  # seconds


class Fetcher:
    """Sends one request a connection, so that a trace can tell the servers apart by their connections."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, /
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """(status, fields, body) of the answer; redirects are not followed. Raises httpx.HTTPError if none came."""
        request = self._client.build_request(method, url, headers=list(headers), content=body or None)
        answer = await self._client.send(request)
        return answer.status_code, list(answer.headers.multi_items()), answer.content


@asynccontextmanager
async def fetcher(*, proxy: str | None = None, ca: Path | None = None) -> AsyncIterator[Fetcher]:
    """A `Fetcher`; `proxy` is a URL, `ca` a PEM file of certificate authorities to trust."""
    limits = httpx.Limits(max_keepalive_connections=0)
    verify = httpx.create_ssl_context(verify=str(ca)) if ca else True
    async with httpx.AsyncClient(
        proxy=proxy, verify=verify, limits=limits, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
    ) as client:
        yield Fetcher(client)
