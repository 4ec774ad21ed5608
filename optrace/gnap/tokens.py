"""The Authorization field with a GNAP token (RFC 9635 §7.2), as it is, as it should be, and as Rafiki reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SCHEME = "GNAP"

_STRICT = re.compile(r"GNAP ([A-Za-z0-9\-._~+/]+=*)", re.ASCII)
_LOOSE = re.compile(r"([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~\-]*)[:\s]\s*(.*)", re.ASCII | re.S)
# what a program writes when it has no token
_NO_TOKEN = frozenset({"undefined", "null", "none", "nil", "nan", "[object object]", "false", "true"})


class TokenFault(StrEnum):
    """What is wrong with an Authorization field."""

    EMPTY = "empty"
    NO_SCHEME = "no scheme"
    OTHER_SCHEME = "other scheme"
    SCHEME_CASE = "scheme case"
    SPACING = "spacing"
    NO_TOKEN = "no token"
    PLACEHOLDER = "placeholder"
    QUOTED = "quoted"
    CHARACTERS = "characters"


FAULTS: Mapping[TokenFault, str] = {
    TokenFault.EMPTY: "the field is empty",
    TokenFault.NO_SCHEME: "there is a token without the scheme GNAP before it",
    TokenFault.OTHER_SCHEME: "the scheme isn't GNAP",
    TokenFault.SCHEME_CASE: "the scheme isn't written GNAP, in capitals, as Rafiki demands",
    TokenFault.SPACING: "there isn't exactly one space between scheme and token, and none elsewhere",
    TokenFault.NO_TOKEN: "there is no token after the scheme",
    TokenFault.PLACEHOLDER: "a program had no token and sent the word for that",
    TokenFault.QUOTED: "the token stands in quotation marks, which become part of it",
    TokenFault.CHARACTERS: "the token has characters that token68 doesn't allow (RFC 9635 3.2.1)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """An Authorization field. `token` is what its sender most likely meant, without quotation marks."""

    raw: str
    scheme: str | None = None  # as sent
    token: str | None = None
    faults: tuple[TokenFault, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """The faults in words."""
        return tuple(FAULTS[fault] for fault in self.faults)

    @property
    def rafiki_as_token(self) -> str | None:
        """What Rafiki's authorization server takes as the token: what stands between the first two `GNAP `."""
        parts = self.raw.split("GNAP ")
        return (parts[1] or None) if len(parts) > 1 else None

    @property
    def rafiki_rs_token(self) -> str | None:
        """What Rafiki's resource server takes as the token: two parts at exactly one space, the first `GNAP`."""
        parts = self.raw.split(" ")
        return (parts[1] or None) if len(parts) == 2 and parts[0] == SCHEME else None


def parse_authorization(value: str | None) -> Authorization | None:
    """Read an Authorization field: strictly first, and if that fails loosely, with what is wrong. None: no field."""
    if value is None:
        return None
    if match := _STRICT.fullmatch(value):
        token, faults = _read_token(match[1])
        return Authorization(raw=value, scheme=SCHEME, token=token, faults=faults)
    text = value.strip()
    if not text:
        return Authorization(raw=value, faults=(TokenFault.EMPTY,))
    if text.upper() == SCHEME:
        return Authorization(raw=value, scheme=text, faults=(*_scheme_faults(text), TokenFault.NO_TOKEN))
    match = _LOOSE.fullmatch(text)
    if not match:
        token, faults = _read_token(text)
        return Authorization(raw=value, token=token, faults=(TokenFault.NO_SCHEME, *faults))
    scheme, rest = match[1], match[2]
    faults = _scheme_faults(scheme)
    token, more = _read_token(rest)
    if value != f"{scheme} {rest}" or " " in rest:
        faults = (*faults, TokenFault.SPACING)
    return Authorization(raw=value, scheme=scheme, token=token, faults=(*faults, *more))


def _scheme_faults(scheme: str) -> tuple[TokenFault, ...]:
    if scheme == SCHEME:
        return ()
    return (TokenFault.SCHEME_CASE,) if scheme.upper() == SCHEME else (TokenFault.OTHER_SCHEME,)


def _read_token(text: str) -> tuple[str | None, tuple[TokenFault, ...]]:
    bare = text.strip("\"'")
    if not bare:
        return None, (TokenFault.NO_TOKEN,)
    if bare.lower() in _NO_TOKEN:
        return None, (TokenFault.PLACEHOLDER,)
    if bare != text:
        return bare, (TokenFault.QUOTED,)
    return bare, () if _STRICT.fullmatch(f"GNAP {bare}") else (TokenFault.CHARACTERS,)
