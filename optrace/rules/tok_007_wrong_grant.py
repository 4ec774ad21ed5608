"""TOK-007: The token is good, but for something else."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.grant_request import access_in_words
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.tokens import live_token_for, need, shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-007",
    title="The token is good, but for something else",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("8"),
    remedy="Send the token whose access has the type, the action and the wallet address of this call.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def wrong_grant(case: Case) -> Iterator[Found]:
    """You see 403 "Insufficient Grant".

    Cause: the quote's token used for the outgoing payment, the incoming payment's token for the quote, or the token for
    another wallet address.

    Detected: the access that the token was issued with against the type, action and wallet address of the call. If
    another live token of the session fits, the finding names it.

    Source: rafiki packages/auth/src/access/utils.ts.
    """
    token, wanted = case.token, need(case)
    if why_refused(case) != "TOK-007" or token is None or wanted is None:
        return
    has = "; ".join(access_in_words(item) for item in token.access)
    detail = f"The call needs {wanted}; token {shown(token)} {has}."
    related: tuple[int, ...] = (token.born,)
    if (better := live_token_for(case, wanted)) is not None:
        detail += f" The token that fits is {shown(better)}."
        related += (better.born,)
    yield Found(detail=detail, where="Authorization", related=related)
