"""GNT-007: The URL has lost the path of authServer or resourceServer."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical, parse, place
from optrace.diagnosis.case import Case
from optrace.exchanges.view import View
from optrace.rules.evidence.answers import RESOURCE_CALLS, words
from optrace.rules.evidence.wallets import documents, resource_base
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.grants import GrantState


@rule(
    code="GNT-007",
    title="The URL has lost the path of authServer or resourceServer",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Use authServer and resourceServer exactly as the wallet address document gives them, path and all.",
    operations=("grant_request", *RESOURCE_CALLS, "incoming_payment_get_public", "wallet_address_get", "unknown"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("WAL-011", "RES-021"),
)
def tenant_dropped(case: Case) -> Iterator[Found]:
    """You see 404 "Not Found" at the AS, 404 "unknown wallet address" or "Could not get wallet address" at the RS, or a
    plain 500 where the segment isn't a UUID.

    Cause: since servers have tenants, both URLs end in a tenant id. Code that takes only the origin, or puts the URL
    together again, drops it.

    Detected: the host is that of a known authServer or resourceServer, the path doesn't begin with theirs, and it isn't
    any wallet address either. A refusal at the route leaves the signature unreached.

    Source: rafiki packages/backend/src/open_payments/wallet_address/routes.ts; open-payments 615.
    """
    if case.status not in (404, 405, 500) and "could not get wallet address" not in words(case):
        return
    if case.row.operation in ("unknown", "wallet_address_get") and not _collection_below(case.view):
        return
    server = "authServer" if case.row.operation == "grant_request" else "resourceServer"
    used = case.view.url.partition("?")[0] if server == "authServer" else resource_base(case.view.url) or ""
    known = tuple(_known(case, server))
    if not used or any(canonical(used) == canonical(url) for url, _ in known):
        return
    if any(canonical(used) == canonical(one.id) for one in documents(case)):
        return  # WAL-007
    if any(canonical(used) in map(canonical, entry[1:]) for one in documents(case) for entry in one.moved):
        return  # WAL-008
    same_host = [(url, n) for url, n in known if place(url) == place(used) and parse(url).segments]
    if same_host:
        url, n = same_host[-1]
        detail = f"The request went to {used}; the {server} is {url} (exchange {n}), and its path is missing here."
        if parse(used).segments:
            detail = f"The request went to {used}; the {server} is {url} (exchange {n}), and its path is another."
        yield Found(detail=detail, where="url", related=(n,))
    elif case.row.operation == "grant_request" and not parse(used).segments and case.status == 404:
        detail = f"{used} has no path. No wallet document of this session names it as its authServer; on a server with"
        yield Found(detail=f"{detail} tenants the grant endpoint ends in a tenant id.", where="url")


def _collection_below(view: View) -> bool:
    return resource_base(view.url) is not None


def _known(case: Case, server: str) -> Iterator[tuple[str, int]]:
    """(URL, exchange) of the servers that were given out, or that took such requests before."""
    for one in documents(case):
        url = one.auth_server if server == "authServer" else one.resource_server
        if url:
            yield url, one.n
    if server == "authServer":
        for grant in case.grants_before(200):
            if grant.endpoint and grant.state is not GrantState.REFUSED:
                yield grant.endpoint, grant.n
