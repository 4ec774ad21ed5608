"""FLO-003: The continuation came too early."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.grants import earliest
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-003",
    title="The continuation came too early",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("5.2"),
    remedy="Wait the seconds that `continue.wait` names, from the answer that names them; five if it is absent.",
    operations=("grant_continue", "grant_poll"),
    outcomes=(Outcome.REFUSED,),
)
def too_fast(case: Case) -> Iterator[Found]:
    """You see 400 `too_fast`.

    Cause: `wait` counts from the creation of the grant, and anew from each poll that is answered. Even with a consent
    that comes at once a redirect may be too early.

    Detected: the time of this call against the last answer with a `wait`; the finding names the seconds that were left.

    Source: rafiki PR 2285, WAIT_SECONDS; RFC 9635 5.
    """
    if case.code != "too_fast" and "faster than" not in words(case):
        return
    found = earliest(case)
    if found is None:
        yield Found(detail="The AS wants more time between continuations; its `wait` was not seen.")
        return
    at, wait, n = found
    left = (at - case.started).total_seconds()
    detail = f"Exchange {n} asked to wait {wait} s; this call came "
    detail += (
        f"{left:.1f} s too early." if left > 0 else f"{-left:.1f} s after that: the server's clock counts otherwise."
    )
    yield Found(detail=detail, where="continue.wait", related=(n,))
