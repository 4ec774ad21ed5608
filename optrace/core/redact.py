"""The only list of what is secret, and the only way to show it.

Equal secrets get equal masks, so that a masked session can still be followed: `GNAP ••••9f2c` is the same token
wherever it stands. The four digits are from SHA-256 of the secret, never from the secret itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

SECRET_FIELDS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-idp-secret", "signature-key"}
)
SECRET_QUERY = frozenset({"interact_ref", "hash", "nonce", "access_token", "token"})
# members of JSON bodies whose string values are secret wherever they stand
SECRET_MEMBERS = frozenset({"interact_ref", "nonce", "sharedSecret", "shared_secret", "d", "p", "q", "k", "finish"})
# access_token.value, continue.access_token.value, and the string form at introspection
_TOKEN_HOLDER = "access_token"

_SCHEME = re.compile(r"^(GNAP|Bearer|gnap|bearer)(\s+)(.+)$", re.S)
_QUERY_NAMES = "|".join(sorted(SECRET_QUERY))
_QUERY_PAIR = re.compile(rf"([?&])({_QUERY_NAMES})=([^&#]*)")
# Rafiki's interaction URLs end in the nonce that `interact.finish` hides: /interact/{id}/{nonce}, /grant/{id}/{nonce}
_INTERACTION = re.compile(r"(/(?:interact|grant)/[^/?#\s\"'<>]+/)([^/?#\s\"'<>]+)")
# in text that can't be parsed: forms, pages, broken JSON. The value of an amount is digits, the value of a token isn't
_TEXT_PAIR = re.compile(rf"(?<![\w-])({_QUERY_NAMES})=([^&#\s\"'<>]+)")
_TEXT_MEMBER = re.compile(
    rf'"({"|".join(sorted(SECRET_MEMBERS | {_TOKEN_HOLDER, "value"}))})"(\s*:\s*)"((?!\d{{1,20}}")(?:[^"\\]|\\.)*+)'
)


def mask(secret: str) -> str:
    """The stand-in for a secret: four dots and four hex digits of its SHA-256."""
    return "••••" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:4]


def mask_field(name: str, value: str) -> str:
    """A header value as it may be shown. The authorization scheme stays readable."""
    if name.lower() not in SECRET_FIELDS:
        return mask_url(value) if name.lower() in {"location", "referer"} else value
    if match := _SCHEME.match(value):
        return f"{match[1]}{match[2]}{mask(match[3])}"
    return mask(value)


def mask_url(url: str) -> str:
    """A URL with its secret query parameters, and the nonce of an interaction's path, masked."""
    url = _INTERACTION.sub(lambda m: m[1] + mask(m[2]), url)
    return _QUERY_PAIR.sub(lambda m: f"{m[1]}{m[2]}={mask(m[3])}", url)


def mask_text(text: str) -> str:
    """Text of no known form, with everything masked that is written as secrets are in forms, URLs and JSON."""
    text = _INTERACTION.sub(lambda m: m[1] + mask(m[2]), text)
    text = _TEXT_PAIR.sub(lambda m: f"{m[1]}={mask(m[2])}", text)
    return _TEXT_MEMBER.sub(lambda m: f'"{m[1]}"{m[2]}"{mask(m[3])}', text)


def mask_json(value: Any, *, _holder: str = "") -> Any:
    """A JSON value with every secret member masked; the structure stays as it is."""
    if isinstance(value, Mapping):
        return {key: _mask_member(str(key), member, _holder) for key, member in value.items()}
    if isinstance(value, list):
        return [mask_json(member, _holder=_holder) for member in value]
    return mask_url(value) if isinstance(value, str) else value


def _mask_member(key: str, member: Any, holder: str) -> Any:
    # `finish` is a nonce in a response and a URL-bearing object in a request: only the string is secret
    secret = key in SECRET_MEMBERS or key == _TOKEN_HOLDER or (key == "value" and holder == _TOKEN_HOLDER)
    if secret and isinstance(member, str):
        return mask(member)
    if secret and isinstance(member, list):
        return [mask(each) if isinstance(each, str) else mask_json(each, _holder=key) for each in member]
    return mask_json(member, _holder=key)
