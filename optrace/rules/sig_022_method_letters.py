"""SIG-022: The method was signed in other letters."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-022",
    title="The method was signed in other letters",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.1"),
    remedy="Sign the method as it is sent, in capitals.",
)
def method_letters(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature".

    Cause: the framework hands the method out as `post`.

    Detected: the signature verifies with the method in lower case.

    Source: open-payments-dotnet SignatureInputBuilder.cs against HttpRequestSigner.cs.
    """
    yield from proven(case, "SIG-022")
