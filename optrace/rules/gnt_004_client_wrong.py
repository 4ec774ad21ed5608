"""GNT-004: The client field doesn't lead to the client's keys."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.describe import describe
from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical, parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import client_of
from optrace.rules.evidence.answers import about_client, about_schema, about_signature, words
from optrace.rules.evidence.wallets import difference, document_of, is_private
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.signatures.keys import KeyState


@rule(
    code="GNT-004",
    title="The client field doesn't lead to the client's keys",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    spec=OpenPayments("identity/client-keys"),
    remedy="`client` must be the wallet address whose jwks.json holds your key, as the `id` of its document.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
)
def client_wrong(case: Case) -> Iterator[Found]:
    """You see 400 `invalid_client` "could not determine client" or "Invalid client field".

    Cause: a `$` payment pointer, a slash at the end, http instead of https, the host of the wallet's web page, the
    payer's address instead of your own, an old `{display, key}` object, or the new object form at a server that knows
    only text.

    Detected: the value is classified, compared with the wallet addresses of this session, and its keys are looked up;
    keys that are known leave it to the signature rules.

    Source: open-payments 511; rafiki packages/auth/src/grant/utils.ts, parseRawClientField.
    """
    said = words(case)
    if case.status not in (400, 401) or not ("client" in said or about_schema(case)) or about_signature(case):
        return
    value = case.view.sent.get("client")
    if isinstance(value, dict) and not ({"walletAddress", "jwk"} & value.keys()):
        members = ", ".join(map(str, value)) or "nothing"
        detail = f"`client` is an object with {members}; Open Payments knows `walletAddress` and `jwk`."
        yield Found(detail=detail, where="client", weight=Weight.PROOF)
        return
    if isinstance(value, dict) and ("invalid client" in said or "body.client must be string" in said):
        yield Found(detail="`client` is an object, and this server seems to know only text.", where="client")
        return
    client = client_of(case.view)
    if client is None or not about_client(case):
        if value is not None and not isinstance(value, str | dict):
            yield Found(detail=f"`client` is {describe(value)}.", where="client", weight=Weight.PROOF)
        return
    yield from _wrong_address(case, client)


def _shape(client: str) -> str | None:
    """What is wrong with the text alone."""
    parts = parse(client)
    if "$" in client.partition("://")[2][:1] + client[:1]:
        return "is a payment pointer, no URL"
    if not parts.authority:
        return "is no absolute URL"
    if client.endswith("/") and parts.segments:
        return f"ends in a slash, so its keys would be at {client}/jwks.json"
    if parts.query is not None or "#" in client:
        return "has a query or a fragment"
    if parts.scheme == "http" and not is_private(client):
        return "is http; wallet addresses are https"
    return None


def _wrong_address(case: Case, client: str) -> Iterator[Found]:
    if (fault := _shape(client)) is not None:
        pointer = "$" in client  # of which WAL-001 says more
        weight = Weight.EXPLAINS if pointer else Weight.PROOF
        yield Found(detail=f"{client} {fault}.", where="client", weight=weight, bare=pointer)
        return
    document = document_of(case, client)
    if document is not None and document.id != client and parse(client).scheme == parse(document.id).scheme:
        how = difference(client, document.id)
        detail = f"{client} isn't the address that its document names, {document.id}: what differs is {how}."
        yield Found(detail=detail, where="client", related=(document.n,), weight=Weight.PROOF)
        return
    kid = case.row.kid
    owner = case.memory.keyring.owner_of_kid(kid) if kid else None
    if case.keys.state is KeyState.KNOWN:
        return  # its keys are there: what is wrong with them is for the signature rules to say
    if owner is not None and canonical(owner) != canonical(client):
        detail = f"The keyid {kid} is published by {owner}, and `client` names {client}."
        yield Found(detail=detail, where="client", weight=Weight.EXPLAINS)
    elif case.keys.state is KeyState.UNUSABLE:
        detail = f"{client}/jwks.json gave no keys in this session: {case.keys.reason}."
        yield Found(detail=detail, where="client", weight=Weight.HYPOTHESIS, bare=True)
    elif document is None:
        detail = f"Nothing in this session shows that {client} exists: neither its document nor its keys were read."
        yield Found(detail=detail, where="client", weight=Weight.HYPOTHESIS, bare=True)
