"""What reads of wallet addresses and keys teach."""

from __future__ import annotations

from optrace.core.urls import canonical
from optrace.exchanges.view import View, dig, text
from optrace.session.lessons.common import (
    called_by_server,
)
from optrace.session.memory import Memory
from optrace.session.places import Party
from optrace.session.rows import Row

_KEYS = 64  # of one document that are looked at


def wallet_address(memory: Memory, row: Row, view: View) -> None:
    places, got = memory.places, view.got
    row.target = Party("wa", places.host(view.url).ase)
    if not view.succeeded or not text(got.get("authServer")):
        return
    ident = text(got.get("id")) or view.url
    wallet = places.wallet(ident)
    ase = places.by_grant_endpoint(str(got["authServer"]))
    if resources := text(got.get("resourceServer")):
        places.merge(ase, places.by_resource_base(resources))
        places.settle(resources, Party("rs", ase))
        memory.remember(resources, "resource_base", row.n)
    servers = (str(got["authServer"]), resources or "")
    if wallet.read_in is not None and (before := (wallet.auth_server or "", wallet.resource_server or "")) != servers:
        wallet.moved.append((wallet.read_in, *before))
        places.moved = True
    wallet.auth_server, wallet.resource_server = servers
    wallet.ase, wallet.read_in, wallet.asked = ase.root(), row.n, view.url
    places.published(wallet)
    wallet.name = text(got.get("publicName"))
    wallet.asset_code = text(got.get("assetCode"))
    scale = got.get("assetScale")
    wallet.asset_scale = scale if isinstance(scale, int) else None
    places.wallets.setdefault(canonical(view.url), wallet)
    places.settle(str(got["authServer"]), Party("as", ase))
    for url in (ident, view.url):
        places.settle(url, Party("wa", ase))
        places.wallet_hosts.add(view.key.partition("/")[0])
        memory.remember(url, "wallet_address", row.n, born=url == ident)
    memory.remember(got["authServer"], "grant_endpoint", row.n)
    row.target = Party("wa", ase)
    called_by_server(memory, row, ident)


def jwks(memory: Memory, row: Row, view: View) -> None:
    owner = view.url.partition("?")[0].removesuffix("/jwks.json")
    row.target = Party("c.wa")
    keys = view.got.get("keys")
    keys = keys[:_KEYS] if isinstance(keys, list) else []
    if view.response is not None or row.error:
        status = view.status if view.response is not None else None
        if memory.keyring.learn(owner, view.response.body if view.response else None, status=status):
            memory.new_owners.add(canonical(owner))
    called_by_server(memory, row, owner, [kid for key in keys if (kid := text(dig(key, "kid")))])
