"""FLO-014: A new grant for every call."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig
from optrace.rules.evidence.tokens import alive
from optrace.rules.rule import Found, Outcome, Weight, rule

_MANY = 3
_BACK = 24  # grants that are looked back at


@rule(
    code="FLO-014",
    title="A new grant for every call",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    spec=OpenPayments("identity/grants"),
    remedy="Use the token again until `expires_in` is over.",
    operations=("grant_request",),
    outcomes=(Outcome.OK,),
)
def grant_for_every_call(case: Case) -> Iterator[Found]:
    """You see nothing but time and load.

    Cause: the token isn't kept; each call asks for its own.

    Detected: three tokens of the same client, server and access were still good when this grant was asked for. It is
    said once, and not of each grant that follows.

    Source: none: it follows from `expires_in`.
    """
    grant = case.grant
    if grant is None or grant.n != case.row.n or not dig(case.view.got, "access_token", "value"):
        return
    access, endpoint, client = grant.access, grant.endpoint, grant.client
    alike: list[int] = []
    for other in case.grants_before(_BACK):
        if len(alike) > _MANY:
            break  # said before
        if other.endpoint != endpoint or other.client != client or other.access != access:
            continue
        if any(alive(token, case) for token in other.tokens):
            alike.append(other.n)
    if len(alike) == _MANY:
        numbers = sorted(alike)
        detail = f"The tokens of exchanges {', '.join(map(str, numbers))} with the same access were still good."
        yield Found(detail=detail, related=tuple(numbers))
