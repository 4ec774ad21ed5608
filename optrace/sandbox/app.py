"""All servers of a sandbox as one ASGI application that tells them apart by the port that was called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from optrace.sandbox.auth_server import AuthServer
from optrace.sandbox.config import AseConfig, Role
from optrace.sandbox.idp import IdentityProvider
from optrace.sandbox.inner_servers import InteractionServer, IntrospectionServer
from optrace.sandbox.remote import Fetch, Remote
from optrace.sandbox.resource_server import EXCEPTION_HANDLERS, ResourceServer
from optrace.sandbox.state import Ase, Ids, WalletAddress
from optrace.sandbox.wallet import WalletServer
from optrace.sandbox.web import Edge
from optrace.sandbox.world import World
from optrace.signatures.keys import SigningKey, generate_ed25519


def new_ase(config: AseConfig, urls: Mapping[Role, str], ids: Ids) -> Ase:
    """An ASE with its accounts, and nothing yet in its books."""
    ase = Ase(
        config=config,
        urls=dict(urls),
        key=generate_ed25519(ids.uuid()),
        idp_secret=ids.secret_text(32),
        cookie_key=ids.secret(32),
    )
    for account in config.accounts:
        address = f"{ase.urls[Role.RESOURCE]}/{account.name}"
        ase.wallets[address] = WalletAddress(
            address=address, public_name=account.public_name, asset=config.asset, balance=account.balance
        )
    return ase


def add_client(ase: Ase, address: str, public_name: str, key: SigningKey) -> None:
    """A wallet address whose key is published."""
    ase.wallets[address] = WalletAddress(
        address=address, public_name=public_name, asset=ase.config.asset, balance=0, keys=[key.public_jwk()]
    )


def servers(ase: Ase, world: World, fetch: Fetch) -> Iterator[tuple[Role, ASGIApp]]:
    """The five servers of an ASE."""
    remote = Remote(fetch, key=ase.key, address=ase.own_address, clock=world.clock)
    apps = {
        Role.RESOURCE: ResourceServer(ase, world, remote, WalletServer([ase])).app(),
        Role.AUTH: AuthServer(ase, world, remote).app(),
        Role.INTROSPECTION: IntrospectionServer(ase, world).app(),
        Role.INTERACTION: InteractionServer(ase, world).app(),
        Role.IDP: IdentityProvider(ase, world, remote).app(),
    }
    for role, app in apps.items():
        yield role, _finished(app)


def client_server(ase: Ase) -> ASGIApp:
    """The small host with the client's wallet address and keys."""
    app = Starlette(routes=list(WalletServer([ase]).routes()), exception_handlers=EXCEPTION_HANDLERS)
    return _finished(app)


def _finished(app: Starlette) -> ASGIApp:
    app.router.redirect_slashes = False
    return Edge(app)


class ByPort:
    """One application for many sockets."""

    def __init__(self, apps: Mapping[int, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self._apps[scope["server"][1]](scope, receive, send)
