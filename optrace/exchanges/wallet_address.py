"""The wallet address server: wallet addresses, their keys, DID documents, and SPSP for connectors."""

from __future__ import annotations

from optrace.exchanges.kind import Kind, answer
from optrace.exchanges.view import View, dig, text


def _name(view: View) -> str:
    segments = view.parts.segments
    return segments[-1] if segments else view.parts.host


def _wallet_sentence(view: View) -> str:
    if not view.succeeded:
        return f"Reads a wallet address and gets {answer(view, 'no answer')}."
    name = text(view.got.get("publicName")) or _name(view)
    code, scale = view.got.get("assetCode"), view.got.get("assetScale")
    server, resources = view.got.get("authServer"), view.got.get("resourceServer")
    return f"{name} holds {code} with scale {scale}; grants come from {server}, resources are at {resources}."


def _keys_sentence(view: View) -> str:
    if not view.succeeded:
        return f"Asks for the keys of {_owner(view)} and gets {answer(view, 'no answer')}."
    keys = view.got.get("keys")
    if not isinstance(keys, list):
        return f"Asks for the keys of {_owner(view)}; the answer isn't a JWKS."
    names = ", ".join(str(dig(key, "kid")) for key in keys[:4]) + (" …" if len(keys) > 4 else "")
    return f"{_owner(view)} publishes {len(keys)} key{'' if len(keys) == 1 else 's'}: {names or 'none'}."


def _owner(view: View) -> str:
    return view.url.partition("?")[0].removesuffix("/jwks.json")


WALLET_ADDRESS_GET = Kind(
    id="wallet_address_get",
    title="Get Wallet Address",
    target="wa",
    label=lambda view: f"GET wallet address {_name(view)}",
    sentence=_wallet_sentence,
)
JWKS_GET = Kind(
    id="jwks_get",
    title="Get the keys bound to a Wallet Address",
    target="wa",
    label=lambda view: "GET jwks.json",
    sentence=_keys_sentence,
)
DID_GET = Kind(
    id="did_get",
    title="Get the DID Document for this wallet",
    target="wa",
    label=lambda view: "GET did.json",
    sentence=lambda view: f"Asks for a DID document and gets {view.status or 'no answer'}.",
)
SPSP_GET = Kind(
    id="spsp_get",
    title="SPSP query",
    source="rs",
    target="wa",
    label=lambda view: "GET SPSP",
    sentence=lambda view: "A connector asks for an ILP address and a shared secret (SPSP).",
)
