"""The vectors of RFC 9421 and of real signers (tests/vectors/signatures.json), under their own names."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.keys import Key, KeySet, SigningKey, load_private_key, read_jwk
from optrace.signatures.reading import read_signatures
from optrace.signatures.sign import with_field
from optrace.signatures.verify import Verification, verify_request, verify_response

FILE: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "signatures.json").read_text())
VECTORS: dict[str, dict[str, Any]] = {vector["id"]: vector for vector in FILE["vectors"]}
QUIRKS: dict[str, dict[str, Any]] = {quirk["id"]: quirk for quirk in FILE["quirks"]}
NOW = datetime(2021, 4, 20, 2, 8, tzinfo=UTC)  # within the life of every vector


def jwk(name: str) -> dict[str, Any]:
    """A test key; RFC 9421 B.1 and the others."""
    value = dict(FILE["keys"][name])
    if "k_base64" in value:
        value["k"] = base64.urlsafe_b64encode(base64.b64decode(value.pop("k_base64"))).decode()
    return value


def key(name: str) -> Key:
    """The public part of a test key."""
    read = read_jwk(jwk(name))
    assert isinstance(read, Key)
    return read


def keys(*names: str) -> KeySet:
    """The public parts of test keys as the keys of a client."""
    return KeySet.of("https://wallet.example/alice", *(jwk(name) for name in names))


def private(name: str) -> SigningKey:
    """A test key to sign with."""
    return load_private_key(json.dumps(jwk(name)).encode(), name)


def request(name: str) -> HttpRequest:
    """An unsigned request of the vectors."""
    message = FILE["messages"][name]
    fields = Fields.of(*((name, value) for name, value in message["headers"]))
    return HttpRequest(method=message["method"], url=message["url"], fields=fields, body=message["body"].encode())


def response(name: str) -> HttpResponse:
    """An unsigned response of the vectors."""
    message = FILE["messages"][name]
    fields = Fields.of(*((name, value) for name, value in message["headers"]))
    return HttpResponse(status=message["status"], fields=fields, body=message["body"].encode())


def unsigned(vector: dict[str, Any]) -> HttpRequest | HttpResponse:
    """The message of a vector."""
    name = vector["message"]
    return response(name) if "status" in FILE["messages"][name] else request(name)


def signed(vector: dict[str, Any]) -> HttpRequest | HttpResponse:
    """The message of a vector with its signature."""
    message = unsigned(vector)
    fields = with_field(message.fields, "Signature-Input", f"{vector['label']}={vector['input']}")
    fields = with_field(fields, "Signature", f"{vector['label']}=:{vector['signature']}:")
    return with_fields(message, fields)


def with_fields[M: (HttpRequest, HttpResponse)](message: M, fields: Fields) -> M:
    """The message with other fields."""
    return replace(message, fields=fields)


def verified(
    message: HttpRequest | HttpResponse, key_set: KeySet, *, answers: HttpRequest | None = None
) -> Verification:
    """Judge a message of the vectors."""
    if isinstance(message, HttpRequest):
        return verify_request(message, key_set, now=NOW)
    return verify_response(message, answers or request("test-request"), key_set, now=NOW)


def components(text: str) -> Any:
    """The components of an inner list."""
    return read_signatures(Fields.of(("Signature-Input", f"sig={text}"), ("Signature", "sig=:AA==:")))[0].components
