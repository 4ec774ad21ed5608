"""Signing a replayed request as the recorded one was: the same components, label and parameters, fresh values."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.base import BaseError
from optrace.signatures.digest import HASHES, rafiki_body
from optrace.signatures.keys import SigningKey
from optrace.signatures.reading import Reading, read_signatures
from optrace.signatures.sign import sign_request, with_field
from optrace.signatures.structured import BareItem

_ALGORITHM = re.compile(r"\s*([a-z0-9-]+)\s*=")
_LABEL = re.compile(r"[a-z*][a-z0-9_.*-]*")


def signed_again(
    request: HttpRequest, recorded: HttpRequest, key: SigningKey | None, *, created: int, nonce: Callable[[], str]
) -> HttpRequest:
    """A request with fresh digest, length and signature, where the recorded one had them.

    Args:
        key: None if the request isn't to be signed; the fields that follow from its body are made anew all the same.
        created: seconds since 1970; `expires` keeps its distance from it.
        nonce: gives a fresh `nonce` parameter; asked only where the recorded signature had one.
    """
    request = with_body_fields(request, recorded)
    readings = read_signatures(recorded.fields)
    if not readings or key is None:
        return request
    reading = readings[0]
    label = reading.label if reading.label and _LABEL.fullmatch(reading.label) else "sig1"
    params = _params(reading, key, created, nonce)
    try:
        return sign_request(
            request, key, created=created, components=reading.components, label=label, params=params, digest=None
        )
    except BaseError:  # what was covered can't be: signed as the SDKs do
        return sign_request(request, key, created=created, digest=None)


def with_body_fields(request: HttpRequest, recorded: HttpRequest) -> HttpRequest:
    """The request with the Content-Length and the Content-Digest of its body, if the recorded one had them."""
    request = with_length(request)
    fields, body = request.fields, request.body or b""
    if (digest := recorded.fields.get("content-digest")) is not None:
        named = _ALGORITHM.match(digest)
        algorithm = named[1] if named and named[1] in HASHES else "sha-512"
        if _is_over(algorithm, recorded.body or b"", digest):
            over: bytes | None = body
        else:  # some clients take it of the body as Rafiki writes it again
            written = rafiki_body(recorded)
            over = rafiki_body(request) if written and _is_over(algorithm, written, digest) else body
        fields = with_field(fields, "Content-Digest", _digest(algorithm, body if over is None else over))
    return replace(request, fields=fields)


def with_length[M: HttpRequest | HttpResponse](message: M) -> M:
    """The message with its body's Content-Length, if it has that field."""
    if "content-length" not in message.fields:
        return message
    length = str(len(message.body or b""))
    return replace(message, fields=with_field(message.fields, "Content-Length", length))


def keyid_of(request: HttpRequest) -> str | None:
    """The `keyid` of a request's signature."""
    readings = read_signatures(request.fields)
    return readings[0].params.keyid if readings and readings[0].params else None


def with_keyid(request: HttpRequest, names: Mapping[str, str]) -> HttpRequest:
    """The request with another `keyid` in Signature-Input, and the signature as it is. `names`: old to new."""
    old, field = keyid_of(request), request.fields.get("signature-input")
    if old is None or field is None or old not in names:
        return request
    field = field.replace(f'keyid="{old}"', f'keyid="{names[old]}"')
    return replace(request, fields=with_field(request.fields, "Signature-Input", field))


def _is_over(algorithm: str, body: bytes, digest: str) -> bool:
    return _digest(algorithm, body) == digest.replace(" ", "")


def _digest(algorithm: str, body: bytes) -> str:
    return f"{algorithm}=:{base64.b64encode(HASHES[algorithm](body)).decode()}:"


def _params(reading: Reading, key: SigningKey, created: int, nonce: Callable[[], str]) -> dict[str, BareItem]:
    """The recorded signature's parameters in their order, with what belongs to the moment and the key made anew."""
    recorded = reading.params
    if recorded is None or not recorded.items:
        return {"keyid": key.kid, "created": created}
    life = (recorded.expires - recorded.created) if recorded.expires and recorded.created else 300
    fresh: dict[str, Callable[[], BareItem]] = {
        "keyid": lambda: key.kid,
        "created": lambda: created,
        "expires": lambda: created + max(0, min(life, 86_400)),
        "nonce": nonce,
        "alg": lambda: key.algorithm,
    }
    return {name: fresh[name]() if name in fresh else value for name, value in recorded.items}
