"""RES-008: The receiver can't be paid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.describe import describe
from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.evidence.money import resource
from optrace.rules.evidence.wallets import document_of, is_private
from optrace.rules.rule import Found, Outcome, Weight, rule

_INCOMING = re.compile(r"^https?://.+/incoming-payments/.+$")


@rule(
    code="RES-008",
    title="The receiver can't be paid",
    severity=Severity.ERROR,
    spec=OpenPayments("concepts/resources"),
    remedy="Give the `id` of an open incoming payment; create a new one if it is completed or has expired.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def invalid_receiver(case: Case) -> Iterator[Found]:
    """You see 400 "invalid receiver", or a schema error about `receiver`.

    Cause: the receiver is a wallet address instead of an incoming payment; the payment has expired, is completed or was
    never there; or the sender's server can't reach the receiver's.

    Detected: the form of the URL; the payment as it was last seen (`completed`, `expiresAt`, empty `methods`); what an
    earlier read of it was answered; a host that only resolves inside.

    Source: rafiki quote/service.ts, receiver/model.ts; open-payments-go commit 6438acd.
    """
    member = "receiver" if case.row.operation == "quote_create" else "incomingPayment"
    said = words(case)
    if "invalid receiver" not in said and not (about_schema(case) and f"body.{member.lower()}" in said):
        return
    value = case.view.sent.get(member)
    receiver = text(value)
    if receiver is None:
        got = describe(value) if member in case.view.sent else "missing"
        yield Found(detail=f"`{member}` is {got}.", where=member, weight=Weight.PROOF)
        return
    if not _INCOMING.search(receiver):
        known = document_of(case, receiver)
        what = "a wallet address" if known else "no incoming payment"
        yield Found(detail=f"{receiver} is {what}.", where=member, weight=Weight.PROOF)
        return
    yield _by_state(case, receiver, member)


def _by_state(case: Case, receiver: str, member: str) -> Found:
    seen = resource(case, receiver)
    if seen is not None:
        related = (seen.n,)
        expires = seen.instant("expiresAt")
        if seen.members.get("completed") is True:
            detail = f"{receiver} was completed when it was last seen, in exchange {seen.n}."
            return Found(detail=detail, where=member, related=related, weight=Weight.PROOF)
        if expires is not None and expires < case.started:
            late = int((case.started - expires).total_seconds())
            at = f"{expires:%Y-%m-%d %H:%M:%S} UTC"
            detail = f"{receiver} expired {late} s before this call (exchange {seen.n}: {at})."
            return Found(detail=detail, where=member, related=related, weight=Weight.PROOF)
        if seen.members.get("methods") == []:
            detail = f"{receiver} had no payment methods in exchange {seen.n}: it is completed or has expired."
            return Found(detail=detail, where=member, related=related, weight=Weight.PROOF)
    missed = next(case.earlier(lambda row: row.status in (401, 404) and row.url == receiver), None)
    if missed is not None:
        detail = f"{receiver} was answered {missed.status} in exchange {missed.n}: there is no such payment."
        return Found(detail=detail, where=member, related=(missed.n,))
    if is_private(receiver) and not is_private(case.view.url):
        detail = f"The host of {receiver} can only be reached from inside, and the sender's server is elsewhere."
        return Found(detail=detail, where=member, related=(seen.n,) if seen else ())
    if seen is not None:
        detail = f"{receiver} looked fine in exchange {seen.n}; the sender's server can't reach it, or it changed."
        return Found(detail=detail, where=member, related=(seen.n,))
    detail = f"{receiver} was created in no exchange of this session: it may not exist, be over, or be out of reach."
    return Found(detail=detail, where=member)
