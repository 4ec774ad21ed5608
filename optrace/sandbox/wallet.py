"""Wallet addresses and the keys behind them. They may have any path, and are known by their whole URL."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from optrace.core.urls import parse
from optrace.sandbox.errors import Refusal, resource
from optrace.sandbox.state import Ase, WalletAddress
from optrace.sandbox.web import Call, endpoint, reply


class WalletServer:
    """The wallet addresses of some ASEs on one host. The ASE's own address has keys, and nothing else to show."""

    def __init__(self, ases: Sequence[Ase]) -> None:
        self._ases = ases

    def routes(self) -> list[Route]:
        """What is left when nothing else matches."""
        return [
            Route("/{path:path}/jwks.json", endpoint(self.keys), methods=["GET"]),
            Route("/{path:path}", endpoint(self.document), methods=["GET"]),
        ]

    async def document(self, call: Call) -> Response:
        """GET of a wallet address."""
        address = _address(call)
        if any(ase.own_address == address for ase in self._ases):
            raise resource(404, "Could not get wallet address")
        call.expect()
        ase, wallet = self._find(address)
        return reply(
            {
                "id": wallet.address,
                "publicName": wallet.public_name,
                "assetCode": wallet.asset.code,
                "assetScale": wallet.asset.scale,
                "authServer": ase.grant_endpoint,
                "resourceServer": ase.resource_server,
            }
        )

    async def keys(self, call: Call) -> Response:
        """GET of its jwks.json."""
        call.expect()
        address = _address(call).removesuffix("/jwks.json")
        for ase in self._ases:
            if ase.own_address == address:
                return reply({"keys": [ase.key.public_jwk()]})
        return reply({"keys": self._find(address)[1].keys})

    def _find(self, address: str) -> tuple[Ase, WalletAddress]:
        for ase in self._ases:
            wallet = ase.wallets.get(address)
            if wallet and wallet.active:
                return ase, wallet
        raise _unknown(address)


def _address(call: Call) -> str:
    url = parse(call.http.url)
    return f"{url.origin}{url.path}".rstrip("/")


def _unknown(address: str) -> Refusal:
    return resource(404, "Could not get wallet address", {"walletAddressUrl": address})
