"""INT-017: The hash fits nothing that is known here."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity, Verdict
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.grants import continued_in
from optrace.rules.evidence.hashes import FINISHES, searched_hash
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-017",
    title="The hash fits nothing that is known here",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    spec=RFC9635("4.2.3"),
    remedy="Don't continue: the finish may be somebody else's, or altered. Ask for a new grant.",
    operations=FINISHES,
    waits=True,
)
def hash_of_nothing(case: Case) -> Iterator[Found]:
    """You see a client that stops after the consent, or one that doesn't verify hashes and goes on.

    Cause: it can't be told from the wire: a hash or a reference that was altered, the finish of a grant that isn't in
    this recording, or a recipe that nobody has seen yet.

    Detected: the hash isn't that of the two nonces, the reference and the grant endpoint, and none of the variants is
    either: other endpoints, other nonces, other separators, other methods. It is said whether the client went on.

    Source: RFC 9635 4.2.3.
    """
    if case.row.verdicts.hash.rfc is not Verdict.FAIL:
        return
    found = searched_hash(case)
    if found is None or found.variant is not None or found.other is not None:
        return
    detail = f"{found.tried} variants of what could have been hashed were tried, and none fits."
    n = continued_in(case)
    if n is not None:
        detail += f" The client continued in exchange {n} all the same."
    elif case.ended:
        detail += " The client did not continue in this recording."
    related = tuple(m for m in (case.grant.n if case.grant else None, n) if m is not None and m != case.row.n)
    yield Found(detail=detail, where="hash", related=related)
