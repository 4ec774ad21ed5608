"""INT-006: The client went on although the hash doesn't fit."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity, Verdict
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.exchanges.view import text
from optrace.rules.evidence.grants import rows_of
from optrace.rules.evidence.hashes import FINISHES
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-006",
    title="The client went on although the hash doesn't fit",
    severity=Severity.RISK,
    spec=RFC9635("4.2.3"),
    remedy="Verify the hash before sending interact_ref; if it doesn't fit, or is missing, don't continue.",
    operations=("grant_continue",),
)
def hash_not_checked(case: Case) -> Iterator[Found]:
    """You see nothing: an interaction that somebody injected works like your own.

    Cause: most code never checks the hash; the Node SDK has no help for it. That can't be proved from the wire, except
    where the client goes on after a hash that is wrong or missing.

    Detected: a continuation with an interaction reference whose finish came with a wrong hash, or without one.

    Source: RFC 9635 4.2.3; open-payments docs, identity/hash-verification.
    """
    grant, reference = case.grant, text(case.view.sent.get("interact_ref"))
    if grant is None or reference is None:
        return
    for row in rows_of(case, grant):
        if row.operation in FINISHES and row.verdicts.hash.rfc is Verdict.FAIL:
            view = case.other(row.n)
            if view is None or finish_query(view).get("interact_ref") != reference:
                continue
            how = "a hash that doesn't fit" if "hash" in finish_query(view) else "no hash"
            yield Found(
                detail=f"The finish in exchange {row.n} came with {how}, and the client continued.",
                where="interact_ref",
                related=(row.n,),
                weight=Weight.EXPLAINS if case.refused else Weight.SMELL,
            )
            return
