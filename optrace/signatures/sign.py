"""Signing (RFC 9421 3.1), by default in the shape of @interledger/http-signature-utils."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.base import BaseError, signature_base
from optrace.signatures.components import Component
from optrace.signatures.digest import HASHES
from optrace.signatures.keys import SigningKey
from optrace.signatures.structured import BareItem, StructuredError, member_text

__all__ = ["sign_request", "sign_response"]


def sign_request(
    request: HttpRequest,
    key: SigningKey,
    *,
    created: int,
    components: Sequence[str | Component] | None = None,
    label: str = "sig1",
    params: Mapping[str, BareItem] | None = None,
    digest: str | None = "sha-512",
) -> HttpRequest:
    """The request with Signature and Signature-Input; signatures that it had are replaced.

    A body also gets Content-Digest over its bytes, Content-Length, and Content-Type if there is none. By default these
    are covered: @method @target-uri [authorization] [content-digest content-length content-type].

    Args:
        created: seconds since 1970.
        params: all signature parameters in order; by default `keyid` and `created`.
        digest: an algorithm of RFC 9530, or None to leave the body's fields alone.

    Raises:
        BaseError: a component isn't in the request.
    """
    if request.body and digest is not None:
        request = replace(request, fields=_with_content(request.fields, request.body, digest))
    covered = default_components(request) if components is None else components
    return replace(request, fields=_signed(request, key, covered, label, params, created, None))


def sign_response(
    response: HttpResponse,
    request: HttpRequest,
    key: SigningKey,
    *,
    created: int,
    components: Sequence[str | Component],
    label: str = "sig1",
    params: Mapping[str, BareItem] | None = None,
) -> HttpResponse:
    """The response with Signature and Signature-Input; the fields that are covered must be there already.

    Raises:
        BaseError: a component isn't in the response, or with `req` in the request.
    """
    return replace(response, fields=_signed(response, key, components, label, params, created, request))


def default_components(request: HttpRequest) -> tuple[str, ...]:
    """What the SDKs cover of this request."""
    covered = ["@method", "@target-uri"]
    if "authorization" in request.fields:
        covered.append("authorization")
    if request.body:
        covered += [name for name in ("content-digest", "content-length", "content-type") if name in request.fields]
    return tuple(covered)


def with_field(fields: Fields, name: str, value: str) -> Fields:
    """The fields with this one replaced where it stood first, or added at the end."""
    wanted, pair = name.lower().encode("latin-1"), (name.encode("latin-1"), value.encode("latin-1"))
    raw, placed = [], False
    for old in fields.raw:
        if old[0].lower() != wanted:
            raw.append(old)
        elif not placed:
            raw.append((old[0], pair[1]))
            placed = True
    return Fields(raw if placed else [*raw, pair])


def _with_content(fields: Fields, body: bytes, digest: str) -> Fields:
    value = base64.b64encode(HASHES[digest](body)).decode()
    fields = with_field(fields, "Content-Digest", f"{digest}=:{value}:")
    fields = with_field(fields, "Content-Length", str(len(body)))
    return fields if "content-type" in fields else with_field(fields, "Content-Type", "application/json")


def _signed(
    message: HttpRequest | HttpResponse,
    key: SigningKey,
    components: Sequence[str | Component],
    label: str,
    params: Mapping[str, BareItem] | None,
    created: int,
    request: HttpRequest | None,
) -> Fields:
    covered = [Component(item) if isinstance(item, str) else item for item in components]
    parameters = {"keyid": key.kid, "created": created} if params is None else dict(params)
    try:
        text = member_text(([(component.name, dict(component.params)) for component in covered], parameters))
    except StructuredError as why:
        raise BaseError('"@signature-params"', str(why)) from None
    signature = key.sign(signature_base(message, covered, text, request=request))
    fields = with_field(message.fields, "Signature-Input", f"{label}={text}")
    return with_field(fields, "Signature", f"{label}=:{base64.b64encode(signature).decode()}:")
