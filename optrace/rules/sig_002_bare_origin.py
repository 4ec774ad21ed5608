"""SIG-002: The bare origin was signed without its slash."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-002",
    title="The bare origin was signed without its slash",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Append / when the path of the URL is empty, before signing.",
)
def bare_origin(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature" on the grant request alone, where `authServer` has no path.

    Cause: the signer used `https://auth.example`, and the request line is `/`, so the server sees
    `https://auth.example/`. The Python SDK with its pinned signature library does so.

    Detected: the path on the wire is `/`, and the signature verifies with the final slash taken off `@target-uri`.

    Source: open-payments-python-sdk src/open_payments_sdk/gnap_utils/http_signatures.py.
    """
    yield from proven(case, "SIG-002")
