"""A sandbox behind sockets: one uvicorn server for all ports, started and stopped with an async context."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from optrace.core.errors import CannotStart
from optrace.faults.injector import Injector
from optrace.sandbox.app import ByPort, add_client, client_server, new_ase, servers
from optrace.sandbox.config import AseConfig, ClientConfig, Role, SandboxConfig, Side
from optrace.sandbox.faulty import Faulty
from optrace.sandbox.keys import private_pem, write_private
from optrace.sandbox.remote import Fetch
from optrace.sandbox.state import Ase, Ids
from optrace.sandbox.world import World
from optrace.signatures.keys import SigningKey, generate_ed25519

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHUTDOWN = 2  # seconds that requests under way get to end


@dataclass(frozen=True, slots=True, kw_only=True)
class AseEndpoints:
    """Where an ASE is to be found."""

    name: str
    wallet_addresses: Mapping[str, str]  # account name -> wallet address
    grant_endpoint: str
    resource_server: str
    urls: Mapping[Role, str]  # origins

    @property
    def wallet_address(self) -> str:
        """That of its first account."""
        return next(iter(self.wallet_addresses.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEndpoints:
    """Who the client is: its wallet address, and the key that is published there."""

    wallet_address: str
    key: SigningKey
    key_file: Path | None  # PEM; only if the sandbox was given a directory

    @property
    def key_id(self) -> str:
        """The key's `kid`."""
        return self.key.kid

    @property
    def private_key(self) -> bytes:
        """The private key as PEM."""
        return private_pem(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """A running sandbox, from outside."""

    ases: Mapping[Side, AseEndpoints]
    client: ClientEndpoints

    @property
    def sender(self) -> AseEndpoints:
        """The sender's ASE; KeyError if it isn't here."""
        return self.ases[Side.SENDER]

    @property
    def recipient(self) -> AseEndpoints:
        """The recipient's ASE; KeyError if it isn't here."""
        return self.ases[Side.RECIPIENT]


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


Around = Callable[[Side, Role, Ase, ASGIApp], ASGIApp]


class Sandbox:
    """Two ASEs and a client's wallet address.

    `fetch` carries the calls that the servers make, `clock` gives the time (UTC), `rng` ids, tokens and secrets; the
    keys come from the operating system whatever `rng` is. `around` may put something before each server.
    """

    def __init__(
        self,
        config: SandboxConfig | None = None,
        *,
        fetch: Fetch,
        clock: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
        around: Around = lambda side, role, ase, app: app,
    ) -> None:
        self._around = around
        self.config = config or SandboxConfig()
        self.world: World | None = None  # while it runs
        self.faults = Injector(self.config.faults)
        self._fetch, self._clock, self._ids = fetch, clock, Ids(rng or random.SystemRandom())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Endpoints]:
        """Serve until the context ends.

        Raises:
            CannotStart: a port is taken, or the certificate can't be used.
        """
        with contextlib.ExitStack() as stack:
            apps: dict[int, ASGIApp] = {}
            sockets: list[socket.socket] = []

            def listen(port: int, hostname: str | None) -> tuple[int, str]:
                sockets.append(stack.enter_context(_listening(self.config.bind, port)))
                bound: int = sockets[-1].getsockname()[1]
                return bound, _origin(self.config.scheme, hostname or _literal(self.config.bind), bound)

            endpoints = self._build(listen, apps)
            async with self._serving(ByPort(apps), sockets):
                yield endpoints
        self.world = None

    def _build(self, listen: Callable[[int, str | None], tuple[int, str]], apps: dict[int, ASGIApp]) -> Endpoints:
        ports: list[dict[Role, int]] = []
        ases: list[Ase] = []
        for side in self.config.sides:
            config = self.config.ase(side)
            bound = {role: listen(config.ports.get(role, 0), config.hostnames.get(role)) for role in Role}
            ports.append({role: port for role, (port, _) in bound.items()})
            ases.append(new_ase(config, {role: url for role, (_, url) in bound.items()}, self._ids))
        self.world = World(config=self.config, clock=self._clock, ids=self._ids, ases=ases)
        for side, own, ase in zip(self.config.sides, ports, ases, strict=True):
            for role, app in servers(ase, self.world, self._fetch):
                apps[own[role]] = self._faulty(self._around(side, role, ase, app))
        port, origin = listen(self.config.client.port, self.config.client.hostname)
        client = self._client(self.config.client, origin)
        add_client(ases[-1], client.wallet_address, self.config.client.public_name, client.key)
        apps[port] = self._faulty(client_server(ases[-1]))
        named = zip(self.config.sides, ases, strict=True)
        return Endpoints(ases={side: _endpoints(ase.config, ase) for side, ase in named}, client=client)

    def _faulty(self, app: ASGIApp) -> ASGIApp:
        return Faulty(app, self.faults, self._clock) if self.config.faults else app

    def _client(self, config: ClientConfig, origin: str) -> ClientEndpoints:
        key = config.key or generate_ed25519(config.kid)
        path = None
        if self.config.key_dir is not None:
            path = self.config.key_dir / f"{config.name}.pem"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_private(path, key)
            except OSError as why:
                title = f"The client's key can't be written to {path}: {why.strerror}"
                raise CannotStart(title, remedy="Give another folder with --key-dir.") from why
        return ClientEndpoints(wallet_address=f"{origin}/{config.name}", key=key, key_file=path)

    @contextlib.asynccontextmanager
    async def _serving(self, app: ASGIApp, sockets: list[socket.socket]) -> AsyncIterator[None]:
        server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=not self.config.faults,  # they have a say in it
                proxy_headers=False,
                timeout_graceful_shutdown=_SHUTDOWN,
                ssl_certfile=self.config.certificate,
                ssl_keyfile=self.config.private_key,
            )
        )
        try:
            server.config.load()
        except OSError as why:  # ssl.SSLError is one
            remedy = "Give a certificate and its private key as PEM files."
            raise CannotStart(f"The certificate can't be used: {why}", remedy=remedy) from why
        task = asyncio.create_task(server.serve(sockets))
        try:
            # the sockets listen already, so that nobody who comes now is turned away
            yield
        finally:
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    # with the protocol named: asyncio switches Nagle's algorithm off only for sockets that say they are TCP, and with
    # it on every answer waits 40 ms for an acknowledgement
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as why:
        listener.close()
        title = f"The sandbox can't listen on {host}:{port}: {why.strerror}"
        raise CannotStart(title, remedy="Choose other ports, or port 0 for any free one.") from why
    return listener


def _literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _origin(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


def _endpoints(config: AseConfig, ase: Ase) -> AseEndpoints:
    return AseEndpoints(
        name=config.name,
        wallet_addresses={account.name: f"{ase.urls[Role.RESOURCE]}/{account.name}" for account in config.accounts},
        grant_endpoint=ase.grant_endpoint,
        resource_server=ase.resource_server,
        urls=ase.urls,
    )
