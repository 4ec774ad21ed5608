"""Key material by `keyid`: what a JWKS document says, what a key file holds, and keys to sign with."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from optrace.core.errors import Usage
from optrace.core.text import safe
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.jwk import BadKey, Key, KeyProblem, read_jwk

__all__ = [
    "BadKey",
    "Key",
    "KeyProblem",
    "KeySet",
    "KeyState",
    "SigningKey",
    "generate_ed25519",
    "load_private_key",
    "read_jwk",
    "read_jwks",
    "read_key_file",
]

_MAX_DOCUMENT = 8 * 1024 * 1024  # bytes, once inflated
_SCHEMA_X = re.compile(r"[a-zA-Z0-9_-]+")


class KeyState(StrEnum):
    """What is known of somebody's keys."""

    KNOWN = "known"
    UNSEEN = "unseen"  # no JWKS of theirs passed by
    UNUSABLE = "unusable"  # it did, and it can't be read


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """The keys of one client. `schema_error` says why Rafiki would refuse the document, or is None if it wouldn't."""

    owner: str  # the wallet address, or "client.jwk"
    state: KeyState = KeyState.KNOWN
    keys: tuple[Key, ...] = ()
    bad: tuple[BadKey, ...] = ()
    reason: str | None = None  # always there unless KNOWN
    schema_error: str | None = None

    def find(self, kid: str) -> Key | None:
        """The first key with this `kid`."""
        for key in self.keys:
            if key.kid == kid and not (key.problems and key.has("no-kid")):
                return key
        return None

    def find_bad(self, kid: str) -> BadKey | None:
        """The entry with this `kid` that can't be used."""
        return next((key for key in self.bad if key.kid == kid), None)

    @classmethod
    def unseen(cls, owner: str, reason: str) -> KeySet:
        """Nothing is known of these keys."""
        return cls(owner=owner, state=KeyState.UNSEEN, reason=reason)

    @classmethod
    def unusable(cls, owner: str, reason: str) -> KeySet:
        """The document was seen and says nothing usable."""
        return cls(owner=owner, state=KeyState.UNUSABLE, reason=reason, schema_error=reason)

    @classmethod
    def of(cls, owner: str, *jwks: object) -> KeySet:
        """A set of JWKs, such as the one of a grant request's `client.jwk`."""
        read = [read_jwk(jwk) for jwk in jwks]
        return cls(
            owner=owner,
            keys=tuple(key for key in read if isinstance(key, Key)),
            bad=tuple(key for key in read if isinstance(key, BadKey)),
            schema_error=_schema_error({"keys": list(jwks)}),
        )


def read_jwks(owner: str, body: bytes | None, *, status: int | None = 200) -> KeySet:
    """Read what `{owner}/jwks.json` answered (RFC 7517 5); never raises. `status` None: it didn't answer."""
    if status is None:
        return KeySet.unusable(owner, "the client's JWKS could not be fetched: no answer")
    if not 200 <= status < 300:
        return KeySet.unusable(owner, f"the client's JWKS could not be fetched: status {status}")
    if body is None:
        return KeySet.unseen(owner, "the body of the client's JWKS was not captured")
    try:
        document = json.loads(_inflated(body).decode("utf-8-sig"))
    except (ValueError, RecursionError, zlib.error):
        return KeySet.unusable(owner, "the client's JWKS is not JSON")
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        return KeySet.unusable(owner, "the client's JWKS has no list of `keys`")
    read = [read_jwk(jwk) for jwk in keys]
    return KeySet(
        owner=owner,
        keys=tuple(key for key in read if isinstance(key, Key)),
        bad=tuple(key for key in read if isinstance(key, BadKey)),
        schema_error=_schema_error(document),
    )


