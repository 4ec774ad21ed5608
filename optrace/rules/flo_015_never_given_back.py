"""FLO-015: The grant was never given back."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.grants import GrantState


@rule(
    code="FLO-015",
    title="The grant was never given back",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    spec=RFC9635("5.4"),
    remedy="DELETE continue.uri when the user is done: a grant that lasts is a standing permission.",
    operations=("grant_continue", "grant_poll"),
    outcomes=(Outcome.OK,),
    waits=True,
)
def never_given_back(case: Case) -> Iterator[Found]:
    """You see grants that stay in the user's list of permissions.

    Cause: nothing in the client cancels them.

    Detected: at the end of a recording: an interactive grant whose token was neither revoked nor cancelled.

    Source: web-monetization-extension 595.
    """
    grant = case.grant
    if not case.ended or grant is None or grant.interact_uri is None or grant.state is GrantState.CANCELLED:
        return
    issued = [token for token in grant.tokens if token.kind == "access"]
    if not issued or issued[0].born != case.row.n:
        return
    if issued[-1].dead is None:
        detail = f"Token {mask(issued[-1].value)} and the grant were neither revoked nor cancelled in this recording."
        yield Found(detail=detail)
