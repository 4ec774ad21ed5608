"""SIG-023: The lines of the base were put together differently."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-023",
    title="The lines of the base were put together differently",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.5"),
    remedy="Join the lines with a single LF, and put none after the last.",
)
def lines_joined(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature"; often it works on Linux and macOS and fails on Windows.

    Cause: the system's line separator or `AppendLine` gives CRLF, `println` adds a newline at the end, a map sorts the
    lines.

    Detected: the signature verifies with other line ends, separators or orders.

    Source: fliqa-io/interledger SignatureRequestBuilder.java; open-payments-dotnet SignatureInputBuilder.cs.
    """
    yield from proven(case, "SIG-023")
