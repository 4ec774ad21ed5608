"""GNT-008: The limits have both a debitAmount and a receiveAmount."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.kind import amount_in_words
from optrace.rules.evidence.answers import about_client, about_signature
from optrace.rules.evidence.money import limits_asked
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-008",
    title="The limits have both a debitAmount and a receiveAmount",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/grants"),
    remedy="Give one: debitAmount limits what the payer spends, receiveAmount what the recipient gets.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED, Outcome.OK),
    absorbs=("GNT-014",),
)
def both_amounts(case: Case) -> Iterator[Found]:
    """You see 400 "only one access amount allowed", or a schema error; the Node SDK refuses before it sends.

    Cause: the two limits exclude each other, since the rate between them isn't known in advance.

    Detected: both members in one `limits` object. Where a server accepted them, it is a risk.

    Source: rafiki packages/auth/src/access/service.ts; open-payments 471.
    """
    for where, limits in limits_asked(case):
        if limits.get("debitAmount") is not None and limits.get("receiveAmount") is not None:
            if about_signature(case) or about_client(case):
                return
            debit, receive = amount_in_words(limits["debitAmount"]), amount_in_words(limits["receiveAmount"])
            detail = f"`{where}` limits both what is debited ({debit or '?'}) and what is received ({receive or '?'})."
            if case.refused:
                yield Found(detail=detail, where=where)
            else:
                yield Found(detail=detail, where=where, severity=Severity.RISK, weight=Weight.SMELL)
            return
