"""Keys in the shape of other keys: of the same kind, written in the same way, with the same faults.

For a session that is given away: what a published key verified, its throwaway signs again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.jwk import BadKey, Key, read_jwk

_SPKI = bytes.fromhex("302a300506032b6570032100")  # what precedes an Ed25519 key in a SubjectPublicKeyInfo
_ATTEMPTS = 64
_ORDERS = {  # a private key is below the curve's order; of these sizes any number below 2^(8 * bytes) / 2 is
    "P-256": (ec.SECP256R1(), 32),
    "P-384": (ec.SECP384R1(), 48),
}

Random = Callable[[str, int], bytes]  # (what for, how many bytes) -> as many bytes, always the same


@dataclass(frozen=True, slots=True)
class Throwaway:
    """A key that stands for another one."""

    members: Mapping[str, str]  # what is written otherwise in the JWK
    private: Any  # a private key of `cryptography`, or bytes for hmac-sha256

    def sign(self, algorithm: str, data: bytes) -> bytes:
        """The signature by an algorithm of RFC 9421."""
        return ALGORITHMS[algorithm].sign(self.private, data)

    def __repr__(self) -> str:
        return f"Throwaway({', '.join(self.members)})"


def throwaway(jwk: Mapping[str, Any], random: Random) -> Throwaway | None:
    """A key like this one; None if this one can't be read, or none of many attempts has the same faults."""
    old = read_jwk(jwk)
    if isinstance(old, BadKey):
        return None
    for attempt in range(_ATTEMPTS):
        made = _MAKERS[str(jwk.get("kty"))](jwk, old, random, attempt)
        new = read_jwk({**jwk, **made.members})
        if isinstance(new, Key) and [p.code for p in new.problems] == [p.code for p in old.problems]:
            return made
    return None


def identity(public: Any) -> bytes:
    """What tells a public key, or a shared secret, from all others."""
    if isinstance(public, bytes):
        return b"oct" + public
    if isinstance(public, ed25519.Ed25519PublicKey):
        return b"okp" + public.public_bytes_raw()
    numbers = public.public_numbers()
    return repr(numbers).encode()


def public_of_private(jwk: Mapping[str, Any]) -> bytes | None:
    """The identity of the key that `d` of an Ed25519 JWK is the private half of; None if there is none."""
    raw = _loose(jwk.get("d"))
    if jwk.get("crv") != "Ed25519" or raw is None or len(raw) != 32:
        return None
    return identity(ed25519.Ed25519PrivateKey.from_private_bytes(raw).public_key())


def recoded(text: str, new: bytes) -> str:
    """Bytes in the coding in which other bytes are written: hexadecimal, either base64, padded or not."""
    if re.fullmatch(r"(?:[0-9a-f]{2}){32,}", text):
        return new.hex()
    if re.fullmatch(r"(?:[0-9A-F]{2}){32,}", text):
        return new.hex().upper()
    coded = base64.b64encode(new).decode()
    if re.search("[-_]", text) or not re.search("[+/=]", text):
        coded = coded.replace("+", "-").replace("/", "_")
    return coded if text.endswith("=") else coded.rstrip("=")


def _ed25519(jwk: Mapping[str, Any], old: Key, random: Random, attempt: int) -> Throwaway:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(random(f"ed25519 {identity(old.public)!r} {attempt}", 32))
    public = private.public_key().public_bytes_raw()
    members = {"x": recoded(jwk["x"], (_SPKI if old.has("x-spki") else b"") + public)}
    if public_of_private(jwk) == identity(old.public):
        members["d"] = recoded(jwk["d"], private.private_bytes_raw())
    return Throwaway(members, private)


def _ec(jwk: Mapping[str, Any], old: Key, random: Random, attempt: int) -> Throwaway:
    curve, size = _ORDERS[jwk["crv"]]
    number = int.from_bytes(random(f"ec {identity(old.public)!r} {attempt}", size)) >> 1 | 1
    private = ec.derive_private_key(number, curve)
    numbers = private.public_key().public_numbers()
    return Throwaway(
        {"x": recoded(jwk["x"], numbers.x.to_bytes(size)), "y": recoded(jwk["y"], numbers.y.to_bytes(size))}, private
    )


def _rsa(jwk: Mapping[str, Any], old: Key, random: Random, attempt: int) -> Throwaway:
    size = max(1024, old.public.key_size)
    private = rsa.generate_private_key(65537, size)
    return Throwaway(
        {"n": recoded(jwk["n"], private.public_key().public_numbers().n.to_bytes(size // 8)), "e": "AQAB"}, private
    )


def _oct(jwk: Mapping[str, Any], old: Key, random: Random, attempt: int) -> Throwaway:
    secret = random(f"oct {identity(old.public)!r} {attempt}", len(old.public))
    return Throwaway({"k": recoded(jwk["k"], secret)}, secret)


def _loose(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        bare = text.rstrip("=").replace("+", "-").replace("/", "_")
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError:
        return None


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Key, Random, int], Throwaway]] = {
    "OKP": _ed25519,
    "EC": _ec,
    "RSA": _rsa,
    "oct": _oct,
}
