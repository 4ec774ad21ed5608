"""SIG-030: A covered field was altered after signing."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-030",
    title="A covered field was altered after signing",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.1"),
    remedy="Make the field final before signing, and leave it alone after.",
)
def field_altered(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature".

    Cause: a client library or proxy appends `; charset=utf-8` to Content-Type, or folds, trims or replaces a field;
    a body and its digest are exchanged after signing.

    Detected: the signature verifies with another value of the field: a Content-Type with or without charset, the
    digest of another body of the session, the digest that another request carries.

    Source: rafiki aws/lambdas/http-signatures/index.js; open-payments-php HttpSignature.php.
    """
    yield from proven(case, "SIG-030")
