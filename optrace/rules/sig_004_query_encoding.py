"""SIG-004: The query was signed in another encoding."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-004",
    title="The query was signed in another encoding",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Sign the same escaped URL that goes on the request line.",
)
def query_encoding(case: Case) -> Iterator[Found]:
    """You see list calls (`?wallet-address=...`) fail with 401, while POSTs work.

    Cause: the signer uses a display form of the URL (.NET's `Uri.ToString()` un-escapes some characters), encodes
    twice, writes blanks as `+`, or leaves the query out.

    Detected: the signature verifies after the query is left out, decoded, encoded again, sorted, or written with
    other escapes.

    Source: open-payments-dotnet OpenPayments.Sdk.HttpSignatureUtils/HttpRequestSigner.cs; open-payments-php
    lib/ApiClient.php.
    """
    yield from proven(case, "SIG-004")
