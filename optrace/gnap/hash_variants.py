"""What may have been hashed instead: the mistakes that servers and clients make with the interaction hash.

Each is a change to one of three things: which URL stands in the fourth line, which nonces stand in the first two, and
how the lines are joined. `hash_variants` yields the single changes, and after them, if asked, two at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from optrace.core.text import safe
from optrace.gnap.interaction import rafiki_urls, to_bytes

Join = Callable[[Sequence[str]], str]

_SEGMENTS = 3  # of the path of the interaction URL
_LONGEST = 500  # characters of a sentence: URLs may be of any length


class HashVariant(NamedTuple):
    """A base that may have been hashed, and what it would mean. The id of a pair is `a+b`."""

    id: str
    base: bytes
    sentence: str


class _Change[T](NamedTuple):
    id: str
    value: T
    sentence: str


def hash_variants(
    *,
    client_nonce: str,
    as_nonce: str,
    interact_ref: str,
    grant_url: str,
    continue_uri: str | None = None,
    known_urls: Iterable[str] = (),
    other_nonces: Iterable[tuple[str, str]] = (),
    interact_uri: str | None = None,
    pairs: bool = False,
) -> Iterator[HashVariant]:
    """The bases to try on a hash that doesn't fit: the right one, then each mistake, then pairs of them.

    Args:
        client_nonce: `interact.finish.nonce` of the grant request.
        as_nonce: `interact.finish` of the answer.
        interact_ref: as received with the hash.
        grant_url: the URL of the grant request, exactly as the client used it.
        continue_uri: `continue.uri` of the answer.
        known_urls: other grant URLs of this AS: the wallet address's `authServer`, `as_uri`, the upstream URL.
        other_nonces: (client's nonce, AS's nonce) of other grants that were pending.
        interact_uri: `interact.redirect` of the answer, parts of which are taken for the AS's nonce.
        pairs: whether to go on with two changes at once, of two kinds.
    """
    urls = list(_urls(grant_url, continue_uri, known_urls))
    nonces = [*_nonces(client_nonce, as_nonce, other_nonces), *_taken_from(interact_uri, client_nonce, as_nonce)]
    own = _Change("", (client_nonce, as_nonce), "")
    exact = _Change[str | None]("", grant_url, "")
    plain = _Change[Join]("", "\n".join, "")
    seen: set[bytes] = set()

    def variant(
        nonce: _Change[tuple[str, str]], url: _Change[str | None], join: _Change[Join]
    ) -> Iterator[HashVariant]:
        lines = [*nonce.value, interact_ref, *(() if url.value is None else (url.value,))]
        base = to_bytes(join.value(lines))
        if base not in seen:
            seen.add(base)
            changes = [change for change in (url, nonce, join) if change.id]
            ids = "+".join(change.id for change in changes) or "exact"
            sentence = (
                safe(" ".join(change.sentence for change in changes))[:_LONGEST] or "The right values were hashed."
            )
            yield HashVariant(ids, base, sentence)

    yield from variant(own, exact, plain)
    for url in urls:
        yield from variant(own, url, plain)
    for nonce in nonces:
        yield from variant(nonce, exact, plain)
    for join in (*_JOINS, *_ORDERS):
        yield from variant(own, exact, join)
    if not pairs:
        return
    for url in urls:
        for nonce in nonces:
            yield from variant(nonce, url, plain)
        for join in _JOINS:
            yield from variant(own, url, join)
    for nonce in nonces:
        for join in _JOINS:
            yield from variant(nonce, exact, join)
    for known in (url for url in urls if url.id == "uri_other_known" and url.value):
        for url in _urls(known.value or "", None, ()):
            both = _Change(f"{known.id}+{url.id}", url.value, f"{known.sentence} {url.sentence}")
            yield from variant(own, both, plain)


# --- the URL --------------------------------------------------------------------------------------------------------


def _urls(grant_url: str, continue_uri: str | None, known: Iterable[str]) -> Iterator[_Change[str | None]]:
    if grant_url.endswith("/"):
        removed = grant_url.removesuffix("/")
        yield _Change("uri_trailing_slash_removed", removed, f"It was hashed without the final slash: {removed}.")
    added = grant_url + "/"
    yield _Change("uri_trailing_slash_added", added, f"It was hashed with a slash at the end of the URL: {added}.")
    try:
        parts = urlsplit(grant_url)
        port = parts.port
    except ValueError:  # brackets that aren't an IPv6 address, a port that is no number
        parts, port = urlsplit(""), None
    if parts.netloc:
        origin = f"{parts.scheme}://{parts.netloc}"
        if parts.path not in ("", "/"):
            yield _Change(
                "uri_origin_slash",
                f"{origin}/",
                f"It was hashed with the server's root, {origin}/, without path or tenant.",
            )
            yield _Change(
                "uri_origin_only", origin, f"It was hashed with the server's origin, {origin}, without path or tenant."
            )
        swapped = {"http": "https", "https": "http"}.get(parts.scheme)
        if swapped:
            url = urlunsplit(parts._replace(scheme=swapped))
            yield _Change(
                "uri_scheme_swapped",
                url,
                f"It was hashed with the scheme {swapped}: {url}. TLS ends before the server.",
            )
        for netloc in _ports(parts.scheme, parts.netloc, port):
            url = urlunsplit(parts._replace(netloc=netloc))
            yield _Change("uri_default_port", url, f"It was hashed with the default port written otherwise: {url}.")
        for netloc in _cases(parts.netloc):
            url = urlunsplit(parts._replace(netloc=netloc))
            yield _Change("uri_host_case", url, f"It was hashed with the host in other letters: {url}.")
    if continue_uri:
        yield _Change(
            "uri_continue",
            continue_uri,
            f"It was hashed with the continue URI, {continue_uri}, for the grant endpoint.",
        )
    for url in dict.fromkeys([*rafiki_urls(grant_url, continue_uri)[1:], *known]):
        if url != grant_url:
            sentence = f"It was hashed with {url}, which the server takes for its own URL; the client used {grant_url}."
            yield _Change("uri_other_known", url, sentence)
    yield _Change("uri_missing", None, "It was hashed without a grant endpoint.")
    yield _Change("uri_empty", "", "It was hashed with an empty grant endpoint.")


def _ports(scheme: str, netloc: str, port: int | None) -> Iterator[str]:
    default = {"http": 80, "https": 443}.get(scheme)
    if default is None:
        return
    if port is None:
        yield f"{netloc.removesuffix(':')}:{default}"
    elif port == default:
        yield netloc.rpartition(":")[0]


def _cases(netloc: str) -> Iterator[str]:
    user, at, host = netloc.rpartition("@")
    label, dot, rest = host.partition(".")
    for other in dict.fromkeys((host.lower(), host.upper(), f"{label.upper()}{dot}{rest}")):
        if other != host:
            yield f"{user}{at}{other}"


# --- the nonces -----------------------------------------------------------------------------------------------------


def _nonces(client: str, server: str, others: Iterable[tuple[str, str]]) -> Iterator[_Change[tuple[str, str]]]:
    yield _Change("nonces_swapped", (server, client), "It was hashed with the two nonces in the wrong order.")
    yield _Change("client_nonce_twice", (client, client), "It was hashed with the client's nonce in place of the AS's.")
    yield _Change("as_nonce_twice", (server, server), "It was hashed with the AS's nonce in place of the client's.")
    for other_client, other_server in others:
        mixed = (
            ((other_client, other_server), "It belongs to another grant that was pending: both nonces are that one's."),
            ((client, other_server), "It was hashed with the AS's nonce of another pending grant."),
            ((other_client, server), "It was hashed with the client's nonce of another pending grant."),
        )
        for pair, sentence in mixed:
            yield _Change("other_request_nonces", pair, sentence)


def _taken_from(url: str | None, client: str, server: str) -> Iterator[_Change[tuple[str, str]]]:
    """The segments of the interaction URL, which in Rafiki end in the AS's nonce."""
    segments = [part for part in (url or "").partition("?")[0].split("/")[3:] if part and part != server]
    for segment in segments[-_SEGMENTS:][::-1]:
        sentence = "It was hashed with a part of the path of interact.redirect in place of interact.finish."
        yield _Change("as_nonce_of_redirect", (client, segment), sentence)


# --- the lines ------------------------------------------------------------------------------------------------------

_JOINS: tuple[_Change[Join], ...] = (
    _Change(
        "trailing_newline", lambda lines: "\n".join(lines) + "\n", "It was hashed with a newline after the last line."
    ),
    _Change("crlf", "\r\n".join, "It was hashed with CRLF between the lines, not LF."),
    _Change("no_separator", "".join, "It was hashed with nothing between the values."),
    _Change("space_separator", " ".join, "It was hashed with spaces between the values, not LF."),
    _Change("comma_separator", ",".join, "It was hashed with commas between the values, not LF."),
    _Change("literal_newline", "\\n".join, "It was hashed with a backslash and an n between the values, not LF."),
)


def _reordered(order: Sequence[int]) -> Join:
    return lambda lines: "\n".join(lines[place] for place in order if place < len(lines))


# the nonces in each other's place are a change of their own
_ORDERS: tuple[_Change[Join], ...] = tuple(
    _Change("lines_reordered", _reordered(order), "It was hashed with the four values in another order.")
    for order in permutations(range(4))
    if order not in ((0, 1, 2, 3), (1, 0, 2, 3))
)
