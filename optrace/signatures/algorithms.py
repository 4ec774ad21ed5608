"""The signature algorithms of RFC 9421 3.3: how each one verifies and signs. The table is at the foot."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A registered algorithm: `verify(public, data, signature)` never raises; `sign(private, data)` may."""

    name: str
    verify: Callable[[Any, bytes, bytes], bool]
    sign: Callable[[Any, bytes], bytes]


def _ed25519_verify(public: Any, data: bytes, signature: bytes) -> bool:
    if len(signature) != 64 or not isinstance(public, ed25519.Ed25519PublicKey):
        return False
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _ed25519_sign(private: Any, data: bytes) -> bytes:
    signature: bytes = private.sign(data)
    return signature


def _ecdsa(name: str, curve: type[ec.EllipticCurve], digest: hashes.HashAlgorithm, size: int) -> Algorithm:
    """ECDSA whose signature is r then s, `size` bytes each (RFC 9421 3.3.4), not DER."""

    def verify(public: Any, data: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * size or not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        if not isinstance(public.curve, curve):
            return False
        der = encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))
        try:
            public.verify(der, data, ec.ECDSA(digest))
        except InvalidSignature:
            return False
        return True

    def sign(private: Any, data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size) + s.to_bytes(size)

    return Algorithm(name, verify, sign)


def _rsa(name: str, pad: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Algorithm:
    def verify(public: Any, data: bytes, signature: bytes) -> bool:
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        try:
            public.verify(signature, data, pad, digest)
        except (InvalidSignature, ValueError):  # ValueError: the modulus is too short for this padding
            return False
        return True

    def sign(private: Any, data: bytes) -> bytes:
        signature: bytes = private.sign(data, pad, digest)
        return signature

    return Algorithm(name, verify, sign)


def _hmac_sign(secret: Any, data: bytes) -> bytes:
    return hmac.new(secret, data, hashlib.sha256).digest()


def _hmac_verify(secret: Any, data: bytes, signature: bytes) -> bool:
    return isinstance(secret, bytes) and hmac.compare_digest(_hmac_sign(secret, data), signature)


ALGORITHMS: Mapping[str, Algorithm] = {  # RFC 9421 6.2.2
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("ed25519", _ed25519_verify, _ed25519_sign),
        _ecdsa("ecdsa-p256-sha256", ec.SECP256R1, hashes.SHA256(), 32),
        _ecdsa("ecdsa-p384-sha384", ec.SECP384R1, hashes.SHA384(), 48),
        _rsa("rsa-pss-sha512", padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512()),
        _rsa("rsa-v1_5-sha256", padding.PKCS1v15(), hashes.SHA256()),
        Algorithm("hmac-sha256", _hmac_verify, _hmac_sign),
    )
}

# RFC 9421 3.3.7: the JWK's `alg` -> the same computation under its registered name
JOSE: Mapping[str, str] = {
    "EdDSA": "ed25519",
    "Ed25519": "ed25519",  # RFC 9864
    "ES256": "ecdsa-p256-sha256",
    "ES384": "ecdsa-p384-sha384",
    "PS512": "rsa-pss-sha512",
    "RS256": "rsa-v1_5-sha256",
    "HS256": "hmac-sha256",
}

# what a key without `alg` may be used for, by its type and curve; the first is the one preferred
BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "OKP Ed25519": ("ed25519",),
    "EC P-256": ("ecdsa-p256-sha256",),
    "EC P-384": ("ecdsa-p384-sha384",),
    "RSA": ("rsa-pss-sha512", "rsa-v1_5-sha256"),
    "oct": ("hmac-sha256",),
}
