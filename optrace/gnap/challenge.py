"""The challenge of a resource server that wants a grant: `WWW-Authenticate: GNAP as_uri=...` (RFC 9635 §9.1).

The RFC joins the parameters by semicolons, HTTP by commas (RFC 9110 §11.6.1), Rafiki sends one without quotation marks:
all are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]++"
# the scheme at the start or after a comma; the quoted texts before it are jumped over
_SCHEME = re.compile(r'(?:[^"]|"(?:[^"\\]++|\\.)*+")*?(?:^|,)\s*+GNAP(?=\s|$)\s*+', re.I | re.S)
_NAME = re.compile(rf"({_TOKEN})\s*+=\s*+")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.S)
# a bare value ends where a separator is followed by another parameter, another challenge, or nothing
_END = re.compile(rf"[;,]\s*+(?:{_TOKEN}\s*+=|{_TOKEN}\s++{_TOKEN}\s*+=|[;,]|$)")
_SEPARATOR = re.compile(r"[\s;,]*+")
_SAFE_BARE = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+=%]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A GNAP challenge: where to ask for a grant, for what, and on behalf of whom."""

    as_uri: str | None = None  # the grant endpoint; Rafiki leaves the tenant out
    access: str | None = None  # a reference to an access right (RFC 9635 §8.1)
    referrer: str | None = None
    other: tuple[tuple[str, str], ...] = ()  # parameters that RFC 9635 doesn't define, in order


def parse_challenge(value: str | None) -> Challenge | None:
    """Read the GNAP challenge of a WWW-Authenticate field, which may hold others too. None: there is none."""
    if not value or not (scheme := _SCHEME.match(value)):
        return None
    known: dict[str, str] = {}
    other: list[tuple[str, str]] = []
    position = scheme.end()
    while name := _NAME.match(value, position):
        if found := _QUOTED.match(value, name.end()):
            text, position = re.sub(r"\\(.)", r"\1", found[1], flags=re.S), found.end()
        else:
            end = _END.search(value, name.end())
            position = end.start() if end else len(value)
            text = value[name.end() : position].rstrip()
        lower = name[1].lower()
        if lower in _PARAMETERS and lower not in known:
            known[lower] = text
        else:
            other.append((name[1], text))
        if separator := _SEPARATOR.match(value, position):
            position = separator.end()
    return Challenge(other=tuple(other), **known)


def format_challenge(challenge: Challenge) -> str:
    """A challenge as RFC 9635 writes it; a value is quoted only if it must be."""
    pairs = [(name, value) for name in _PARAMETERS if (value := getattr(challenge, name)) is not None]
    parameters = ";".join(f"{name}={_written(value)}" for name, value in [*pairs, *challenge.other])
    return f"GNAP {parameters}".rstrip()


_PARAMETERS = ("as_uri", "access", "referrer")


def _written(value: str) -> str:
    if _SAFE_BARE.fullmatch(value):
        return value
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'
