"""RES-014: The payment was created and not made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig, text
from optrace.openpayments.units import read_money
from optrace.rules.evidence.wallets import born_in
from optrace.rules.rule import Found, Outcome, Weight, rule

_POLLS = 4
_BACK = 64  # exchanges of the payment that are looked back at
_PATIENCE = timedelta(seconds=30)


@rule(
    code="RES-014",
    title="The payment was created and not made",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/resources"),
    remedy="Not a protocol error: the payer's wallet refused or could not send. Mostly his balance is too low.",
    operations=("outgoing_payment_get", "outgoing_payment_create", "outgoing_payment_list"),
    outcomes=(Outcome.OK,),
)
def never_funded(case: Case) -> Iterator[Found]:
    """You see 201, then a `sentAmount` that stays 0, then `failed: true`.

    Cause: the payer's balance is too low, or the payment could not be delivered; the wallet decides after it has
    answered.

    Detected: `failed`, with `metadata.cancellationReason` where the wallet gives one; or four reads over half a minute
    in which nothing is sent (a warning). In a list, the payments that were created in this recording (a warning).

    Source: rafiki 922, 2688; testnet 1919.
    """
    got = case.view.got
    if case.row.operation == "outgoing_payment_list":
        yield from _listed(case, got.get("result"))
        return
    if got.get("failed") is True:
        reason = text(dig(got, "metadata", "cancellationReason"))
        sent = read_money(got.get("sentAmount"))
        detail = f"The payment has failed; {sent.format() if sent else 'nothing'} was sent."
        detail += f" The wallet says: {reason}" if reason else " The wallet gives no reason."
        created = born_in(case, text(got.get("id")) or "")
        related = (created,) if created is not None and created < case.row.n else ()
        yield Found(detail=detail, where="failed", related=related)
        return
    if case.row.operation != "outgoing_payment_get" or dig(got, "sentAmount", "value") != "0":
        return
    polls = [case.row.n]
    rows = case.memory.flows[case.row.flow].rows[-_BACK:] if case.row.flow is not None else []
    for n in sorted((n for n in rows if n < case.row.n), reverse=True):
        row = case.trace.row(n)
        if row.operation == "outgoing_payment_get" and row.url == case.view.url:
            if row.status != 200 or len(polls) >= 2 * _POLLS:
                break
            polls.append(n)
    since = case.trace.row(polls[-1]).started
    if len(polls) >= _POLLS and case.started - since >= _PATIENCE:
        seconds = int((case.started - since).total_seconds())
        detail = f"In {len(polls)} reads over {seconds} s nothing was sent."
        yield Found(
            detail=detail,
            where="sentAmount",
            related=tuple(sorted(polls[1:])),
            severity=Severity.WARN,
            weight=Weight.SMELL,
        )


def _listed(case: Case, rows: object) -> Iterator[Found]:
    """The first of a list's payments that were made here and have failed."""
    for place, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, dict) or row.get("failed") is not True:
            continue
        created = born_in(case, text(row.get("id")) or "")
        if created is None or created >= case.row.n:
            continue  # of another time
        reason = text(dig(row, "metadata", "cancellationReason"))
        why = f"The wallet says: {reason}" if reason else "The wallet gives no reason."
        yield Found(
            detail=f"The payment that exchange {created} created has failed. {why}",
            where=f"result[{place}].failed",
            related=(created,),
            severity=Severity.WARN,
            weight=Weight.SMELL,
        )
        return
