"""INT-013: The finish belongs to another grant."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.rules.evidence.hashes import FINISHES, proof_of, searched_hash
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-013",
    title="The finish belongs to another grant",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("4.2.3"),
    remedy="Give each grant request a finish.uri of its own (a state in its path), and keep pending grants by it.",
    operations=FINISHES,
    absorbs=("INT-015", "INT-004"),
)
def another_grant(case: Case) -> Iterator[Found]:
    """You see the hash check fail, or 404 `invalid_continuation` "grant not found".

    Cause: the client keeps one pending grant for all its users, and the second overwrites the first; or somebody
    put the hash and the reference of his own interaction into your browser.

    Detected: the hash fits with both nonces of another grant of this session.

    Source: example code that keeps a single grant in memory; murema-v3-exp/Datatap README.md.
    """
    found = searched_hash(case)
    if found is None or found.other is None:
        return
    reference = finish_query(case.view).get("interact_ref") or ""
    owner = case.memory.references.get(reference)
    brought = " Its interact_ref is that one's too." if owner is found.other else ""
    yield Found(
        detail=f"Hash and nonces are those of the grant of exchange {found.other.n}.{brought}",
        where="hash",
        proof=proof_of(found),
        related=(found.other.n,),
    )
