"""Faults of the client's published keys. The server's own look-up must pass by, or there is nothing to change."""

from __future__ import annotations

from typing import Any

from optrace.core.urls import canonical
from optrace.exchanges.view import client_of
from optrace.faults.fault import Deed, Fault, Seen
from optrace.faults.messages import answer, with_json
from optrace.signatures.keys import generate_ed25519


def _learn_client(seen: Seen) -> None:
    """The first who asks for a grant is the client; servers ask, too, and their keys are left alone."""
    if seen.operation == "grant_request" and (client := client_of(seen.view)):
        seen.memory.setdefault("client", canonical(client))


def _is_clients(seen: Seen) -> bool:
    owner = seen.request.url.partition("?")[0].removesuffix("/jwks.json")
    return seen.targeted and seen.memory.get("client") in (None, canonical(owner))


def _rotate(seen: Seen) -> Deed | None:
    keys = seen.view.got.get("keys")
    if not _is_clients(seen) or not isinstance(keys, list):
        return None
    document = {**seen.view.got, "keys": [_successor(seen, key) for key in keys if isinstance(key, dict)]}
    said = "the keys were replaced by new ones, as if the client had rotated them"
    return Deed(said=said, response=with_json(seen.response, document))


def _successor(seen: Seen, key: dict[str, Any]) -> dict[str, Any]:
    kid = f"{key.get('kid', 'key')}-2"
    if kid not in seen.memory:  # the same new key whenever it is asked for
        seen.memory[kid] = generate_ed25519(kid).public_jwk()
    return {**key, **seen.memory[kid]}


def _hide(seen: Seen) -> Deed | None:
    _learn_client(seen)
    if not _is_clients(seen):
        return None
    said = "the keys were answered with 404"
    return Deed(said=said, response=answer(404, b"Not Found", "text/plain; charset=utf-8"))


ROTATED_KEY = Fault(
    name="rotated-key",
    sentence="The client's wallet address publishes a new key under a new `kid`; the old one is gone.",
    operations=("jwks_get",),
    diagnosed=("SIG-011",),
    on_request=_learn_client,
    on_response=_rotate,
)
JWKS_404 = Fault(
    name="jwks-404",
    sentence="The client's jwks.json can't be found.",
    operations=("jwks_get",),
    diagnosed=("SIG-013",),
    on_request=_hide,
)
