"""RES-012: The quote belongs to another wallet address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import parse, place
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, about_signature, about_token, words
from optrace.rules.evidence.money import quote_of
from optrace.rules.evidence.wallets import born_in, difference, loose
from optrace.rules.rule import Found, Outcome, Weight, rule

_KIND = re.compile(r"/(incoming-payments|outgoing-payments)/[^/]+$")


@rule(
    code="RES-012",
    title="The quote belongs to another wallet address",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Pay from the wallet address that the quote was made for, at the server that gave it.",
    operations=("outgoing_payment_create", "quote_get"),
    outcomes=(Outcome.REFUSED,),
)
def quote_of_another(case: Case) -> Iterator[Found]:
    """You see 400 "invalid quote" or 404 "unknown quote".

    Cause: a quote is bound to its wallet address and lives on one server.

    Detected: `walletAddress` of the quote against that of the request; the host of `quoteId` against the called one;
    the kind of resource that `quoteId` names.

    Source: rafiki outgoing/service.ts.
    """
    if case.row.operation == "quote_get" or about_schema(case) or about_token(case) or about_signature(case):
        return
    quote_id, wallet = text(case.view.sent.get("quoteId")), text(case.view.sent.get("walletAddress"))
    if quote_id is None:
        return
    other = _KIND.search(quote_id)
    if other is not None and ("quote" in words(case) or case.status == 404):
        n = born_in(case, quote_id)
        known = n is not None and n < case.row.n
        detail = f"`quoteId` is no quote but one of {other[1]}{f', of exchange {n}' if known else ''}."
        yield Found(detail=detail, where="quoteId", related=(n,) if n is not None and known else ())
        return
    quote = quote_of(case)
    owner = text(quote.members.get("walletAddress")) if quote else None
    if quote is not None and owner is not None and wallet is not None and owner != wallet:
        detail = f"The quote of exchange {quote.n} is for {owner}; the payment names {wallet}."
        if loose(owner) == loose(wallet):
            detail += f" What differs is {difference(wallet, owner)}."
        yield Found(detail=detail, where="walletAddress", related=(quote.n,))
    elif place(quote_id) and place(quote_id) != place(case.view.url) and "quote" in words(case):
        detail = f"The quote is at {parse(quote_id).authority}, and {case.view.parts.authority} was called."
        yield Found(detail=detail, where="quoteId", related=(quote.n,) if quote else ())
