"""GNT-012: The grant doesn't include the action."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.tokens import need, shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-012",
    title="The grant doesn't include the action",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("8"),
    remedy="Ask for the missing action in the grant request; a token can't be widened afterwards.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def actions_too_narrow(case: Case) -> Iterator[Found]:
    """You see 403 "Insufficient Grant" when something is read, listed or completed.

    Cause: each call needs its own action: `create`, `read`, `list` or `complete`; `read-all` and `list-all` include the
    plain ones, nothing else includes another.

    Detected: the call is mapped to the (type, action) that it needs, and compared with the access that the token was
    issued with.

    Source: rafiki packages/auth/src/access/utils.ts.
    """
    wanted = need(case)
    if why_refused(case) != "GNT-012" or case.token is None or wanted is None:
        return
    given = sorted(
        {
            str(action)
            for item in case.token.access
            if item.get("type") == wanted.type and isinstance(item.get("actions"), list)
            for action in item["actions"]
        }
    )
    detail = f"The call needs {wanted.action} on {wanted.type}; token {shown(case.token)} allows only"
    detail += f" {', '.join(given) or 'nothing'} there."
    related = tuple(dict.fromkeys((case.token.grant.n, case.token.born)))
    remedy = f'Add "{wanted.action}" to the actions of the {wanted.type} access in the grant request.'
    yield Found(detail=detail, where="Authorization", related=related, remedy=remedy)
