"""The signature that a search is about: which one of a message's, over which text, with which keys at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from optrace.core.messages import HttpRequest
from optrace.diagnosis.case import Case
from optrace.diagnosis.model import Line, Model
from optrace.signatures.components import BaseError, Component, component_value
from optrace.signatures.keys import Key, KeyState
from optrace.signatures.verify import SignatureSeen

_MAX_KEYS = 64  # of the whole session, for one signature


def own_signature(case: Case) -> SignatureSeen | None:
    """The client's own signature: the one that verifies, else the one labelled sig1, else one whose key is known."""
    if case.verification is None or not case.verification.signatures:
        return None
    seen = case.verification.signatures
    for wanted in (lambda s: s.verifies, lambda s: s.label == "sig1", lambda s: s.key is not None):
        if found := next((one for one in seen if wanted(one)), None):
            return found
    return seen[0]


@dataclass(frozen=True)
class Subject:
    """One signature under search."""

    case: Case
    seen: SignatureSeen
    signature: bytes

    @property
    def request(self) -> HttpRequest:
        """The request that carries it."""
        return self.case.exchange.request

    @cached_property
    def keys(self) -> tuple[tuple[str, Key], ...]:
        """(owner, key) of all that may have signed: the one of its keyid, the client's others, then the session's."""
        known = self.case.keys
        found: dict[int, tuple[str, Key]] = {}
        own = [self.seen.key] if self.seen.key is not None else []
        if known.state is KeyState.KNOWN:
            own += known.keys
        for owner, key in chain(((known.owner, key) for key in own), self._others()):
            if key.public not in (entry[1].public for entry in found.values()):
                found[len(found)] = (owner, key)
            if len(found) >= _MAX_KEYS:
                break
        return tuple(found.values())

    def _others(self) -> Iterator[tuple[str, Key]]:
        """(owner, key) of everybody's keys, those whose JWKS was read last before this request first."""
        ring = self.case.memory.keyring
        for row in self.case.earlier(lambda row: row.operation == "jwks_get"):
            owner = row.url.partition("?")[0].removesuffix("/jwks.json")
            yield from ((owner, key) for key in ring.of(owner).keys)
        yield from ring.all_keys()

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Covered components that the message doesn't have."""
        return tuple(c.name for c in self.seen.components if _value(c, self.request) is None)

    def lines_of(self, request: HttpRequest) -> tuple[Line, ...]:
        """The covered components with the values that they have in a request; empty where it has none."""
        return tuple((c.identifier, _value(c, request) or "") for c in self.seen.components)

    @cached_property
    def model(self) -> Model | None:
        """What should have been signed; None if there is nothing to build it from, or no key to try."""
        if not self.keys or not self.seen.input_text:
            return None
        return Model(lines=self.lines_of(self.request), params=self.seen.input_text, key=self.keys[0][1])


def subject_of(case: Case) -> Subject | None:
    """The signature to search for; None if there is none, or it verifies."""
    seen = own_signature(case)
    if seen is None or seen.verifies or not seen.signature:
        return None
    return Subject(case, seen, seen.signature)


def _value(component: Component, request: HttpRequest) -> str | None:
    for attempt in (component, Component(component.name)):  # as it is, then as who knows no parameters would take it
        try:
            return component_value(attempt, request)
        except BaseError:
            continue
    return None
