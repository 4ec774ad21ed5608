"""JSON Web Keys (RFC 7517, 7518, 8037) read as key material. Wrong keys are read as far as they can be, with what is
wrong beside them, since a mistake in a published key is one of the commonest faults in Open Payments."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from optrace.core.text import safe
from optrace.signatures.algorithms import BY_TYPE, JOSE

_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")  # what precedes the 32 bytes in a SubjectPublicKeyInfo
_HEX32 = re.compile(r"[0-9a-fA-F]{64}")
_URLSAFE = re.compile(r"[A-Za-z0-9_-]*")
_ANY_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_CURVES: Mapping[str, tuple[ec.EllipticCurve, int]] = {"P-256": (ec.SECP256R1(), 32), "P-384": (ec.SECP384R1(), 48)}
_MAX_RSA_BITS = 8192  # verifying with larger keys would only burn time


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Something wrong with a key: a fixed code, and the words for it."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that can verify. `problems` are faults that don't stop that, though other verifiers may stop at them."""

    kid: str  # "" if there is none
    algorithm: str  # RFC 9421's name; of an RSA key without `alg` the preferred of the two
    public: Any  # a public key of `cryptography`, or bytes for hmac-sha256
    jwk: Mapping[str, Any] = field(default_factory=dict, hash=False)
    problems: tuple[KeyProblem, ...] = ()

    @property
    def algorithms(self) -> tuple[str, ...]:
        """All that this key may be used for: more than one only for an RSA key that doesn't say."""
        if self.algorithm in BY_TYPE["RSA"] and self.jwk.get("alg") not in JOSE:
            return BY_TYPE["RSA"]
        return (self.algorithm,)

    def has(self, code: str) -> bool:
        """Whether the key has this problem."""
        return any(problem.code == code for problem in self.problems)

    def __reduce__(self) -> tuple[Callable[[object], Key | BadKey], tuple[Mapping[str, Any]]]:
        """`cryptography`'s keys can't be sent to another process; what they were read from can."""
        return read_jwk, (self.jwk,)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadKey:
    """An entry that can't be used to verify, and why."""

    kid: str | None
    jwk: Any
    problems: tuple[KeyProblem, ...]

    @property
    def reason(self) -> str:
        """The problems in one line."""
        return "; ".join(problem.text for problem in self.problems)


class _Unusable(Exception):
    """Ends the reading of one key."""


def read_jwk(value: object) -> Key | BadKey:
    """Read one JWK; never raises."""
    if not isinstance(value, Mapping):
        return BadKey(kid=None, jwk=value, problems=(KeyProblem("not-an-object", "the JWK is not an object"),))
    kid = value.get("kid")
    problems: list[KeyProblem] = []
    if not isinstance(kid, str):
        problems.append(KeyProblem("no-kid", "the JWK has no `kid`" if kid is None else "`kid` is not a string"))
    kty = value.get("kty")
    reader = _READERS.get(kty) if isinstance(kty, str) else None
    try:
        if reader is None:
            raise _Unusable(f"`kty` is {_shown(kty)}; known: {', '.join(_READERS)}")
        kind, public = reader(value, problems)
        algorithm = _algorithm(value, kind, problems)
    except _Unusable as why:
        problems.append(KeyProblem("unusable", str(why)))
        return BadKey(kid=kid if isinstance(kid, str) else None, jwk=value, problems=tuple(problems))
    if kty != "oct" and value.get("d"):
        problems.append(KeyProblem("private-published", "the private part `d` is published: replace this key"))
    use = value.get("use")
    if use not in (None, "sig"):
        problems.append(KeyProblem("wrong-use", f"`use` is {_shown(use)}, not sig"))
    return Key(
        kid=kid if isinstance(kid, str) else "",
        algorithm=algorithm,
        public=public,
        jwk=value,
        problems=tuple(problems),
    )


