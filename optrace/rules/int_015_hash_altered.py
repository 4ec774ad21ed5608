"""INT-015: The finish that arrived isn't the one that the AS sent."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.rules.evidence.hashes import sent_by_as, shown
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-015",
    title="The finish that arrived isn't the one that the AS sent",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("4.2.3"),
    remedy="Verify the hash, and don't continue: somebody in the browser, or between, altered the redirect.",
    operations=("finish_redirect",),
    absorbs=("INT-017",),
)
def hash_altered(case: Case) -> Iterator[Found]:
    """You see nothing, unless the client verifies the hash.

    Cause: the redirect was altered in the browser, or by something between the AS and the client.

    Detected: `hash` or `interact_ref` at the finish URI differs from the Location that the AS answered with, or is
    gone. Both values are shown by a short hash.
    """
    query = finish_query(case.view)
    sent = sent_by_as(case)
    if sent is None or "result" in query or "result" in sent[1]:
        return
    n, wanted = sent
    changed = [name for name in ("hash", "interact_ref") if query.get(name) != wanted.get(name)]
    if changed:
        parts = [f"{name} {shown(wanted.get(name))}, and {shown(query.get(name))} arrived" for name in changed]
        yield Found(detail=f"The AS sent {'; '.join(parts)} (exchange {n}).", where=changed[0], related=(n,))
