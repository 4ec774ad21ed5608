"""A signature base as a structure: lines, parameters, joints, hash and key apart, so that changes of each compose."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.keys import Key

Line = tuple[str, str]  # (component identifier as it stands in the base, component value)

# what hand-written signers do to the base before they sign it; Ed25519 hashes by itself (RFC 8032 5.1)
PREHASHES: Mapping[str, Callable[[bytes], bytes]] = {
    "SHA-512": lambda base: hashlib.sha512(base).digest(),
    "SHA-256": lambda base: hashlib.sha256(base).digest(),
    "SHA-512 in hexadecimal": lambda base: hashlib.sha512(base).hexdigest().encode(),
    "SHA-256 in hexadecimal": lambda base: hashlib.sha256(base).hexdigest().encode(),
    "SHA-512 in base64": lambda base: base64.b64encode(hashlib.sha512(base).digest()),
    "SHA-256 in base64": lambda base: base64.b64encode(hashlib.sha256(base).digest()),
}


class Model(NamedTuple):
    """What somebody may have signed, and the key with which."""

    lines: tuple[Line, ...]
    params: str  # the value of @signature-params
    key: Key
    newline: str = "\n"
    colon: str = ": "
    tail: str = ""  # after the last line
    last: str = '"@signature-params"'  # the identifier of the last line; "" if there is no such line
    prehash: str = ""  # a name of PREHASHES, or "" for none

    def base(self) -> bytes:
        """The signature base."""
        colon = self.colon
        lines = [name + colon + value for name, value in self.lines]
        if self.last:
            lines.append(self.last + colon + self.params)
        return (self.newline.join(lines) + self.tail).encode("utf-8", "surrogatepass")

    def signed(self) -> bytes:
        """The bytes that go into the signature algorithm."""
        base = self.base()
        return PREHASHES[self.prehash](base) if self.prehash else base

    def value(self, name: str) -> str | None:
        """The value of the first line of a component, by its identifier without parameters."""
        names = (f'"{name}"', name)  # without quotes, if a change took them away
        return next((value for identifier, value in self.lines if identifier in names), None)

    def with_value(self, name: str, value: str) -> Model:
        """The same with another value on a component's line."""
        names = (f'"{name}"', name)
        lines = tuple([(line[0], value) if line[0] in names else line for line in self.lines])
        return Model(lines, *self[1:])  # a search makes thousands: `_replace` takes several times as long


def verifier(key: Key, signature: bytes) -> Callable[[bytes], bool]:
    """Whether the key made this signature over some bytes."""
    public: Any = key.public
    checks = [ALGORITHMS[name].verify for name in key.algorithms]
    if len(checks) == 1:
        check = checks[0]
        return lambda data: check(public, data, signature)
    return lambda data: any(check(public, data, signature) for check in checks)
