"""A hash of the base signed in its place.

Ed25519ph (RFC 8032 5.1) isn't among them: the cryptography library has no way to verify it.
"""

from __future__ import annotations

from collections.abc import Iterator

from optrace.diagnosis.candidates.change import COMMON, SEEN, Change, replacing
from optrace.diagnosis.model import PREHASHES
from optrace.diagnosis.subject import Subject


def prehash(subject: Subject) -> Iterator[Change]:
    """Each of the hashes that a signer may have put between base and key."""
    for name in PREHASHES:
        yield Change(
            code="SIG-024",
            slot="prehash",
            cost=SEEN if " in " in name else COMMON,
            sentence=f"The {name} of the base was signed, not the base.",
            remedy="Pass the bytes of the base straight to Ed25519, which hashes by itself.",
            apply=replacing(prehash=name),
        )
