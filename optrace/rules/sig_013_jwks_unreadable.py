"""SIG-013: The client's JWKS can't be fetched or read."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.text import safe
from optrace.core.urls import canonical, parse
from optrace.diagnosis.answers import about_jwks, about_keys
from optrace.diagnosis.case import Case
from optrace.exchanges.view import client_of
from optrace.rules.evidence.signatures import severity, signature
from optrace.rules.evidence.wallets import is_private
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.rows import Row
from optrace.signatures.keys import KeyState


@rule(
    code="SIG-013",
    title="The client's JWKS can't be fetched or read",
    severity=Severity.ERROR,
    spec=OpenPayments("identity/client-keys"),
    remedy="Name as `client` the `id` of your wallet address's document; {client}/jwks.json must answer 200 with JSON.",
    outcomes=(Outcome.REFUSED,),
    absorbs=("SIG-026",),
)
def jwks_unreadable(case: Case) -> Iterator[Found]:
    """You see AS 400 "could not determine client"; RS 401 "... could not retrieve client keys", with `requestedRoute`.

    Cause: `client` ends in a slash (which asks for `//jwks.json`), is http, is a `$` pointer, is the wallet's web
    page, is an address that the server can't reach, or the JWKS breaks the schema.

    Detected: {client}/jwks.json was asked for in this session and gave no keys. If it never passed by, its URL is
    looked at as the server would build it.

    Source: rafiki packages/auth/src/client/service.ts; open-payments 511.
    """
    keys, owner = case.keys, case.keys.owner
    if not owner or owner == "client.jwk" or signature(case) is None:
        return
    client = client_of(case.view) or owner  # letter for letter, as the server takes it
    url = f"{client}/jwks.json"
    flaws = list(_flaws(client))
    bare = _misspelt(client)
    if keys.state is KeyState.KNOWN:
        if client.endswith("/") and about_keys(case):
            yield Found(detail=" ".join([f"The server asks for {url}.", *flaws]), where="client", bare=bare)
        elif (failed := _failed(case, url)) is not None:
            how = failed.error or f"it answered {failed.status}"
            detail = f"{url} gave its keys to this session once; in exchange {failed.n} it didn't: {safe(how)[:200]}."
            yield Found(detail=detail, where="client", related=(failed.n,), weight=Weight.PROOF)
        elif about_jwks(case):
            detail = f"{url} gave its keys to this session; the server couldn't read it: it may not reach that host,"
            yield Found(detail=f"{detail} or got another answer.", where="client")
        return
    if keys.state is KeyState.UNUSABLE and (about_keys(case) or not case.description):
        detail = f"{url}: {keys.reason or 'it gave no keys'}."
        yield Found(
            detail=" ".join([detail, *flaws]),
            where="client",
            weight=Weight.PROOF if about_keys(case) else Weight.EXPLAINS,
            severity=severity(case),
            bare=bare,
        )
    elif about_keys(case):
        said = "The server couldn't read it." if about_jwks(case) else "The server couldn't tell whose keys to use."
        unseen = f"{url} didn't pass by in this session. {said}"
        sure = Weight.EXPLAINS if flaws or about_jwks(case) else Weight.HYPOTHESIS
        yield Found(detail=" ".join([unseen, *flaws]), where="client", weight=sure, bare=bare)


def _failed(case: Case, url: str) -> Row | None:
    """The last read of the client's JWKS, if it failed and the refusal may come from it; it may lie inside the call."""
    if not about_keys(case):
        return None
    asked = canonical(url)
    ended = case.exchange.ended
    inside = [row for row in case.trace.rows_after(case.row.n, 8) if ended is None or row.started <= ended]
    near = (*reversed(inside), *case.earlier(lambda row: row.operation == "jwks_get"))
    last = next((row for row in near if canonical(row.url) == asked), None)
    return last if last is not None and last.status != 200 else None


def _misspelt(client: str) -> bool:
    """Whether `client` itself is written wrongly, of which GNT-004 and WAL-001 say more."""
    return client.startswith("$") or client.endswith("/") or (client.startswith("http:") and not is_private(client))


def _flaws(owner: str) -> Iterator[str]:
    parts = parse(owner)
    if owner.startswith("$"):
        yield "A payment pointer ($...) isn't a URL."
    if owner.endswith("/"):
        yield "`client` ends in a slash, so the server asks for //jwks.json."
    if parts.scheme == "http":
        yield "`client` is http; wallet addresses are https."
    host = parts.host
    if host in ("localhost", "[::1]") or host.startswith(("127.", "10.", "192.168.", "169.254.")) or "." not in host:
        yield f"{host or 'No host'} is an address that only this network knows."
