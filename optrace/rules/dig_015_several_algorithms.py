"""DIG-015: One of several digests is wrong, or by an algorithm that isn't known."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9530
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import members, misspelled, severity
from optrace.rules.evidence.signatures import perfect, weight
from optrace.rules.rule import Found, rule
from optrace.signatures.digest import ACTIVE, HASHES


@rule(
    code="DIG-015",
    title="One of several digests is wrong, or by an algorithm that isn't known",
    severity=Severity.ERROR,
    spec=RFC9530("2"),
    remedy="Send one digest, by sha-512.",
    flawed=True,
)
def several_algorithms(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: the reference check wants every listed value to match, and knows sha-256 and sha-512 only.

    Detected: each member is checked by itself.

    Source: open-payments-php HttpSignature.php, verifyContentDigest; httpbis-digest-headers in the Node package.
    """
    request = case.exchange.request
    if perfect(case) or request.body is None or "content-digest" not in request.fields:
        return
    found = members(case) or {}
    unknown = [name for name in found if name not in ACTIVE and name != misspelled(case)]
    wrong = [name for name, value in found.items() if name in ACTIVE and HASHES[name](request.body) != value]
    right = [name for name, value in found.items() if name in ACTIVE and name not in wrong]
    if unknown:
        detail = f"Rafiki doesn't know {', '.join(safe(name)[:40] for name in unknown)}."
    elif wrong and right:
        detail = f"{', '.join(wrong)} is wrong, {', '.join(right)} is right."
    else:
        return
    yield Found(detail=detail, where="content-digest", weight=weight(case), severity=severity(case))
