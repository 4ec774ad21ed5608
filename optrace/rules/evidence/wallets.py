"""Wallet addresses and their documents: their servers, and how a URL that was used differs from theirs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from optrace.core.urls import canonical, parse, place
from optrace.diagnosis.case import Case
from optrace.exchanges.view import client_of, text
from optrace.rules.evidence.answers import challenge
from optrace.session.grants import Token
from optrace.session.places import Wallet

_MANY = 1000  # wallet addresses, and grants, that are compared
_THERE = 200  # wallet addresses with a server at the host that was called, however old
_COLLECTION = re.compile(r"/(?:incoming-payments|outgoing-payments|quotes)(?:/[^/]+(?:/complete)?)?/?$")
_GRANT = re.compile(r"/outgoing-payment-grant/?$")


@dataclass(frozen=True, slots=True)
class Document:
    """What the last read of a wallet address answered."""

    url: str  # as it was asked for
    id: str
    auth_server: str
    resource_server: str
    name: str | None
    asset: tuple[str, int] | None  # code and scale
    n: int
    moved: tuple[
        tuple[int, str, str], ...
    ]  # earlier documents with other servers: exchange, authServer, resourceServer


def _document(wallet: Wallet | None) -> Document | None:
    if wallet is None or wallet.read_in is None or not wallet.auth_server:
        return None
    code, scale = wallet.asset_code, wallet.asset_scale
    return Document(
        url=wallet.asked or wallet.id,
        id=wallet.id,
        auth_server=wallet.auth_server,
        resource_server=wallet.resource_server or "",
        name=wallet.name,
        asset=(code, scale) if code is not None and scale is not None and 0 <= scale <= 255 else None,
        n=wallet.read_in,
        moved=tuple(wallet.moved),
    )


def documents(case: Case) -> tuple[Document, ...]:
    """The documents of the wallet addresses that were read in the session, the newest first.

    Of very many: the newest, and those with a server at the host that is called.
    """
    return case.once(_documents)


def _documents(case: Case) -> tuple[Document, ...]:
    places = case.memory.places
    wallets = chain(islice(reversed(places.wallets.values()), _MANY), islice(places.served_at(case.view.url), _THERE))
    found = {document.n: document for wallet in wallets if (document := _document(wallet)) is not None}
    return tuple(found[n] for n in sorted(found, reverse=True))


def document_of(case: Case, wallet: str | None) -> Document | None:
    """The document of a wallet address; for a refused call by any look-alike of its URL. None if it wasn't read."""
    if not wallet:
        return None
    found = _document(case.memory.places.wallets.get(canonical(wallet)))
    if found is not None or not case.refused:
        return found
    key = loose(wallet)
    return next((one for one in documents(case) if key in (loose(one.id), loose(one.url))), None)


def loose(url: str) -> str:
    """A form in which wallet addresses meet that a person would take for one: no scheme, port, final slash or case."""
    key = canonical(url.partition("?")[0].partition("#")[0]).lower().rstrip("/")
    authority, slash, path = key.partition("/")
    path = path.removeprefix(".well-known/pay") if path == ".well-known/pay" else path
    return f"{authority.partition(':')[0] if not authority.startswith('[') else authority}{slash if path else ''}{path}"


def difference(used: str, right: str) -> str:
    """How a URL differs from the one that it should have been, in words; empty if they are the same."""
    if used == right:
        return ""
    one, other = parse(used), parse(right)
    parts = []
    if one.scheme != other.scheme:
        parts.append(f"the scheme ({one.scheme or 'none'}, not {other.scheme})")
    if one.authority != other.authority:
        alike = one.authority.lower() == other.authority.lower()
        parts.append("the case of the host" if alike else f"the host ({one.authority}, not {other.authority})")
    if one.path != other.path:
        if one.path.rstrip("/") == other.path.rstrip("/"):
            parts.append("a slash at the end")
        elif one.path.lower().rstrip("/") == other.path.lower().rstrip("/"):
            parts.append("the case of the path")
        else:
            parts.append(f"the path ({one.path or '/'}, not {other.path or '/'})")
    return " and ".join(parts) or "its query or fragment"


def resource_base(url: str) -> str | None:
    """A resource server's URL under which a collection or a resource stands; None if the URL is of neither."""
    path = url.partition("?")[0]
    match = _COLLECTION.search(path) or _GRANT.search(path)
    return path[: match.start()] if match else None


def trusted_issuers(case: Case) -> tuple[str, ...]:
    """The grant endpoints whose tokens the called resource server takes, by the wallet documents that name it."""
    base = resource_base(case.view.url)
    if base is None:
        return ()
    key = canonical(base)
    return tuple(dict.fromkeys(one.auth_server for one in documents(case) if canonical(one.resource_server) == key))


def issuer_differs(case: Case, token: Token) -> bool:
    """Whether the called resource server belongs to another authorization server than the one that issued a token."""
    issuer = token.grant.endpoint
    if not issuer:
        return False
    if trusted := trusted_issuers(case):
        return canonical(issuer) not in {canonical(url) for url in trusted}
    # without a document: the challenge, if it names another AS that this session knows
    named = challenge(case)
    uri = named.as_uri if named else None
    if not uri or place(uri) == place(issuer):
        return False
    return any(grant.endpoint and place(grant.endpoint) == place(uri) for grant in case.grants_before(_MANY))


def named_wallets(case: Case) -> Iterator[tuple[str, str]]:
    """(where, URL) of each wallet address that a request names."""
    sent = case.view.sent
    if case.row.operation == "grant_request":
        if client := client_of(case.view):
            yield "client", client
        tokens = sent.get("access_token")
        items = tokens.get("access") if isinstance(tokens, dict) else None
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and isinstance(identifier := item.get("identifier"), str):
                yield f"access_token.access[{index}].identifier", identifier
    if wallet := text(sent.get("walletAddress")):
        yield "walletAddress", wallet
    if wallet := case.view.parts.parameter("wallet-address"):
        yield "wallet-address", wallet


def is_private(url: str) -> bool:
    """Whether a host can only be reached from inside: a name without a dot, a reserved name, a private address."""
    host = parse(url).host.strip("[]")
    if not host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".")
        reserved = (".local", ".localhost", ".test", ".internal", ".lan", ".home.arpa", ".docker")
        return "." not in name or name.endswith(reserved)
    return address.is_private or address.is_loopback or address.is_link_local


def born_in(case: Case, url: str) -> int | None:
    """The exchange that gave out a URL. Development stacks publish https ids and are called over http."""
    return case.memory.birth(url)
