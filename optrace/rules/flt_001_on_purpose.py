"""FLT-001: It was changed on purpose."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.amends import changes_in
from optrace.core.findings import Severity, Verdict
from optrace.diagnosis.case import Case
from optrace.rules.evidence.grants import continued_in
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="FLT-001",
    title="It was changed on purpose",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    remedy="Nothing to mend, if the other side noticed. Without --fault and edits you see the traffic as it is.",
    waits=True,
)
def on_purpose(case: Case) -> Iterator[Found]:
    """You see something that the traffic wouldn't have done by itself.

    Cause: the proxy was started with --fault, or somebody edited the message at a breakpoint. What is judged is the
    message that went on; `optrace show --came` shows the one that came.

    Detected: the recorder's own note. Where signature, digest or hash were spoiled, it is said who noticed: a server
    that accepts such a request doesn't verify it, and a client that continues after such a hash doesn't either.

    Source: optrace's own faults and breakpoints.
    """
    if not case.exchange.notes or not (faults := changes_in(case.exchange.notes)):
        return
    detail = " ".join(f"{name}: {said}." for name, said in faults)
    noticed, severity, related = _noticed(case)
    yield Found(detail=f"{detail}{noticed}", severity=severity, related=related)


def _noticed(case: Case) -> tuple[str, Severity | None, tuple[int, ...]]:
    """Who noticed, how bad it is if nobody did, and where that was seen."""
    verdicts = case.row.verdicts
    if Verdict.FAIL in (verdicts.signature.rfc, verdicts.digest.rfc) and case.status is not None:
        if case.refused:
            return f" The server noticed: it answers {case.status}.", None, ()
        return f" The server did not notice: it answers {case.status}.", Severity.RISK, ()
    if verdicts.hash.rfc is Verdict.FAIL:
        n = continued_in(case)
        if n is not None:
            return f" The client did not notice: it continued in exchange {n}.", Severity.RISK, (n,)
        if case.ended:
            return " The client noticed: it did not continue.", None, ()
    return "", None, ()
