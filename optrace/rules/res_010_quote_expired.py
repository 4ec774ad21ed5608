"""RES-010: The quote had expired."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.evidence.money import quote_of, resource
from optrace.rules.evidence.wallets import born_in
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-010",
    title="The quote had expired",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Ask for a quote again just before paying, within the limits that were granted.",
    operations=("outgoing_payment_create", "outgoing_payment_get"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def quote_expired(case: Case) -> Iterator[Found]:
    """You see 400 "invalid quote"; or 201, and `failed: true` later.

    Cause: a quote is good for five minutes by default, and the user took longer to consent.

    Detected: the time of the call against `expiresAt` of that quote; the time spent on consent is measured.

    Source: rafiki outgoing/service.ts, QUOTE_LIFESPAN; rafiki 3141.
    """
    if case.row.operation == "outgoing_payment_get":
        if case.view.got.get("failed") is not True:
            return
        quote = resource(case, text(case.view.got.get("quoteId")))
        created = born_in(case, text(case.view.got.get("id")) or "")
        at = case.trace.row(created).started if created is not None and created < case.row.n else None
    else:
        if not case.refused and case.view.got.get("failed") is not True:
            return
        if case.refused and (case.status not in (400, 404) or about_schema(case)):
            return
        quote, at = quote_of(case), case.started
    expires = quote.instant("expiresAt") if quote else None
    if quote is None or at is None or expires is None or at <= expires:
        if case.refused and words(case) == "invalid quote":
            detail = "The quote has expired, was used already, belongs to another wallet address, or never was."
            yield Found(detail=detail, where="quoteId", weight=Weight.HYPOTHESIS, bare=True)
        return
    late = int((at - expires).total_seconds())
    detail = f"The quote of exchange {quote.n} was good until {expires:%H:%M:%S} UTC; the payment came {late} s later."
    related: tuple[int, ...] = (quote.n,)
    if (spent := _consent(case)) is not None:
        seconds, n = spent
        detail += f" The consent took {seconds} s (since exchange {n})."
        related += (n,)
    yield Found(detail=detail, where="quoteId", related=related)


def _consent(case: Case) -> tuple[int, int] | None:
    """(seconds, exchange of the grant request) from the wish for consent to the token."""
    grant = case.grant
    if grant is None or grant.interact_uri is None or grant.started is None or case.token is None:
        return None
    return int((case.token.issued - grant.started).total_seconds()), grant.n
