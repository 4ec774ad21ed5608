"""All that a session has taught so far: links, tokens, grants, payments, places, keys."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from itertools import islice
from typing import Any

from optrace.core.compact import ByHash, Shared
from optrace.core.urls import canonical, place
from optrace.exchanges.view import View
from optrace.session.flows import Flows
from optrace.session.grants import Grant, Token
from optrace.session.keyring import Keyring
from optrace.session.places import Places
from optrace.session.rows import Row
from optrace.session.shelves import Grants, Named, Rows
from optrace.session.speakers import Speakers

_SHARED = 1024  # different lists of access items that are kept at hand
WAITING = 256  # grants with one finish URI among which the one that ends is looked for
_RECENT = 256  # calls that are looked at: as many as can be in flight at once

# what a URL can be given out as; the first lead to the grant of the exchange that brought them
_OF_GRANTS = ("continue", "manage", "interact")
_OTHERS = ("grant_endpoint", "resource_base", "wallet_address", "idp", "finish")
_RESOURCES = ("incoming_payment", "quote", "outgoing_payment")
_KINDS = (*_OF_GRANTS, *_OTHERS, *_RESOURCES)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_KIND, _BORN, _SHIFT = 15, 16, 5  # a link in one number: its kind, whether it was born there, the exchange


class Memory:
    """All that a session has taught so far. Answers the questions of `exchanges.recognise.Known`."""

    def __init__(self, rows: Rows | None = None) -> None:
        self.rows = rows or Rows()
        self.places = Places()
        self.flows = Flows()
        self.keyring = Keyring()
        self.grants = Grants()
        self.tokens: Named[Token] = Named()
        self._links: ByHash = ByHash()  # canonical URL -> what it is and which exchange said so
        self.interactions: Named[Grant] = Named()  # interact id -> grant
        self.opened: Named[Grant] = Named()  # where the AS sent the browser to -> grant
        self.finishes: dict[str, list[int]] = {}  # canonical finish URI without query -> who asked for grants with it
        self.locations: Named[tuple[Grant, int]] = Named()  # Location of a finish answer -> grant, exchange
        self.references: Named[Grant] = Named()  # interact_ref -> grant
        self._born: ByHash = ByHash()  # nonce or reference -> the exchange that brought it
        self._calls: dict[str, list[int]] = {}  # token that nobody issued -> resource calls made with it
        self.signed: dict[str, list[Row]] = {}  # wallet address (canonical) -> calls whose verifier needs its keys
        self.payers: list[Row] = []  # quote and outgoing payment calls: the sender's RS may act on them
        self.strays: Named[Grant] = Named()  # token that was issued before the trace began -> the grant it must be of
        self.speakers = Speakers(self.rows)
        self.introspections: OrderedDict[int, tuple[Row, bool]] = OrderedDict()  # call -> its introspection, if active
        self.introspecting: set[str] = set()  # canonical authority of the RSs whose introspections were seen
        self.inside: dict[int, list[int]] = {}  # call whose payment isn't known yet -> introspections inside it
        self.failed: ByHash = ByHash()  # (method, URL, body) -> the first call like it, if it failed
        self._shared: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self.text = Shared()
        self.new_owners: set[str] = set()  # wallet addresses whose keys became known or changed

    # exchanges.recognise.Known

    def link(self, key: str) -> str | None:
        """What a canonical URL was given out as."""
        found = self._links.get(key)
        return None if found is None else _KINDS[found & _KIND]

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

    def remember(self, url: object, kind: str, n: int, *, born: bool = False) -> None:
        """Exchange `n` gave a URL out; the first meaning stays. `born`: no earlier exchange can have known it."""
        if isinstance(url, str) and url:
            key = canonical(url.partition("?")[0])
            found = self._links.get(key)
            if found is None or (born and not found & _BORN):
                code = _CODES[kind] if found is None else found & _KIND
                self._links[key] = n << _SHIFT | (_BORN if born else 0) | code

    def give_birth(self, value: object, n: int) -> None:
        """A value that others will refer to, and that is no URL, came into the trace."""
        if isinstance(value, str) and value:
            self._born.setdefault(value, n)

    def birth(self, value: str) -> int | None:
        """The exchange that brought an id, a token or a nonce into the trace; look-alikes of a URL count as it."""
        if (token := self.tokens.get(value)) is not None:
            return token.born
        if "://" in value:
            found = self._links.get(canonical(value.partition("?")[0]))
            return found >> _SHIFT if found is not None and found & _BORN else None
        return self._born.get(value)

    def as_kept(self, token: str | None) -> str | None:
        """A token's value, as the one copy of it that a session keeps."""
        known = self.tokens.get(token or "")
        return token if known is None else known.value

    def share(self, items: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        """The access items, as the one copy of them that a session keeps: most grants ask for the same."""
        if len(self._shared) > _SHARED:
            self._shared.clear()
        key = repr(items)
        if (found := self._shared.get(key)) is None:
            found = self._shared[key] = tuple(map(self._kept, items))
        return found

    def _kept(self, value: Any) -> Any:
        """A JSON value without a second copy of any text that comes again and again."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self._kept(member) for name, member in value.items()}
        return list(map(self._kept, value)) if isinstance(value, list) else value

    def grant_at(self, key: str, kind: str | None = None) -> Grant | None:
        """The grant that a canonical URL (of this kind) was given out for."""
        found = self._links.get(key)
        if found is None or found & _KIND >= len(_OF_GRANTS) or (kind is not None and found & _KIND != _CODES[kind]):
            return None
        row = self.rows[found >> _SHIFT]
        return row.grant if row is not None else None

    def owner_of(self, view: View) -> Grant | None:
        """The grant that a URL, a token or an interaction reference leads to."""
        grant = self.grant_at(view.key)
        if grant is not None:
            return grant
        token = self.tokens.get(view.token or "")
        return token.grant if token else self.strays.get(view.token or "")

    def called(self, token: str, row: Row) -> None:
        """A resource was called with a token. That of a known one is found by its grant."""
        if token not in self.tokens:
            keep(self._calls.setdefault(token, []), row.n)

    def calls_with(self, token: str, limit: int = _RECENT) -> list[Row]:
        """The last resource calls that were made with a token, oldest first, at most `limit`."""
        calls = list(self.rows.at(self._calls.get(token, [])[-limit:]))
        if (known := self.tokens.get(token)) is not None:
            rows = self.rows.at(reversed(known.grant.rows[-2 * _RECENT :]))
            own = (row for row in rows if row.token == token and row.target.role == "rs")
            calls = calls + list(islice(own, limit))[::-1]
        return calls[-limit:]

    def introspected(self, call: Row, row: Row, *, active: bool) -> None:
        """An RS asked about the token of a call."""
        self.introspections[call.n] = row, active
        self.introspecting.add(place(call.url))
        while len(self.introspections) > _RECENT:
            self.introspections.popitem(last=False)

    def let_go(self, before: int) -> None:
        """Calls that had ended long before an exchange have nothing inside them any more."""
        for owner, calls in list(self.signed.items()):
            if calls[0].n < before:
                self.signed[owner] = calls = _open_after(before, calls)
                if not calls:
                    del self.signed[owner]
        self.payers = _open_after(before, self.payers)
        for n in [n for n in self.inside if n < before]:
            del self.inside[n]

    def lead(self, shelf: str, name: str, grant: Grant, thing: Any = None) -> None:
        """A name on a shelf leads to a grant from now on. `thing`: what stands there, if not the grant itself."""
        getattr(self, shelf)[name] = grant if thing is None else thing
        if (shelf, name) not in grant.names:
            grant.names = (*grant.names, (shelf, name))

    def issue(self, token: Token) -> None:
        """A token came into the trace."""
        self.tokens[token.value] = token


def _open_after(before: int, calls: list[Row]) -> list[Row]:
    return [call for call in calls if call.n >= before or call.ended is None]


def keep[T](calls: list[T], call: T) -> None:
    """Add a call, which comes by twice (in flight, and whole), and let go of those that can't be in flight any more."""
    if call not in calls[-16:]:
        calls.append(call)
        if len(calls) > 2 * _RECENT:
            del calls[:-_RECENT]
