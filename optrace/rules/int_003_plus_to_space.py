"""INT-003: A + in the hash was turned into a space."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.hashes import FINISHES, proof_of, searched_hash
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-003",
    title="A + in the hash was turned into a space",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/hash-verification"),
    remedy="Write + as %2B in a query; where you can't, turn blanks of a hash back into + before comparing.",
    operations=FINISHES,
    absorbs=("INT-015",),
)
def plus_to_space(case: Case) -> Iterator[Found]:
    """You see the hash check fail now and then: whenever the hash has a `+`.

    Cause: a form decoder reads `+` as a blank. The AS percent-encodes it; a copy through another redirect, or a
    hand-written parser, may not.

    Detected: the hash that arrived has blanks, and with `+` in their place it is right.
    """
    found = searched_hash(case)
    if found is not None and found.variant is not None and found.encoding == "base64_space":
        detail = "The hash has blanks where + belongs; with them put back it is right."
        yield Found(detail=detail, where="hash", proof=proof_of(found), weight=Weight.PROOF)
