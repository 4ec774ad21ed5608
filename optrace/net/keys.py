"""Fetching the JWKS of wallet addresses, off the traffic's path.

What asks for a key is a recording, and a recording is hostile: so a look-up has a time and a size, never follows a
redirect to another origin, goes to an inner address only where the traffic itself went, and connects to the very
address that was checked (a name can point elsewhere a moment later). Proxies of the environment aren't used: the
likeliest one is optrace's own.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Callable, Container
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx

from optrace.core.bodies import read_body
from optrace.core.content_coding import decode_content
from optrace.core.fields import Fields
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.net.addresses import Refused, resolve
from optrace.session.events import KeyLearned

logger = logging.getLogger(__name__)

TIMEOUT = 5.0  # seconds for the whole look-up
SIZE_LIMIT = 1024 * 1024  # bytes; a real JWKS has less than a thousand
_REDIRECTS = 3
_FRESH = 300.0  # seconds that a document is not fetched again
_RETRY = 30.0  # seconds after which a failure, or a document that lacks a key, may be fetched again
_AT_ONCE = 4
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "optrace"}


class _Failed(Exception):
    """A look-up failed; the text is for the user."""


def jwks_url(wallet_address: str) -> str:
    """Where a wallet address publishes its keys (Open Payments, identity/client-keys).

    Raises:
        ValueError: this isn't a wallet address.
    """
    url = parse(wallet_address)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("it isn't an http or https URL")
    if "@" in url.authority or url.query is not None or "#" in wallet_address:
        raise ValueError("a wallet address has no user, query or fragment")
    return f"{wallet_address.removesuffix('/')}/jwks.json"


async def fetch_jwks(
    wallet_address: str,
    *,
    traffic_hosts: Container[str] = frozenset(),
    verify: ssl.SSLContext | bool = True,
    timeout: float = TIMEOUT,
    limit: int = SIZE_LIMIT,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> KeyLearned:
    """Fetch one JWKS. Never raises: the event has the document as it was sent, or says what went wrong.

    Args:
        traffic_hosts: host names (lower case, no port) that the traffic itself went to.
        timeout: seconds, for everything together.
        limit: bytes of the document.
    """
    document, error = None, None
    try:
        async with asyncio.timeout(timeout):
            document = await _fetch(jwks_url(wallet_address), traffic_hosts, verify, limit)
    except TimeoutError:
        error = f"no complete answer within {timeout:g} seconds"
    except Refused as refusal:
        error = f"{refusal} is an address of this machine or network, and the traffic never went there"
    except (_Failed, ValueError) as failure:
        error = str(failure)
    except OSError as failure:
        error = f"the name can't be resolved: {failure.strerror or failure}"
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        error = f"{str(failure) or type(failure).__name__}"
    except Exception as failure:  # a hostile answer must not end the fetcher
        logger.exception("fetching %s", wallet_address)
        error = f"{type(failure).__name__}: {failure}"
    return KeyLearned(
        wallet_address=wallet_address,
        document=document,
        seen=now(),
        how="fetched",
        error=safe(error)[:300] if error else None,
    )


async def _fetch(url: str, traffic_hosts: Container[str], verify: ssl.SSLContext | bool, limit: int) -> bytes:
    target = httpx.URL(url)
    addresses = await resolve(target.host, _port(target), inner_too=parse(url).host in traffic_hosts)
    for position, address in enumerate(addresses):
        try:
            async with httpx.AsyncClient(trust_env=False, verify=verify, timeout=None) as client:
                return await _ask(client, target, address, limit)
        except httpx.ConnectError:
            if position == len(addresses) - 1:
                raise
    raise _Failed("the name has no address")


async def _ask(client: httpx.AsyncClient, target: httpx.URL, address: str, limit: int) -> bytes:
    for _ in range(_REDIRECTS + 1):
        async with client.stream(
            "GET",
            target.copy_with(host=address),
            headers={**_HEADERS, "Host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": target.host},  # the certificate is checked against the name
        ) as response:
            if response.is_redirect and "location" in response.headers:
                target = _redirected(target, response.headers["location"])
                continue
            if response.status_code != 200:
                raise _Failed(f"answered {response.status_code}")
            return _document(response, await _read(response, limit), limit)
    raise _Failed(f"redirects more than {_REDIRECTS} times")


def _redirected(target: httpx.URL, location: str) -> httpx.URL:
    there = target.join(location)
    if (there.scheme, there.host, _port(there)) != (target.scheme, target.host, _port(target)):
        raise _Failed(f"redirects to another origin, which isn't followed: {there}")
    return there


async def _read(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise _Failed(f"answers with more than {limit} bytes")
    return bytes(body)


def _document(response: httpx.Response, body: bytes, limit: int) -> bytes:
    if coding := response.headers.get("content-encoding"):
        decoded, problems = decode_content(body, coding, limit=limit)
        if decoded is None or problems:
            raise _Failed("; ".join(problems))
        body = decoded
    read = read_body(Fields.of(("content-type", "application/json")), body)
    if not isinstance(read.json, dict) or not isinstance(read.json.get("keys"), list):
        raise _Failed("; ".join(read.problems) or "answers with JSON that is no JWKS: there is no list of keys")
    return body


def _port(url: httpx.URL) -> int:
    return url.port or {"http": 80, "https": 443}[url.scheme]


class KeyFetcher:
    """Fetches keys in a thread of its own, each wallet address once at a time and not again while it is fresh.

    Args:
        learned: is called with each result, in the fetcher's thread: hand it on, say by `call_soon_threadsafe`.
        traffic_hosts: is looked at when a fetch starts, so it may grow meanwhile; see `fetch_jwks`.
        offline: never fetch anything.
    """

    def __init__(
        self,
        learned: Callable[[KeyLearned], None],
        *,
        traffic_hosts: Container[str] = frozenset(),
        offline: bool = False,
        verify: ssl.SSLContext | bool = True,
        timeout: float = TIMEOUT,
        limit: int = SIZE_LIMIT,
    ) -> None:
        self._learned = learned
        self._traffic_hosts = traffic_hosts
        self._offline = offline
        self._verify = verify
        self._timeout = timeout
        self._limit = limit
        self._lock = threading.Condition()
        self._running: set[str] = set()
        self._fetched: dict[str, tuple[float, bool]] = {}  # when (monotonic), and whether it worked
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def want(self, wallet_address: str, *, again: bool = False) -> bool:
        """Fetch the keys of a wallet address unless that is under way, was done lately, or is forbidden.

        Args:
            again: the document that there is lacks a key, so a fresh one is asked for (every half minute at most).

        Returns:
            Whether a fetch was started.
        """
        if self._offline:
            return False
        key = wallet_address.removesuffix("/")
        with self._lock:
            if key in self._running:
                return False
            if (last := self._fetched.get(key)) is not None:
                at, worked = last
                if time.monotonic() - at < (_FRESH if worked and not again else _RETRY):
                    return False
            loop = self._start()
            self._running.add(key)
        loop.call_soon_threadsafe(self._spawn, key, wallet_address)
        return True

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is under way; False if it took longer than `timeout` seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._running, timeout)

    def close(self) -> None:
        """Drop what is under way and end the thread. Nothing is learned after this."""
        with self._lock:
            self._offline = True
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
        with self._lock:
            self._running.clear()
            self._lock.notify_all()

    def _start(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._run, args=(self._loop,), name="optrace keys", daemon=True)
            self._thread.start()
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        loop.close()  # a name that is still being resolved is left to its thread

    def _spawn(self, key: str, wallet_address: str) -> None:
        task = asyncio.ensure_future(self._fetch(key, wallet_address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, key: str, wallet_address: str) -> None:
        async with self._slots:
            event = await fetch_jwks(
                wallet_address,
                traffic_hosts=self._traffic_hosts,
                verify=self._verify,
                timeout=self._timeout,
                limit=self._limit,
            )
        try:
            self._learned(event)
        except Exception:
            logger.exception("handing on the keys of %s", safe(wallet_address))
        finally:
            with self._lock:
                self._running.discard(key)
                self._fetched[key] = (time.monotonic(), event.error is None)
                self._lock.notify_all()
