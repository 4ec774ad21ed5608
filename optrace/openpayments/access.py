"""Access items: what a grant allows at a resource server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optrace.core.wire import CamelWire, Seq, Uri, Wire
from optrace.openpayments.limits import Limits

# what the OpenAPI document lists for each type; other types and actions are read all the same
ACTIONS: Mapping[str, frozenset[str]] = {
    "incoming-payment": frozenset({"create", "complete", "read", "read-all", "list", "list-all"}),
    "quote": frozenset({"create", "read", "read-all"}),
    "outgoing-payment": frozenset({"create", "read", "read-all", "list", "list-all"}),
}


class CardKey(Wire):
    """The working key of a card's PIN block (draft)."""

    key: str
    kvc: str | None = None
    iv: str | None = None


class CardAuthorization(CamelWire):
    """A card's authorisation request or answer (spec drafts 1.3.2 and 1.4.0 only)."""

    tlv_data: str | None = None
    request_id: str | None = None
    pin_block: str | None = None
    pwk: CardKey | None = None


class AccessItem(CamelWire):
    """One right: actions on a type of resource, at one wallet address, within limits."""

    type: str
    actions: Seq[str] | None = None
    identifier: Uri | None = None  # a wallet address; outgoing-payment requires it
    limits: Limits | None = None
    card_authorization: CardAuthorization | None = None
    # RFC 9635 §8.1; Open Payments doesn't use them
    locations: Seq[str] | None = None
    datatypes: Seq[str] | None = None
    privileges: Seq[str] | None = None

    def allows(self, action: str) -> bool:
        """Whether the item grants an action; `read-all` includes `read`, `list-all` includes `list`."""
        actions = self.actions or ()
        return action in actions or f"{action}-all" in actions

    def unknown_actions(self) -> tuple[str, ...]:
        """The actions that Open Payments doesn't define for this type; empty for a type that it doesn't define."""
        known = ACTIONS.get(self.type)
        return () if known is None else tuple(action for action in self.actions or () if action not in known)


def limits_of(access: Any) -> Limits | None:
    """The limits of the first access item that has some."""
    return next((item.limits for item in access or () if isinstance(item, AccessItem) and item.limits), None)
