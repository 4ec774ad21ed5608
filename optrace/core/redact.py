"""The only list of what is secret, and the only way to show it.

Equal secrets get equal masks, so that a masked session can still be followed: `GNAP ••••9f2c` is the same token
wherever it stands. The four digits are from SHA-256 of the secret, never from the secret itself.

What masks takes `hide`, which gets each secret, decoded, and gives what stands in its place. With one that remembers,
the same functions find the secrets of a session (optrace/core/masking.py); with `escaped`, which says how a secret is
put back into a URL, they write other secrets in the places of these (optrace/redaction/).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

Hide = Callable[[str], str]
Escaped = Callable[[str, Hide], str]  # (text of a URL, what hides it when it is decoded) -> text of a URL

SECRET_FIELDS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-idp-secret", "signature-key"}
    | {"api-key", "x-api-key", "x-access-token", "x-auth-token", "x-csrf-token", "x-xsrf-token"}
)
SECRET_QUERY = frozenset(
    {"interact_ref", "hash", "nonce", "access_token", "token"}
    | {"refresh_token", "id_token", "client_secret", "api_key", "password", "secret"}
)
# members of JSON bodies whose values are secret wherever they stand
SECRET_MEMBERS = frozenset(
    {"interact_ref", "nonce", "sharedSecret", "shared_secret", "d", "p", "q", "k", "dp", "dq", "qi", "finish", "hash"}
    | {"token", "refresh_token", "id_token", "client_secret", "clientSecret", "apiKey", "api_key", "password", "secret"}
    | {"authorization", "Authorization", "cookie", "Cookie"}
)
# who somebody is: no secret, and nobody's business when a session is given away (optrace/redaction/)
PERSONAL_MEMBERS = frozenset(
    {"publicName", "public_name", "displayName", "display_name", "firstName", "lastName", "fullName", "externalRef"}
    | {"email", "emailAddress", "phone", "phoneNumber", "username", "userName", "clientName", "client_name"}
)
PERSONAL_HOLDERS = frozenset({"metadata", "display", "subject"})  # objects in which every text is
PERSONAL_QUERY = frozenset({"clientname", "client_name", "email", "username", "user", "name", "phone", "login_hint"})
# access_token.value, continue.access_token.value, and the string form at introspection
TOKEN_HOLDER = "access_token"
_SECRET_OR_HOLDER = SECRET_MEMBERS | {TOKEN_HOLDER}
_MASK = re.compile(r"••••[0-9a-f]{4}")

_SCHEME = re.compile(r"^(GNAP|Bearer|Basic|DPoP)(\s+)(.+)$", re.S | re.I)
_QUERY_NAMES = "|".join(sorted(SECRET_QUERY))
_QUERY_PAIR = re.compile(r"([?&#])([^=&#?]*)=([^&#]*)")
_USER_INFO = re.compile(r"(://[^/?#\s@:]*:)([^/?#\s@]+)(?=@)")
# Rafiki's interaction URLs end in the nonce that `interact.finish` hides: /interact/{id}/{nonce}, /grant/{id}/{nonce}
_INTERACTION = re.compile(r"(/(?:interact|grant)/[^/?#\s\"'<>]+/)([^/?#\s\"'<>]+)")
# in text that can't be parsed: forms, pages, broken JSON. The value of an amount is digits, the value of a token isn't
_TEXT_PAIR = re.compile(rf"(?<![\w-])({_QUERY_NAMES})=([^&#\s\"'<>]+)")
_TEXT_MEMBER = re.compile(
    rf'"({"|".join(sorted(SECRET_MEMBERS | {TOKEN_HOLDER, "value"}))})"(\s*:\s*)"((?!\d{{1,20}}")(?:[^"\\]|\\.)*+)'
)
# what has none of this holds nothing that `mask_url` and `mask_text` would mask
_PARTLY = re.compile(r"[=@\"]|/(?:interact|grant)/|(?:gnap|bearer|basic|dpop)\s", re.I).search
_SPACE = re.compile(r"\s").search
_TEXT_SCHEME = re.compile(r"\b(GNAP|Bearer|Basic|DPoP)(\s+)(?=[^\s\"']*\d)([\w.~+/-]{8,}=*)", re.I)


def mask(secret: str) -> str:
    """The stand-in for a secret: four dots and four hex digits of its SHA-256. What is masked already stays so."""
    if secret.startswith("•") and _MASK.fullmatch(secret):
        return secret
    return "••••" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:4]


def _decoded(text: str, hide: Hide) -> str:
    return hide(unquote(text))


def mask_field(name: str, value: str, hide: Hide = mask, *, escaped: Escaped = _decoded) -> str:
    """A header value as it may be shown. The authorization scheme stays readable."""
    if name.lower() not in SECRET_FIELDS:
        masked = mask_url if name.lower() in {"location", "referer"} else mask_text
        return masked(value, hide, escaped=escaped)
    if match := _SCHEME.match(value):
        return f"{match[1]}{match[2]}{hide(match[3])}"
    return hide(value)


def mask_url(url: str, hide: Hide = mask, *, escaped: Escaped = _decoded) -> str:
    """A URL with its secret query parameters, its password and the nonce of an interaction's path masked."""
    if "/interact/" in url or "/grant/" in url:
        url = _INTERACTION.sub(lambda m: m[1] + escaped(m[2], hide), url)
    if "@" in url:
        url = _USER_INFO.sub(lambda m: m[1] + escaped(m[2], hide), url)
    if "=" not in url:
        return url
    return _QUERY_PAIR.sub(lambda m: f"{m[1]}{m[2]}={_parameter(m[2], m[3], hide, escaped)}", url)


