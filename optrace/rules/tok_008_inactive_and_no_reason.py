"""TOK-008: The server calls the token inactive, and nothing here shows why."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.tokens import shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-008",
    title="The server calls the token inactive, and nothing here shows why",
    severity=Severity.INFO,
    weight=Weight.HYPOTHESIS,
    remedy="Ask for a new grant with the right access; if that is refused too, ask the wallet's operator.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def inactive_and_no_reason(case: Case) -> Iterator[Found]:
    """You see 403 "Inactive Token" for a token that was just issued.

    Cause: the words differ between server versions: a missing permission, or a grant that the user withdrew at the
    wallet, may be called inactive too.

    Detected: the token is known, of the right kind, alive, of the right authorization server, and its access fits; so
    every other explanation was tried and dropped.

    Source: web-monetization-extension src/background/services/openPayments.ts; rafiki PR 2788.
    """
    token = case.token
    if why_refused(case) != "TOK-008" or token is None:
        return
    detail = f"Token {shown(token)} is of the right kind, wasn't rotated or revoked in this session, hadn't expired,"
    detail += " and comes from the right authorization server"
    detail += ", and its access fits this call." if token.access else "; what it allows is not known."
    yield Found(
        detail=f"{detail} Left over: a grant that was withdrawn at the wallet, or rights that this server counts"
        " differently.",
        where="Authorization",
        related=(token.born,),
    )
