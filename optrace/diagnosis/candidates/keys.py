"""Other keys: of the same JWKS, then of everybody whose keys the session has seen."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.text import safe
from optrace.core.urls import canonical
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN, Change, replacing
from optrace.diagnosis.subject import Subject

_NEAREST = 8  # keys of others that are likelier than the rest: their JWKS was read last


def keys(subject: Subject) -> Iterator[Change]:
    """Every key but the one that the search starts with."""
    keyid = subject.seen.params.keyid if subject.seen.params else None
    own = canonical(subject.case.keys.owner)
    named = "no keyid was given" if keyid is None else f"keyid says {safe(keyid)[:80]}"
    same = sum(canonical(owner) == own for owner, _ in subject.keys)
    for place, (owner, key) in enumerate(subject.keys[1:]):
        near = canonical(owner) == own
        where = "the same JWKS" if near else f"{safe(owner)[:200]}/jwks.json"
        yield Change(
            code="SIG-012",
            slot="key",
            cost=(COMMON if same <= 4 else SEEN) if near else PLAUSIBLE if place < _NEAREST else RARE,
            sentence=f"It was signed with the key {safe(key.kid)[:80] or 'without kid'} of {where}; {named}.",
            remedy=f'Send keyid="{safe(key.kid)[:80]}" with this private key, or sign with the private key of '
            f"{safe(keyid or 'the published key')[:80]}.",
            apply=replacing(key=key),
        )
