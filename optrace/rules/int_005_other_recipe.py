"""INT-005: The hash was made by another recipe."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.hashes import FINISHES, asked_method, encoding_words, of_changes, proof_of, searched_hash
from optrace.rules.rule import Found, Weight, rule

_JOINS = (
    "trailing_newline", "crlf", "no_separator", "space_separator", "comma_separator", "literal_newline",
    "lines_reordered",
)  # fmt: skip


@rule(
    code="INT-005",
    title="The hash was made by another recipe",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("4.2.3"),
    remedy="Join the four values by single LFs, with none at the end; hash with the method asked for; write base64url.",
    operations=FINISHES,
)
def other_recipe(case: Case) -> Iterator[Found]:
    """You see the client give up with "hash verification failed".

    Cause: CRLF, a newline at the end, commas, the values in another order; sha3-512 (Rafiki before 2023-09) or sha-512;
    hexadecimal digits.

    Detected: the hash fits over other separators, by another method of the IANA registry, or in another spelling.

    Source: rafiki commits 0d8de96c1, 5715d4c08.
    """
    yield from of_changes(case, *_JOINS)
    found = searched_hash(case)
    if found is None or found.variant is None:
        return
    if found.method != asked_method(case) and not found.changes:
        detail = f"The values are right, but hashed with {found.method}; {asked_method(case)} was to be used."
        yield Found(detail=detail, where="hash", proof=proof_of(found))
    elif found.encoding == "hex" and not found.changes:
        yield Found(
            detail=f"The values are right, written in {encoding_words(found)}.", where="hash", proof=proof_of(found)
        )
