"""FLO-013: One token is used for several payers."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.wallets import loose
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-013",
    title="One token is used for several payers",
    severity=Severity.RISK,
    weight=Weight.SMELL,
    spec=OpenPayments("identity/grants"),
    remedy="Keep tokens by user; a token found in another user's session pays with the wrong account.",
    operations=("quote_create", "outgoing_payment_create"),
    outcomes=(Outcome.OK,),
)
def token_of_another_payer(case: Case) -> Iterator[Found]:
    """You see nothing, or one user's payment on another user's account.

    Cause: the token is kept in one place for all users.

    Detected: one access token used with different walletAddress values.

    Source: none: it follows from what a token stands for.
    """
    wallet = text(case.view.sent.get("walletAddress"))
    if wallet is None or case.token is None:
        return
    calls = case.memory.calls_with(case.token.value, 16)
    for row in reversed(calls):
        if row.n >= case.row.n or row.status != 201:
            continue
        if row.operation not in ("quote_create", "outgoing_payment_create"):
            continue
        view = case.other(row.n)
        other = text(view.sent.get("walletAddress")) if view else None
        if other is not None and loose(other) != loose(wallet):
            detail = f"Token {mask(case.token.value)} paid for {other} in exchange {row.n}, and here for {wallet}."
            yield Found(detail=detail, where="walletAddress", related=(row.n,))
        return
