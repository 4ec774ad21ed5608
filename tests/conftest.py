"""What all tests share."""

from __future__ import annotations

import gc
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import settings

import tests.examples  # noqa: F401  (the profiles)
from optrace.signatures.algorithms import ALGORITHMS

settings.load_profile("whole")  # until the command line says otherwise
gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests, and the recordings that are kept understood, aren't looked through for garbage each time."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)


def _remembering() -> None:
    """The same recordings are understood in many tests, each time with the same thousands of signatures that don't fit:
    what the mathematics said of one, it says again."""
    plain, said = ALGORITHMS["ed25519"], dict[bytes, bool]()

    def verify(public: Any, data: bytes, signature: bytes) -> bool:
        if len(signature) != 64 or not isinstance(public, Ed25519PublicKey):
            return plain.verify(public, data, signature)
        question = blake2b(public.public_bytes_raw() + signature + data, digest_size=16).digest()
        answer = said.get(question)
        if answer is None:
            if len(said) > 300_000:
                said.clear()
            answer = said[question] = plain.verify(public, data, signature)
        return answer

    ALGORITHMS["ed25519"] = replace(plain, verify=verify)  # type: ignore[index]


_remembering()