def _parameter(name: str, value: str, hide: Hide, escaped: Escaped) -> str:
    if unquote(name).lower() in SECRET_QUERY:
        return escaped(value, hide)
    if "%3" in value and escaped is not _decoded:
        return escaped(value, lambda inner: mask_url(inner, hide, escaped=escaped))
    if "%3" in value:  # a URL in a URL: the place to return to
        inner = unquote(value)
        masked = mask_url(inner, hide)
        return value if masked == inner else quote(masked, safe="•")
    return value


def mask_text(text: str, hide: Hide = mask, *, escaped: Escaped = _decoded) -> str:
    """Text of no known form, with everything masked that is written as secrets are in forms, URLs and JSON."""
    if "/interact/" in text or "/grant/" in text:
        text = _INTERACTION.sub(lambda m: m[1] + escaped(m[2], hide), text)
    if "@" in text:
        text = _USER_INFO.sub(lambda m: m[1] + escaped(m[2], hide), text)
    if "=" in text:
        text = _TEXT_PAIR.sub(lambda m: f"{m[1]}={escaped(m[2], hide)}", text)
    if '"' in text:
        text = _TEXT_MEMBER.sub(lambda m: f'"{m[1]}"{m[2]}"{hide(m[3])}', text)
    if _SPACE(text) is None:  # there is one after a scheme
        return text
    return _TEXT_SCHEME.sub(lambda m: f"{m[1]}{m[2]}{hide(m[3])}", text)


def mask_json(value: Any, hide: Hide = mask, *, _holder: str = "") -> Any:
    """A JSON value with every secret member masked; the structure stays as it is."""
    if isinstance(value, dict):
        return {key: _mask_member(key, member, _holder, hide) for key, member in value.items()}
    if isinstance(value, list):
        return [mask_json(member, hide, _holder=_holder) for member in value]
    return _mask_string(value, hide) if isinstance(value, str) else value


def whole_secrets(value: Any, text: str) -> tuple[list[str], bool]:
    """The secrets that are whole strings of a JSON value, in the order in which `mask_json` finds them.

    Args:
        text: the JSON text.

    Returns them, and whether there may be others: within a string that is none itself.
    """
    found: list[str] = []
    # where none of a whole text can be part of a secret, no string of it needs a look
    return found, _collect(value, found, "", any_partly(text))


def any_partly(text: str) -> bool:
    """Whether any string of a JSON text may be partly secret."""
    return not text.isascii() or marked(text)


def marked(text: str) -> bool:
    """Whether a text has what marks a secret within other text. Twice as quick as the one expression would be."""
    if "=" in text or "@" in text or "\\" in text or "/interact/" in text or "/grant/" in text:
        return True
    if len(text.split(None, 1)) < 2:  # compact JSON; credentials stand after a scheme and white space
        return False
    lower = text.lower()
    return "gnap" in lower or "bearer" in lower or "basic" in lower or "dpop" in lower


def _collect(value: Any, into: list[str], holder: str, partly: bool) -> bool:
    others = False
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, str):
                if key in _SECRET_OR_HOLDER or (key == "value" and holder == TOKEN_HOLDER):
                    into.append(member)
                elif partly:
                    others |= _PARTLY(member) is not None
            elif isinstance(member, dict):
                others |= _collect(member, into, key, partly)
            elif isinstance(member, list):
                if is_secret_member(key, holder):
                    into += (each for each in member if isinstance(each, str))
                    member = [each for each in member if not isinstance(each, str)]
                others |= _collect(member, into, key, partly)
    elif isinstance(value, list):
        for each in value:
            if not isinstance(each, str):
                others |= _collect(each, into, holder, partly)
            elif partly:
                others |= _PARTLY(each) is not None
    elif partly and isinstance(value, str):
        others = _PARTLY(value) is not None
    return others


def is_secret_member(key: str, holder: str) -> bool:
    """Whether a text under this member is secret; `holder` is the member under which the object stands."""
    return key in _SECRET_OR_HOLDER or (key == "value" and holder == TOKEN_HOLDER)


def _mask_member(key: str, member: Any, holder: str, hide: Hide) -> Any:
    # `finish` is a nonce in a response and a URL-bearing object in a request: only the string is secret
    secret = is_secret_member(key, holder)
    if secret and isinstance(member, str):
        return hide(member)
    if secret and isinstance(member, list):
        return [hide(each) if isinstance(each, str) else mask_json(each, hide, _holder=key) for each in member]
    return mask_json(member, hide, _holder=key)


def _mask_string(value: str, hide: Hide) -> str:
    return mask_text(mask_url(value, hide) if "://" in value else value, hide)
