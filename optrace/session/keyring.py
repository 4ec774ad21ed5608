"""Whose keys are known, and since when.

A JWKS is looked at each time it passes by. A key republished under the same kid becomes a newer version of it: messages
from then on are held against the newest, and what an older version verified stays verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from optrace.core.urls import canonical
from optrace.signatures.keys import Key, KeySet, KeyState, read_jwks


@dataclass(slots=True)
class _Owner:
    name: str
    documents: list[KeySet] = field(default_factory=list)  # oldest first; only those that could be read
    failure: KeySet | None = None  # the newest answer that was no JWKS, or why optrace got none itself
    bodies: set[bytes] = field(default_factory=set)
    nameless: Mapping[str, Any] | None = None  # the JWK of a key that the user gave without a kid


class Keyring:
    """The JWKS of each wallet address, in the order in which they were seen."""

    def __init__(self) -> None:
        self._owners: dict[str, _Owner] = {}
        self._by_kid: dict[str, str] = {}

    def learn(self, owner: str, body: bytes | None, *, status: int | None = 200) -> bool:
        """Take in an answer to a read of `{owner}/jwks.json`; True if it says anything new."""
        entry = self._owners.setdefault(canonical(owner), _Owner(owner))
        known = read_jwks(owner, body, status=status)
        if known.state is not KeyState.KNOWN:
            changed = entry.failure is None or entry.failure.state is not known.state
            entry.failure = known
            return changed
        if (body or b"") in entry.bodies and entry.documents[-1].keys == known.keys:
            return False
        entry.bodies.add(body or b"")
        entry.documents.append(known)
        entry.nameless = next((key.jwk for key in known.keys if key.kid == ""), entry.nameless)
        for key in known.keys:
            self._by_kid.setdefault(key.kid, owner)
        return True

    def unreached(self, owner: str, error: str | None) -> bool:
        """optrace asked for a JWKS itself and got none; True if that says anything new.

        That proves nothing about the client: the servers may have got it, from their network or at their time.
        """
        entry = self._owners.setdefault(canonical(owner), _Owner(owner))
        if entry.failure is not None:
            return False
        entry.failure = KeySet.unseen(owner, f"the client's keys were not seen, nor fetched: {error or 'no answer'}")
        return True

    def of(self, owner: str | None, kid: str | None = None) -> KeySet:
        """The newest keys of a wallet address; UNSEEN with a reason if there are none.

        A key without a name (the user gave a PEM file) stands in for any `kid` that the wallet address doesn't have.
        """
        entry = self._owners.get(canonical(owner)) if owner else None
        if entry is None:
            why = "the client's keys were not seen" if owner else "it is not known whose key should verify it"
            return KeySet.unseen(owner or "", why)
        if entry.documents:
            newest = entry.documents[-1]
            if kid and newest.find(kid) is None and (nameless := entry.nameless) is not None:
                return KeySet.of(entry.name, {**nameless, "kid": kid})
            return newest
        assert entry.failure is not None  # an entry has one of the two
        return entry.failure

    def older(self, owner: str | None) -> Iterator[KeySet]:
        """Earlier documents of a wallet address, newest first."""
        entry = self._owners.get(canonical(owner)) if owner else None
        if entry:
            yield from reversed(entry.documents[:-1])

    def owner_of_kid(self, kid: str) -> str | None:
        """The first wallet address that published a kid."""
        return self._by_kid.get(kid)

    def all_keys(self) -> Iterator[tuple[str, Key]]:
        """(owner, key) of every key seen, newest documents first within an owner."""
        for entry in self._owners.values():
            for document in reversed(entry.documents):
                for key in document.keys:
                    yield entry.name, key
