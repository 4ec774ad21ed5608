"""A sandbox that runs in a thread of its own, so that plain tests and other processes can talk to it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from optrace.sandbox.config import SandboxConfig
from optrace.sandbox.remote import Fetch
from optrace.sandbox.serve import AseEndpoints, Endpoints, Sandbox, utc_now


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Running:
    """What a test sees of a running sandbox."""

    def __init__(self, sandbox: Sandbox, endpoints: Endpoints, hops: list[tuple[str, str]]) -> None:
        self.sandbox, self.endpoints, self.hops = sandbox, endpoints, hops  # hops: (method, URL) between the servers
        self.client = endpoints.client

    @property
    def sender(self) -> AseEndpoints:
        return self.endpoints.sender

    @property
    def recipient(self) -> AseEndpoints:
        return self.endpoints.recipient


@contextlib.contextmanager
def running_sandbox(
    config: SandboxConfig | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    rng: random.Random | None = None,
    proxy: str | None = None,
    verify: object = True,
    build: Callable[[Fetch], Sandbox] | None = None,
) -> Iterator[Running]:
    """A sandbox whose servers speak to each other through httpx, by way of `proxy` if one is given.

    `build` makes another one of the function that carries their calls.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    hops: list[tuple[str, str]] = []
    http = httpx.AsyncClient(trust_env=False, proxy=proxy, verify=verify)  # type: ignore[arg-type]

    async def fetch(
        method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, /
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        hops.append((method, url))
        response = await http.request(method, url, headers=list(headers), content=body)
        return response.status_code, list(response.headers.multi_items()), response.content

    sandbox = Sandbox(config, fetch=fetch, clock=clock, rng=rng) if build is None else build(fetch)
    context = sandbox.running()
    try:
        endpoints = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
        try:
            yield Running(sandbox, endpoints, hops)
        finally:
            asyncio.run_coroutine_threadsafe(http.aclose(), loop).result(10)
            asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