def _inflated(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    return zlib.decompressobj(wbits=31).decompress(body, _MAX_DOCUMENT)


def _schema_error(document: Mapping[str, Any]) -> str | None:
    """Why the Open Payments wallet address API (schema json-web-key-set) refuses this JWKS; Rafiki checks it."""
    extra = [name for name in document if name != "keys"]
    if extra:
        return f"the JWKS has a member besides `keys`: {safe(str(extra[0]))[:40]}"
    for n, jwk in enumerate(document["keys"]):
        if not isinstance(jwk, Mapping):
            return f"keys[{n}] is not an object"
        if not isinstance(jwk.get("kid"), str):
            return f"keys[{n}].kid is not a string"
        for name, wanted in _SCHEMA_VALUES.items():
            if (name != "use" or name in jwk) and jwk.get(name) != wanted:
                return f"keys[{n}].{name} is not {wanted}"
        x = jwk.get("x")
        if not isinstance(x, str) or not _SCHEMA_X.fullmatch(x):
            return f"keys[{n}].x is not in the letters of base64url"
    return None


_SCHEMA_VALUES = {"alg": "EdDSA", "use": "sig", "kty": "OKP", "crv": "Ed25519"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key under its `kid`. Its representation never shows the key."""

    kid: str
    algorithm: str  # RFC 9421's name
    private: Any  # a private key of `cryptography`, or bytes for hmac-sha256

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, algorithm={self.algorithm!r})"

    def sign(self, data: bytes) -> bytes:
        """The signature over a signature base."""
        return ALGORITHMS[self.algorithm].sign(self.private, data)

    def public_jwk(self) -> dict[str, Any]:
        """The JWK to publish, in the shape of the Open Payments SDKs."""
        if isinstance(self.private, bytes):
            raise Usage("A shared secret has no public key", remedy="Use an Ed25519 key.")
        return {"kid": self.kid, **_public_jwk(self.private.public_key(), self.algorithm)}


def generate_ed25519(kid: str) -> SigningKey:
    """A new Ed25519 key."""
    return SigningKey(kid=kid, algorithm="ed25519", private=ed25519.Ed25519PrivateKey.generate())


def load_private_key(data: bytes, kid: str) -> SigningKey:
    """The private key of a user's file: PEM (PKCS#8 and kin), base64 of PEM, or a JWK with its private part.

    Raises:
        Usage: it is none of these, encrypted, or of a kind that RFC 9421 has no algorithm for.
    """
    private = _private(data)
    if private is None:
        raise Usage("This is not a private key", remedy="optrace reads PEM, base64 of PEM, and JWK with `d`.")
    algorithm = _algorithm_of(private)
    if algorithm is None:
        raise Usage("This kind of key can't sign HTTP messages", remedy="Open Payments uses Ed25519 keys.")
    return SigningKey(kid=kid, algorithm=algorithm, private=private)


def read_key_file(data: bytes) -> Key | BadKey | KeySet:
    """The public key, or keys, in a user's file: JWK, JWKS, or PEM of a public or private key; never raises.

    A PEM has no `kid`: the key comes with an empty one.
    """
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return read_jwks("file", data) if isinstance(value.get("keys"), list) else read_jwk(value)
    public: Any = _private(data)
    public = public.public_key() if public is not None and not isinstance(public, bytes) else _public_pem(data)
    algorithm = _algorithm_of(public) if public is not None else None
    if algorithm is None:
        problem = KeyProblem("unreadable", "the file holds no JWK, JWKS or PEM key that optrace can use")
        return BadKey(kid=None, jwk=None, problems=(problem,))
    jwk = {"kid": "", **_public_jwk(public, algorithm)}
    return Key(kid="", algorithm=algorithm, public=public, jwk=jwk)


def _private(data: bytes) -> Any:
    """A private key of whatever wrapping, or None."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return _private_jwk(value)
    from cryptography.hazmat.primitives import serialization  # slow to import, and only for PEM

    for pem in _pem_texts(data):
        try:
            return serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return None


def _private_jwk(jwk: Mapping[str, Any]) -> Any:
    key = read_jwk(jwk)
    if isinstance(key, BadKey) or isinstance(key.public, bytes):
        return None if isinstance(key, BadKey) else key.public
    try:
        numbers = {name: _number(jwk[name]) for name in ("d", "p", "q") if name in jwk}
        if isinstance(key.public, ed25519.Ed25519PublicKey):
            return ed25519.Ed25519PrivateKey.from_private_bytes(numbers["d"].to_bytes(32))
        if isinstance(key.public, ec.EllipticCurvePublicKey):
            return ec.EllipticCurvePrivateNumbers(numbers["d"], key.public.public_numbers()).private_key()
        d, public = numbers["d"], key.public.public_numbers()
        p, q = (numbers["p"], numbers["q"]) if "p" in numbers else rsa.rsa_recover_prime_factors(public.n, public.e, d)
        rest = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        return rsa.RSAPrivateNumbers(p, q, d, *rest, public).private_key()
    except (KeyError, ValueError, OverflowError, TypeError, UnsupportedAlgorithm):
        return None


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _public_pem(data: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization  # slow to import, and only for PEM

    for pem in _pem_texts(data):
        try:
            return serialization.load_pem_public_key(pem)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return None


def _pem_texts(data: bytes) -> list[bytes]:
    """The data as PEM, and as base64 of PEM (what some SDKs keep in an environment variable)."""
    texts = [data]
    with suppress(binascii.Error, ValueError):
        texts.append(base64.b64decode(data.strip(), validate=True))
    return [text for text in texts if b"-----BEGIN" in text]


def _algorithm_of(key: Any) -> str | None:
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return {"secp256r1": "ecdsa-p256-sha256", "secp384r1": "ecdsa-p384-sha384"}.get(key.curve.name)
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return "rsa-pss-sha512"
    return "hmac-sha256" if isinstance(key, bytes) else None


def _public_jwk(public: Any, algorithm: str) -> dict[str, Any]:
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {"alg": "EdDSA", "kty": "OKP", "crv": "Ed25519", "x": _text(public.public_bytes_raw())}
    numbers = public.public_numbers()
    if isinstance(public, ec.EllipticCurvePublicKey):
        size, alg, crv = (32, "ES256", "P-256") if algorithm == "ecdsa-p256-sha256" else (48, "ES384", "P-384")
        point = {"x": _text(numbers.x.to_bytes(size)), "y": _text(numbers.y.to_bytes(size))}
        return {"alg": alg, "kty": "EC", "crv": crv, **point}
    n, e = (_text(value.to_bytes((value.bit_length() + 7) // 8)) for value in (numbers.n, numbers.e))
    return {"alg": "PS512", "kty": "RSA", "n": n, "e": e}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
