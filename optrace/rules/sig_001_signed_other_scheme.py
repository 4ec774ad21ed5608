"""SIG-001: The URL was signed with another scheme."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-001",
    title="The URL was signed with another scheme",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Build the URL once, as text, and sign exactly that text.",
)
def signed_other_scheme(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature"; RS 401 "Signature validation error: provided signature is
    invalid".

    Cause: the client signed http:// and sent over https, or the reverse: the Node SDK's `useHttp` switch against a
    TLS host, or a base URL of the development set-up. (A server behind a TLS proxy that rebuilds its URL with http
    refuses clients that are right; that is SIG-026.)

    Detected: the signature verifies once the scheme of `@target-uri` is swapped.

    Source: rafiki 3239; open-payments-node packages/open-payments/src/client/requests.ts.
    """
    yield from proven(case, "SIG-001")
