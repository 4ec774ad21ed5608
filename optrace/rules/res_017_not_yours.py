"""RES-017: An existing payment answers 404 to a client that didn't create it."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.tokens import need
from optrace.rules.evidence.wallets import born_in
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-017",
    title="An existing payment answers 404 to a client that didn't create it",
    severity=Severity.INFO,
    weight=Weight.EXPLAINS,
    spec=OpenPayments("identity/grants"),
    remedy="Ask for `read-all` (or `list-all`), which needs the user's consent; plain `read` shows your own payments.",
    operations=("incoming_payment_get", "outgoing_payment_get", "quote_get", "incoming_payment_complete"),
    outcomes=(Outcome.REFUSED,),
)
def not_yours(case: Case) -> Iterator[Found]:
    """You see 404 "Incoming payment does not exist" for one that does.

    Cause: with `read` a client sees only what it created itself.

    Detected: the token has `read` and not `read-all`, and the payment was created by another client or not in this
    session.

    Source: rafiki incoming/routes.ts.
    """
    said = words(case)
    missing = any(told in said for told in ("does not exist", "not found", "unknown"))
    if case.status != 404 or not missing or "wallet address" in said:
        return
    wanted = need(case)
    if case.token is None or wanted is None:
        return
    actions = {str(a) for i in case.token.access if isinstance(i.get("actions"), list) for a in i["actions"]}
    if wanted.action not in actions or f"{wanted.action}-all" in actions:
        return
    born = born_in(case, case.view.url.partition("?")[0].removesuffix("/complete"))
    if born is None or born >= case.row.n:
        detail = f"The token may `{wanted.action}`, not `{wanted.action}-all`; no exchange here created this payment."
        yield Found(detail=detail, where="Authorization", weight=Weight.HYPOTHESIS)
        return
    creator = case.trace.row(born).key_owner
    if creator and case.row.key_owner and canonical(creator) != canonical(case.row.key_owner):
        detail = f"{creator} created it in exchange {born}; this call is {case.row.key_owner}'s, whose token may"
        yield Found(detail=f"{detail} only `{wanted.action}`.", where="Authorization", related=(born,))