def _algorithm(value: Mapping[str, Any], kind: str, problems: list[KeyProblem]) -> str:
    alg = value.get("alg")
    fitting = BY_TYPE[kind]
    if alg is None:
        problems.append(KeyProblem("no-alg", "the JWK has no `alg`"))
        return fitting[0]
    named = JOSE.get(alg) if isinstance(alg, str) else None
    if named in fitting:
        return named
    problems.append(KeyProblem("wrong-alg", f"`alg` is {_shown(alg)}, which is no algorithm for a {kind} key"))
    return fitting[0]


def _okp(value: Mapping[str, Any], problems: list[KeyProblem]) -> tuple[str, Any]:
    if value.get("crv") != "Ed25519":
        raise _Unusable(f"`crv` is {_shown(value.get('crv'))}, not Ed25519")
    x = value.get("x")
    if isinstance(x, str) and _HEX32.fullmatch(x):
        problems.append(KeyProblem("x-hex", "`x` is written in hexadecimal, not in base64url"))
        raw = bytes.fromhex(x)
    else:
        raw = _bytes(value, "x", problems)
    if len(raw) == 44 and raw.startswith(_ED25519_SPKI):
        problems.append(KeyProblem("x-spki", "`x` holds a whole SubjectPublicKeyInfo, not the 32 bytes of the key"))
        raw = raw[12:]
    if len(raw) != 32:
        raise _Unusable(f"`x` is {len(raw)} bytes long, not 32")
    return "OKP Ed25519", ed25519.Ed25519PublicKey.from_public_bytes(raw)


def _ec(value: Mapping[str, Any], problems: list[KeyProblem]) -> tuple[str, Any]:
    crv = value.get("crv")
    if not isinstance(crv, str) or crv not in _CURVES:
        raise _Unusable(f"`crv` is {_shown(crv)}; known: {', '.join(_CURVES)}")
    curve, size = _CURVES[crv]
    x, y = _bytes(value, "x", problems), _bytes(value, "y", problems)
    if len(x) != size or len(y) != size:
        raise _Unusable(f"`x` and `y` are {len(x)} and {len(y)} bytes long, not {size}")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve)
    try:
        return f"EC {crv}", numbers.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _Unusable("`x` and `y` are not a point of the curve") from None


def _rsa(value: Mapping[str, Any], problems: list[KeyProblem]) -> tuple[str, Any]:
    n, e = (int.from_bytes(_bytes(value, name, problems)) for name in "ne")
    if n.bit_length() > _MAX_RSA_BITS or e.bit_length() > 64:
        raise _Unusable(f"an RSA key of {n.bit_length()} bits is too large")
    try:
        return "RSA", rsa.RSAPublicNumbers(e, n).public_key()
    except (ValueError, UnsupportedAlgorithm) as why:
        raise _Unusable(f"not an RSA key: {why}") from None


def _oct(value: Mapping[str, Any], problems: list[KeyProblem]) -> tuple[str, Any]:
    secret = _bytes(value, "k", problems)
    if not secret:
        raise _Unusable("`k` is empty")
    return "oct", secret


def _bytes(value: Mapping[str, Any], name: str, problems: list[KeyProblem]) -> bytes:
    """A base64url member. The plain alphabet and padding are read too, and noted (RFC 7515 2: neither is allowed)."""
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise _Unusable(f"`{name}` is missing" if text is None or text == "" else f"`{name}` is not a string")
    if not _ANY_BASE64.fullmatch(text):
        raise _Unusable(f"`{name}` is not base64url")
    if not _URLSAFE.fullmatch(text):
        problems.append(KeyProblem(f"{name}-base64", f"`{name}` is plain or padded base64, not base64url"))
    try:
        bare = text.rstrip("=").translate(_TO_URLSAFE)
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        raise _Unusable(f"`{name}` is not base64url") from None


def _shown(value: object) -> str:
    return "missing" if value is None else safe(repr(value))[:60]


_TO_URLSAFE = str.maketrans("+/", "-_")
_READERS: Mapping[str, Callable[[Mapping[str, Any], list[KeyProblem]], tuple[str, Any]]] = {
    "OKP": _okp,
    "EC": _ec,
    "RSA": _rsa,
    "oct": _oct,
}
