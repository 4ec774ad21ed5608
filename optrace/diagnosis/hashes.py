"""The search for what an interaction hash was made of (RFC 9635 §4.2.3): URLs, nonces, joins, methods, spellings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from urllib.parse import unquote

from optrace.core.urls import canonical, parse
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.gnap.hash_variants import HashVariant, hash_variants
from optrace.gnap.interaction import DEFAULT_METHOD, METHODS, decode_hash, hash_base
from optrace.session.grants import Grant

HASHED = ("interact_finish_request", "finish_redirect", "finish_push")
_MAX_GRANTS = 20  # other grants whose nonces are tried, the latest first
_MANY = 400  # grants before this exchange among which they are sought
_MAX_URLS = 40
_MAX_WALLETS = 12  # of the same ASE, and those that were read last
_LOCAL = (3006, 4006)  # the auth servers of Rafiki's localenv, under the name that they have for themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class HashFound:
    """What an interaction hash was made of."""

    variant: HashVariant | None  # None: nothing that was tried
    method: str | None  # of the IANA registry
    encoding: str | None  # an id of gnap.interaction.ENCODINGS; None if the text is in none
    tried: int
    other: Grant | None = None  # the grant whose both nonces were hashed

    @property
    def changes(self) -> tuple[str, ...]:
        """The ids of what was changed: none if the right values were hashed."""
        return () if self.variant is None or self.variant.id == "exact" else tuple(self.variant.id.split("+"))


def search_hash(case: Case) -> HashFound | None:
    """What the hash of a finish was made of; None if there is no hash, or a value that it needs wasn't seen."""
    grant = case.grant
    if case.row.operation not in HASHED or grant is None:
        return None
    query = finish_query(case.view)
    received, reference = query.get("hash"), query.get("interact_ref")
    if received is None or reference is None:
        return None
    if grant.client_nonce is None or grant.as_nonce is None or grant.endpoint is None:
        return None
    digest, encoding = _decoded(received)
    if digest is None:
        return HashFound(variant=None, method=None, encoding=None, tried=0)
    asked = grant.hash_method or DEFAULT_METHOD
    # the method that was asked for, then sha-256, then the others; a digest of n bytes fits few of them
    methods = [name for name in dict.fromkeys((asked, DEFAULT_METHOD, *METHODS)) if name in METHODS]
    methods = [name for name in methods if len(METHODS[name](b"")) == len(digest)]
    tried = 0
    for variant, other in _bases(case, grant, reference):
        for name in methods:
            tried += 1
            if METHODS[name](variant.base) == digest:
                return HashFound(variant=variant, method=name, encoding=encoding, tried=tried, other=other)
    return HashFound(variant=None, method=None, encoding=encoding, tried=tried)


def _decoded(received: str) -> tuple[bytes | None, str | None]:
    """The bytes of a hash, also of one that was percent-encoded twice or put between quotes."""
    for text in (received, unquote(received), received.strip(" \"'")):
        if (decoded := decode_hash(text)) is not None:
            return decoded
    return None, None


def _bases(case: Case, grant: Grant, reference: str) -> Iterator[tuple[HashVariant, Grant | None]]:
    assert grant.client_nonce is not None
    assert grant.as_nonce is not None
    assert grant.endpoint is not None
    exact = hash_base(grant.client_nonce, grant.as_nonce, reference, grant.endpoint)
    yield HashVariant("exact", exact, "The right values were hashed."), None
    others = list(_pending(case, grant))
    for other in others:
        for url in dict.fromkeys((other.endpoint, grant.endpoint, *_known_urls(case, other)[:6])):
            if other.client_nonce and other.as_nonce and url:
                base = hash_base(other.client_nonce, other.as_nonce, reference, url)
                sentence = f"It belongs to the grant of exchange {other.n}: both nonces are that one's."
                yield HashVariant("other_grant", base, sentence), other
    nonces = [(other.client_nonce, other.as_nonce) for other in others if other.client_nonce and other.as_nonce]
    for variant in hash_variants(
        client_nonce=grant.client_nonce,
        as_nonce=grant.as_nonce,
        interact_ref=reference,
        grant_url=grant.endpoint,
        continue_uri=grant.continue_uri,
        known_urls=_known_urls(case, grant),
        other_nonces=nonces,
        interact_uri=grant.interact_uri,
        pairs=True,
    ):
        yield variant, None


def _pending(case: Case, grant: Grant) -> Iterator[Grant]:
    """Other grants with an interaction, those of the same client first."""
    others = [other for other in case.grants_before(_MANY) if other is not grant and other.as_nonce]
    others.sort(key=lambda other: other.client != grant.client)
    yield from others[:_MAX_GRANTS]


def _known_urls(case: Case, grant: Grant) -> list[str]:
    """Other URLs that an AS may take for its grant endpoint."""
    urls: dict[str, None] = {}
    for other in case.grants_before(_MANY):
        if other.ase is grant.ase and other.endpoint:
            urls[other.endpoint] = None
    interact = (grant.interact_uri or "").partition("?")[0]
    own = [grant.interact_uri, interact, interact.rpartition("/")[0], grant.finish_uri, grant.client]
    path = parse(grant.endpoint or "").path
    local = [f"http://localhost:{port}{path}" for port in _LOCAL]
    for url in (*own, case.view.url.partition("?")[0], *local, *_published(case, grant)):
        if url and len(urls) < _MAX_URLS:
            urls[url] = None
    return list(urls)


def _published(case: Case, grant: Grant) -> Iterator[str | None]:
    """The URLs in the wallet address documents that were read before, those of the grant's own ASE first."""
    wallets = case.memory.places.wallets.values()
    own = islice((one for one in wallets if one.ase is grant.ase is not None and one.read_in is not None), _MAX_WALLETS)
    rows = case.earlier(lambda row: row.operation == "wallet_address_get")
    latest = (case.memory.places.wallets.get(canonical(row.url)) for row in islice(rows, _MAX_WALLETS))
    for wallet in chain(own, latest):
        if wallet is not None:
            yield from (wallet.auth_server, wallet.resource_server, wallet.id)
