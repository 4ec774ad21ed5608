"""Hosts, path prefixes and URLs that a session has seen, as what may have been signed in place of the right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from optrace.core.text import safe
from optrace.core.urls import canonical, parse
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN
from optrace.diagnosis.subject import Subject

_LISTENING = re.compile(r"@([^@]+)$")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal")
_PROXY_PORTS = (8080, 8000, 8888, 3000, 8443, 9090)  # where reverse proxies are started without much thought
_GATEWAY = ("/api", "/op", "/open-payments", "/auth", "/gnap", "/v1")
_MAX_HOSTS = 24
_RECENT = 12  # earlier requests whose URLs are tried


def authorities(subject: Subject) -> Iterator[tuple[int, str, str]]:
    """(cost, authority, where it comes from) of hosts that the URL may have been signed with."""
    request, connection = subject.request, subject.case.exchange.connection
    if request.authority:
        bare = re.sub(r":(443|80)$", "", request.authority)
        yield COMMON, bare, "where the connection went"
        yield SEEN, request.authority, "where the connection went"
    for name in ("host", "x-forwarded-host", "x-original-host"):
        if value := request.fields.get(name):
            yield SEEN, value.split(",")[0].strip(), f"of {name}"
    if connection.upstream_url:
        yield COMMON, parse(connection.upstream_url).authority, "behind the reverse proxy"
    if connection.sni:
        yield SEEN, connection.sni, "the server name of TLS"
    own = parse(request.url).host
    for host, why in islice(_published(subject), _MAX_HOSTS):
        yield (SEEN if parse(f"//{host}").host == own else PLAUSIBLE), host, why
    hosts = [host for hosts in subject.case.trace.lane_hosts.values() for host in hosts]
    for host in dict.fromkeys(hosts[:_MAX_HOSTS]):
        yield PLAUSIBLE, host, "another server of this session"
    port = re.search(r":\d+$", parse(request.url).authority)
    for name in _LOOPBACK[:2]:
        yield PLAUSIBLE, name + (port[0] if port else ""), "a local name"
    for number in _PROXY_PORTS:
        yield from ((RARE, f"{name}:{number}", "a proxy on this machine") for name in _LOOPBACK[:2])


def _published(subject: Subject) -> Iterator[tuple[str, str]]:
    """(authority, where it comes from) of the servers that the wallet addresses read before this have."""
    case, wallets = subject.case, subject.case.memory.places.wallets
    rows = case.earlier(lambda row: row.operation == "wallet_address_get")
    read = (wallets.get(canonical(row.url)) for row in islice(rows, _MAX_HOSTS))
    first = islice((one for one in wallets.values() if (one.read_in or case.row.n) < case.row.n), _MAX_HOSTS)
    for wallet in chain(read, first):
        if wallet is None:
            continue
        for url, what in ((wallet.auth_server, "authServer"), (wallet.resource_server, "resourceServer")):
            if url:
                yield parse(url).authority, f"the {what} of {safe(wallet.id)}"


def listening(subject: Subject) -> Iterator[tuple[int, str]]:
    """(cost, authority) of the reverse proxy that the client came through, in the ways to write it."""
    mode = subject.case.exchange.connection.proxy_mode
    if not mode.startswith("reverse:"):
        return
    match = _LISTENING.search(mode)
    if match is None:
        return
    yield COMMON, match[1]
    port = match[1].rpartition(":")[2]
    for name in _LOOPBACK:
        yield SEEN, f"{name}:{port}"


def prefixes(subject: Subject, path: str) -> Iterator[tuple[int, str, str]]:
    """(cost, path, why) of paths with another beginning: a tenant dropped, a gateway's prefix added or cut."""
    segments = [part for part in path.split("/") if part]
    if len(segments) > 1 or (segments and path.endswith("/")):
        yield SEEN, "/" + path.lstrip("/").partition("/")[2], "without its first segment"
    if len(segments) > 2:
        yield PLAUSIBLE, "/" + "/".join(segments[2:]), "without its first two segments"
    if segments:
        yield PLAUSIBLE, "/", "without any path"
    first = {f"/{parse(url).segments[0]}": None for _, url, _, _ in known_urls(subject) if parse(url).segments}
    for prefix in dict.fromkeys((*list(first)[:8], *_GATEWAY)):
        if not path.startswith(f"{prefix}/") and path != prefix:
            yield (PLAUSIBLE if prefix in first else RARE), prefix + path, f"with {prefix} before it"


def known_urls(subject: Subject) -> Iterator[tuple[int, str, str, int | None]]:
    """(cost, URL, what it is, the exchange that shows it) of URLs that belong to this grant, payment or connection."""
    case = subject.case
    if (grant := case.grant) is not None:
        named = (
            (grant.endpoint, "the URL of the grant request"),
            (grant.continue_uri, "the URL to continue the grant at"),
            (grant.interact_uri, "the URL of the interaction"),
        )
        yield from ((PLAUSIBLE, url, why, grant.n) for url, why in named if url)
        for token in grant.tokens:
            if token.manage:
                yield PLAUSIBLE, token.manage, "the URL to manage the token at", token.born
    if case.row.flow is not None:
        flow = case.memory.flows[case.row.flow]
        kinds = (
            (flow.incoming, "the incoming payment"),
            (flow.quote, "the quote"),
            (flow.outgoing, "the outgoing payment"),
        )
        yield from ((PLAUSIBLE, url, why, None) for url, why in kinds if url)
    host = parse(subject.request.url).host
    for row in case.earlier(lambda row: parse(row.url).host == host and row.url != subject.request.url, limit=_RECENT):
        yield PLAUSIBLE, row.url, f"the URL of exchange {row.n}", row.n
