"""TOK-016: A rotation was asked for with an old token value."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.tokens import managed_by, shown
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-016",
    title="A rotation was asked for with an old token value",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=RFC9635("6.1"),
    remedy="Store value and manage URL together, and send the value that the URL was given out with.",
    operations=("token_rotate",),
    outcomes=(Outcome.OK,),
)
def old_value_rotates(case: Case) -> Iterator[Found]:
    """You see nothing: Rafiki rotates, since only the manage URL and the signature count there.

    Cause: value and manage URL come from different answers.

    Detected: the value that was sent isn't the one that this manage URL was given out with.

    Source: rafiki packages/auth/src/accessToken/routes.ts; RFC 9635 6.1.
    """
    token, sent = managed_by(case), case.token
    if token is None or case.view.token is None or token.value == case.view.token:
        return
    if sent is not None and sent.kind == "continuation":
        return  # TOK-005
    was = f"{shown(sent)}" if sent and sent.born < case.row.n else f"{mask(case.view.token)}, which is not known"
    related = (token.born,) if sent is None else tuple(dict.fromkeys((sent.born, token.born)))
    detail = f"The value sent is {was}; this manage URL belongs to {shown(token)}."
    yield Found(detail=detail, where="Authorization", related=related)
