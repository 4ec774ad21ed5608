"""DIG-014: There is a digest of an empty body."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9530
from optrace.diagnosis.bodies import HASHES
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import members
from optrace.rules.rule import Found, Weight, rule

_EMPTY = {name: hash_(b"") for name, hash_ in HASHES.items()}


@rule(
    code="DIG-014",
    title="There is a digest of an empty body",
    severity=Severity.INFO,
    weight=Weight.SMELL,
    spec=RFC9530("2"),
    remedy="Nothing to do: it is harmless.",
)
def empty_body(case: Case) -> Iterator[Found]:
    """You see nothing wrong. The PHP client sends a Content-Digest of the empty text and Content-Length 0 on GET and
    DELETE, uncovered.

    Detected: no body, and a digest that is right for none.

    Source: open-payments-php lib/ApiClient.php.
    """
    request = case.exchange.request
    if request.body != b"" or "content-digest" not in request.fields:
        return
    if any(_EMPTY.get(name) == value for name, value in (members(case) or {}).items()):
        yield Found(detail="The digest is right for an empty body.", where="content-digest")
