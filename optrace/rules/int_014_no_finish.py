"""INT-014: The browser stays on a bare page, since no finish was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="INT-014",
    title="The browser stays on a bare page, since no finish was asked for",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    spec=RFC9635("2.5"),
    remedy="Poll the continue URI after `wait`, or ask for interact.finish with a redirect.",
    operations=("interact_finish_request",),
    outcomes=(Outcome.OK,),
)
def no_finish(case: Case) -> Iterator[Found]:
    """You see a page that says "Accepted", and think that it broke.

    Cause: the grant request had no `interact.finish`, so the AS has nowhere to send the browser to.

    Detected: the finish is answered 202 without a Location.

    Source: open-payments-node 18; rafiki handleUnfinishableGrant.
    """
    if case.status == 202 and not case.view.location and (case.grant is None or case.grant.finish_uri is None):
        related = (case.grant.n,) if case.grant is not None else ()
        yield Found(detail="The grant request asked for no finish; the client has to poll.", related=related)
