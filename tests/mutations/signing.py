"""A signer that shares nothing with optrace: RFC 9421 by hand, with a switch for each mistake that signers make."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

QUOTED = '"{}"'
ORDER = ("@method", "@target-uri", "authorization", "content-digest", "content-length", "content-type")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def digest(body: bytes, name: str = "sha-512") -> str:
    return f"{name}=:{b64(hashlib.new(name.replace('-', ''), body).digest())}:"


class Key:
    """An Ed25519 key that is the same on every run."""

    def __init__(self, seed: str, kid: str | None = None) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self.kid = kid or f"key-{seed}"

    @property
    def raw(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def jwk(self, **members: object) -> dict[str, object]:
        jwk = {"kid": self.kid, "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519", "x": b64url(self.raw)} | members
        return {name: value for name, value in jwk.items() if value is not None}


@dataclass
class Message:
    """A request on its way: what is sent, and how it is signed."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def value(self, name: str) -> str | None:
        if name == "@method":
            return self.method
        if name == "@target-uri":
            return self.url
        origin, _, rest = self.url.partition("://")[2].partition("/")
        more = {
            "@authority": origin,
            "@scheme": self.url.partition(":")[0],
            "@path": "/" + rest.partition("?")[0],
            "@request-target": "/" + rest,
            "@query": "?" + rest.partition("?")[2],
        }
        if name in more:
            return more[name]
        return next((value for other, value in self.headers.items() if other.lower() == name.lower()), None)


@dataclass
class Signing:
    """How a message is signed. What is left as it is, is right."""

    key: Key
    created: int
    covered: Sequence[str] | None = None  # None: those of ORDER that the message has
    params: str = ';keyid="{kid}";created={created}'
    signed_params: str | None = None  # in the base, if other than in the field
    values: Mapping[str, str] = field(default_factory=dict)  # on the lines of the base, if other than in the message
    label: str = "sig1"
    names: str = QUOTED  # in Signature-Input
    signed_names: str | None = None  # in the base, on the lines
    signed_list: str | None = None  # in the base, on the last line
    newline: str = "\n"
    colon: str = ": "
    tail: str = ""
    arrange: Callable[[list[str]], list[str]] = lambda lines: lines  # the lines of the base
    hashed: Callable[[bytes], bytes] = lambda base: base
    written: str = "{label}=:{signature}:"  # the value of Signature
    encode: Callable[[bytes], str] = b64

    def sign(self, message: Message) -> dict[str, str]:
        """The two fields of a signature, in the order in which the npm package sets them."""
        names = self.covered
        if names is None:
            names = [name for name in ORDER if message.value(name) is not None]
        listed = " ".join(_listed(self.names, name) for name in names)
        tail = self.params.format(kid=self.key.kid, created=self.created)
        signed = f"({' '.join(_listed(self.signed_list or self.names, name) for name in names)})"
        signed += (
            tail if self.signed_params is None else self.signed_params.format(kid=self.key.kid, created=self.created)
        )
        lines = []
        for name in names:
            bare = name.partition(";")[0]
            value = self.values.get(bare, message.value(bare))
            lines.append(f"{_listed(self.signed_names or QUOTED, name)}{self.colon}{value}")
        lines = self.arrange([*lines, f'"@signature-params"{self.colon}{signed}'])
        base = (self.newline.join(lines) + self.tail).encode()
        signature = self.encode(self.key.private.sign(self.hashed(base)))
        return {
            "Signature": self.written.format(label=self.label, signature=signature),
            "Signature-Input": f"{self.label}=({listed}){tail}" if self.label else f"({listed}){tail}",
        }


def _listed(form: str, name: str) -> str:
    bare, semicolon, params = name.partition(";")
    return form.format(bare) + semicolon + params
