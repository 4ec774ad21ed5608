"""All that a session has taught so far: links, tokens, grants, payments, places, keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optrace.core.compact import ByHash
from optrace.core.urls import canonical
from optrace.exchanges.view import View
from optrace.session.flows import Flows
from optrace.session.grants import Grant, Token
from optrace.session.keyring import Keyring
from optrace.session.places import Places
from optrace.session.rows import Row

_SHARED = 4096  # different lists of access items that are kept at hand


class Memory:
    """All that a session has taught so far. Answers the questions of `exchanges.recognise.Known`."""

    def __init__(self) -> None:
        self.places = Places()
        self.flows = Flows()
        self.keyring = Keyring()
        self.grants: list[Grant] = []
        self.tokens: dict[str, Token] = {}
        self.links: ByHash[tuple[str, Any]] = ByHash()  # canonical URL -> (what it is, whose it is)
        self.interactions: dict[str, Grant] = {}  # interact id -> grant
        self.opened: dict[str, Grant] = {}  # where the AS sent the browser to -> grant
        self.finishes: dict[str, list[Grant]] = {}  # canonical finish URI without query -> grants, oldest first
        self.locations: dict[str, tuple[Grant, int]] = {}  # Location of a finish answer -> grant, exchange
        self.references: dict[str, Grant] = {}  # interact_ref -> grant
        self.born: ByHash[int] = ByHash()  # id, token or nonce -> the exchange that brought it
        self.calls: dict[str, list[Row]] = {}  # token -> resource calls made with it, oldest first
        self.signed: dict[str, list[Row]] = {}  # wallet address (canonical) -> calls whose verifier needs its keys
        self.payers: list[Row] = []  # quote and outgoing payment calls: the sender's RS may act on them
        self.inside: dict[int, list[Row]] = {}  # call whose payment isn't known yet -> introspections inside it
        self.failed: ByHash[int] = ByHash()  # (method, URL, body) -> the first call like it, if it failed
        self._shared: dict[str, list[Mapping[str, Any]]] = {}
        self.new_owners: set[str] = set()  # wallet addresses whose keys became known or changed

    # exchanges.recognise.Known

    def link(self, key: str) -> str | None:
        """What a canonical URL was given out as."""
        found = self.links.get(key)
        return found[0] if found else None

    def is_continuation_token(self, token: str) -> bool:
        """Whether a value was issued as a continuation token."""
        found = self.tokens.get(token)
        return found is not None and found.kind == "continuation"

    def is_access_token(self, token: str) -> bool:
        """Whether a value was issued as an access token."""
        found = self.tokens.get(token)
        return found is not None and found.kind == "access"

    def serves_wallet_addresses(self, authority: str) -> bool:
        """Whether wallet addresses were read from a host."""
        return authority in self.places.wallet_hosts

    # used by the lessons

    def remember(self, url: object, kind: str, whose: Any = None) -> None:
        """A URL was given out; the first meaning stays."""
        if isinstance(url, str) and url:
            self.links.setdefault(canonical(url.partition("?")[0]), (kind, whose))

    def give_birth(self, value: object, n: int) -> None:
        """A value that others will refer to came into the trace."""
        if isinstance(value, str) and value:
            self.born.setdefault(value, n)

    def share(self, items: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The access items, as the one copy of them that a session keeps: most grants ask for the same."""
        if len(self._shared) > _SHARED:
            self._shared.clear()
        return self._shared.setdefault(repr(items), items)

    def owner_of(self, view: View) -> Grant | None:
        """The grant that a URL or a token leads to."""
        found = self.links.get(view.key)
        if found and isinstance(found[1], Grant):
            return found[1]
        token = self.tokens.get(view.token or "")
        return token.grant if token else None
