"""INT-002: The hash is in another spelling than Rafiki's."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.rules.evidence.hashes import FINISHES, asked_method, encoding_words, searched_hash
from optrace.rules.rule import Found, rule

_GRANTS = 200  # the latest ones
_LEFT_TO_OTHERS = ("base64", "base64_space", "hex")


@rule(
    code="INT-002",
    title="The hash is in another spelling than Rafiki's",
    severity=Severity.INFO,
    spec=RFC9635("4.2.3"),
    remedy="Compare the decoded bytes, not the text: servers write standard base64 or base64url, padded or not.",
    operations=FINISHES,
)
def other_alphabet(case: Case) -> Iterator[Found]:
    """You see nothing, or a mismatch that is only one of letters: `-` for `+`, `_` for `/`, with or without `=`.

    Cause: RFC 9635 and the documentation's example use base64url without padding; Rafiki, and the documentation's code,
    standard base64 with padding. A client that compares texts knows only one of them.

    Detected: the bytes agree, and the text isn't padded standard base64; or it is padded, and neither it nor another
    hash of this server has a letter that tells the alphabets apart.

    Source: open-payments docs, identity/hash-verification, the text against its own code; rafiki
    packages/auth/src/interaction/routes.ts.
    """
    found = searched_hash(case)
    if found is None or found.variant is None or found.changes or found.method != asked_method(case):
        return
    if found.encoding not in _LEFT_TO_OTHERS:
        yield Found(detail=f"The bytes are right; the text is {encoding_words(found)}.", where="hash")
    elif found.encoding == "base64" and not any(map(_standard, (finish_query(case.view)["hash"], *_others(case)))):
        detail = "The bytes are right; the text is padded, and no letter tells standard base64 from base64url."
        yield Found(detail=detail, where="hash")


def _standard(text: str) -> bool:
    return "+" in text or "/" in text


def _others(case: Case) -> Iterator[str]:
    """The hashes of other interactions of this AS: one of them may show which alphabet it writes."""
    for grant in case.grants_before(_GRANTS):
        if case.grant is not None and grant.ase is case.grant.ase:
            yield from (parse(url).parameter("hash") or "" for url in grant.finish_locations)
