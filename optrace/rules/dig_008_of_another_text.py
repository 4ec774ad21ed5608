"""DIG-008: The digest is of another text than was sent."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Proof, Severity, Verdict
from optrace.core.specs import RFC9530
from optrace.diagnosis.bodies import HASHES, digests
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import field, length_signed_with_it, made_of, plain, severity
from optrace.rules.evidence.signatures import weight
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-008",
    title="The digest is of another text than was sent",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9530("2"),
    remedy="Dump the JSON once, hash those bytes, and send those bytes.",
)
def of_another_text(case: Case) -> Iterator[Found]:
    """You see a mismatch at strict verifiers. Rafiki may pass it, if the digest is of the compact JSON.

    Cause: the digest was made of an object that the HTTP library dumped a second time; the body was changed after
    it was hashed; or, with Node's own helper, the JSON that was handed in wasn't compact: it hashes the compact
    form, and takes Content-Length from the text given.

    Detected: the digest doesn't fit the bytes sent. The one of some thirty ways to write this body that it does fit
    is named, or the other request whose body it is.

    Source: open-payments-node packages/http-signature-utils/src/utils/headers.ts.
    """
    if case.row.verdicts.digest.rfc is not Verdict.FAIL or not plain(case):
        return
    request = case.exchange.request
    if not request.body and "signature-input" not in request.fields:
        return
    if any(HASHES[name](request.body or b"") == value for name, value in digests(field(case))):
        return  # DIG-015
    found = made_of(case)
    if found is None or (found.variant is not None and found.variant.id == "decoded"):
        return  # DIG-012
    if found.variant is None:
        detail = f"It isn't that of the body sent, nor of {found.tried - 1} other texts that were tried: the body was"
        yield Found(
            detail=f"{detail} changed after it was hashed, or something else was hashed.",
            where="content-digest",
            weight=weight(case),
            severity=severity(case),
        )
        return
    what = found.variant.words
    detail = f"The digest ({found.algorithm}) is that of {what}."
    if length := length_signed_with_it(case):
        detail += f" The signature fails by the same: it was made with the Content-Length of that text, {length}."
    yield Found(
        detail=detail,
        where="content-digest",
        proof=Proof(
            change=f"The digest ({found.algorithm}) is that of {what}.",
            tried=found.tried,
            evidence={"body": _shown(found.variant.body)},
        ),
        related=found.variant.related,
        weight=Weight.PROOF if not case.refused else weight(case),
        severity=severity(case),
    )


def _shown(body: bytes) -> str:
    """The beginning of a text that holds no secrets of a request body: none of it, where it may."""
    text = body[:200].decode("utf-8", "replace")
    return text if len(body) < 12 else f"{len(body)} bytes"
