"""WAL-010: A host that the other side can't resolve."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_client, words
from optrace.rules.evidence.wallets import is_private, named_wallets
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-010",
    title="A host that the other side can't resolve",
    severity=Severity.ERROR,
    weight=Weight.HYPOTHESIS,
    remedy="Use names that resolve from every server, or map the local ones in each container.",
    operations=("grant_request", "incoming_payment_create", "quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
)
def local_hosts(case: Case) -> Iterator[Found]:
    """You see "invalid receiver" or "could not determine client".

    Cause: `localhost` and container names are resolved by the server that reads the client's keys or the receiver, in
    its own network.

    Detected: a private or container host in client, receiver or walletAddress, while the called server is elsewhere.

    Source: rafiki bruno/collections/Rafiki/scripts.js; open-payments-go commit 6438acd.
    """
    said = words(case)
    if not (about_client(case) or "receiver" in said or "wallet address" in said or "'client'" in said):
        return
    values = list(named_wallets(case))
    values += [(name, value) for name in ("receiver", "incomingPayment") if (value := text(case.view.sent.get(name)))]
    for where, value in values:
        loopback = parse(value).host in ("localhost", "127.0.0.1", "[::1]", "host.docker.internal")
        here = case.view.parts.host
        elsewhere = loopback and parse(value).host != here
        if "://" in value and is_private(value) and (elsewhere or not is_private(case.view.url)):
            detail = f"`{where}` is at {parse(value).authority}, which {here} probably can't reach."
            yield Found(detail=detail, where=where, weight=Weight.PROOF if elsewhere else None)
            return
