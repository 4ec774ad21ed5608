"""URLs as keys: the exact text first, and one canonical form in which look-alikes meet.

Development stacks publish https ids over an http wire, clients add and drop trailing slashes, and host names come in
any case. Two URLs are look-alikes if their canonical forms are equal; they are the same only if their texts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus, urljoin

_PARTS = re.compile(r"^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$", re.S)
_PLAIN = re.compile(
    r"https?://([a-z0-9.-]+(?:/[^?#]*[^?#/])?)/?", re.S
)  # most URLs: nothing of them but the scheme goes
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL, as written. Never raises: what isn't a URL has only a path."""

    scheme: str  # lower case; empty if there is none
    authority: str  # as written, with user info and port
    path: str  # as written, percent-encoding untouched
    query: str | None  # as written, without "?"; None if there is none

    @property
    def origin(self) -> str:
        """`scheme://authority`, or an empty text for a relative URL."""
        return f"{self.scheme}://{self.authority}" if self.authority else ""

    @property
    def host(self) -> str:
        """The host name in lower case, without user info and port."""
        host = self.authority.rpartition("@")[2].lower()
        return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]

    @property
    def segments(self) -> tuple[str, ...]:
        """The non-empty parts of the path."""
        return tuple(part for part in self.path.split("/") if part)

    def parameters(self) -> Iterator[tuple[str, str]]:
        """(name, value) of the query in order, form-decoded."""
        for pair in (self.query or "").split("&"):
            if pair:
                name, _, value = pair.partition("=")
                yield unquote_plus(name), unquote_plus(value)

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter, form-decoded; None if it is absent."""
        return next((value for key, value in self.parameters() if key == name), None)


@lru_cache(maxsize=2048)
def parse(url: str) -> Url:
    """Take a URL apart without changing any of it."""
    match = _PARTS.match(url)
    if match is None:  # the pattern matches any text; this is for the type checker
        return Url("", "", url, None)
    scheme, authority, path, query, _ = match.groups()
    return Url((scheme or "").lower(), authority or "", path, query)


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The form in which look-alikes meet: no scheme, host in lower case, no default port, no trailing slash."""
    if match := _PLAIN.fullmatch(url):
        return match[1]
    parts = parse(url)
    authority = parts.authority.lower()
    for port in _DEFAULT_PORTS.values():
        authority = authority.removesuffix(port)
    path = parts.path[:-1] if parts.path.endswith("/") else parts.path
    return f"{authority}{path}" if parts.query is None else f"{authority}{path}?{parts.query}"


def place(url: str) -> str:
    """The canonical authority: what names a server. Empty for a relative URL."""
    return canonical(parse(url).origin)


def join(base: str, location: str) -> str:
    """A Location as the browser follows it: absolute as it is, else relative to the base (RFC 3986 §5.2)."""
    parts = parse(location)
    if parts.scheme and parts.authority:
        return location
    try:
        return urljoin(base, location)
    except ValueError:  # brackets that hold no address
        return location
